import type { ApiClient } from '../api.ts';
import type { Registry } from '../registry.ts';

const POLICY = 'admissionregistration.k8s.io/v1/ValidatingAdmissionPolicy';
const STORAGE = 'admissionregistration.k8s.io/validatingadmissionpolicies';

/** Tells in the status of policies that their expressions have been looked at. */
export function followPolicies(registry: Registry, client: ApiClient): void {
  registry.store.listen(STORAGE, (change) => {
    const { metadata, status } = change.stored.object;
    if (change.type === 'DELETED' || status?.observedGeneration === metadata.generation) return;
    registry.world.after(0, () => {
      client.modify(
        POLICY,
        undefined,
        metadata.name,
        (draft) => {
          draft.status = { ...draft.status, observedGeneration: draft.metadata.generation, typeChecking: {} };
        },
        'status',
      );
    });
  });
}
