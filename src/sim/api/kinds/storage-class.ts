import type { Json } from '../../../kube/object.ts';
import type { FieldError } from '../../../kube/status.ts';
import { defineKind } from './common/define.ts';
import {
  deepEqual,
  duplicate,
  forbidden,
  immutable,
  invalid,
  invalids,
  notSupported,
  required,
} from './common/field.ts';
import { qualifiedName } from './common/names.ts';
import { setDefaultPointer } from './common/pod-defaults.ts';
import { age, columns } from './common/table.ts';

const DEFAULT_ANNOTATIONS = [
  'storageclass.kubernetes.io/is-default-class',
  'storageclass.beta.kubernetes.io/is-default-class',
];

/** Terms that say the same are one too many; one that says nothing counts as said before. */
function validateTopologies(terms: Json[]): FieldError[] {
  const errors: FieldError[] = [];
  const seen = new Set<string>(['{}']);
  for (const [i, term] of terms.entries()) {
    const path = `allowedTopologies[${i}].matchLabelExpressions`;
    const said: Record<string, string[]> = {};
    for (const [j, { key = '', values: list }] of (term.matchLabelExpressions ?? []).entries()) {
      const at = `${path}[${j}]`;
      const values: string[] = list ?? [];
      if (values.length === 0) errors.push(required(`${at}.values`));
      for (const [k, value] of values.entries())
        if (values.indexOf(value) < k) errors.push(duplicate(`${at}.values[${k}]`, value));
      errors.push(...invalids(`${at}.key`, key, qualifiedName(key)));
      if (Object.hasOwn(said, key)) errors.push(duplicate(`${at}.key`, key));
      said[key] = [...new Set(values)].sort();
    }
    const text = JSON.stringify(Object.fromEntries(Object.entries(said).sort()));
    if (seen.has(text)) errors.push(duplicate(path, ''));
    seen.add(text);
  }
  return errors;
}

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
    return [...errors, ...validateTopologies(object.allowedTopologies ?? [])];
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
