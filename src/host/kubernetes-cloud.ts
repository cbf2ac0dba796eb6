import { readFileSync } from 'node:fs';
import { type AppDefinition, undeployApp } from '../apps/index.ts';
import { KubernetesCluster } from '../cluster/kubernetes.ts';
import { UserError } from '../core/errors.ts';
import type { Cloud } from '../session/manager.ts';
import { createShell, defineHelmCommand } from '../shell/index.ts';
import { chartFiles } from './cloud.ts';
import { createJq } from './jq.ts';
import { wallClock } from './wall-clock.ts';

/** Which cluster sessions work on. */
export interface KubernetesTarget {
  /** Path of the kubeconfig. */
  kubeconfig: string;
  context?: string;
}

/**
 * Clouds on one real cluster, one at a time: applications have fixed namespaces. What an earlier session left (also one that was
 * killed) is removed first.
 */
export function kubernetesClouds(target: KubernetesTarget): (seed: string, app: AppDefinition) => Promise<Cloud> {
  let inUse: KubernetesCluster | undefined;
  const jq = createJq();
  return async (seed, app) => {
    if (inUse && !inUse.closed)
      throw new UserError('CONFLICT', 'the cluster is in use by another session', 'end that one with end_session');
    const cluster = new KubernetesCluster({
      kubeconfig: read(target.kubeconfig),
      context: target.context,
      wall: wallClock,
    });
    inUse = cluster;
    try {
      await cluster.disturbances.removeAll();
      await undeployApp(cluster, app, { keepVolumes: false });
    } catch (error) {
      await cluster.close();
      throw error;
    }
    const shell = createShell({ cluster, seed, extraCommands: [defineHelmCommand({ cluster })], jq });
    await chartFiles(shell, app);
    return { cluster, shell };
  };
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new UserError('NOT_FOUND', `the kubeconfig cannot be read: ${(error as Error).message}`);
  }
}
