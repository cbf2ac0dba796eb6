import type { DeployedApp } from '../apps/index.ts';
import type { Json, KubeClient } from '../cluster/client.ts';
import { measureLoad } from '../workload/index.ts';
import { profiles } from './application.ts';
import type { Verdict } from './evaluator.ts';
import { type Measured, measureOperations, violations } from './objectives.ts';
import { brokenSince, type Snapshot, takeSnapshot } from './snapshot.ts';

/** How the application was before the incident. */
export interface Baseline {
  snapshot: Snapshot;
  operations: Measured[];
}

/** Virtual time a repair may need to take effect after submission: the longest back-off of a crash loop, then of its clients’ reconnecting. */
const GRACE_MS = 600_000;
/** How long everything must stay ready. */
const WINDOW_MS = 60_000;
const POLL_MS = 5_000;
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

/** Waits until readiness has held for the window and every operation works; says what is wrong when the grace is over. */
async function settle(kube: KubeClient, app: DeployedApp, baseline: Baseline): Promise<string[]> {
  const { clock } = kube.cluster;
  const end = clock.now() + GRACE_MS;
  let readySince: number | undefined;
  let restarts = '';
  for (;;) {
    const state = await readiness(kube, app, baseline.snapshot);
    if (state.unready.length > 0 || state.restarts !== restarts) readySince = undefined;
    if (state.unready.length === 0) readySince ??= clock.now();
    restarts = state.restarts;
    let wrong = state.unready;
    if (readySince !== undefined && clock.now() - readySince >= WINDOW_MS) {
      wrong = violations(await measureOperations(kube, app, profileOf(app)), baseline.operations);
      if (wrong.length === 0) return [];
    }
    if (clock.now() >= end)
      return wrong.length > 0 ? wrong : [`not everything stayed ready for ${WINDOW_MS / 1000} s in a row`];
    await clock.sleep(POLL_MS);
  }
}

async function readiness(
  kube: KubeClient,
  app: DeployedApp,
  before: Snapshot,
): Promise<{ unready: string[]; restarts: string }> {
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
  const restarts = pods
    .flatMap((pod: Json) =>
      (pod.status?.containerStatuses ?? []).map((status: Json) => `${pod.metadata.name}:${status.restartCount}`),
    )
    .join(' ');
  return { unready, restarts };
}

function profileOf(app: DeployedApp) {
  const profile = profiles[app.name];
  if (!profile) throw new Error(`application ${app.name} has no profile`);
  return profile;
}
