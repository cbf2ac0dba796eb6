import { expect, it } from 'vitest';
import { Cluster, podSpec } from './cluster.ts';

it('takes back a pod that lost its owner, and lets go of one whose labels no longer match', () => {
  const cluster = new Cluster();
  const template = { spec: podSpec({ command: ['sleep', '3600'] }, { restartPolicy: 'Never' }) };
  cluster.apply({
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name: 'work' },
    spec: { parallelism: 1, completions: 2, template },
  });
  cluster.run(10);
  const pods = () => cluster.api.list('v1/Pod', 't');
  const name = pods()[0]?.metadata.name as string;
  cluster.modify('v1/Pod', name, (draft) => {
    draft.metadata.ownerReferences = [];
  });
  cluster.run(5);
  const uid = cluster.get('batch/v1/Job', 'work').metadata.uid;
  expect(cluster.get('v1/Pod', name).metadata).toMatchObject({
    ownerReferences: [{ kind: 'Job', name: 'work', uid, controller: true }],
    finalizers: ['batch.kubernetes.io/job-tracking'],
  });
  cluster.modify('v1/Pod', name, (draft) => {
    draft.metadata.labels = {};
  });
  cluster.run(5);
  const released = cluster.get('v1/Pod', name).metadata;
  expect([released.ownerReferences ?? [], released.finalizers ?? []]).toEqual([[], []]);
  expect(pods().filter((pod) => pod.metadata.ownerReferences?.[0]?.uid === uid)).toHaveLength(1);
});
