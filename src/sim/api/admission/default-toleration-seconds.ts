import type { Json } from '../../../kube/object.ts';
import type { AdmissionPlugin } from '../admission.ts';
import { isFor } from './errors.ts';

const TAINTS = ['node.kubernetes.io/not-ready', 'node.kubernetes.io/unreachable'];
const SECONDS = 300;

/** Pods stay five minutes on a node that is not ready or unreachable, unless they say otherwise. */
export const defaultTolerationSeconds: AdmissionPlugin = {
  name: 'DefaultTolerationSeconds',
  admit(request) {
    if (!request.object || !isFor(request, '', 'pods', 'CREATE', 'UPDATE')) return;
    const { spec } = request.object;
    const own: Json[] = spec.tolerations ?? [];
    const added = TAINTS.filter(
      (key) => !own.some((item) => (item.key === key || !item.key) && (item.effect === 'NoExecute' || !item.effect)),
    ).map((key) => ({ effect: 'NoExecute', key, operator: 'Exists', tolerationSeconds: SECONDS }));
    if (added.length > 0) spec.tolerations = [...own, ...added];
  },
};
