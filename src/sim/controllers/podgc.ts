import type { KubeObject } from '../../kube/object.ts';
import type { ApiClient } from '../api/api.ts';
import type { World } from '../world.ts';
import type { Controller } from './context.ts';
import { attempt, deleteIfExists, setCondition, timeMs } from './lib/objects.ts';
import { isPodFinished } from './lib/pods.ts';

const PERIOD_MS = 20_000;
/** Pods of a node that is gone are kept this long, in case it comes back. */
const QUARANTINE_MS = 40_000;
/** Finished pods kept in the cluster. */
const FINISHED_MAX = 12_500;

/** Removes pods whose node is gone, that were deleted before they were placed, and the oldest of too many finished ones. */
export const podgc: Controller = {
  name: 'pod-garbage-collector',
  start({ world, api: clientFor }) {
    const api = clientFor('pod-garbage-collector');
    const missingSinceMs = new Map<string, number>();
    world.every(PERIOD_MS, () => collect(world, api, missingSinceMs));
  },
};

function collect(world: World, api: ApiClient, missingSinceMs: Map<string, number>): void {
  const pods = api.list('v1/Pod');
  const remove = ({ metadata: { namespace, name } }: KubeObject): void => {
    attempt(() => deleteIfExists(api, 'v1/Pod', namespace, name, { gracePeriodSeconds: 0 }));
  };
  for (const pod of pods) {
    const node = pod.spec.nodeName;
    if (!node) {
      if (pod.metadata.deletionTimestamp) remove(pod);
      continue;
    }
    if (api.get('v1/Node', undefined, node)) {
      missingSinceMs.delete(node);
      continue;
    }
    const since = missingSinceMs.get(node) ?? world.nowMs;
    missingSinceMs.set(node, since);
    if (world.nowMs - since < QUARANTINE_MS) continue;
    if (!attempt(() => failOrphan(world, api, pod))) remove(pod);
  }
  const finished = pods.filter((pod) => isPodFinished(pod) && !pod.metadata.deletionTimestamp);
  const oldest = [...finished].sort(
    (a, b) => timeMs(a.metadata.creationTimestamp) - timeMs(b.metadata.creationTimestamp),
  );
  for (const pod of oldest.slice(0, Math.max(0, oldest.length - FINISHED_MAX))) remove(pod);
}

function failOrphan(world: World, api: ApiClient, pod: KubeObject): void {
  const { namespace, name } = pod.metadata;
  const change = (draft: KubeObject): void => {
    if (isPodFinished(draft)) return;
    draft.status.phase = 'Failed';
    draft.status.conditions ??= [];
    const condition = {
      type: 'DisruptionTarget',
      status: 'True',
      reason: 'DeletionByPodGC',
      message: 'PodGC: node no longer exists',
    };
    setCondition(draft.status.conditions, condition, world.nowIso);
  };
  api.modify('v1/Pod', namespace, name, change, 'status');
}
