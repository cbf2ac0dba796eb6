import type { Controller } from './context.ts';
import { attempt } from './lib/objects.ts';
import { WorkQueue } from './lib/queue.ts';

/** Gives every namespace its `default` ServiceAccount. */
export const serviceaccount: Controller = {
  name: 'service-account-controller',
  start({ world, api: clientFor }) {
    const api = clientFor('service-account-controller');
    const queue = new WorkQueue(world, 'serviceaccount', (name) => {
      const namespace = api.get('v1/Namespace', undefined, name);
      if (!namespace || namespace.metadata.deletionTimestamp) return;
      if (api.get('v1/ServiceAccount', name, 'default')) return;
      const account = { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { namespace: name, name: 'default' } };
      const error = attempt(() => api.create(account));
      if (error && error.reason !== 'AlreadyExists') throw error;
    });
    api.watch('v1/Namespace', (type, namespace) => type !== 'DELETED' && queue.add(namespace.metadata.name));
    api.watch('v1/ServiceAccount', (type, account) => {
      if (type === 'DELETED' && account.metadata.name === 'default') queue.add(account.metadata.namespace as string);
    });
  },
};
