import { controllerOf, type Json, type KubeObject } from '../../kube/object.ts';
import { matchesSet } from '../controllers/lib/selector.ts';
import { tolerates } from '../controllers/lib/taints.ts';
import type { Cycle } from './filter.ts';
import { matchesNodeTerm } from './filters/node.ts';
import { matchesTerm, spreadCounts } from './filters/pods.ts';
import { type NodeInfo, podRequests } from './node-info.ts';

const TOP = 100;
const PREFERRED = 'preferredDuringSchedulingIgnoredDuringExecution';
/** Image sizes between which ImageLocality grows (per container, bytes). */
const IMAGE_MIN = 23 * 1024 * 1024;
const IMAGE_MAX = 1000 * 1024 * 1024;

type Scorer = (cycle: Cycle, node: NodeInfo) => number;
type Normalize = (scores: number[]) => number[];

/** Higher is better, the best gets 100. */
const toTop: Normalize = (scores) => {
  const most = Math.max(...scores);
  return most === 0 ? scores : scores.map((score) => Math.floor((score * TOP) / most));
};
const reversed: Normalize = (scores) => {
  const most = Math.max(...scores);
  return most === 0 ? scores.map(() => TOP) : scores.map((score) => TOP - Math.floor((score * TOP) / most));
};
const asIs: Normalize = (scores) => scores;
const spreadRange: Normalize = (scores) => {
  const low = Math.min(...scores);
  const high = Math.max(...scores);
  return high === 0 ? scores.map(() => TOP) : scores.map((score) => Math.floor((TOP * (high + low - score)) / high));
};
const minMax: Normalize = (scores) => {
  const low = Math.min(...scores);
  const high = Math.max(...scores);
  return high === low ? scores.map(() => 0) : scores.map((score) => Math.floor((TOP * (score - low)) / (high - low)));
};

const taints: Scorer = ({ pod }, { node }) => {
  const soft = (pod.spec.tolerations ?? []).filter((it: Json) => !it.effect || it.effect === 'PreferNoSchedule');
  return (node.spec?.taints ?? []).filter(
    (taint: Json) => taint.effect === 'PreferNoSchedule' && !soft.some((it: Json) => tolerates(it, taint)),
  ).length;
};

const affinity: Scorer = ({ pod }, { node }) =>
  (pod.spec.affinity?.nodeAffinity?.[PREFERRED] ?? []).reduce(
    (sum: number, term: Json) => sum + (matchesNodeTerm(term.preference, node) ? term.weight : 0),
    0,
  );

const leastAllocated: Scorer = ({ pod }, node) => {
  const requests = podRequests(pod, true);
  const share = (name: string): number => {
    const total = node.allocatable[name] ?? 0;
    const used = (node.nonZero[name] ?? 0) + (requests[name] ?? 0);
    return total === 0 || used > total ? 0 : Math.floor(((total - used) * TOP) / total);
  };
  return Math.floor((share('cpu') + share('memory')) / 2);
};

const balanced: Scorer = ({ pod }, node) => {
  const requests = podRequests(pod);
  const fraction = (name: string): number => {
    const used = (node.requested[name] ?? 0) + (requests[name] ?? 0);
    return Math.min(1, used / Math.max(1, node.allocatable[name] ?? 0));
  };
  return Math.floor((1 - Math.abs(fraction('cpu') - fraction('memory')) / 2) * TOP);
};

const images: Scorer = ({ pod, nodes }, { node }) => {
  const has = (at: KubeObject, image: string): Json =>
    at.status?.images?.find(
      (it: Json) => it.names?.includes(image) || it.names?.includes(`docker.io/library/${image}`),
    );
  const containers: Json[] = pod.spec.containers ?? [];
  let sum = 0;
  for (const container of containers) {
    const found = has(node, container.image);
    if (!found) continue;
    const spread = nodes.filter((it) => has(it.node, container.image)).length / nodes.length;
    sum += Math.floor(found.sizeBytes * spread);
  }
  const most = IMAGE_MAX * containers.length;
  return Math.floor((TOP * (Math.min(Math.max(sum, IMAGE_MIN), most) - IMAGE_MIN)) / (most - IMAGE_MIN));
};

/** The pod's own soft constraints, or for pods of a controller upstream's defaults over hostname and zone. */
function softConstraints(pod: KubeObject): Json[] {
  const own: Json[] = pod.spec.topologySpreadConstraints ?? [];
  if (own.length) return own.filter((it) => it.whenUnsatisfiable === 'ScheduleAnyway');
  if (!controllerOf(pod) || !pod.metadata.labels) return [];
  const labelSelector = { matchLabels: pod.metadata.labels };
  return [
    { topologyKey: 'kubernetes.io/hostname', maxSkew: 3, labelSelector },
    { topologyKey: 'topology.kubernetes.io/zone', maxSkew: 5, labelSelector },
  ];
}

function spreadScores(cycle: Cycle, nodes: readonly NodeInfo[]): number[] {
  const constraints = softConstraints(cycle.pod).map((constraint) => ({
    key: constraint.topologyKey as string,
    skew: constraint.maxSkew as number,
    counts: spreadCounts(cycle, constraint),
  }));
  return nodes.map((info) => {
    let score = 0;
    for (const { key, skew, counts } of constraints) {
      const value = info.node.metadata.labels?.[key];
      if (value !== undefined) score += (counts.get(value) ?? 0) * Math.log(counts.size + 2) + (skew - 1);
    }
    return Math.round(score);
  });
}

const podAffinity: Scorer = (cycle, node) => {
  const own = cycle.pod.spec.affinity;
  let score = 0;
  const weigh = (terms: Json[] | undefined, sign: number): void => {
    for (const { podAffinityTerm: term, weight } of terms ?? []) {
      const value = node.node.metadata.labels?.[term.topologyKey];
      for (const at of cycle.nodes) {
        if (value === undefined || at.node.metadata.labels?.[term.topologyKey] !== value) continue;
        for (const other of at.pods.values()) if (matchesTerm(cycle, term, cycle.pod, other)) score += sign * weight;
      }
    }
  };
  weigh(own?.podAffinity?.[PREFERRED], 1);
  weigh(own?.podAntiAffinity?.[PREFERRED], -1);
  return score;
};

/** Total scores in the order of `nodes`, with the default profile's weights. */
export function scoreNodes(cycle: Cycle, nodes: readonly NodeInfo[]): number[] {
  const each = (scorer: Scorer): number[] => nodes.map((node) => scorer(cycle, node));
  const parts: [scores: number[], normalize: Normalize, weight: number][] = [
    [each(taints), reversed, 3],
    [each(affinity), toTop, 2],
    [spreadScores(cycle, nodes), spreadRange, 2],
    [each(podAffinity), minMax, 2],
    [each(leastAllocated), asIs, 1],
    [each(balanced), asIs, 1],
    [each(images), asIs, 1],
  ];
  const totals = nodes.map(() => 0);
  for (const [scores, normalize, weight] of parts) {
    normalize(scores).forEach((score, i) => {
      totals[i] = (totals[i] as number) + weight * score;
    });
  }
  return totals;
}

/** Whether a budget guards this pod with nothing left to give. */
export function violatesBudget(budgets: readonly KubeObject[], pod: KubeObject): boolean {
  return budgets.some(
    (budget) =>
      budget.metadata.namespace === pod.metadata.namespace &&
      budget.spec.selector &&
      matchesSet(budget.spec.selector.matchLabels, pod.metadata.labels) &&
      (budget.status?.disruptionsAllowed ?? 0) <= 0,
  );
}
