import { makeReplicaController } from './lib/replicas.ts';

/** Keeps the pods of a ReplicaSet at its count. */
export const replicaset = makeReplicaController({
  name: 'replicaset-controller',
  ref: 'apps/v1/ReplicaSet',
  kind: 'ReplicaSet',
  selector: (owner) => owner.spec.selector,
  tellsTerminating: true,
});
