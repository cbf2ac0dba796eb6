import type { Json } from '../../../kube/object.ts';
import type { FieldError } from '../../../kube/status.ts';
import { defineKind } from './common/define.ts';
import { deepEqual, duplicate, immutable, invalid, notSupported } from './common/field.ts';
import { setDefaultPointer } from './common/pod-defaults.ts';
import { age, columns } from './common/table.ts';

const FS_GROUP_POLICIES = ['File', 'None', 'ReadWriteOnceWithFSType'];
const LIFECYCLE_MODES = ['Persistent', 'Ephemeral'];

/** A driver has generations once one of these has changed. */
const COUNTED = ['tokenRequests', 'requiresRepublish', 'seLinuxMount', 'nodeAllocatableUpdatePeriodSeconds'];
const SECONDS_MIN = 600;
const SECONDS_MAX = 2 ** 32;

function validateTokenRequests(requests: Json[], path: string): FieldError[] {
  const errors: FieldError[] = [];
  const seen = new Set<string>();
  for (const [i, { audience = '', expirationSeconds: seconds }] of requests.entries()) {
    if (seen.has(audience)) {
      errors.push(duplicate(`${path}[${i}].audience`, audience));
      continue;
    }
    seen.add(audience);
    const field = `${path}[${i}].expirationSeconds`;
    if (seconds < SECONDS_MIN) errors.push(invalid(field, seconds, 'may not specify a duration less than 10 minutes'));
    if (seconds > SECONDS_MAX)
      errors.push(invalid(field, seconds, 'may not specify a duration larger than 2^32 seconds'));
  }
  return errors;
}

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
    ...(FS_GROUP_POLICIES.includes(spec.fsGroupPolicy)
      ? []
      : [notSupported('spec.fsGroupPolicy', spec.fsGroupPolicy, FS_GROUP_POLICIES)]),
    ...validateTokenRequests(spec.tokenRequests ?? [], 'spec.tokenRequests'),
    ...(spec.volumeLifecycleModes ?? [])
      .filter((mode: string) => !LIFECYCLE_MODES.includes(mode))
      .map((mode: string) => notSupported('spec.volumeLifecycleModes', mode, LIFECYCLE_MODES)),
  ],
  validateUpdate: ({ spec }, old) => [
    ...immutable('spec.attachedRequired', spec.attachRequired, old.spec.attachRequired),
    ...immutable('spec.volumeLifecycleModes', spec.volumeLifecycleModes, old.spec.volumeLifecycleModes),
  ],
  prepareForUpdate({ metadata, spec }, old) {
    if (COUNTED.some((name) => !deepEqual(spec[name], old.spec[name])))
      metadata.generation = (old.metadata.generation ?? 0) + 1;
  },
  warnings: ({ spec }, old) =>
    !(old && deepEqual(spec.tokenRequests, old.spec.tokenRequests)) &&
    spec.tokenRequests?.length > 0 &&
    spec.serviceAccountTokenInSecrets === undefined
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
