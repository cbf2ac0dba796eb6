import { defineKind } from './common/define.ts';
import { age, columns } from './common/table.ts';

/** networking.k8s.io/v1 ServiceCIDR. */
export const serviceCidr = defineKind({
  group: 'networking.k8s.io',
  version: 'v1',
  kind: 'ServiceCIDR',
  hasStatus: true,
  columns: columns('Name', 'CIDRs', 'Age'),
  row: (object, ctx) => [object.metadata.name, (object.spec?.cidrs ?? []).join(','), age(object, ctx)],
});
