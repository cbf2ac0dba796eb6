import type { CliEnv } from './env.ts';

export interface ClusterUpOptions {
  app?: string;
  port: number;
  kubeconfig?: string;
  clock: 'wall' | 'stepped';
  seed: string;
}

/** Serves the simulated cluster until SIGINT or SIGTERM. Prints `ready <url>` once clients may come. */
export async function clusterUp(env: CliEnv, options: ClusterUpOptions): Promise<void> {
  const cluster = await env.serveCluster({ ...options, progress: env.note });
  const interrupted = new Promise<void>((resolve) => env.onInterrupt(resolve));
  env.out(`export KUBECONFIG=${cluster.kubeconfig}\nready ${cluster.url}\n`);
  await interrupted;
  await cluster.close();
  env.exit(0);
}
