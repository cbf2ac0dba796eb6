import { controllerOf } from '../../kube/object.ts';
import type { Controller } from './context.ts';
import { JobSync, TRACKING, untrack } from './lib/job-sync.ts';
import { keyOf, splitKey } from './lib/objects.ts';
import { WorkQueue } from './lib/queue.ts';

const REF = 'batch/v1/Job';
/** Changes of a Job's pods are gathered for this long (syncJobBatchPeriod). */
const BATCH_MS = 1_000;

/** Runs Jobs to completion. */
export const job: Controller = {
  name: 'job-controller',
  start({ world, api: clientFor }) {
    const api = clientFor('job-controller');
    const queue: WorkQueue = new WorkQueue(world, 'job', (key) => {
      const object = api.get(REF, ...splitKey(key));
      if (!object) return;
      const recheckMs = new JobSync(world, api, object).run();
      if (recheckMs !== undefined) queue.addAfter(key, recheckMs);
    });
    const orphans: WorkQueue = new WorkQueue(world, 'job/orphans', (key) => {
      const pod = api.get('v1/Pod', ...splitKey(key));
      if (pod && !controllerOf(pod)) untrack(api, pod);
    });
    api.watch(REF, (type, object) => type !== 'DELETED' && queue.add(keyOf(object)));
    api.watch('v1/Pod', (type, pod) => {
      const owner = controllerOf(pod);
      if (!owner && type !== 'DELETED' && pod.metadata.finalizers?.includes(TRACKING)) orphans.add(keyOf(pod));
      if (owner?.kind !== 'Job') return;
      const key = `${pod.metadata.namespace}/${owner.name}`;
      if (type === 'ADDED') queue.add(key);
      else queue.addAfter(key, BATCH_MS);
    });
  },
};
