import { controllerOf, type KubeObject } from '../../kube/object.ts';
import type { Controller } from './context.ts';
import { JobSync } from './lib/job-sync.ts';
import { TRACKING, untrack } from './lib/job-tracking.ts';
import { keyOf, splitKey } from './lib/objects.ts';
import { WorkQueue } from './lib/queue.ts';
import { matchesSelector } from './lib/selector.ts';

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
    const isOrphan = (pod: KubeObject): boolean => {
      const owner = controllerOf(pod);
      if (!owner) return true;
      return owner.kind === 'Job' && api.get(REF, pod.metadata.namespace, owner.name)?.metadata.uid !== owner.uid;
    };
    /** Jobs that an orphan would be adopted by. */
    const takers = (pod: KubeObject): KubeObject[] =>
      controllerOf(pod)
        ? []
        : api
            .list(REF, pod.metadata.namespace)
            .filter((it) => !it.metadata.deletionTimestamp && matchesSelector(it.spec.selector, pod.metadata.labels));
    const orphans: WorkQueue = new WorkQueue(world, 'job/orphans', (key) => {
      const pod = api.get('v1/Pod', ...splitKey(key));
      if (pod && isOrphan(pod) && takers(pod).length === 0) untrack(api, pod);
    });
    api.watch(REF, (type, object) => {
      if (type !== 'DELETED') queue.add(keyOf(object));
      else for (const pod of api.list('v1/Pod', object.metadata.namespace)) if (isOrphan(pod)) orphans.add(keyOf(pod));
    });
    api.watch('v1/Pod', (type, pod) => {
      const owner = controllerOf(pod);
      if (type !== 'DELETED' && pod.metadata.finalizers?.includes(TRACKING) && isOrphan(pod)) orphans.add(keyOf(pod));
      for (const taker of type === 'DELETED' ? [] : takers(pod)) queue.add(keyOf(taker));
      if (owner?.kind !== 'Job') return;
      const key = `${pod.metadata.namespace}/${owner.name}`;
      if (type === 'ADDED') queue.add(key);
      else queue.addAfter(key, BATCH_MS);
    });
  },
};
