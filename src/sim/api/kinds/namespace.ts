import { validateFinalizerName } from '../meta-validation.ts';
import { defineKind } from './common/define.ts';
import { setDefault } from './common/pod-defaults.ts';
import { age, columns } from './common/table.ts';

/** v1 Namespace. The `kubernetes` finalizer is in spec; it goes through /finalize. */
export const namespace = defineKind({
  group: '',
  version: 'v1',
  kind: 'Namespace',
  nameRule: 'label',
  generation: false,
  hasStatus: true,
  setDefaults(draft) {
    if (draft.metadata.name)
      draft.metadata.labels = { ...draft.metadata.labels, 'kubernetes.io/metadata.name': draft.metadata.name };
    setDefault(draft.status, 'phase', 'Active');
  },
  prepareForCreate(draft) {
    draft.status = { phase: 'Active' };
    const finalizers: string[] = draft.spec.finalizers ?? [];
    if (!finalizers.includes('kubernetes')) draft.spec.finalizers = [...finalizers, 'kubernetes'];
    draft.metadata.labels = { ...draft.metadata.labels, 'kubernetes.io/metadata.name': draft.metadata.name };
  },
  prepareForUpdate(draft, old) {
    draft.spec.finalizers = old.spec?.finalizers;
  },
  validateSubresource(object, _, subresource) {
    if (subresource !== 'finalize') return [];
    const finalizers: string[] = object.spec.finalizers ?? [];
    return finalizers.flatMap((name, at) => validateFinalizerName(name, `spec.finalizers[${at}]`));
  },
  selectableFields: (object) => ({ 'status.phase': object.status?.phase ?? '', name: object.metadata.name }),
  columns: columns('Name', 'Status', 'Age'),
  row: (object, ctx) => [object.metadata.name, object.status?.phase ?? '', age(object, ctx)],
});
