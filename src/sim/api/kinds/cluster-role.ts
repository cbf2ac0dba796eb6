import { defineKind } from './common/define.ts';
import { noRules, RBAC_GROUP, validateRules } from './common/rbac.ts';
import { CREATED_AT, createdAtRow } from './common/table.ts';

/** rbac.authorization.k8s.io/v1 ClusterRole. */
export const clusterRole = defineKind({
  group: RBAC_GROUP,
  version: 'v1',
  kind: 'ClusterRole',
  createOnUpdate: true,
  nameRule: 'path',
  generation: false,
  deleteReturnsStatus: true,
  prepareForCreate: noRules,
  prepareForUpdate: noRules,
  validate: (object) => validateRules(object.rules, false),
  columns: CREATED_AT,
  row: createdAtRow,
});
