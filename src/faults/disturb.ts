import type { Disturbance } from '../cluster/cluster.ts';
import type { Fault, FaultContext } from './fault.ts';

/**
 * Faults of the infrastructure, which leave no object behind. They hit the pods that exist at that moment and last until these are
 * gone or the fault is recovered.
 */
function disturbance(start: (ctx: FaultContext) => Promise<Disturbance>): Fault {
  const running = new WeakMap<object, Disturbance>();
  return {
    disturbs: true,
    async inject(ctx) {
      running.set(ctx.cluster, await start(ctx));
      return {};
    },
    async recover(ctx) {
      await running.get(ctx.cluster)?.remove();
      running.delete(ctx.cluster);
    },
  };
}

function target(ctx: FaultContext, service: string): { namespace: string; labels: Record<string, string> } {
  return { namespace: ctx.app.namespace, labels: { [ctx.app.serviceLabel]: service } };
}

/** AIOpsLab's `network_loss`: 99 % of what the pod sends is lost. */
export function losePackets(service: string, loss: number): Fault {
  return disturbance((ctx) => ctx.cluster.disturbances.packetLoss(target(ctx, service), loss));
}

/** AIOpsLab's `network_delay`: what the pod sends arrives late. */
export function delayPackets(service: string, delayMs: number): Fault {
  return disturbance((ctx) => ctx.cluster.disturbances.packetDelay(target(ctx, service), delayMs));
}

/** AIOpsLab's `container_kill`, but again and again: a single kill is healed before an agent has looked (quirk 12). */
export function killContainer(service: string, container: string, periodMs: number): Fault {
  return disturbance((ctx) =>
    ctx.cluster.disturbances.killContainerRepeatedly(target(ctx, service), container, periodMs),
  );
}
