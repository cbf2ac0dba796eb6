import { KubeConfig } from '@kubernetes/client-node';
import { wallClock } from '../../src/host/wall-clock.ts';
import { writeKubeconfig } from '../../src/http/kubeconfig.ts';
import { serveCluster } from '../../src/http/serve-cluster.ts';
import { IDENTITIES, IDENTITY_RBAC } from '../../src/sim/bootstrap/identities.ts';
import { CLUSTER_ADMIN } from '../../src/sim/bootstrap/system.ts';
import { createSimulation, type Simulation, type SimulationOptions } from '../../src/sim/simulation.ts';

export interface TestCluster {
  url: string;
  /** With the token leading the path, for clients without headers. */
  base: string;
  token: string;
  kubeconfig: string;
  simulation: Simulation;
  /** Mistakes of ours while serving; empty in a test that passes. */
  faults: unknown[];
  config(context?: 'viewer' | 'agent'): KubeConfig;
  close(): Promise<void>;
}

/** A simulated cluster served on loopback on wall time, in this process. */
export async function serveForTest(options: SimulationOptions & { speed?: number }): Promise<TestCluster> {
  const simulation = createSimulation({ epochMs: wallClock.now() - 120_000, ...options });
  const admin = simulation.api.client({ user: CLUSTER_ADMIN, fieldManager: 'kubeadm' });
  for (const object of IDENTITY_RBAC) admin.create(object);
  simulation.world.advance(1_000);
  const faults: unknown[] = [];
  const token = 'admin-token';
  const others = { viewer: 'viewer-token', agent: 'agent-token' };
  const served = await serveCluster({
    handler: simulation.api.handler,
    world: simulation.world,
    clock: 'wall',
    speed: options.speed,
    token,
    port: 0,
    timers: wallClock,
    userOfToken: (text) =>
      text === others.viewer
        ? IDENTITIES.viewer
        : text === others.agent
          ? IDENTITIES.agent
          : simulation.api.userOfToken(text),
    onError: (error) => faults.push(error),
  });
  const kubeconfig = writeKubeconfig({ url: served.url, token, others });
  return {
    url: served.url,
    base: `${served.url}/token/${token}`,
    token,
    kubeconfig,
    simulation,
    faults,
    config(context) {
      const config = new KubeConfig();
      config.loadFromString(kubeconfig);
      if (context) config.setCurrentContext(`aiopslab-${context}`);
      return config;
    },
    close: () => served.close(),
  };
}
