import { controllerOf, type Json } from '../../../kube/object.ts';
import type { FieldError } from '../../../kube/status.ts';
import { defineKind } from './common/define.ts';
import { immutable, nonNegative, required } from './common/field.ts';
import { age, columns } from './common/table.ts';

function validateData(data: Json): FieldError[] {
  if (data === undefined || data === null) return [required('data', 'data is mandatory')];
  return typeof data === 'object' ? [] : [required('data', 'data must be a valid JSON object')];
}

/** apps/v1 ControllerRevision. */
export const controllerRevision = defineKind({
  group: 'apps',
  version: 'v1',
  kind: 'ControllerRevision',
  generation: false,
  deleteReturnsStatus: true,
  validate: (object) => nonNegative('revision', object.revision),
  validateCreate: (object) => validateData(object.data),
  validateUpdate: (object, old) => immutable('data', object.data, old.data),
  columns: columns('Name', 'Controller', 'Revision', 'Age'),
  row(object, ctx) {
    const owner = controllerOf(object);
    const group = owner?.apiVersion.includes('/') ? `.${owner.apiVersion.split('/')[0]}` : '';
    const controller = owner ? `${owner.kind.toLowerCase()}${group}/${owner.name}` : '<none>';
    return [object.metadata.name, controller, object.revision, age(object, ctx)];
  },
});
