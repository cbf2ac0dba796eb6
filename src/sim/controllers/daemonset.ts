import { controllerOf } from '../../kube/object.ts';
import type { Controller } from './context.ts';
import { DaemonSetSync } from './lib/daemonset-sync.ts';
import { keyOf, sameJson, splitKey } from './lib/objects.ts';
import { WorkQueue } from './lib/queue.ts';

const REF = 'apps/v1/DaemonSet';

/** Keeps one pod of a DaemonSet on every node that it fits. */
export const daemonset: Controller = {
  name: 'daemon-set-controller',
  start({ world, api: clientFor }) {
    const api = clientFor('daemon-set-controller');
    const queue: WorkQueue = new WorkQueue(world, 'daemonset', (key) => {
      const set = api.get(REF, ...splitKey(key));
      if (!set) return;
      const recheckMs = new DaemonSetSync(world, api, set).run();
      if (recheckMs !== undefined) queue.addAfter(key, recheckMs);
    });
    api.watch(REF, (type, set) => type !== 'DELETED' && queue.add(keyOf(set)));
    api.watch('v1/Pod', (_type, pod) => {
      const owner = controllerOf(pod);
      if (owner?.kind === 'DaemonSet') queue.add(`${pod.metadata.namespace}/${owner.name}`);
    });
    api.watch('v1/Node', (type, node, old) => {
      const same = old && sameJson([old.metadata.labels, old.spec], [node.metadata.labels, node.spec]);
      if (type === 'MODIFIED' && same) return;
      for (const set of api.list(REF)) queue.add(keyOf(set));
    });
  },
};
