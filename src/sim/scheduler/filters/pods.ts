import type { Json, KubeObject } from '../../../kube/object.ts';
import { isEmptySelector, matchesSelector } from '../../controllers/lib/selector.ts';
import { findUntoleratedTaint } from '../../controllers/lib/taints.ts';
import { type Cycle, type Filter, reject } from '../filter.ts';
import type { NodeInfo } from '../node-info.ts';
import { matchesNodeAffinity } from './node.ts';

const REQUIRED = 'requiredDuringSchedulingIgnoredDuringExecution';

/** Whether `other` is among the pods that a term of `owner` speaks of. */
export function matchesTerm(cycle: Cycle, term: Json, owner: KubeObject, other: KubeObject): boolean {
  const namespace = other.metadata.namespace as string;
  const listed: string[] = term.namespaces ?? [];
  const selector = term.namespaceSelector;
  const inNamespace =
    listed.includes(namespace) ||
    (selector
      ? isEmptySelector(selector) || matchesSelector(selector, cycle.namespaceLabels(namespace))
      : listed.length === 0 && namespace === owner.metadata.namespace);
  return inNamespace && matchesSelector(term.labelSelector, other.metadata.labels);
}

function inTopology(cycle: Cycle, node: NodeInfo, key: string): NodeInfo[] {
  const value = node.node.metadata.labels?.[key];
  if (value === undefined) return [];
  return cycle.nodes
    .map((it) => (it.name === node.name ? node : it))
    .filter((it) => it.node.metadata.labels?.[key] === value);
}

function someInTopology(cycle: Cycle, node: NodeInfo, term: Json, test: (other: KubeObject) => boolean): boolean {
  return inTopology(cycle, node, term.topologyKey).some((it) => [...it.pods.values()].some(test));
}

export const interPodAffinity: Filter = (cycle, node) => {
  const { pod } = cycle;
  const affinity: Json[] = pod.spec.affinity?.podAffinity?.[REQUIRED] ?? [];
  if (affinity.length && !satisfiesAffinity(cycle, node, affinity)) {
    return reject("node(s) didn't match pod affinity rules", true);
  }
  const anti: Json[] = pod.spec.affinity?.podAntiAffinity?.[REQUIRED] ?? [];
  if (anti.some((term) => someInTopology(cycle, node, term, (other) => matchesTerm(cycle, term, pod, other)))) {
    return reject("node(s) didn't match pod anti-affinity rules", false);
  }
  return violatesExisting(cycle, node)
    ? reject("node(s) didn't satisfy existing pods anti-affinity rules", false)
    : undefined;
};

/** All terms must find a pod nearby; the first pod of its own kind may go anywhere the topology exists. */
function satisfiesAffinity(cycle: Cycle, node: NodeInfo, terms: Json[]): boolean {
  const { pod } = cycle;
  const matchesAll = (other: KubeObject): boolean => terms.every((term) => matchesTerm(cycle, term, pod, other));
  if (terms.some((term) => node.node.metadata.labels?.[term.topologyKey] === undefined)) return false;
  if (terms.every((term) => someInTopology(cycle, node, term, matchesAll))) return true;
  const nowhere = !cycle.nodes.some((it) => [...it.pods.values()].some(matchesAll));
  return nowhere && matchesAll(pod);
}

function violatesExisting(cycle: Cycle, node: NodeInfo): boolean {
  for (const at of cycle.nodes) {
    const info = at.name === node.name ? node : at;
    for (const other of info.pods.values()) {
      for (const term of other.spec.affinity?.podAntiAffinity?.[REQUIRED] ?? []) {
        const value = info.node.metadata.labels?.[term.topologyKey];
        const near = value !== undefined && node.node.metadata.labels?.[term.topologyKey] === value;
        if (near && matchesTerm(cycle, term, other, cycle.pod)) return true;
      }
    }
  }
  return false;
}

/** The selector of a spread constraint, with matchLabelKeys folded in. */
export function spreadSelector(constraint: Json, pod: KubeObject): Json {
  const keys: string[] = constraint.matchLabelKeys ?? [];
  const extra = keys
    .filter((key) => pod.metadata.labels?.[key] !== undefined)
    .map((key) => ({ key, operator: 'In', values: [pod.metadata.labels?.[key]] }));
  const selector = constraint.labelSelector ?? {};
  return { ...selector, matchExpressions: [...(selector.matchExpressions ?? []), ...extra] };
}

/** Matching pods per topology value, over the nodes the constraint's policies admit. */
export function spreadCounts(cycle: Cycle, constraint: Json, seen?: NodeInfo): Map<string, number> {
  const { pod } = cycle;
  const selector = spreadSelector(constraint, pod);
  const counts = new Map<string, number>();
  for (const at of cycle.nodes) {
    const info = at.name === seen?.name ? seen : at;
    const value = info.node.metadata.labels?.[constraint.topologyKey];
    if (value === undefined || !admits(constraint, pod, info.node)) continue;
    let count = 0;
    for (const other of info.pods.values()) {
      const counted = other.metadata.namespace === pod.metadata.namespace && !other.metadata.deletionTimestamp;
      if (counted && matchesSelector(selector, other.metadata.labels)) count++;
    }
    counts.set(value, (counts.get(value) ?? 0) + count);
  }
  return counts;
}

function admits(constraint: Json, pod: KubeObject, node: KubeObject): boolean {
  if ((constraint.nodeAffinityPolicy ?? 'Honor') === 'Honor' && !matchesNodeAffinity(pod, node)) return false;
  if (constraint.nodeTaintsPolicy !== 'Honor') return true;
  return !findUntoleratedTaint(node.spec?.taints, pod.spec.tolerations, ['NoSchedule', 'NoExecute']);
}

export const podTopologySpread: Filter = (cycle, node) => {
  const message = "node(s) didn't match pod topology spread constraints";
  for (const constraint of cycle.pod.spec.topologySpreadConstraints ?? []) {
    if (constraint.whenUnsatisfiable !== 'DoNotSchedule') continue;
    const value = node.node.metadata.labels?.[constraint.topologyKey];
    if (value === undefined) return reject(`${message} (missing required label)`, true);
    const counts = spreadCounts(cycle, constraint, node);
    const least = counts.size < (constraint.minDomains ?? 1) ? 0 : Math.min(...counts.values());
    const self = matchesSelector(spreadSelector(constraint, cycle.pod), cycle.pod.metadata.labels) ? 1 : 0;
    if ((counts.get(value) ?? 0) + self - least > constraint.maxSkew) return reject(message, false);
  }
  return undefined;
};
