import { makeReplicaController } from './lib/replicas.ts';

/** The ReplicaSet's predecessor: the same loop over an equality selector. */
export const replicationcontroller = makeReplicaController({
  name: 'replication-controller',
  ref: 'v1/ReplicationController',
  kind: 'ReplicationController',
  selector: (owner) => ({ matchLabels: owner.spec.selector }),
  tellsTerminating: false,
});
