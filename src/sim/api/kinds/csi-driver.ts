import type { Json } from '../../../kube/object.ts';
import { defineKind } from './common/define.ts';
import { immutable, notSupported } from './common/field.ts';
import { setDefaultPointer } from './common/pod-defaults.ts';
import { age, columns } from './common/table.ts';

const FS_GROUP_POLICIES = ['File', 'None', 'ReadWriteOnceWithFSType'];
const LIFECYCLE_MODES = ['Persistent', 'Ephemeral'];

/** storage.k8s.io/v1 CSIDriver. */
export const csiDriver = defineKind({
  group: 'storage.k8s.io',
  version: 'v1',
  kind: 'CSIDriver',
  deleteReturnsStatus: false,
  requiresResourceVersion: true,
  generation: false,
  setDefaults({ spec }) {
    setDefaultPointer(spec, 'attachRequired', true);
    for (const name of ['podInfoOnMount', 'storageCapacity', 'requiresRepublish', 'seLinuxMount'])
      setDefaultPointer(spec, name, false);
    setDefaultPointer(spec, 'fsGroupPolicy', 'ReadWriteOnceWithFSType');
    if (!(spec.volumeLifecycleModes?.length > 0)) spec.volumeLifecycleModes = ['Persistent'];
  },
  validate: ({ spec }) => [
    ...(spec.volumeLifecycleModes ?? [])
      .filter((mode: string) => !LIFECYCLE_MODES.includes(mode))
      .map((mode: string) => notSupported('spec.volumeLifecycleModes', mode, LIFECYCLE_MODES)),
    ...(FS_GROUP_POLICIES.includes(spec.fsGroupPolicy)
      ? []
      : [notSupported('spec.fsGroupPolicy', spec.fsGroupPolicy, FS_GROUP_POLICIES)]),
  ],
  validateUpdate: (object, old) =>
    immutable('spec.attachedRequired', object.spec.attachRequired, old.spec.attachRequired),
  warnings: ({ spec }) =>
    spec.tokenRequests?.length > 0 && spec.serviceAccountTokenInSecrets === undefined
      ? [
          'spec.serviceAccountTokenInSecrets is unset; if supported by this CSI driver, set to true to prevent possible logging of tokens in volume attributes',
        ]
      : [],
  columns: columns(
    'Name',
    'AttachRequired:boolean',
    'PodInfoOnMount:boolean',
    'StorageCapacity:boolean',
    'TokenRequests',
    'RequiresRepublish:boolean',
    'Modes',
    'Age',
  ),
  row(object, ctx) {
    const { spec } = object;
    return [
      object.metadata.name,
      spec.attachRequired ?? true,
      spec.podInfoOnMount ?? false,
      spec.storageCapacity ?? false,
      spec.tokenRequests ? spec.tokenRequests.map((item: Json) => item.audience).join(',') : '<unset>',
      spec.requiresRepublish ?? false,
      (spec.volumeLifecycleModes ?? []).join(',') || '<none>',
      age(object, ctx),
    ];
  },
});
