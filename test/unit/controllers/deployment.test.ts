import { describe, expect, it } from 'vitest';
import { getCondition } from '../../../src/sim/controllers/lib/objects.ts';
import { Cluster, podSpec, workload } from './cluster.ts';

const REF = 'apps/v1/Deployment';
const REVISION = 'deployment.kubernetes.io/revision';

function setImage(cluster: Cluster, name: string, image: string): void {
  cluster.modify(REF, name, (draft) => {
    draft.spec.template.spec.containers[0].image = image;
  });
}

/** Messages with the two hashes of the recording replaced by their revision. */
function scaling(cluster: Cluster, name: string): string[] {
  const hashes: string[] = [];
  return cluster.events(name, 'ScalingReplicaSet').map((event) =>
    event.replace(new RegExp(`${name}-(\\w+)`), (_, hash: string) => {
      if (!hashes.includes(hash)) hashes.push(hash);
      return `rev${hashes.indexOf(hash) + 1}`;
    }),
  );
}

describe('deployment', () => {
  it('rolls one by one with maxUnavailable 0, as recorded on 1.35', () => {
    const cluster = new Cluster();
    const strategy = { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } };
    cluster.apply(workload('Deployment', 'zero', { replicas: 3, strategy }));
    cluster.run(10);
    setImage(cluster, 'zero', 'alpine:3.19');
    cluster.run(60);
    expect(scaling(cluster, 'zero')).toEqual([
      'ScalingReplicaSet Scaled up replica set rev1 from 0 to 3',
      'ScalingReplicaSet Scaled up replica set rev2 from 0 to 1',
      'ScalingReplicaSet Scaled down replica set rev1 from 3 to 2',
      'ScalingReplicaSet Scaled up replica set rev2 from 1 to 2',
      'ScalingReplicaSet Scaled down replica set rev1 from 2 to 1',
      'ScalingReplicaSet Scaled up replica set rev2 from 2 to 3',
      'ScalingReplicaSet Scaled down replica set rev1 from 1 to 0',
    ]);
  });

  it('recreates, and numbers a rollback as recorded on 1.35', () => {
    const cluster = new Cluster();
    cluster.apply(workload('Deployment', 'rec', { replicas: 3, strategy: { type: 'Recreate' } }));
    cluster.run(10);
    setImage(cluster, 'rec', 'alpine:3.19');
    cluster.run(30);
    setImage(cluster, 'rec', 'busybox:1.36');
    cluster.run(30);
    expect(scaling(cluster, 'rec').slice(0, 4)).toEqual([
      'ScalingReplicaSet Scaled up replica set rev1 from 0 to 3',
      'ScalingReplicaSet Scaled down replica set rev1 from 3 to 0',
      'ScalingReplicaSet Scaled up replica set rev2 from 0 to 3',
      'ScalingReplicaSet Scaled down replica set rev2 from 3 to 0',
    ]);
    const sets = cluster.api.list('apps/v1/ReplicaSet', 't');
    const prefix = 'deployment.kubernetes.io';
    expect(sets.map((set) => [set.metadata.annotations, set.spec.replicas])).toEqual(
      expect.arrayContaining([
        [
          {
            [`${prefix}/desired-replicas`]: '3',
            [`${prefix}/max-replicas`]: '3',
            [`${prefix}/revision`]: '3',
            [`${prefix}/revision-history`]: '1',
          },
          3,
        ],
        [
          {
            [`${prefix}/desired-replicas`]: '3',
            [`${prefix}/max-replicas`]: '3',
            [`${prefix}/revision`]: '2',
          },
          0,
        ],
      ]),
    );
  });

  it('keeps surge and unavailability within 25 % of 4 and settles', () => {
    const cluster = new Cluster();
    cluster.apply(workload('Deployment', 'web', { replicas: 4 }));
    cluster.run(10);
    setImage(cluster, 'web', 'alpine:3.19');
    for (let i = 0; i < 300; i++) {
      cluster.run(0.1);
      const live = cluster.pods('web').filter((pod) => !pod.metadata.deletionTimestamp);
      expect(live.length).toBeLessThanOrEqual(5);
      const ready = live.filter((pod) => getCondition(pod, 'Ready')?.status === 'True');
      expect(ready.length).toBeGreaterThanOrEqual(3);
    }
    const { conditions, ...status } = cluster.get(REF, 'web').status;
    expect(status).toEqual({
      observedGeneration: 2,
      replicas: 4,
      updatedReplicas: 4,
      readyReplicas: 4,
      availableReplicas: 4,
      terminatingReplicas: 0,
    });
    expect(conditions.map((it: { reason: string }) => it.reason)).toEqual([
      'MinimumReplicasAvailable',
      'NewReplicaSetAvailable',
    ]);
  });

  it('reports a missed progress deadline and keeps the old pods', () => {
    const cluster = new Cluster();
    cluster.apply(workload('Deployment', 'stuck', { replicas: 2, progressDeadlineSeconds: 20 }));
    cluster.run(10);
    setImage(cluster, 'stuck', 'no/such:1');
    cluster.run(40);
    const object = cluster.get(REF, 'stuck');
    const name = cluster.api.list('apps/v1/ReplicaSet', 't').find((set) => set.status?.readyReplicas === undefined);
    expect(getCondition(object, 'Progressing')).toMatchObject({
      status: 'False',
      reason: 'ProgressDeadlineExceeded',
      message: `ReplicaSet "${name?.metadata.name}" has timed out progressing.`,
    });
    expect(object.status).toMatchObject({ availableReplicas: 2, updatedReplicas: 1, unavailableReplicas: 1 });
  });

  it('rolls nothing out while paused', () => {
    const cluster = new Cluster();
    cluster.apply(workload('Deployment', 'web', { replicas: 2, paused: true }));
    cluster.run(10);
    expect(cluster.api.list('apps/v1/ReplicaSet', 't')).toEqual([]);
    expect(getCondition(cluster.get(REF, 'web'), 'Progressing')).toMatchObject({
      status: 'Unknown',
      reason: 'DeploymentPaused',
      message: 'Deployment is paused',
    });
    cluster.modify(REF, 'web', (draft) => {
      draft.spec.paused = false;
    });
    cluster.run(10);
    expect(cluster.get(REF, 'web').status.readyReplicas).toBe(2);
  });

  it('replaces a pod whose labels no longer match, and releases it', () => {
    const cluster = new Cluster();
    cluster.apply(workload('Deployment', 'web', { replicas: 1 }));
    cluster.run(10);
    const [released] = cluster.pods('web');
    cluster.modify('v1/Pod', released?.metadata.name as string, (draft) => {
      draft.metadata.labels = { app: 'other' };
    });
    cluster.run(10);
    expect(cluster.get('v1/Pod', released?.metadata.name as string).metadata.ownerReferences ?? []).toEqual([]);
    expect(cluster.pods('web')).toHaveLength(1);
  });

  it('deploys 19 deployments well within the budget', () => {
    const cluster = new Cluster();
    for (let i = 0; i < 19; i++) {
      cluster.apply(
        workload('Deployment', `d${i}`, {
          replicas: 1,
          template: { metadata: { labels: { app: `d${i}` } }, spec: podSpec() },
        }),
      );
    }
    cluster.run(20);
    const ready = cluster.api.list(REF, 't').filter((it) => it.status.readyReplicas === 1);
    expect(ready).toHaveLength(19);
  });

  it('counts revisions as 64-bit numbers', () => {
    const cluster = new Cluster();
    cluster.apply(workload('Deployment', 'old', { replicas: 1 }));
    cluster.run(10);
    const sets = () => cluster.api.list('apps/v1/ReplicaSet', 't');
    cluster.modify('apps/v1/ReplicaSet', sets()[0]?.metadata.name as string, (draft) => {
      draft.metadata.annotations = { ...draft.metadata.annotations, [REVISION]: '4611686018427387905' };
    });
    setImage(cluster, 'old', 'alpine:3.19');
    cluster.run(10);
    expect(cluster.get(REF, 'old').metadata.annotations?.[REVISION]).toBe('4611686018427387906');
  });
});
