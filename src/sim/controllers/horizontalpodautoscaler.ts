import type { Controller } from './context.ts';
import type { AutoscalerMemory } from './lib/autoscaler-behavior.ts';
import { AutoscalerSync } from './lib/autoscaler-sync.ts';
import { keyOf, splitKey } from './lib/objects.ts';
import { WorkQueue } from './lib/queue.ts';

const REF = 'autoscaling/v2/HorizontalPodAutoscaler';
/** --horizontal-pod-autoscaler-sync-period */
const PERIOD_MS = 15_000;

/** Scales workloads by the use of their pods. */
export const horizontalpodautoscaler: Controller = {
  name: 'horizontal-pod-autoscaler',
  start({ world, api: clientFor, podMetrics }) {
    const api = clientFor('horizontal-pod-autoscaler');
    const history = new Map<string, AutoscalerMemory>();
    const queue: WorkQueue = new WorkQueue(world, 'horizontalpodautoscaler', (key) => {
      const autoscaler = api.get(REF, ...splitKey(key));
      if (!autoscaler) {
        history.delete(key);
        return;
      }
      const memory = history.get(key) ?? { recommendations: [], changes: [] };
      forget(memory, world.nowMs);
      history.set(key, memory);
      queue.addAfter(key, PERIOD_MS);
      new AutoscalerSync(world, api, autoscaler, podMetrics, memory).run();
    });
    api.watch(REF, (type, autoscaler) => {
      if (type === 'ADDED') queue.add(keyOf(autoscaler));
      else if (type === 'MODIFIED') queue.addAfter(keyOf(autoscaler), PERIOD_MS);
    });
  },
};

/** Windows and periods are at most this long. */
const MEMORY_MS = 3_600_000;

function forget(memory: AutoscalerMemory, nowMs: number): void {
  const recent = (it: { atMs: number }): boolean => nowMs - it.atMs <= MEMORY_MS;
  memory.recommendations = memory.recommendations.filter(recent);
  memory.changes = memory.changes.filter(recent);
}
