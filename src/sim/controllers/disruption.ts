import { controllerOf, type Json, type KubeObject } from '../../kube/object.ts';
import type { ApiClient } from '../api/api.ts';
import { goLabelSelector } from '../api/kinds/common/selectors.ts';
import type { World } from '../world.ts';
import type { Controller } from './context.ts';
import { type Condition, keyOf, sameJson, scaledValue, setCondition, splitKey } from './lib/objects.ts';
import { isPodFinished, isPodReady } from './lib/pods.ts';
import { WorkQueue } from './lib/queue.ts';
import { matchesSelector } from './lib/selector.ts';

const REF = 'policy/v1/PodDisruptionBudget';
/** How long an eviction may take to be seen (upstream: DeletionTimeout). */
const DELETION_TIMEOUT_MS = 120_000;
const SCALES: Record<string, string> = {
  ReplicaSet: 'apps/v1/ReplicaSet',
  Deployment: 'apps/v1/Deployment',
  StatefulSet: 'apps/v1/StatefulSet',
  ReplicationController: 'v1/ReplicationController',
};

/** Keeps the counts and the DisruptionAllowed condition of PodDisruptionBudgets. */
export const disruption: Controller = {
  name: 'disruption-controller',
  start({ world, api: clientFor }) {
    const api = clientFor('disruption-controller');
    const queue = new WorkQueue(world, 'disruption', (key) => {
      const budget = api.get(REF, ...splitKey(key));
      if (!budget) return;
      sync(world, api, budget);
      if (budget.status?.disruptedPods) queue.addAfter(key, DELETION_TIMEOUT_MS);
    });
    api.watch(REF, (type, budget) => type !== 'DELETED' && queue.add(keyOf(budget)));
    api.watch('v1/Pod', (_type, pod, old) => {
      for (const budget of api.list(REF, pod.metadata.namespace)) {
        const selects = (it: KubeObject): boolean => matchesSelector(budget.spec?.selector, it.metadata.labels);
        if (selects(pod) || (old && selects(old))) queue.add(keyOf(budget));
      }
    });
  },
};

function sync(world: World, api: ApiClient, budget: KubeObject): void {
  const { namespace, name, generation } = budget.metadata;
  const pods = api
    .list('v1/Pod', namespace)
    .filter((pod) => matchesSelector(budget.spec?.selector, pod.metadata.labels)) as KubeObject[];
  const event = (type: 'Normal' | 'Warning', reason: string, message: string): void =>
    api.events.record({ regarding: budget, type, reason, message, component: 'controllermanager' });
  if (!pods.length) event('Normal', 'NoPods', 'No matching pods found');
  const counts = expected(api, budget, pods);
  const unmanaged = needsScale(budget) && pods.some((pod) => !controllerOf(pod));
  if (unmanaged) event('Warning', 'UnmanagedPods', unmanagedText(budget));
  if (typeof counts === 'string') event('Warning', 'CalculateExpectedPodCountFailed', counts);
  const { expectedPods, desiredHealthy } = typeof counts === 'string' ? { expectedPods: 0, desiredHealthy: 0 } : counts;
  const disrupted = stillThere(world, budget.status?.disruptedPods ?? {}, pods);
  const goes = (pod: KubeObject): boolean =>
    pod.metadata.deletionTimestamp !== undefined || disrupted[pod.metadata.name] !== undefined;
  const currentHealthy = pods.filter((pod) => !isPodFinished(pod) && !goes(pod) && isPodReady(pod)).length;
  const allowed = typeof counts === 'string' || expectedPods <= 0 ? 0 : Math.max(0, currentHealthy - desiredHealthy);
  const conditions: Condition[] = [...(budget.status?.conditions ?? [])];
  const condition: Condition =
    typeof counts === 'string'
      ? { type: 'DisruptionAllowed', status: 'False', reason: 'SyncFailed', message: counts }
      : {
          type: 'DisruptionAllowed',
          status: allowed > 0 ? 'True' : 'False',
          reason: allowed > 0 ? 'SufficientPods' : 'InsufficientPods',
          message: '',
        };
  setCondition(conditions, { ...condition, observedGeneration: generation }, world.nowIso);
  const status: Json = {
    ...(Object.keys(disrupted).length > 0 ? { disruptedPods: disrupted } : {}),
    currentHealthy,
    desiredHealthy,
    disruptionsAllowed: allowed,
    expectedPods,
    observedGeneration: generation,
    conditions,
  };
  if (sameJson(budget.status ?? {}, status)) return;
  const write = (draft: KubeObject): void => {
    draft.status = status;
  };
  api.modify(REF, namespace, name, write, 'status');
}

