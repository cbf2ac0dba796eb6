import type { Json } from '../../../kube/object.ts';
import type { AdmissionPlugin } from '../admission.ts';
import { isFor } from './errors.ts';

const NOT_READY = 'node.kubernetes.io/not-ready';

/** A new node is tainted until its first heartbeat. */
export const nodeTaint: AdmissionPlugin = {
  name: 'TaintNodesByCondition',
  admit(request) {
    const node = request.object;
    if (!node || !isFor(request, '', 'nodes', 'CREATE')) return;
    node.spec ??= {};
    const taints: Json[] = node.spec.taints ?? [];
    if (!taints.some((taint) => taint.key === NOT_READY && taint.effect === 'NoSchedule'))
      node.spec.taints = [...taints, { key: NOT_READY, effect: 'NoSchedule' }];
  },
};
