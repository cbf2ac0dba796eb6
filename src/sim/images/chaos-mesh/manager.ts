import { ApiError } from '../../../kube/status.ts';
import { keyOf, splitKey } from '../../controllers/lib/objects.ts';
import { WorkQueue } from '../../controllers/lib/queue.ts';
import { type ChaosAction, ChaosError, type ChaosHost } from './action.ts';
import { Experiments } from './experiment.ts';
import { networkChaos } from './network-chaos.ts';
import { podChaos } from './pod-chaos.ts';
import { SCHEDULE, Schedules } from './schedules.ts';

const RETRY_MS = 100;
const RETRY_MS_MAX = 60_000;
export const ACTIONS: Readonly<Record<string, ChaosAction>> = { PodChaos: podChaos, NetworkChaos: networkChaos };

/** The definitions that the controller needs and that are not there. */
export function missingKinds({ api }: ChaosHost): string[] {
  return [...Object.keys(ACTIONS), 'Schedule'].filter((kind) => !isDefined(api, `chaos-mesh.org/v1alpha1/${kind}`));
}

/** Watches experiments and schedules, and works on them until stopped. All their kinds must be defined. */
export function startManager(host: ChaosHost): () => void {
  const schedules = follow(host, SCHEDULE, new Schedules(host, ACTIONS));
  const stops = [schedules.stop];
  for (const [kind, action] of Object.entries(ACTIONS)) {
    const ref = `chaos-mesh.org/v1alpha1/${kind}`;
    stops.push(follow(host, ref, new Experiments(host, ref, action)).stop);
    stops.push(
      host.api.watch(ref, (_type, { metadata }) => {
        const schedule = metadata.ownerReferences?.find((owner) => owner.kind === 'Schedule');
        if (schedule) schedules.look(`${metadata.namespace}/${schedule.name}`);
      }),
    );
  }
  return () => {
    for (const stop of stops) stop();
  };
}

function isDefined(api: ChaosHost['api'], ref: string): boolean {
  const kind = ref.slice(ref.lastIndexOf('/') + 1).toLowerCase();
  const plural = kind === 'schedule' ? 'schedules' : kind;
  return (
    api.get('apiextensions.k8s.io/v1/CustomResourceDefinition', undefined, `${plural}.chaos-mesh.org`) !== undefined
  );
}

interface Follower {
  look(key: string): void;
  stop(): void;
}

function follow(
  { world, api }: ChaosHost,
  ref: string,
  worker: { reconcile(namespace: string, name: string): number | undefined },
): Follower {
  let stopped = false;
  const failing = new Map<string, { times: number; untilMs: number }>();
  const queue = new WorkQueue(world, `chaos-mesh/${ref}`, (key) => {
    if (stopped || !isDefined(api, ref)) return;
    const failed = failing.get(key);
    // what a failure writes is no reason to try again at once
    if (failed && world.nowMs < failed.untilMs) return queue.addAfter(key, failed.untilMs - world.nowMs);
    try {
      const againMs = worker.reconcile(...splitKey(key));
      failing.delete(key);
      if (againMs !== undefined) queue.addAfter(key, againMs);
    } catch (error) {
      if (!(error instanceof ChaosError) && !(error instanceof ApiError)) throw error;
      const times = (failed?.times ?? 0) + 1;
      const delayMs = Math.min(RETRY_MS * 2 ** times, RETRY_MS_MAX);
      failing.set(key, { times, untilMs: world.nowMs + delayMs });
      queue.addAfter(key, delayMs);
    }
  });
  const unwatch = api.watch(ref, (type, object, old) => {
    if (object.metadata.deletionTimestamp && !old?.metadata.deletionTimestamp) failing.delete(keyOf(object));
    if (type !== 'DELETED') queue.add(keyOf(object));
  });
  return {
    look: (key) => queue.add(key),
    stop() {
      stopped = true;
      unwatch();
    },
  };
}
