import type { Controller } from './context.ts';
import { AutoscalerSync, type Recommendation } from './lib/autoscaler-sync.ts';
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
    const history = new Map<string, Recommendation[]>();
    const queue: WorkQueue = new WorkQueue(world, 'horizontalpodautoscaler', (key) => {
      const autoscaler = api.get(REF, ...splitKey(key));
      if (!autoscaler) {
        history.delete(key);
        return;
      }
      const past = history.get(key) ?? [];
      history.set(key, past);
      queue.addAfter(key, PERIOD_MS);
      new AutoscalerSync(world, api, autoscaler, podMetrics, past).run();
    });
    api.watch(REF, (type, autoscaler) => {
      if (type === 'ADDED') queue.add(keyOf(autoscaler));
      else if (type === 'MODIFIED') queue.addAfter(keyOf(autoscaler), PERIOD_MS);
    });
  },
};
