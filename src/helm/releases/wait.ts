import { UserError } from '../../core/errors.ts';
import type { Json } from '../chart.ts';
import type { KubeClient, Manifested } from './kube.ts';

/** How ready an object is, in the words of kstatus. */
export interface Readiness {
  status: 'Current' | 'InProgress' | 'Failed' | 'NotFound';
  message: string;
}

type Counts = Record<string, number | undefined>;
interface Condition {
  type: string;
  status: string;
  reason?: string;
  message?: string;
}

const current = (message = ''): Readiness => ({ status: 'Current', message });
const progress = (message: string): Readiness => ({ status: 'InProgress', message });
const failed = (message: string): Readiness => ({ status: 'Failed', message });

function conditionsOf(object: Json): Condition[] {
  return ((object['status'] as Json | undefined)?.['conditions'] as Condition[] | undefined) ?? [];
}

function workload(object: Json): Readiness {
  const spec = (object['spec'] ?? {}) as Counts;
  const status = (object['status'] ?? {}) as Counts;
  const wanted = spec['replicas'] ?? 1;
  const stalled = conditionsOf(object).find((c) => c.reason === 'ProgressDeadlineExceeded');
  if (stalled) return failed('Progress deadline exceeded');
  if ((status['replicas'] ?? 0) < wanted) return progress(`replicas: ${status['replicas'] ?? 0}/${wanted}`);
  if ((status['updatedReplicas'] ?? 0) < wanted)
    return progress(`Updated: ${status['updatedReplicas'] ?? 0}/${wanted}`);
  if ((status['replicas'] ?? 0) > wanted) return progress(`Pending termination: ${(status['replicas'] ?? 0) - wanted}`);
  const available = object['kind'] === 'Deployment' ? status['availableReplicas'] : status['readyReplicas'];
  if ((available ?? 0) < wanted) return progress(`Available: ${available ?? 0}/${wanted}`);
  return current();
}

function daemonSet(object: Json): Readiness {
  const status = (object['status'] ?? {}) as Counts;
  const wanted = status['desiredNumberScheduled'] ?? 0;
  const ready = status['numberReady'] ?? 0;
  return ready < wanted ? progress(`Ready: ${ready}/${wanted}`) : current();
}

function job(object: Json): Readiness {
  const conditions = conditionsOf(object);
  if (conditions.some((c) => c.type === 'Failed' && c.status === 'True')) return failed('Job Failed');
  return conditions.some((c) => c.type === 'Complete' && c.status === 'True') ? current() : progress('Job in progress');
}

function pod(object: Json): Readiness {
  const phase = (object['status'] as Json | undefined)?.['phase'];
  if (phase === 'Succeeded') return current();
  if (phase === 'Failed') return failed('Pod has completed, but not successfully');
  return conditionsOf(object).some((c) => c.type === 'Ready' && c.status === 'True')
    ? current()
    : progress('Pod is not ready');
}

/** Judges one object as read from the API. */
export function readiness(object: Json): Readiness {
  const metadata = object['metadata'] as { generation?: number };
  const observed = (object['status'] as { observedGeneration?: number } | undefined)?.observedGeneration;
  const kind = object['kind'];
  const controlled = ['Deployment', 'StatefulSet', 'DaemonSet', 'ReplicaSet'].includes(String(kind));
  if (controlled && (observed ?? 0) < (metadata.generation ?? 0)) {
    return progress(`${kind} generation is ${metadata.generation}, but latest observed generation is ${observed ?? 0}`);
  }
  switch (kind) {
    case 'Deployment':
    case 'StatefulSet':
    case 'ReplicaSet':
      return workload(object);
    case 'DaemonSet':
      return daemonSet(object);
    case 'Job':
      return job(object);
    case 'Pod':
      return pod(object);
    case 'PersistentVolumeClaim': {
      const phase = (object['status'] as Json | undefined)?.['phase'];
      return phase === 'Bound' ? current() : progress('PVC is not Bound');
    }
    default:
      return current();
  }
}

/** Judges a pod that runs as a hook: it must come to its end, being ready is not enough. */
export function hookReadiness(object: Json): Readiness {
  if (object['kind'] !== 'Pod') return readiness(object);
  const name = (object['metadata'] as { name?: string }).name ?? '';
  const phase = (object['status'] as Json | undefined)?.['phase'];
  if (phase === 'Succeeded') return current(`pod ${name} succeeded`);
  return phase === 'Failed' ? failed(`pod ${name} failed`) : progress(`pod ${name} is running`);
}

const POLL_MS = 1000;

/** Waits until all objects are current; throws what Helm says when the time is over or one has failed. */
export async function waitReady(
  kube: KubeClient,
  objects: readonly Manifested[],
  namespace: string,
  timeoutMs: number,
  judge = readiness,
): Promise<void> {
  const { clock } = kube.cluster;
  const end = clock.now() + timeoutMs;
  for (;;) {
    const problems: string[] = [];
    let hopeless = false;
    for (const object of objects) {
      const found = await kube.get(object, namespace);
      const state: Readiness = found ? judge({ ...found, kind: object.kind }) : { status: 'NotFound', message: '' };
      if (state.status === 'Current') continue;
      hopeless ||= state.status === 'Failed';
      const place = `${object.kind}/${object.metadata.namespace ?? namespace}/${object.metadata.name}`;
      problems.push(`resource ${place} not ready. status: ${state.status}, message: ${state.message}`);
    }
    if (problems.length === 0) return;
    if (hopeless) throw new UserError('STATE', problems.join('\n'));
    if (clock.now() >= end) throw new UserError('TIMEOUT', [...problems, 'context deadline exceeded'].join('\n'));
    await clock.sleep(Math.min(POLL_MS, Math.max(1, end - clock.now())), kube.signal);
  }
}

/** Waits until none of the objects exists any more. */
export async function waitGone(
  kube: KubeClient,
  objects: readonly Manifested[],
  namespace: string,
  timeoutMs: number,
): Promise<void> {
  const { clock } = kube.cluster;
  const end = clock.now() + timeoutMs;
  for (const object of objects) {
    while (await kube.get(object, namespace)) {
      if (clock.now() >= end) throw new UserError('TIMEOUT', 'context deadline exceeded');
      await clock.sleep(POLL_MS, kube.signal);
    }
  }
}
