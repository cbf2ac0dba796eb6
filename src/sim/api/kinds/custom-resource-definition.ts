import type { KindDef } from '../kind.ts';
import { CREATED_AT, createdAtRow } from './common/table.ts';

/** apiextensions.k8s.io/v1 CustomResourceDefinition: its table; the rest is the API server's CRD code. */
export const customResourceDefinition: KindDef = {
  group: 'apiextensions.k8s.io',
  version: 'v1',
  kind: 'CustomResourceDefinition',
  generation: true,
  columns: CREATED_AT,
  row: createdAtRow,
};
