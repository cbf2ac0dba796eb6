import type { Fault } from './fault.ts';

/** AIOpsLab's `misconfig_app`: a container of a Deployment gets another image. */
export function setImage(deployment: string, container: string, image: string): Fault {
  const change = async (ctx: Parameters<Fault['inject']>[0], wanted: string): Promise<string> => {
    const object = await ctx.kube.get('deployments', ctx.app.namespace, deployment);
    if (!object) throw new Error(`deployment ${deployment} is not there`);
    const target = object.spec.template.spec.containers.find((item: { name: string }) => item.name === container);
    const before: string = target.image;
    target.image = wanted;
    await ctx.kube.replace('deployments', ctx.app.namespace, deployment, object);
    return before;
  };
  return {
    async inject(ctx) {
      return { image: await change(ctx, image) };
    },
    async recover(ctx, undo) {
      await change(ctx, undo.image);
    },
  };
}
