import { describe, expect, it } from 'vitest';
import type { Json } from '../../../src/kube/object.ts';
import { Cluster, pod } from './cluster.ts';

function volume(name: string, size: string, extra: Json = {}): Json {
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolume',
    metadata: { name },
    spec: {
      capacity: { storage: size },
      accessModes: ['ReadWriteOnce'],
      hostPath: { path: `/data/${name}` },
      storageClassName: 'geo-storage',
      persistentVolumeReclaimPolicy: 'Retain',
      ...extra,
    },
  };
}

function claim(name: string, extra: Json = {}): Json {
  const resources = { requests: { storage: '500Mi' } };
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: { name },
    spec: { accessModes: ['ReadWriteOnce'], resources, storageClassName: 'geo-storage', ...extra },
  };
}

const phase = (cluster: Cluster, ref: string, name: string): string => cluster.get(ref, name).status.phase;

describe('static volumes', () => {
  it('bind the smallest that fits and mark both sides as upstream does', () => {
    const cluster = new Cluster();
    cluster.apply(volume('large', '5Gi'));
    cluster.apply(volume('small', '1Gi'));
    cluster.run(1);
    cluster.apply(claim('data'));
    cluster.run(2);
    const bound = cluster.get('v1/PersistentVolumeClaim', 'data');
    expect(bound.spec.volumeName).toBe('small');
    expect(bound.status).toEqual({ phase: 'Bound', accessModes: ['ReadWriteOnce'], capacity: { storage: '1Gi' } });
    expect(bound.metadata.annotations).toEqual({
      'pv.kubernetes.io/bind-completed': 'yes',
      'pv.kubernetes.io/bound-by-controller': 'yes',
    });
    expect(cluster.get('v1/PersistentVolume', 'small').spec.claimRef).toMatchObject({
      namespace: 't',
      name: 'data',
      uid: bound.metadata.uid,
    });
    expect(phase(cluster, 'v1/PersistentVolume', 'large')).toBe('Available');
  });

  it('stay Released after their claim and are not bound again', () => {
    const cluster = new Cluster();
    cluster.apply(volume('geo-pv', '1Gi'));
    cluster.apply(claim('geo-pvc'));
    cluster.run(2);
    cluster.api.delete('v1/PersistentVolumeClaim', 't', 'geo-pvc');
    cluster.run(2);
    cluster.apply(claim('geo-pvc'));
    cluster.apply(pod('user', {}, { volumes: [{ name: 'v', persistentVolumeClaim: { claimName: 'geo-pvc' } }] }));
    cluster.run(20);
    expect(phase(cluster, 'v1/PersistentVolume', 'geo-pv')).toBe('Released');
    expect(cluster.get('v1/PersistentVolume', 'geo-pv').spec.claimRef.name).toBe('geo-pvc');
    expect(phase(cluster, 'v1/PersistentVolumeClaim', 'geo-pvc')).toBe('Pending');
    expect(cluster.events('geo-pvc')).toEqual([
      'ProvisioningFailed storageclass.storage.k8s.io "geo-storage" not found',
    ]);
    expect(cluster.events('user')).toEqual([
      'FailedScheduling 0/3 nodes are available: pod has unbound immediate PersistentVolumeClaims. not found',
    ]);
    cluster.api.modify('v1/PersistentVolume', undefined, 'geo-pv', (draft) => {
      delete draft.spec.claimRef;
    });
    cluster.run(30);
    expect(phase(cluster, 'v1/PersistentVolumeClaim', 'geo-pvc')).toBe('Bound');
    expect(phase(cluster, 'v1/Pod', 'user')).toBe('Running');
  });

  it('a missing claim keeps the pod waiting until it is made', () => {
    const cluster = new Cluster();
    cluster.apply(pod('user', {}, { volumes: [{ name: 'v', persistentVolumeClaim: { claimName: 'none' } }] }));
    cluster.run(3);
    expect(cluster.events('user')).toEqual([
      'FailedScheduling 0/3 nodes are available: persistentvolumeclaim "none" not found. not found',
    ]);
  });

  it('a claim in use outlives its deletion until the pod is gone', () => {
    const cluster = new Cluster();
    cluster.apply(volume('geo-pv', '1Gi'));
    cluster.apply(claim('data'));
    cluster.apply(pod('user', {}, { volumes: [{ name: 'v', persistentVolumeClaim: { claimName: 'data' } }] }));
    cluster.run(5);
    cluster.api.delete('v1/PersistentVolumeClaim', 't', 'data');
    cluster.run(5);
    expect(cluster.get('v1/PersistentVolumeClaim', 'data').metadata.deletionTimestamp).toBeDefined();
    cluster.api.delete('v1/Pod', 't', 'user');
    cluster.run(10);
    expect(cluster.api.get('v1/PersistentVolumeClaim', 't', 'data')).toBeUndefined();
  });
});

describe('dynamic volumes', () => {
  it('wait for their first consumer, then are made and removed with the claim', () => {
    const cluster = new Cluster();
    cluster.apply({
      apiVersion: 'storage.k8s.io/v1',
      kind: 'StorageClass',
      metadata: { name: 'local' },
      provisioner: 'rancher.io/local-path',
      reclaimPolicy: 'Delete',
      volumeBindingMode: 'WaitForFirstConsumer',
    });
    cluster.apply(claim('data', { storageClassName: 'local' }));
    cluster.run(2);
    expect(cluster.events('data')).toEqual([
      'WaitForFirstConsumer waiting for first consumer to be created before binding',
    ]);
    cluster.apply(pod('user', {}, { volumes: [{ name: 'v', persistentVolumeClaim: { claimName: 'data' } }] }));
    cluster.run(10);
    const bound = cluster.get('v1/PersistentVolumeClaim', 'data');
    expect(bound.spec.volumeName).toBe(`pvc-${bound.metadata.uid}`);
    expect(phase(cluster, 'v1/Pod', 'user')).toBe('Running');
    cluster.api.delete('v1/Pod', 't', 'user');
    cluster.api.delete('v1/PersistentVolumeClaim', 't', 'data');
    cluster.run(20);
    expect(cluster.api.list('v1/PersistentVolume')).toEqual([]);
  });
});
