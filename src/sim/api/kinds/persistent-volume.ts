import type { Json } from '../../../kube/object.ts';
import { compareQuantities, quantityValue } from '../../../kube/quantity.ts';
import type { FieldError } from '../../../kube/status.ts';
import { validateNodeSelector } from './common/affinity.ts';
import { accessModesText, validateAccessModes } from './common/claims.ts';
import { defineKind } from './common/define.ts';
import { deepEqual, forbidden, immutable, invalid, invalids, notSupported, required } from './common/field.ts';
import { dnsSubdomain } from './common/names.ts';
import { defaultVolumeSource, setDefault, setDefaultPointer } from './common/pod-defaults.ts';
import { specDiff } from './common/spec-diff.ts';
import { age, columns } from './common/table.ts';
import { validateHostPath, validateNfs } from './common/volumes.ts';

const SOURCES = [
  'hostPath',
  'gcePersistentDisk',
  'awsElasticBlockStore',
  'glusterfs',
  'flocker',
  'nfs',
  'rbd',
  'quobyte',
  'cephfs',
  'iscsi',
  'cinder',
  'fc',
  'flexVolume',
  'azureFile',
  'vsphereVolume',
  'photonPersistentDisk',
  'portworxVolume',
  'azureDisk',
  'scaleIO',
  'local',
  'storageos',
  'csi',
];
const POLICIES = ['Delete', 'Recycle', 'Retain'];

function sourceOf(spec: Json): Json {
  return Object.fromEntries(SOURCES.filter((name) => spec[name] !== undefined).map((name) => [name, spec[name]]));
}

function validateSource(spec: Json): FieldError[] {
  const present = SOURCES.filter((name) => spec[name]);
  if (present.length === 0) return [required('spec', 'must specify a volume type')];
  const errors = validateOneSource(spec, present[0] as string);
  for (const name of present.slice(1))
    errors.push(forbidden(`spec.${name}`, 'may not specify more than 1 volume type'));
  return errors;
}

function validateOneSource(spec: Json, only: string): FieldError[] {
  const errors: FieldError[] = [];
  if (only === 'hostPath') errors.push(...validateHostPath(spec.hostPath, 'spec.hostPath'));
  if (only === 'nfs') errors.push(...validateNfs(spec.nfs, 'spec.nfs'));
  if (only === 'local' && !spec.local.path) errors.push(required('spec.local.path'));
  if (only === 'local' && !spec.nodeAffinity)
    errors.push(required('spec.nodeAffinity', 'Local volume requires node affinity'));
  if (only === 'csi' && !spec.csi.driver) errors.push(required('spec.csi.driver'));
  if (only === 'csi' && !spec.csi.volumeHandle) errors.push(required('spec.csi.volumeHandle'));
  return errors;
}

function validateCapacity(capacity: Json): FieldError[] {
  const names = Object.keys(capacity ?? {});
  if (names.length === 0)
    return [required('spec.capacity'), notSupported('spec.capacity', capacity ?? null, ['storage'])];
  const path = 'spec.capacity[storage]';
  const errors: FieldError[] = [];
  if (!names.includes('storage') || names.length > 1) errors.push(notSupported('spec.capacity', capacity, ['storage']));
  if (!names.includes('storage')) return errors;
  if (compareQuantities(capacity.storage, '0') < 0)
    errors.push(invalid(path, quantityValue(capacity.storage), 'must be a valid resource quantity'));
  if (compareQuantities(capacity.storage, '0') <= 0)
    errors.push(invalid(path, capacity.storage, 'must be greater than zero'));
  return errors;
}

function validateNodeAffinity(affinity: Json): FieldError[] {
  if (!affinity) return [];
  const path = 'spec.nodeAffinity.required';
  return affinity.required
    ? validateNodeSelector(affinity.required, path)
    : [required(path, 'must specify required node constraints')];
}

/** v1 PersistentVolume. */
export const persistentVolume = defineKind({
  group: '',
  version: 'v1',
  kind: 'PersistentVolume',
  generation: false,
  hasStatus: true,
  finalizers: ['kubernetes.io/pv-protection'],
  setDefaults(draft) {
    setDefault(draft.status, 'phase', 'Pending');
    setDefault(draft.spec, 'persistentVolumeReclaimPolicy', 'Retain');
    setDefaultPointer(draft.spec, 'volumeMode', 'Filesystem');
    defaultVolumeSource(draft.spec);
  },
  prepareForCreate(draft, ctx) {
    draft.status = { phase: 'Pending', lastPhaseTransitionTime: ctx.nowIso };
  },
  validate({ spec }) {
    const modes: string[] = spec.accessModes ?? [];
    const errors: FieldError[] = [];
    if (modes.length === 0) errors.push(required('spec.accessModes'));
    errors.push(...validateAccessModes(modes, 'spec.accessModes'), ...validateCapacity(spec.capacity));
    const policy = spec.persistentVolumeReclaimPolicy;
    if (!POLICIES.includes(policy)) errors.push(notSupported('spec.persistentVolumeReclaimPolicy', policy, POLICIES));
    errors.push(...validateNodeAffinity(spec.nodeAffinity), ...validateSource(spec));
    if (spec.storageClassName)
      errors.push(...invalids('spec.storageClassName', spec.storageClassName, dnsSubdomain(spec.storageClassName)));
    if (!['Block', 'Filesystem'].includes(spec.volumeMode))
      errors.push(notSupported('spec.volumeMode', spec.volumeMode, ['Block', 'Filesystem']));
    return errors;
  },
  validateUpdate(object, old) {
    const next = sourceOf(object.spec);
    const before = sourceOf(old.spec);
    const errors: FieldError[] = [];
    if (!deepEqual(next, before))
      errors.push(
        forbidden(
          'spec.persistentvolumesource',
          `spec.persistentvolumesource is immutable after creation\n${specDiff(before, next, 'PersistentVolumeSource')}`,
        ),
      );
    errors.push(...immutable('volumeMode', object.spec.volumeMode, old.spec.volumeMode));
    if (old.spec.nodeAffinity)
      errors.push(...immutable('nodeAffinity', object.spec.nodeAffinity, old.spec.nodeAffinity));
    return errors;
  },
  warnings: ({ spec }) =>
    spec.persistentVolumeReclaimPolicy === 'Recycle'
      ? [
          'spec.persistentVolumeReclaimPolicy: The Recycle reclaim policy is deprecated. Instead, the recommended approach is to use dynamic provisioning.',
        ]
      : [],
  columns: columns(
    'Name',
    'Capacity',
    'Access Modes',
    'Reclaim Policy',
    'Status',
    'Claim',
    'StorageClass',
    'VolumeAttributesClass',
    'Reason',
    'Age',
    '~VolumeMode',
  ),
  row(object, ctx) {
    const { spec, status = {}, metadata } = object;
    return [
      metadata.name,
      spec.capacity?.storage ?? '0',
      accessModesText(spec.accessModes),
      spec.persistentVolumeReclaimPolicy,
      metadata.deletionTimestamp ? 'Terminating' : (status.phase ?? ''),
      spec.claimRef ? `${spec.claimRef.namespace ?? ''}/${spec.claimRef.name ?? ''}` : '',
      metadata.annotations?.['volume.beta.kubernetes.io/storage-class'] ?? spec.storageClassName ?? '',
      spec.volumeAttributesClassName ?? '<unset>',
      status.reason ?? '',
      age(object, ctx),
      spec.volumeMode ?? '<unset>',
    ];
  },
});
