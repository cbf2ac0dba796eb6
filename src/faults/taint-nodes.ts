import type { Json } from '../cluster/client.ts';
import { type Fault, type FaultContext, restartPods } from './fault.ts';

interface Taint {
  key: string;
  value?: string;
  effect: string;
}

/**
 * Somebody keeps new pods off all nodes (`kubectl taint nodes --all …:NoSchedule`) and forgets about it; then a pod is lost. What
 * runs goes on running, the application's and others'. The key must be nobody else's: by it alone the taint is found again.
 */
export function taintNodes(taint: Taint, restart: string): Fault {
  const change = async (ctx: FaultContext, wanted: (taints: Taint[]) => Taint[]): Promise<void> => {
    for (const node of await ctx.kube.list('nodes')) {
      const before: Taint[] = node.spec.taints ?? [];
      const after = wanted(before);
      if (after.length === before.length) continue;
      const patch: Json =
        node.spec.taints === undefined
          ? [{ op: 'add', path: '/spec/taints', value: after }]
          : after.length === 0
            ? [{ op: 'remove', path: '/spec/taints' }]
            : [{ op: 'replace', path: '/spec/taints', value: after }];
      await ctx.kube.patch('nodes', undefined, node.metadata.name, patch);
    }
  };
  const others = (taints: Taint[]): Taint[] => taints.filter(({ key }) => key !== taint.key);
  return {
    reachesOut: true,
    async inject(ctx) {
      await change(ctx, (taints) => [...others(taints), taint]);
      await restartPods(ctx, restart);
      return {};
    },
    async recover(ctx) {
      await change(ctx, others);
    },
  };
}
