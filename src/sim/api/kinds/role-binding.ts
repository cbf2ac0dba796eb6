import { defineKind } from './common/define.ts';
import { defaultBinding, RBAC_GROUP, subjectCells, validateBinding, validateBindingUpdate } from './common/rbac.ts';
import { age, columns } from './common/table.ts';

/** rbac.authorization.k8s.io/v1 RoleBinding. */
export const roleBinding = defineKind({
  group: RBAC_GROUP,
  version: 'v1',
  kind: 'RoleBinding',
  createOnUpdate: true,
  nameRule: 'path',
  generation: false,
  deleteReturnsStatus: true,
  setDefaults: defaultBinding,
  validate: (object) => validateBinding(object, ['Role', 'ClusterRole']),
  validateUpdate: validateBindingUpdate,
  columns: columns('Name', 'Role', 'Age', '~Users', '~Groups', '~ServiceAccounts'),
  row: (object, ctx) => [
    object.metadata.name,
    `${object.roleRef.kind}/${object.roleRef.name}`,
    age(object, ctx),
    ...subjectCells(object),
  ],
});
