import type { Json, Resource } from '../cluster/client.ts';
import { type Fault, type FaultContext, restartPods } from './fault.ts';

/** What the API server fills in, and what must not be sent when an object is made again. */
function asNew(object: Json): Json {
  const { name, namespace, labels, annotations } = object.metadata;
  const kept = Object.entries(annotations ?? {}).filter(([key]) => key.startsWith('meta.helm.sh/'));
  const { status: _, ...rest } = object;
  return {
    ...rest,
    metadata: { name, namespace, labels, ...(kept.length > 0 ? { annotations: Object.fromEntries(kept) } : {}) },
  };
}

/** Somebody makes an object in the application's namespace; the pods of `restart` are lost afterwards. */
export function addObject(resource: Resource, object: Json, restart: string): Fault {
  const { name } = object.metadata;
  return {
    async inject(ctx) {
      await ctx.kube.create(resource, ctx.app.namespace, object);
      await restartPods(ctx, restart);
      return {};
    },
    async recover(ctx) {
      await ctx.kube.delete(resource, ctx.app.namespace, name);
      await restartPods(ctx, restart);
      await nudge(ctx, restart);
    },
  };
}

/** Somebody deletes an object; the pods of `restart`, if any, are lost as well, which lets go what they held. */
export function deleteObject(resource: Resource, name: string, restart?: string): Fault {
  return {
    async inject(ctx) {
      const object = await ctx.kube.get(resource, ctx.app.namespace, name);
      if (!object) throw new Error(`${resource} ${name} is not there`);
      await ctx.kube.delete(resource, ctx.app.namespace, name);
      if (restart !== undefined) await restartPods(ctx, restart);
      await ctx.kube.waitFor(
        `removal of ${resource} ${name}`,
        async () => ((await ctx.kube.get(resource, ctx.app.namespace, name)) ? undefined : true),
        { limitMs: 120_000 },
      );
      return { object: withoutBinding(asNew(object)) };
    },
    async recover(ctx, undo) {
      await ctx.kube.create(resource, ctx.app.namespace, undo.object);
      if (restart !== undefined) await nudge(ctx, restart);
    },
  };
}

/** A claim that is made again finds a volume by itself. */
function withoutBinding(object: Json): Json {
  if (object.kind !== 'PersistentVolumeClaim') return object;
  const { volumeName: _, ...spec } = object.spec;
  return { ...object, spec };
}

/** A controller that waits out its retries looks again when its object changes. */
async function nudge(ctx: FaultContext, deployment: string): Promise<void> {
  const stamp = new Date(ctx.cluster.clock.now()).toISOString();
  await ctx.kube.patch('deployments', ctx.app.namespace, deployment, {
    spec: { template: { metadata: { annotations: { 'kubectl.kubernetes.io/restartedAt': stamp } } } },
  });
}
