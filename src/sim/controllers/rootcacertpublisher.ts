import type { Controller } from './context.ts';
import { attempt, sameJson } from './lib/objects.ts';
import { WorkQueue } from './lib/queue.ts';

const NAME = 'kube-root-ca.crt';
const DESCRIPTION =
  'Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as the internal service IP or kubernetes.default.svc. No other usage is guaranteed across distributions of Kubernetes clusters.';

/** Publishes the cluster's CA bundle as ConfigMap kube-root-ca.crt in every namespace. */
export const rootcacertpublisher: Controller = {
  name: 'root-ca-cert-publisher',
  start({ world, api: clientFor, rootCa = '' }) {
    const api = clientFor('root-ca-cert-publisher');
    const data = { 'ca.crt': rootCa };
    const queue = new WorkQueue(world, 'rootcacertpublisher', (namespace) => {
      const owner = api.get('v1/Namespace', undefined, namespace);
      if (!owner || owner.metadata.deletionTimestamp) return;
      const current = api.get('v1/ConfigMap', namespace, NAME);
      if (current && sameJson(current.data, data)) return;
      if (current) {
        api.modify('v1/ConfigMap', namespace, NAME, (draft) => {
          draft.data = data;
        });
        return;
      }
      const annotations = { 'kubernetes.io/description': DESCRIPTION };
      const error = attempt(() =>
        api.create({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { namespace, name: NAME, annotations }, data }),
      );
      if (error && error.reason !== 'AlreadyExists') throw error;
    });
    api.watch('v1/Namespace', (type, namespace) => type !== 'DELETED' && queue.add(namespace.metadata.name));
    api.watch('v1/ConfigMap', (type, map) => {
      if (map.metadata.name === NAME && type !== 'ADDED') queue.add(map.metadata.namespace as string);
    });
  },
};
