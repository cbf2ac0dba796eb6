import { defineKind } from './common/define.ts';
import { age, columns } from './common/table.ts';

/** storage.k8s.io/v1 CSINode. */
export const csiNode = defineKind({
  group: 'storage.k8s.io',
  version: 'v1',
  kind: 'CSINode',
  requiresResourceVersion: true,
  generation: false,
  columns: columns('Name', 'Drivers:integer', 'Age'),
  row: (object, ctx) => [object.metadata.name, (object.spec?.drivers ?? []).length, age(object, ctx)],
});
