import type { Json } from '../cluster/client.ts';
import type { Fault, FaultContext } from './fault.ts';

/** AIOpsLab's `wrong_bin_usage`: a Deployment is deleted and made again with another command in its container. */
export function setCommand(deployment: string, command: string[]): Fault {
  return {
    async inject(ctx) {
      const object = await read(ctx, deployment);
      const before = object.spec.template.spec.containers[0].command;
      await recreateDeployment(ctx, object, command);
      return { command: before };
    },
    async recover(ctx, undo) {
      await recreateDeployment(ctx, await read(ctx, deployment), undo.command);
    },
  };
}

/** Deletes and re-creates a Deployment as it is: what {@link setCommand} does, without the change. */
export function recreate(deployment: string): Fault {
  return {
    async inject(ctx) {
      const object = await read(ctx, deployment);
      await recreateDeployment(ctx, object, object.spec.template.spec.containers[0].command);
      return {};
    },
    async recover() {},
  };
}

async function read(ctx: FaultContext, deployment: string): Promise<Json> {
  const object = await ctx.kube.get('deployments', ctx.app.namespace, deployment);
  if (!object) throw new Error(`deployment ${deployment} is not there`);
  return object;
}

async function recreateDeployment(ctx: FaultContext, object: Json, command: string[]): Promise<void> {
  const { namespace } = ctx.app;
  const { name, labels, annotations } = object.metadata;
  await ctx.kube.delete('deployments', namespace, name, { propagationPolicy: 'Background' });
  await ctx.kube.waitFor(
    `removal of deployment ${name}`,
    async () => ((await ctx.kube.get('deployments', namespace, name)) ? undefined : true),
    { limitMs: 60_000 },
  );
  const kept = { ...annotations };
  delete kept['deployment.kubernetes.io/revision'];
  const spec = structuredClone(object.spec);
  spec.template.spec.containers[0].command = command;
  await ctx.kube.create('deployments', namespace, {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace, labels, annotations: kept },
    spec,
  });
}
