import { UserError } from '../core/errors.ts';
import type { CliEnv } from './env.ts';

export interface ClusterUpOptions {
  app?: string;
  port: number;
  kubeconfig?: string;
  clock: 'wall' | 'stepped';
  speed?: number;
  seed: string;
  with: string[];
}

/** Serves the simulated cluster until SIGINT or SIGTERM. Prints `ready <url>` once clients may come. */
export async function clusterUp(env: CliEnv, options: ClusterUpOptions): Promise<void> {
  if (options.speed !== undefined && options.clock !== 'wall')
    throw new UserError('INVALID_ARGUMENT', '--speed is of --clock wall only: a stepped clock has no speed');
  const cluster = await env.serveCluster({ ...options, progress: env.note });
  const interrupted = new Promise<void>((resolve) => env.onInterrupt(resolve));
  env.out(`export KUBECONFIG=${cluster.kubeconfig}\nready ${cluster.url}\n`);
  await interrupted;
  await cluster.close();
  env.exit(0);
}