/** Whether the wanted count comes from the pods' controllers, which bare pods do not have. */
function needsScale(budget: KubeObject): boolean {
  const { maxUnavailable, minAvailable } = budget.spec ?? {};
  return maxUnavailable !== undefined || typeof minAvailable === 'string';
}

function unmanagedText(budget: KubeObject): string {
  return `Pods selected by this PodDisruptionBudget (selector: ${goLabelSelector(budget.spec?.selector)}) were found to be unmanaged. As a result, the status of the PDB cannot be calculated correctly, which may result in undefined behavior. To account for these pods please set ".spec.minAvailable" field of the PDB to an integer value.`;
}

/** Evictions granted but not yet seen as deletions, as long as these are waited for. */
function stillThere(
  world: World,
  disrupted: Record<string, string>,
  pods: readonly KubeObject[],
): Record<string, string> {
  const waiting = new Set(pods.filter((pod) => !pod.metadata.deletionTimestamp).map((pod) => pod.metadata.name));
  const isAwaited = (since: string): boolean => Date.parse(since) + DELETION_TIMEOUT_MS > world.nowMs;
  return Object.fromEntries(Object.entries(disrupted).filter(([name, since]) => waiting.has(name) && isAwaited(since)));
}

/** How many pods there should be and how many must stay healthy; a text when the count cannot be told. */
function expected(
  api: ApiClient,
  budget: KubeObject,
  pods: readonly KubeObject[],
): { expectedPods: number; desiredHealthy: number } | string {
  const { maxUnavailable, minAvailable } = budget.spec ?? {};
  if (maxUnavailable !== undefined) {
    const count = scaleOf(api, pods);
    if (typeof count === 'string') return count;
    return { expectedPods: count, desiredHealthy: Math.max(0, count - scaledValue(maxUnavailable, count, true)) };
  }
  if (typeof minAvailable === 'number') return { expectedPods: pods.length, desiredHealthy: minAvailable };
  if (minAvailable === undefined) return { expectedPods: pods.length, desiredHealthy: 0 };
  const count = scaleOf(api, pods);
  if (typeof count === 'string') return count;
  return { expectedPods: count, desiredHealthy: scaledValue(minAvailable, count, true) };
}

/** The wanted replicas of all controllers of these pods. */
function scaleOf(api: ApiClient, pods: readonly KubeObject[]): number | string {
  const seen = new Map<string, number>();
  for (const pod of pods) {
    const owner = controllerOf(pod);
    if (!owner) continue;
    let object = SCALES[owner.kind]
      ? api.get(SCALES[owner.kind] as string, pod.metadata.namespace, owner.name)
      : undefined;
    const parent = object && controllerOf(object);
    if (parent?.kind === 'Deployment') object = api.get('apps/v1/Deployment', pod.metadata.namespace, parent.name);
    if (!object)
      return `${owner.apiVersion.split('/')[0]}, Kind=${owner.kind} does not implement the scale subresource`;
    seen.set(object.metadata.uid, object.spec.replicas ?? 1);
  }
  return [...seen.values()].reduce((sum, replicas) => sum + replicas, 0);
}
