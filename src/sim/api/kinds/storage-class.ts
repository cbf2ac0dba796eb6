import type { FieldError } from '../../../kube/status.ts';
import { defineKind } from './common/define.ts';
import { deepEqual, forbidden, immutable, invalid, invalids, notSupported, required } from './common/field.ts';
import { qualifiedName } from './common/names.ts';
import { setDefaultPointer } from './common/pod-defaults.ts';
import { age, columns } from './common/table.ts';

const DEFAULT_ANNOTATIONS = [
  'storageclass.kubernetes.io/is-default-class',
  'storageclass.beta.kubernetes.io/is-default-class',
];

/** storage.k8s.io/v1 StorageClass. */
export const storageClass = defineKind({
  group: 'storage.k8s.io',
  version: 'v1',
  kind: 'StorageClass',
  deleteReturnsStatus: false,
  generation: false,
  setDefaults(draft) {
    setDefaultPointer(draft, 'reclaimPolicy', 'Delete');
    setDefaultPointer(draft, 'volumeBindingMode', 'Immediate');
  },
  validate(object) {
    const provisioner: string = object.provisioner ?? '';
    const errors: FieldError[] = provisioner
      ? invalids('provisioner', provisioner.toLowerCase(), qualifiedName(provisioner.toLowerCase()))
      : [required('provisioner')];
    if ('' in (object.parameters ?? {})) errors.push(invalid('parameters', '', 'field can not be empty.'));
    if (!['Delete', 'Retain'].includes(object.reclaimPolicy))
      errors.push(notSupported('reclaimPolicy', object.reclaimPolicy, ['Delete', 'Retain']));
    if (!['Immediate', 'WaitForFirstConsumer'].includes(object.volumeBindingMode))
      errors.push(notSupported('volumeBindingMode', object.volumeBindingMode, ['Immediate', 'WaitForFirstConsumer']));
    return errors;
  },
  validateUpdate(object, old) {
    const errors: FieldError[] = [];
    for (const name of ['parameters', 'provisioner', 'reclaimPolicy'])
      if (!deepEqual(object[name], old[name])) errors.push(forbidden(name, `updates to ${name} are forbidden.`));
    return [...errors, ...immutable('volumeBindingMode', object.volumeBindingMode, old.volumeBindingMode)];
  },
  columns: columns('Name', 'Provisioner', 'ReclaimPolicy', 'VolumeBindingMode', 'AllowVolumeExpansion', 'Age'),
  row(object, ctx) {
    const isDefault = DEFAULT_ANNOTATIONS.some((key) => object.metadata.annotations?.[key] === 'true');
    return [
      object.metadata.name + (isDefault ? ' (default)' : ''),
      object.provisioner,
      object.reclaimPolicy ?? 'Delete',
      object.volumeBindingMode ?? 'Immediate',
      object.allowVolumeExpansion ?? false,
      age(object, ctx),
    ];
  },
});
