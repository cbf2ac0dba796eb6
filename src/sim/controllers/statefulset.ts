import { controllerOf } from '../../kube/object.ts';
import type { Controller } from './context.ts';
import { keyOf, splitKey } from './lib/objects.ts';
import { WorkQueue } from './lib/queue.ts';
import { matchesSelector } from './lib/selector.ts';
import { StatefulSetSync } from './lib/statefulset-sync.ts';

const REF = 'apps/v1/StatefulSet';

/** Keeps the numbered pods and claims of StatefulSets. */
export const statefulset: Controller = {
  name: 'statefulset-controller',
  start({ world, api: clientFor }) {
    const api = clientFor('statefulset-controller');
    const queue: WorkQueue = new WorkQueue(world, 'statefulset', (key) => {
      const set = api.get(REF, ...splitKey(key));
      if (!set) return;
      const recheckMs = new StatefulSetSync(world, api, set).run();
      if (recheckMs !== undefined) queue.addAfter(key, recheckMs);
    });
    api.watch(REF, (type, set) => type !== 'DELETED' && queue.add(keyOf(set)));
    api.watch('v1/Pod', (_type, pod) => {
      const owner = controllerOf(pod);
      if (owner?.kind === 'StatefulSet') queue.add(`${pod.metadata.namespace}/${owner.name}`);
      if (owner || pod.metadata.deletionTimestamp) return;
      for (const set of api.list(REF, pod.metadata.namespace)) {
        if (matchesSelector(set.spec.selector, pod.metadata.labels)) queue.add(keyOf(set));
      }
    });
  },
};
