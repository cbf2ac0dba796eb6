import type { KubeObject } from '../../kube/object.ts';
import { findUntoleratedTaint } from '../controllers/lib/taints.ts';
import { nodeAffinity, nodePorts } from '../scheduler/filters/node.ts';
import { NodeInfo, podRequests } from '../scheduler/node-info.ts';

export interface Refusal {
  reason: string;
  message: string;
}

const BASIC = ['cpu', 'memory', 'ephemeral-storage'];
const failed = (predicate: string, why: string): Refusal => ({
  reason: predicate,
  message: `Predicate ${predicate} failed: ${why}`,
});

/**
 * What a kubelet checks of every pod that was bound to it, whoever bound it: the scheduler's own predicates over the pods that it has
 * (pkg/kubelet/lifecycle/predicate.go). Pods of critical priority, for which a kubelet would evict others, are let in.
 */
export function admissionRefusal(pod: KubeObject, node: KubeObject, others: Iterable<KubeObject>): Refusal | undefined {
  const isStatic = pod.metadata.annotations?.['kubernetes.io/config.mirror'] !== undefined;
  if (isStatic || (pod.spec.priority ?? 0) >= 2_000_000_000) return undefined;
  const info = new NodeInfo(node);
  for (const other of others) info.add(other);
  const lacking = insufficient(pod, info);
  if (lacking) return lacking;
  for (const [name, filter] of [['NodeAffinity', nodeAffinity] as const, ['NodePorts', nodePorts] as const]) {
    const rejected = filter({ pod }, info);
    if (rejected) return failed(name, rejected.reasons[0] as string);
  }
  return findUntoleratedTaint(node.spec?.taints, pod.spec.tolerations, ['NoExecute'])
    ? failed('TaintToleration', "node(s) had taints that the pod didn't tolerate")
    : undefined;
}

/** Extended resources that the node does not have are the cluster's: a kubelet lets them pass. */
function insufficient(pod: KubeObject, info: NodeInfo): Refusal | undefined {
  const lacks = (name: string, requested: number, used: number): Refusal | undefined => {
    const capacity = info.allocatable[name] ?? 0;
    if (requested === 0 || requested <= capacity - used) return undefined;
    const amounts = `requested: ${requested}, used: ${used}, capacity: ${capacity}`;
    return { reason: `OutOf${name}`, message: `Node didn't have enough resource: ${name}, ${amounts}` };
  };
  const requests = podRequests(pod);
  const extended = Object.keys(requests).filter((name) => !BASIC.includes(name) && name in info.allocatable);
  return (
    lacks('pods', 1, info.pods.size) ??
    [...BASIC, ...extended].map((name) => lacks(name, requests[name] ?? 0, info.requested[name] ?? 0)).find(Boolean)
  );
}
