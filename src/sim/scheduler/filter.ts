import type { KubeObject } from '../../kube/object.ts';
import type { NodeInfo } from './node-info.ts';
import type { ClaimPlan } from './volumes.ts';

/** Why a node does not fit. `final`: no preemption can help (UnschedulableAndUnresolvable). */
export interface Rejection {
  reasons: string[];
  final: boolean;
}

/** What all filters of one scheduling cycle share. */
export interface Cycle {
  pod: KubeObject;
  nodes: readonly NodeInfo[];
  claims: ClaimPlan;
  namespaceLabels(namespace: string): Record<string, string> | undefined;
}

/** One filter plugin: undefined when the pod fits. `node` may be a copy with fewer pods. */
export type Filter = (cycle: Cycle, node: NodeInfo) => Rejection | undefined;

export function reject(reason: string, final: boolean): Rejection {
  return { reasons: [reason], final };
}

/** One that looks at the pod and the node alone: kubelets ask it as well. */
export type NodeFilter = (cycle: Pick<Cycle, 'pod'>, node: NodeInfo) => Rejection | undefined;
