import { clone, type KubeObject } from '../../../kube/object.ts';
import { compareQuantities } from '../../../kube/quantity.ts';
import type { FieldError } from '../../../kube/status.ts';
import { accessModesText, validateClaimSpec } from './common/claims.ts';
import { defineKind } from './common/define.ts';
import { deepEqual, forbidden, immutable } from './common/field.ts';
import { setDefault, setDefaultPointer } from './common/pod-defaults.ts';
import { fractionalBytes } from './common/pod-warnings.ts';
import { specDiff } from './common/spec-diff.ts';
import { age, columns } from './common/table.ts';

function validateClaimUpdate(object: KubeObject, old: KubeObject): FieldError[] {
  const errors: FieldError[] = [];
  const next = clone(object.spec);
  const before = clone(old.spec);
  if (!before.volumeName && next.volumeName) before.volumeName = next.volumeName;
  if (before.storageClassName === undefined && next.storageClassName !== undefined) delete next.storageClassName;
  const size: string = next.resources?.requests?.storage ?? '0';
  const oldSize: string = before.resources?.requests?.storage ?? '0';
  if (object.status?.phase === 'Bound') {
    if (next.resources?.requests) next.resources.requests.storage = oldSize;
    if (before.volumeAttributesClassName === undefined) delete next.volumeAttributesClassName;
    else next.volumeAttributesClassName = before.volumeAttributesClassName;
  }
  if (!deepEqual(next, before))
    errors.push(
      forbidden(
        'spec',
        `spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims\n${specDiff(before, next, 'PersistentVolumeClaimSpec')}`,
      ),
    );
  if (compareQuantities(size, oldSize) < 0 && compareQuantities(size, old.status?.capacity?.storage ?? '0') <= 0)
    errors.push(forbidden('spec.resources.requests.storage', 'field can not be less than status.capacity'));
  return [...errors, ...immutable('volumeMode', object.spec.volumeMode, old.spec.volumeMode)];
}

/** dataSource and dataSourceRef name the same thing when no namespace is in play. */
function syncDataSource(draft: KubeObject): void {
  const { spec } = draft;
  if (spec.dataSource && !spec.dataSourceRef) spec.dataSourceRef = clone(spec.dataSource);
  else if (spec.dataSourceRef && !spec.dataSource && !spec.dataSourceRef.namespace)
    spec.dataSource = clone(spec.dataSourceRef);
}

const BETA_CLASS = 'volume.beta.kubernetes.io/storage-class';

/** v1 PersistentVolumeClaim. */
export const persistentVolumeClaim = defineKind({
  group: '',
  version: 'v1',
  kind: 'PersistentVolumeClaim',
  generation: false,
  hasStatus: true,
  finalizers: ['kubernetes.io/pvc-protection'],
  setDefaults(draft) {
    setDefault(draft.status, 'phase', 'Pending');
    setDefaultPointer(draft.spec, 'volumeMode', 'Filesystem');
  },
  prepareForCreate(draft) {
    draft.status = { phase: 'Pending' };
    syncDataSource(draft);
  },
  prepareForUpdate: (draft) => syncDataSource(draft),
  validate: ({ spec }) => validateClaimSpec(spec, 'spec'),
  validateUpdate: validateClaimUpdate,
  warnings: ({ metadata, spec }) => [
    ...(metadata.annotations?.[BETA_CLASS] === undefined
      ? []
      : [`metadata.annotations[${BETA_CLASS}]: deprecated since v1.8; use "storageClassName" attribute instead`]),
    ...fractionalBytes(spec.resources?.requests?.storage, 'spec.resources.requests[storage]'),
  ],
  columns: columns(
    'Name',
    'Status',
    'Volume',
    'Capacity',
    'Access Modes',
    'StorageClass',
    'VolumeAttributesClass',
    'Age',
    '~VolumeMode',
  ),
  row(object, ctx) {
    const { spec, status = {}, metadata } = object;
    const bound = Boolean(spec.volumeName);
    return [
      metadata.name,
      metadata.deletionTimestamp ? 'Terminating' : (status.phase ?? ''),
      spec.volumeName ?? '',
      bound ? (status.capacity?.storage ?? '0') : '',
      bound ? accessModesText(status.accessModes) : '',
      metadata.annotations?.['volume.beta.kubernetes.io/storage-class'] ?? spec.storageClassName ?? '',
      spec.volumeAttributesClassName ?? '<unset>',
      age(object, ctx),
      spec.volumeMode ?? '<unset>',
    ];
  },
});
