import { defineKind } from './common/define.ts';
import { CREATED_AT, createdAtRow } from './common/table.ts';

/** storage.k8s.io/v1 CSIStorageCapacity. */
export const csiStorageCapacity = defineKind({
  group: 'storage.k8s.io',
  version: 'v1',
  kind: 'CSIStorageCapacity',
  requiresResourceVersion: true,
  columns: CREATED_AT,
  row: createdAtRow,
});
