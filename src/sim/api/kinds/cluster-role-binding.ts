import { defineKind } from './common/define.ts';
import { defaultBinding, RBAC_GROUP, subjectCells, validateBinding, validateBindingUpdate } from './common/rbac.ts';
import { age, columns } from './common/table.ts';

/** rbac.authorization.k8s.io/v1 ClusterRoleBinding. */
export const clusterRoleBinding = defineKind({
  group: RBAC_GROUP,
  version: 'v1',
  kind: 'ClusterRoleBinding',
  createOnUpdate: true,
  nameRule: 'path',
  generation: false,
  deleteReturnsStatus: true,
  setDefaults: defaultBinding,
  validate: (object) => validateBinding(object, ['ClusterRole']),
  validateUpdate: validateBindingUpdate,
  columns: columns('Name', 'Role', 'Age', '~Users', '~Groups', '~ServiceAccounts'),
  row: (object, ctx) => [
    object.metadata.name,
    `${object.roleRef.kind}/${object.roleRef.name}`,
    age(object, ctx),
    ...subjectCells(object),
  ],
});
