import { deployApp, undeployApp } from '../apps/deploy.ts';
import type { Fault } from './fault.ts';

/**
 * AIOpsLab's `redeploy_without_pv`: the namespace is deleted and the application installed again, while the persistent volumes keep
 * the claims of the old one (state Released), so that the new claims cannot bind.
 */
export function redeployKeepingVolumes(): Fault {
  return redeploy(true);
}

/** The same redeployment done properly: volumes go with the namespace. */
export function redeployCleanly(): Fault {
  return redeploy(false);
}

function redeploy(keepVolumes: boolean): Fault {
  return {
    async inject(ctx) {
      await undeployApp(ctx.cluster, ctx.app.definition, { keepVolumes });
      await deployApp(ctx.cluster, ctx.app.definition, { wait: !keepVolumes });
      return {};
    },
    async recover(ctx) {
      if (!keepVolumes) return;
      await undeployApp(ctx.cluster, ctx.app.definition, { keepVolumes: false });
      await deployApp(ctx.cluster, ctx.app.definition, { wait: true });
    },
  };
}
