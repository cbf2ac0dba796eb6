import { type AppDefinition, type DeployedApp, deployApp } from '../apps/index.ts';
import type { KubeClient } from '../cluster/client.ts';
import type { Cluster } from '../cluster/cluster.ts';
import { afterIncident, type Baseline, takeBaseline } from '../evaluators/mitigation.ts';
import type { Problem } from '../problems/problem.ts';
import { runLoad, startBackgroundLoad } from '../workload/index.ts';
import type { Progress, SessionState } from './agent-view.ts';

/** Virtual time before and after the injection that telemetry shows to the agent. A real cluster is not kept waiting as long. */
const HISTORY = {
  embedded: { healthyMs: 300_000, faultyMs: 120_000 },
  kubernetes: { healthyMs: 15_000, faultyMs: 20_000 },
} as const;

export interface PrepareContext {
  cluster: Cluster;
  kube: KubeClient;
  app: AppDefinition;
  problem: Problem;
  progress: Progress;
  signal?: AbortSignal;
}

export interface PrepareSteps {
  state(state: SessionState): void;
  /** The fault's undo information, to be journalled. */
  injected(undo: unknown): void;
}

/** From an empty cluster to a running incident. */
export async function prepare(
  ctx: PrepareContext,
  steps: PrepareSteps,
): Promise<{ app: DeployedApp; baseline: Baseline }> {
  const { cluster, kube, problem, progress, signal } = ctx;
  const history = HISTORY[cluster.kind];
  if (problem.fault?.disturbs) await cluster.disturbances.check?.();
  steps.state('deploying');
  progress('deploying the application');
  const app = await deployApp(cluster, ctx.app, { wait: true, progress, signal });
  steps.state('baseline');
  progress('letting it run under load');
  await startBackgroundLoad(cluster, app);
  await cluster.clock.sleep(history.healthyMs, signal);
  const baseline = await takeBaseline(kube, app);
  steps.state('injecting');
  progress('preparing the incident');
  const cause = problem.fault ?? problem.harmless;
  if (cause) steps.injected(await cause.inject({ cluster, kube, app }));
  const injectedMs = cluster.clock.now();
  await runLoad(cluster, app, problem.load);
  const restMs = history.faultyMs - (cluster.clock.now() - injectedMs);
  if (restMs > 0) await cluster.clock.sleep(restMs, signal);
  progress('ready');
  return { app, baseline: await afterIncident(kube, baseline) };
}
