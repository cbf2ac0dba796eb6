import { definitionErrors, definitionUpdateErrors, storedVersionErrors } from '../custom/definition.ts';
import type { KindDef } from '../kind.ts';
import { CREATED_AT, createdAtRow } from './common/table.ts';

/** apiextensions.k8s.io/v1 CustomResourceDefinition: its table; the rest is the API server's CRD code. */
export const customResourceDefinition: KindDef = {
  group: 'apiextensions.k8s.io',
  version: 'v1',
  kind: 'CustomResourceDefinition',
  generation: true,
  setDefaults({ spec }) {
    if (!spec) return;
    spec.names ??= {};
    spec.conversion ??= { strategy: 'None' };
    const { kind } = spec.names;
    if (!kind) return;
    spec.names.singular ??= String(kind).toLowerCase();
    spec.names.listKind ??= `${kind}List`;
  },
  prepareForCreate(draft) {
    delete draft['status'];
  },
  validate: definitionErrors,
  validateCreate: storedVersionErrors,
  validateUpdate: definitionUpdateErrors,
  columns: CREATED_AT,
  row: createdAtRow,
};
