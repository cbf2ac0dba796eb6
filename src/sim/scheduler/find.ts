import type { Prng } from '../../core/prng.ts';
import type { KubeObject } from '../../kube/object.ts';
import type { Cycle, Filter, Rejection } from './filter.ts';
import {
  nodeAffinity,
  nodeName,
  nodePorts,
  nodeResourcesFit,
  nodeUnschedulable,
  taintToleration,
} from './filters/node.ts';
import { interPodAffinity, podTopologySpread } from './filters/pods.ts';
import { volumeBinding, volumeRestrictions } from './filters/volumes.ts';
import type { NodeInfo } from './node-info.ts';
import { scoreNodes, violatesBudget } from './score.ts';

/** The default profile's filter plugins in their order; a node's first rejection counts. */
const filters: readonly Filter[] = [
  nodeUnschedulable,
  nodeName,
  taintToleration,
  nodeAffinity,
  nodePorts,
  nodeResourcesFit,
  volumeRestrictions,
  volumeBinding,
  podTopologySpread,
  interPodAffinity,
];

export function runFilters(cycle: Cycle, node: NodeInfo): Rejection | undefined {
  for (const filter of filters) {
    const rejection = filter(cycle, node);
    if (rejection) return rejection;
  }
  return undefined;
}

/** The best of the fitting nodes; equals are drawn from the stream. */
export function selectNode(cycle: Cycle, fitting: readonly NodeInfo[], rng: Prng): NodeInfo {
  if (fitting.length === 1) return fitting[0] as NodeInfo;
  const scores = scoreNodes(cycle, fitting);
  const best = Math.max(...scores);
  return rng.pick(fitting.filter((_, i) => scores[i] === best));
}

/** `3 Insufficient cpu, 1 node(s) were unschedulable`, sorted as text. */
export function histogram(reasons: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const reason of reasons) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  return [...counts]
    .map(([reason, count]) => `${count} ${reason}`)
    .sort()
    .join(', ');
}

/** Node names a pod is pinned to by `matchFields`, as daemon pods are; undefined when it is not. */
export function pinnedNodes(pod: KubeObject): Set<string> | undefined {
  const required = pod.spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  const names = new Set<string>();
  for (const term of required?.nodeSelectorTerms ?? []) {
    const field = term.matchFields?.find((it: { key: string }) => it.key === 'metadata.name');
    if (field?.operator !== 'In') return undefined;
    for (const name of field.values ?? []) names.add(name);
  }
  return names.size ? names : undefined;
}

const NOT_HELPFUL = 'Preemption is not helpful for scheduling';
const NO_VICTIMS = 'No preemption victims found for incoming pod';

export const priorityOf = (pod: KubeObject): number => pod.spec.priority ?? 0;

/** Which pods to remove from which node for the pod to fit, or why that does not help. */
export function preempt(
  cycle: Cycle,
  rejections: ReadonlyMap<string, Rejection>,
  budgets: readonly KubeObject[],
): { node: NodeInfo; victims: KubeObject[] } | { message: string } {
  const { pod, nodes } = cycle;
  if (pod.spec.preemptionPolicy === 'Never') return { message: 'not eligible due to preemptionPolicy=Never.' };
  const reasons: string[] = [];
  const candidates: { node: NodeInfo; victims: KubeObject[]; violations: number }[] = [];
  for (const node of nodes) {
    const rejection = rejections.get(node.name);
    if (!rejection || rejection.final) {
      reasons.push(NOT_HELPFUL);
      continue;
    }
    const found = selectVictims(cycle, node, budgets);
    if ('reasons' in found) reasons.push(...found.reasons);
    else candidates.push({ node, ...found });
  }
  if (!candidates.length) {
    return { message: `0/${nodes.length} nodes are available: ${histogram(reasons)}.` };
  }
  const highest = (victims: KubeObject[]): number => Math.max(...victims.map(priorityOf));
  const total = (victims: KubeObject[]): number => victims.reduce((sum, it) => sum + priorityOf(it) + 2 ** 31, 0);
  candidates.sort(
    (a, b) =>
      a.violations - b.violations ||
      highest(a.victims) - highest(b.victims) ||
      total(a.victims) - total(b.victims) ||
      a.victims.length - b.victims.length,
  );
  return candidates[0] as { node: NodeInfo; victims: KubeObject[] };
}

/** Removes all lower pods, then spares as many as still fit, the most important first. */
function selectVictims(
  cycle: Cycle,
  node: NodeInfo,
  budgets: readonly KubeObject[],
): { victims: KubeObject[]; violations: number } | { reasons: string[] } {
  const lower = [...node.pods.values()].filter((it) => priorityOf(it) < priorityOf(cycle.pod));
  if (!lower.length) return { reasons: [NO_VICTIMS] };
  const removed = new Set(lower.map((it) => it.metadata.uid));
  const rejection = runFilters(cycle, node.without(removed));
  if (rejection) return { reasons: rejection.reasons };
  const guarded = (it: KubeObject): number => Number(violatesBudget(budgets, it));
  lower.sort(
    (a, b) =>
      guarded(b) - guarded(a) ||
      priorityOf(b) - priorityOf(a) ||
      ((a.status?.startTime ?? '') < (b.status?.startTime ?? '') ? -1 : 1),
  );
  for (const it of lower) {
    removed.delete(it.metadata.uid);
    if (runFilters(cycle, node.without(removed))) removed.add(it.metadata.uid);
  }
  const victims = lower.filter((it) => removed.has(it.metadata.uid));
  return { victims, violations: victims.filter(guarded).length };
}
