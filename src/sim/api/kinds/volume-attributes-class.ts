import type { FieldError } from '../../../kube/status.ts';
import { defineKind } from './common/define.ts';
import { deepEqual, forbidden, invalid, invalids, required } from './common/field.ts';
import { qualifiedName } from './common/names.ts';
import { age, columns } from './common/table.ts';

function validateDriver(name: string): FieldError[] {
  return name === ''
    ? [required('driverName')]
    : invalids('driverName', name.toLowerCase(), qualifiedName(name.toLowerCase()));
}

function validateParameters(names: string[]): FieldError[] {
  if (names.length === 0) return [required('parameters', 'must contain at least one key/value pair')];
  return names.filter((name) => name === '').map((name) => invalid('parameters', name, 'field can not be empty.'));
}

/** storage.k8s.io/v1 VolumeAttributesClass. */
export const volumeAttributesClass = defineKind({
  group: 'storage.k8s.io',
  version: 'v1',
  kind: 'VolumeAttributesClass',
  deleteReturnsStatus: false,
  finalizers: ['kubernetes.io/vac-protection'],
  validate: (object) => [
    ...validateDriver(object['driverName'] ?? ''),
    ...validateParameters(Object.keys(object['parameters'] ?? {})),
  ],
  changesFirst: true,
  validateUpdate: (object, old) =>
    ['driverName', 'parameters']
      .filter((field) => !deepEqual(object[field], old[field]))
      .map((field) => forbidden(field, `updates to ${field} are forbidden.`)),
  columns: columns('Name', 'DriverName', 'Age'),
  row: (object, ctx) => [object.metadata.name, object['driverName'] ?? '', age(object, ctx)],
});
