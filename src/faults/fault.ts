import type { DeployedApp } from '../apps/index.ts';
import type { Json, KubeClient } from '../cluster/client.ts';
import type { Cluster } from '../cluster/cluster.ts';

export interface FaultContext {
  cluster: Cluster;
  kube: KubeClient;
  app: DeployedApp;
}

/**
 * A change that a person or nature could make, and its undoing. `inject` returns what `recover` needs, as JSON, because it is
 * journalled before the session goes on. Both may be repeated.
 */
export interface Fault {
  /** It changes what does not go with the application's namespace, so that it must be recovered whatever becomes of a session. */
  readonly reachesOut?: true;
  /** It works through the cluster's disturbances, which not every cluster offers. */
  readonly disturbs?: true;
  inject(ctx: FaultContext): Promise<Json>;
  recover(ctx: FaultContext, undo: Json): Promise<void>;
}

/** Names of the pods of one service of the application, in the API's order. */
export async function podsOf(ctx: FaultContext, service: string): Promise<string[]> {
  const pods = await ctx.kube.list('pods', ctx.app.namespace, `${ctx.app.serviceLabel}=${service}`);
  return pods.map((pod) => pod.metadata.name);
}

/** Deletes the pods of a service; its controller replaces them. */
export async function restartPods(ctx: FaultContext, service: string): Promise<void> {
  for (const name of await podsOf(ctx, service)) await ctx.kube.delete('pods', ctx.app.namespace, name);
}

/** Runs a command in the first pod of a service; a non-zero exit is a failure of the harness, not of the agent. */
export async function execIn(ctx: FaultContext, service: string, command: string[]): Promise<string> {
  const [pod] = await podsOf(ctx, service);
  if (pod === undefined) throw new Error(`${service} has no pod to run ${command.join(' ')} in`);
  const result = await ctx.kube.exec(ctx.app.namespace, pod, command);
  if (result.exitCode !== 0) {
    throw new Error(
      `${command.join(' ')} in ${pod}: ${result.error?.message ?? `exit ${result.exitCode}: ${result.stderr}${result.stdout}`}`,
    );
  }
  return result.stdout;
}
