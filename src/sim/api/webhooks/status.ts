import { applyStatus } from '../own-status.ts';
import type { Registry } from '../registry.ts';

const POLICY = 'admissionregistration.k8s.io/v1/ValidatingAdmissionPolicy';
const STORAGE = 'admissionregistration.k8s.io/validatingadmissionpolicies';
const MANAGER = 'validatingadmissionpolicy-status';

/** Tells in the status of policies that their expressions have been looked at. */
export function followPolicies(registry: Registry): void {
  registry.store.listen(STORAGE, (change) => {
    const { metadata, status } = change.stored.object;
    if (change.type === 'DELETED' || status?.observedGeneration === metadata.generation) return;
    registry.world.after(0, () => {
      const seen = { observedGeneration: metadata.generation, typeChecking: {} };
      applyStatus(registry, POLICY, metadata.name, seen, MANAGER);
    });
  });
}
