import type { DeployedApp } from '../apps/index.ts';
import { type Json, type KubeClient, KubeError } from '../cluster/client.ts';
import { UserError } from '../core/errors.ts';
import { measureLoad, SteadyLoad, startBackgroundLoad, workloadOf } from '../workload/index.ts';
import type { Answers } from './application.ts';
import { brokenSince, expectedWorkloads } from './broken.ts';
import type { Verdict } from './evaluator.ts';
import { type Measured, measureOperations, violations } from './objectives.ts';
import { profileOf } from './profiles.ts';
import { type Snapshot, takeSnapshot, WORKLOADS } from './snapshot.ts';
import { type Keeping, lostSince, survivors, takeKeeping } from './state.ts';

/** How the application was before the incident. */
export interface Baseline {
  snapshot: Snapshot;
  operations: Measured[];
  answers: Answers;
  keeping: Keeping;
}

const POLL_MS = 5_000;
const POLL_WRONG_MS = 10_000;
/** While operations fail they are tried again this often. */
const RETRY_MS = 30_000;
/** Share of failed requests that a fresh load may show. */
const ERROR_RATE_MAX = 0.01;

export async function takeBaseline(kube: KubeClient, app: DeployedApp): Promise<Baseline> {
  const profile = profileOf(app);
  const snapshot = await takeSnapshot(kube, app, profile);
  const { measured, answers } = await measureOperations(kube, app, profile, new Map());
  return { snapshot, operations: measured, answers, keeping: await takeKeeping(kube, app, profile) };
}

/** The baseline without what the incident has destroyed for good: nobody can bring that back. */
export async function afterIncident(kube: KubeClient, baseline: Baseline): Promise<Baseline> {
  return { ...baseline, keeping: await survivors(kube, baseline.keeping) };
}

/**
 * Judges the cluster, not the change: the expected workloads are ready for a sustained window, users are served as before (every
 * operation with its effects, and a fresh load), and nothing else was broken, lost or laid open. Any working repair passes.
 */
export async function evaluateMitigation(
  kube: KubeClient,
  app: DeployedApp,
  baseline: Baseline,
  seconds: number,
): Promise<Verdict> {
  const problems = await findProblems(kube, app, baseline).catch((error: unknown) => [obstacle(kube, error)]);
  const success = problems.length === 0;
  return {
    success,
    results: { success, TTM: seconds },
    evidence: success ? ['all workloads ready, all operations served as before, nothing else broken'] : problems,
  };
}

/**
 * A cluster that was healthy let itself be examined. One that no longer does is a finding; mistakes of ours, and a cluster that is
 * overloaded or away, are none.
 */
function obstacle({ cluster }: KubeClient, error: unknown): string {
  const isAway =
    cluster.kind === 'kubernetes' && error instanceof KubeError && [429, 502, 503, 504].includes(error.code);
  if (isAway || !(error instanceof KubeError || error instanceof UserError)) throw error;
  return `the cluster cannot be examined any more: ${error.message}`;
}

async function findProblems(kube: KubeClient, app: DeployedApp, baseline: Baseline): Promise<string[]> {
  const profile = profileOf(app);
  const now = await takeSnapshot(kube, app, profile);
  const broken = brokenSince(baseline.snapshot, now);
  if (broken.length > 0) return broken;
  const settled = await settle(kube, app, baseline, expectedWorkloads(baseline.snapshot, now, app.namespace));
  if (settled.length > 0) return settled;
  const load = await measureLoad(kube, app);
  const errorRate = load.requests === 0 ? 1 : load.errors / load.requests;
  if (errorRate > ERROR_RATE_MAX) return [`fresh load: ${load.errors} of ${load.requests} requests failed`];
  return brokenSince(baseline.snapshot, await takeSnapshot(kube, app, profile));
}

/**
 * Waits until readiness has held for the window under load and every operation works; says what is wrong when the grace is over. The
 * steady load rests while something is known to be wrong: nothing is judged by it then.
 */
async function settle(
  kube: KubeClient,
  app: DeployedApp,
  baseline: Baseline,
  expected: readonly string[],
): Promise<string[]> {
  const load = new SteadyLoad(kube, workloadOf(app).place);
  await load.ensure(() => startBackgroundLoad(kube.cluster, app));
  try {
    return await untilServed(kube, app, baseline, expected, load);
  } finally {
    await load.resume();
  }
}

async function untilServed(
  kube: KubeClient,
  app: DeployedApp,
  baseline: Baseline,
  expected: readonly string[],
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
    const state = await readiness(kube, app, expected);
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
      // Before the operations below add to what is kept.
      const { lost, unknown } = await lostSince(kube, app, profileOf(app), baseline.keeping);
      if (lost.length > 0) return lost;
      const { measured } = await measureOperations(kube, app, profileOf(app), baseline.answers);
      unserved = [...unknown, ...violations(measured, baseline.operations)];
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

/** Workloads that are not as wanted, how often each container was restarted, and whether one waits out a back-off. */
async function readiness(
  kube: KubeClient,
  app: DeployedApp,
  expected: readonly string[],
): Promise<{ unready: string[]; restarts: string; backingOff: boolean }> {
  const unready: string[] = [];
  for (const resource of WORKLOADS) {
    const names = expected.filter((key) => key.startsWith(`${resource}/`)).map((key) => key.split('/')[2]);
    if (names.length === 0) continue;
    const found = await kube.list(resource, app.namespace);
    for (const name of names) {
      const { ready, wanted, isReady } = progress(found.find((item) => item.metadata.name === name));
      if (!isReady) unready.push(`${resource.slice(0, -1)} ${name}: ${ready}/${wanted} ready`);
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

/** How far a workload of any kind is; a missing one is not. */
function progress(workload: Json | undefined): { ready: number; wanted: number; isReady: boolean } {
  const { spec = {}, status = {} } = workload ?? {};
  const wanted = status.desiredNumberScheduled ?? spec.replicas ?? 1;
  const ready = status.numberReady ?? status.readyReplicas ?? 0;
  const updated = status.updatedNumberScheduled ?? status.updatedReplicas ?? 0;
  const unavailable = status.numberUnavailable ?? status.unavailableReplicas ?? 0;
  return { ready, wanted, isReady: ready >= wanted && updated >= wanted && unavailable === 0 };
}
