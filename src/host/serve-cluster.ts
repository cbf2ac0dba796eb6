import { writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deployApp } from '../apps/index.ts';
import type { CliEnv, ServedCluster } from '../cli/env.ts';
import { EmbeddedCluster } from '../cluster/embedded.ts';
import { UserError } from '../core/errors.ts';
import type { Logger } from '../core/log.ts';
import { loadChart } from '../helm/chart.ts';
import { Helm } from '../helm/releases/actions.ts';
import { type Adoption, adoptRelease } from '../helm/releases/adopt.ts';
import { writeKubeconfig } from '../http/kubeconfig.ts';
import { serveCluster } from '../http/serve-cluster.ts';
import { IDENTITIES, IDENTITY_RBAC } from '../sim/bootstrap/identities.ts';
import { CLUSTER_ADMIN } from '../sim/bootstrap/system.ts';
import { createSimulation } from '../sim/simulation.ts';
import { wallClock } from './wall-clock.ts';

type Options = Parameters<CliEnv['serveCluster']>[0] & {
  loadApp: CliEnv['cloud']['loadApp'];
  /** Files of a chart that ships with the program, by their path in it. */
  chart(name: string): Record<string, string>;
  newToken(): string;
  log: Logger;
};

/** Others than this program look for a release before they install a Prometheus of their own, as AIOpsLab does. */
const PROMETHEUS: Adoption = {
  release: 'prometheus',
  namespace: 'observe',
  chart: { version: '25.27.0', appVersion: 'v2.55.1' },
  paths: [
    '/api/v1/namespaces/observe/services/prometheus-server',
    '/apis/apps/v1/namespaces/observe/deployments/prometheus-server',
  ],
};

/** How long before clients come the cluster is made, in its own time: longer than its start and an application's take. */
const AGE_MS = 120_000;

/** As a release where AIOpsLab and people install it, and waited for. */
async function installChaosMesh(cluster: EmbeddedCluster, files: Record<string, string>): Promise<void> {
  const namespace = 'chaos-mesh';
  await new Helm(cluster).install('chaos-mesh', loadChart(files), {}, { namespace, createNamespace: true, wait: true });
}

/**
 * A simulated cluster behind a loopback port, with a kubeconfig for it. Its clock shows what the machine's shows when clients come, so
 * that also times in logs, traces and metrics are what they expect.
 */
export async function serveEmbedded(options: Options): Promise<ServedCluster> {
  const simulation = createSimulation({
    seed: options.seed,
    epochMs: wallClock.now() - AGE_MS,
    metricsServer: options.with.includes('metrics-server'),
  });
  const cluster = new EmbeddedCluster(simulation);
  await adoptRelease(cluster, PROMETHEUS);
  if (options.with.includes('chaos-mesh')) await installChaosMesh(cluster, options.chart('chaos-mesh'));
  if (options.app !== undefined) {
    const progress = options.progress;
    const app = await options.loadApp(options.app);
    await deployApp(cluster, app, { wait: true, progress });
  }
  simulation.world.advance(Math.max(0, wallClock.now() - simulation.world.nowMs));
  const token = options.newToken();
  const others = { viewer: options.newToken(), agent: options.newToken() };
  const known = new Map(Object.entries(others).map(([name, own]) => [own, IDENTITIES[name as keyof typeof others]]));
  const admin = simulation.api.client({ user: CLUSTER_ADMIN, fieldManager: 'kubeadm' });
  for (const object of IDENTITY_RBAC) admin.create(object);
  const served = await serveCluster({
    handler: simulation.api.handler,
    world: simulation.world,
    clock: options.clock,
    speed: options.speed,
    token,
    port: options.port,
    timers: wallClock,
    userOfToken: (text) => known.get(text) ?? simulation.api.userOfToken(text),
    onError: (error) =>
      options.log.error(
        { error: String(error), stack: (error as Error)?.stack },
        'serving a request failed on our side',
      ),
  }).catch((error: Error) => {
    throw new UserError('INVALID_ARGUMENT', `port ${options.port} cannot be served: ${error.message}`);
  });
  const kubeconfig = options.kubeconfig ?? join(tmpdir(), `aiopslab-${served.port}.kubeconfig`);
  try {
    writeFileSync(kubeconfig, writeKubeconfig({ url: served.url, token, others }), { mode: 0o600 });
  } catch (error) {
    await served.close();
    throw new UserError('INVALID_ARGUMENT', `the kubeconfig cannot be written: ${(error as Error).message}`);
  }
  return { url: served.url, kubeconfig, close: () => served.close() };
}
