import { defineKind } from './common/define.ts';
import { invalid } from './common/field.ts';
import { age, columns } from './common/table.ts';

/** coordination.k8s.io/v1 Lease. */
export const lease = defineKind({
  group: 'coordination.k8s.io',
  version: 'v1',
  kind: 'Lease',
  createOnUpdate: true,
  requiresResourceVersion: true,
  generation: false,
  deleteReturnsStatus: true,
  validate({ spec = {} }) {
    const errors = [];
    if (spec.leaseDurationSeconds !== undefined && spec.leaseDurationSeconds <= 0)
      errors.push(invalid('spec.leaseDurationSeconds', spec.leaseDurationSeconds, 'must be greater than 0'));
    if (spec.leaseTransitions !== undefined && spec.leaseTransitions < 0)
      errors.push(invalid('spec.leaseTransitions', spec.leaseTransitions, 'must be greater than or equal to 0'));
    return errors;
  },
  columns: columns('Name', 'Holder', 'Age'),
  row: (object, ctx) => [object.metadata.name, object.spec?.holderIdentity ?? '', age(object, ctx)],
});
