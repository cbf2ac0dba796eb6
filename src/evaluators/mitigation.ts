import type { DeployedApp } from '../apps/index.ts';
import type { Json, KubeClient } from '../cluster/client.ts';
import { measureLoad, SteadyLoad, workloadOf } from '../workload/index.ts';
import { profiles } from './application.ts';
import type { Verdict } from './evaluator.ts';
import { type Measured, measureOperations, violations } from './objectives.ts';
import { brokenSince, type Snapshot, takeSnapshot } from './snapshot.ts';

/** How the application was before the incident. */
export interface Baseline {
  snapshot: Snapshot;
  operations: Measured[];
}

const POLL_MS = 5_000;
const POLL_WRONG_MS = 10_000;
/** While operations fail they are tried again this often. */
const RETRY_MS = 30_000;
/** Share of failed requests that a fresh load may show. */
const ERROR_RATE_MAX = 0.01;

export async function takeBaseline(kube: KubeClient, app: DeployedApp): Promise<Baseline> {
  const profile = profileOf(app);
  return { snapshot: await takeSnapshot(kube, app, profile), operations: await measureOperations(kube, app, profile) };
}

/**
 * Judges the cluster, not the change: the expected workloads are ready for a sustained window, users are served as before (every
 * operation, and a fresh load), and nothing else was broken. Any working repair passes.
 */
export async function evaluateMitigation(
  kube: KubeClient,
  app: DeployedApp,
  baseline: Baseline,
  seconds: number,
): Promise<Verdict> {
  const problems = await findProblems(kube, app, baseline);
  const success = problems.length === 0;
  return {
    success,
    results: { success, TTM: seconds },
    evidence: success ? ['all workloads ready, all operations served as before, nothing else broken'] : problems,
  };
}

async function findProblems(kube: KubeClient, app: DeployedApp, baseline: Baseline): Promise<string[]> {
  const broken = brokenSince(baseline.snapshot, await takeSnapshot(kube, app, profileOf(app)));
  if (broken.length > 0) return broken;
  const settled = await settle(kube, app, baseline);
  if (settled.length > 0) return settled;
  const load = await measureLoad(kube, app);
  const errorRate = load.requests === 0 ? 1 : load.errors / load.requests;
  if (errorRate > ERROR_RATE_MAX) return [`fresh load: ${load.errors} of ${load.requests} requests failed`];
  return [];
}

/**
 * Waits until readiness has held for the window under load and every operation works; says what is wrong when the grace is over. The
 * steady load rests while something is known to be wrong: nothing is judged by it then.
 */
async function settle(kube: KubeClient, app: DeployedApp, baseline: Baseline): Promise<string[]> {
  const load = new SteadyLoad(kube, workloadOf(app).place);
  try {
    return await untilServed(kube, app, baseline, load);
  } finally {
    await load.resume();
  }
}

async function untilServed(
  kube: KubeClient,
  app: DeployedApp,
  baseline: Baseline,
  load: SteadyLoad,
): Promise<string[]> {
  const { clock } = kube.cluster;
  const { backOffMs, graceMs, windowMs } = profileOf(app).patience;
  const start = clock.now();
  let end = start + graceMs;
  let readySince: number | undefined;
  let tryAfter = 0;
  let restarts = '';
  let unserved: string[] = [];
  for (;;) {
    const state = await readiness(kube, app, baseline.snapshot);
    if (state.unready.length > 0 || state.restarts !== restarts) readySince = undefined;
    restarts = state.restarts;
    if (state.unready.length > 0) await load.pause();
    else readySince ??= clock.now();
    if (readySince !== undefined && unserved.length === 0) await load.resume();
    // What waits out a back-off gets its try, and the time to hold afterwards.
    if (state.backingOff) end = Math.max(end, Math.min(clock.now() + windowMs + POLL_WRONG_MS, start + backOffMs));
    const last = clock.now() >= end;
    if (readySince !== undefined && clock.now() - readySince >= windowMs && (last || clock.now() >= tryAfter)) {
      const rested = load.isPaused;
      unserved = violations(await measureOperations(kube, app, profileOf(app)), baseline.operations);
      if (unserved.length === 0 && !rested) return [];
      if (unserved.length > 0) {
        await load.pause();
        tryAfter = clock.now() + RETRY_MS;
      } else if (clock.now() < start + backOffMs) {
        // It works again without load: now it must hold under load.
        readySince = undefined;
        end = Math.max(end, clock.now() + windowMs + 2 * POLL_MS);
      }
    }
    if (last && clock.now() >= end) {
      const wrong = state.unready.length > 0 ? state.unready : unserved;
      return wrong.length > 0 ? wrong : [`not everything stayed ready for ${windowMs / 1000} s in a row`];
    }
    await clock.sleep(state.unready.length + unserved.length > 0 ? POLL_WRONG_MS : POLL_MS);
  }
}

/** Deployments that are not as wanted, how often each container was restarted, and whether one waits out a back-off. */
async function readiness(
  kube: KubeClient,
  app: DeployedApp,
  before: Snapshot,
): Promise<{ unready: string[]; restarts: string; backingOff: boolean }> {
  const unready: string[] = [];
  const deployments = await kube.list('deployments', app.namespace);
  for (const key of Object.keys(before.objects)) {
    const [resource, namespace, name] = key.split('/');
    if (resource !== 'deployments' || namespace !== app.namespace) continue;
    const deployment = deployments.find((item) => item.metadata.name === name);
    const wanted = deployment?.spec.replicas ?? 1;
    const { readyReplicas = 0, updatedReplicas = 0, unavailableReplicas = 0 } = deployment?.status ?? {};
    if (readyReplicas < wanted || updatedReplicas < wanted || unavailableReplicas > 0) {
      unready.push(`deployment ${name}: ${readyReplicas}/${wanted} ready`);
    }
  }
  const pods = await kube.list('pods', app.namespace);
  const containers = pods.flatMap((pod: Json) =>
    [...(pod.status?.initContainerStatuses ?? []), ...(pod.status?.containerStatuses ?? [])].map((status: Json) => ({
      name: pod.metadata.name,
      ...status,
    })),
  );
  const restarts = containers.map(({ name, restartCount }) => `${name}:${restartCount}`).join(' ');
  const backingOff = containers.some(({ state }) => state?.waiting?.reason?.endsWith('BackOff') === true);
  return { unready, restarts, backingOff };
}

function profileOf(app: DeployedApp) {
  const profile = profiles[app.name];
  if (!profile) throw new Error(`application ${app.name} has no profile`);
  return profile;
}
