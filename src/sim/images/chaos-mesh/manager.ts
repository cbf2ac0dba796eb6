import { keyOf, splitKey } from '../../controllers/lib/objects.ts';
import { WorkQueue } from '../../controllers/lib/queue.ts';
import type { ChaosAction, ChaosHost } from './action.ts';
import { Experiments } from './experiment.ts';
import { networkChaos } from './network-chaos.ts';
import { podChaos } from './pod-chaos.ts';
import { SCHEDULE, Schedules } from './schedules.ts';

const ACTIONS: Readonly<Record<string, ChaosAction>> = { PodChaos: podChaos, NetworkChaos: networkChaos };

/** The definitions that the controller needs and that are not there. */
export function missingKinds({ api }: ChaosHost): string[] {
  return [...Object.keys(ACTIONS), 'Schedule'].filter((kind) => !isDefined(api, `chaos-mesh.org/v1alpha1/${kind}`));
}

/** Watches experiments and schedules, and works on them until stopped. All their kinds must be defined. */
export function startManager(host: ChaosHost): () => void {
  const schedules = new Schedules(host, ACTIONS);
  const stops = [follow(host, SCHEDULE, schedules)];
  for (const [kind, action] of Object.entries(ACTIONS)) {
    const ref = `chaos-mesh.org/v1alpha1/${kind}`;
    stops.push(follow(host, ref, new Experiments(host, ref, action)));
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

function follow(
  { world, api }: ChaosHost,
  ref: string,
  worker: { reconcile(namespace: string, name: string): number | undefined },
): () => void {
  let stopped = false;
  const queue = new WorkQueue(world, `chaos-mesh/${ref}`, (key) => {
    if (stopped || !isDefined(api, ref)) return;
    const againMs = worker.reconcile(...splitKey(key));
    if (againMs !== undefined) queue.addAfter(key, againMs);
  });
  const unwatch = api.watch(ref, (type, object) => type !== 'DELETED' && queue.add(keyOf(object)));
  return () => {
    stopped = true;
    unwatch();
  };
}
