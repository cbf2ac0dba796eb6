import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { type AppDefinition, foreignNamespace, ownsNamespace, undeployApp } from '../apps/index.ts';
import { AgentCluster } from '../cluster/agent/agent-cluster.ts';
import { KubeClient } from '../cluster/client.ts';
import { KubernetesCluster } from '../cluster/kubernetes.ts';
import { UserError } from '../core/errors.ts';
import type { Logger } from '../core/log.ts';
import { KubeClient as HelmKube } from '../helm/releases/kube.ts';
import { problems } from '../problems/index.ts';
import type { Cloud } from '../session/manager.ts';
import { createShell, defineHelmCommand } from '../shell/index.ts';
import { removeLoad } from '../workload/index.ts';
import { chartFiles } from './cloud.ts';
import { ClusterLock } from './cluster-lock.ts';
import { createJq } from './jq.ts';
import { kubernetesNetwork } from './kubernetes-network.ts';
import { wallClock } from './wall-clock.ts';

/** Which cluster sessions work on. */
export interface KubernetesTarget {
  /** Path of the kubeconfig; empty for the user's own. */
  kubeconfig: string;
  context?: string;
}

/** A real cluster as its kubeconfig describes it. */
export function connectKubernetes(target: KubernetesTarget): KubernetesCluster {
  return new KubernetesCluster(optionsOf(target));
}

function optionsOf({ kubeconfig, context }: KubernetesTarget): ConstructorParameters<typeof KubernetesCluster>[0] {
  return { kubeconfig: read(kubeconfig), context, wall: wallClock };
}

/**
 * Clouds on one real cluster, one at a time: applications have fixed namespaces. What an earlier session left (also one that was
 * killed) is removed first; what is not of a session is never touched.
 */
export function kubernetesClouds(
  target: KubernetesTarget,
  log: Logger,
): (seed: string, app: AppDefinition) => Promise<Cloud> {
  let inUse: SessionCluster | undefined;
  const jq = createJq();
  return async (seed, app) => {
    if (inUse && !inUse.closed)
      throw new UserError('CONFLICT', 'the cluster is in use by another session', 'end that one with end_session');
    const cluster = new SessionCluster(target, app, log);
    inUse = cluster;
    try {
      await cluster.lock.acquire();
      if (!(await ownsNamespace(new HelmKube(cluster), app.namespace))) throw foreignNamespace(app.namespace);
      await cluster.sweep();
    } catch (error) {
      await cluster.disconnect();
      throw error;
    }
    const seen = new AgentCluster(cluster);
    const shell = createShell({
      cluster: seen,
      seed,
      network: kubernetesNetwork(seen),
      extraCommands: [defineHelmCommand({ cluster: seen })],
      jq,
    });
    await chartFiles(shell, app);
    return { cluster, seen, shell };
  };
}

/** The cluster of one session, which goes from it with all that the session has made there. */
class SessionCluster extends KubernetesCluster {
  readonly lock = new ClusterLock(this, randomUUID());
  readonly #app: AppDefinition;
  readonly #log: Logger;

  constructor(target: KubernetesTarget, app: AppDefinition, log: Logger) {
    super(optionsOf(target));
    this.#app = app;
    this.#log = log;
  }

  /** Removes what sessions of this application make: disturbances, changes of nodes, loads, the application itself. */
  async sweep(): Promise<void> {
    await this.disturbances.removeAll();
    const kube = new KubeClient(this);
    const { name, namespace, frontend, serviceLabel, summary } = this.#app;
    const app = { name, namespace, frontend, serviceLabel, summary, definition: this.#app };
    const reaching = problems.filter((problem) => problem.application === name && problem.fault?.reachesOut);
    for (const fault of new Set(reaching.map((problem) => problem.fault)))
      await fault?.recover({ cluster: this, kube, app }, {});
    await removeLoad(this, this.#app);
    await undeployApp(this, this.#app, { keepVolumes: false });
  }

  override async close(): Promise<void> {
    if (this.closed) return;
    try {
      await this.sweep();
    } catch (error) {
      this.#log.warn({ error: String(error) }, 'cleaning up failed; the next session on this cluster goes on with it');
    }
    await this.disconnect();
  }

  /** Leaves the cluster as it is, for others. */
  async disconnect(): Promise<void> {
    await this.lock.release().catch(() => {});
    await super.close();
  }
}

/** A kubeconfig's text. The user's own is where kubectl looks for it. */
function read(path: string): string {
  const own = process.env['KUBECONFIG']?.split(delimiter).find((part) => part !== '');
  try {
    return readFileSync(path === '' ? (own ?? join(homedir(), '.kube', 'config')) : path, 'utf8');
  } catch (error) {
    throw new UserError('NOT_FOUND', `the kubeconfig cannot be read: ${(error as Error).message}`);
  }
}
