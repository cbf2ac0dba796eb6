import { defineKind } from './common/define.ts';
import { age, columns } from './common/table.ts';

/** v1 ServiceAccount. */
export const serviceAccount = defineKind({
  group: '',
  version: 'v1',
  kind: 'ServiceAccount',
  deleteReturnsStatus: false,
  generation: false,
  columns: columns('Name', 'Age'),
  row: (object, ctx) => [object.metadata.name, age(object, ctx)],
});
