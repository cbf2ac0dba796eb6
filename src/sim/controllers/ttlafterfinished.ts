import type { Controller } from './context.ts';
import { deleteIfExists, getCondition, keyOf, splitKey, timeMs } from './lib/objects.ts';
import { WorkQueue } from './lib/queue.ts';

/** Deletes Jobs ttlSecondsAfterFinished after their end. */
export const ttlafterfinished: Controller = {
  name: 'ttl-after-finished-controller',
  start({ world, api: clientFor }) {
    const api = clientFor('ttl-after-finished-controller');
    const queue: WorkQueue = new WorkQueue(world, 'ttlafterfinished', (key) => {
      const [namespace, name] = splitKey(key);
      const job = api.get('batch/v1/Job', namespace, name);
      const ttl = job?.spec.ttlSecondsAfterFinished;
      if (!job || job.metadata.deletionTimestamp || ttl === undefined || ttl === null) return;
      const end = ['Complete', 'Failed'].map((type) => getCondition(job, type)).find((it) => it?.status === 'True');
      if (!end) return;
      const leftMs = timeMs(end.lastTransitionTime) + ttl * 1000 - world.nowMs;
      if (leftMs > 0) queue.addAfter(key, leftMs);
      else deleteIfExists(api, 'batch/v1/Job', namespace, name, { propagationPolicy: 'Foreground' });
    });
    api.watch('batch/v1/Job', (type, job) => type !== 'DELETED' && queue.add(keyOf(job)));
  },
};
