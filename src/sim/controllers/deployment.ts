import { controllerOf, type KubeObject } from '../../kube/object.ts';
import type { ApiClient } from '../api/api.ts';
import type { Controller } from './context.ts';
import { DeploymentSync } from './lib/deployment-sync.ts';
import { keyOf, splitKey } from './lib/objects.ts';
import { WorkQueue } from './lib/queue.ts';
import { matchesSelector } from './lib/selector.ts';

/** Rolls Deployments out over ReplicaSets. */
export const deployment: Controller = {
  name: 'deployment-controller',
  start({ world, api: clientFor }) {
    const api = clientFor('deployment-controller');
    const queue: WorkQueue = new WorkQueue(world, 'deployment', (key) => {
      const [namespace, name] = splitKey(key);
      const object = api.get('apps/v1/Deployment', namespace, name);
      if (!object) return;
      const recheckMs = new DeploymentSync(world, api, object).run();
      if (recheckMs !== undefined) queue.addAfter(key, recheckMs);
    });
    api.watch('apps/v1/Deployment', (type, object) => type !== 'DELETED' && queue.add(keyOf(object)));
    api.watch('apps/v1/ReplicaSet', (_type, set, old) => {
      for (const key of ownersOf(api, set)) queue.add(key);
      if (old && controllerOf(old)?.uid !== controllerOf(set)?.uid)
        for (const key of ownersOf(api, old)) queue.add(key);
    });
    api.watch('v1/Pod', (type, pod) => {
      if (type !== 'DELETED') return;
      const key = recreateOwnerOf(api, pod);
      if (key) queue.add(key);
    });
  },
};

function ownersOf(api: ApiClient, set: KubeObject): string[] {
  const namespace = set.metadata.namespace;
  const owner = controllerOf(set);
  if (owner) return owner.kind === 'Deployment' ? [`${namespace}/${owner.name}`] : [];
  return api
    .list('apps/v1/Deployment', namespace)
    .filter((candidate) => matchesSelector(candidate.spec.selector, set.metadata.labels))
    .map(keyOf);
}

/** A Recreate rollout waits for its last old pod to be gone. */
function recreateOwnerOf(api: ApiClient, pod: KubeObject): string | undefined {
  const owner = controllerOf(pod);
  if (owner?.kind !== 'ReplicaSet') return undefined;
  const set = api.get('apps/v1/ReplicaSet', pod.metadata.namespace, owner.name);
  const parent = set && controllerOf(set);
  if (parent?.kind !== 'Deployment') return undefined;
  const object = api.get('apps/v1/Deployment', pod.metadata.namespace, parent.name);
  return object?.spec.strategy?.type === 'Recreate' ? keyOf(object) : undefined;
}
