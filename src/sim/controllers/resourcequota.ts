import type { KubeObject } from '../../kube/object.ts';
import type { Controller } from './context.ts';
import { namespacedKinds, watchKinds } from './lib/kinds.ts';
import { keyOf, sameJson, splitKey } from './lib/objects.ts';
import { isPodFinished } from './lib/pods.ts';
import { WorkQueue } from './lib/queue.ts';
import { usage } from './lib/quota-usage.ts';

const REF = 'v1/ResourceQuota';

/** Recounts what quotas limit; admission counts up, this brings the numbers back down. */
export const resourcequota: Controller = {
  name: 'resourcequota-controller',
  start({ world, api: clientFor }) {
    const api = clientFor('resourcequota-controller');
    const queue = new WorkQueue(world, 'resourcequota', (key) => {
      const [namespace, name] = splitKey(key);
      const quota = api.get(REF, namespace, name);
      if (!quota) return;
      const hard = quota.spec.hard ?? {};
      const status = { hard, used: usage(api, quota) };
      if (sameJson(quota.status ?? {}, status)) return;
      const write = (draft: KubeObject): void => {
        draft.status = status;
      };
      api.modify(REF, namespace, name, write, 'status');
    });
    api.watch(REF, (type, quota) => type !== 'DELETED' && queue.add(keyOf(quota)));
    watchKinds(
      api,
      () => namespacedKinds(api),
      (_ref, type, object) => {
        const ended = type === 'DELETED' || (object.kind === 'Pod' && isPodFinished(object));
        if (!ended) return;
        for (const quota of api.list(REF, object.metadata.namespace)) queue.add(keyOf(quota));
      },
    );
  },
};
