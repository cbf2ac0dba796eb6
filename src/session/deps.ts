import type { AppDefinition, DeployedApp } from '../apps/index.ts';
import type { KubeClient } from '../cluster/client.ts';
import type { Cluster } from '../cluster/cluster.ts';
import type { Logger } from '../core/log.ts';
import type { Baseline } from '../evaluators/mitigation.ts';
import type { Problem } from '../problems/problem.ts';
import type { AgentShell } from '../shell/index.ts';
import type { WallTime } from './pace.ts';
import type { ProcessId, SessionRecord } from './store.ts';

export interface SessionDeps {
  id: string;
  problem: Problem;
  seed: string;
  agent: string;
  cluster: Cluster;
  /** The cluster as the agent's tools see it. */
  seen: Cluster;
  shell: AgentShell;
  app: AppDefinition;
  record: SessionRecord;
  wall: WallTime;
  /** `wall`: the cluster's time follows the wall clock while the session runs. */
  pace: 'stepped' | 'wall';
  owner: ProcessId;
  versions: Record<string, string>;
  log: Logger;
  stepsMax?: number;
}

/** What a session works on while it is open. */
export interface World {
  readonly app: AppDefinition;
  readonly cluster: Cluster;
  readonly shell: AgentShell;
  readonly kube: KubeClient;
  /** What the agent's tools see. */
  readonly seen: KubeClient;
  /** Once the preparation is over. */
  deployed?: { app: DeployedApp; baseline: Baseline };
}
