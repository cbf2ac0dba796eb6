import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AppDefinition, ensureNamespace, ownsNamespace, undeployApp } from '../../../src/apps/index.ts';
import { KubeClient } from '../../../src/cluster/client.ts';
import { KubernetesCluster } from '../../../src/cluster/kubernetes.ts';
import { KubeClient as HelmKube } from '../../../src/helm/releases/kube.ts';
import { wallClock } from '../../../src/host/wall-clock.ts';
import { serveForTest, type TestCluster } from '../../support/served-cluster.ts';

const NS = 'test-hotel-reservation';
const app = { namespace: NS, releaseName: 'none' } as AppDefinition;

let served: TestCluster;
let cluster: KubernetesCluster;
let kube: KubeClient;

beforeAll(async () => {
  served = await serveForTest({ seed: 'leftovers', speed: 20 });
  cluster = new KubernetesCluster({ kubeconfig: served.kubeconfig, wall: wallClock });
  kube = new KubeClient(cluster);
});
afterAll(async () => {
  await cluster.close();
  await served.close();
  expect(served.faults).toEqual([]);
});

/** A static volume on the nodes' disk with a claim, and what a pod prints after `command` with it. */
async function withVolume(command: string): Promise<string> {
  const spec = { accessModes: ['ReadWriteOnce'], storageClassName: 'static' };
  await ensureNamespace(new HelmKube(cluster), NS);
  await kube.waitFor('the account', () => kube.get('serviceaccounts', NS, 'default'), { limitMs: 30_000 });
  await kube.create('persistentvolumes', undefined, {
    apiVersion: 'v1',
    kind: 'PersistentVolume',
    metadata: { name: 'geo-pv' },
    spec: { ...spec, capacity: { storage: '1Gi' }, hostPath: { path: '/data/volumes/geo' } },
  });
  await kube.create('persistentvolumeclaims', NS, {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: { name: 'geo-pvc' },
    spec: { ...spec, resources: { requests: { storage: '1Gi' } } },
  });
  await kube.create('pods', NS, {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'user' },
    spec: {
      restartPolicy: 'Never',
      containers: [
        {
          name: 'main',
          image: 'busybox:1.36',
          command: ['sh', '-c', command],
          volumeMounts: [{ name: 'data', mountPath: '/data' }],
        },
      ],
      volumes: [{ name: 'data', persistentVolumeClaim: { claimName: 'geo-pvc' } }],
    },
  });
  const ended = async () => ((await kube.get('pods', NS, 'user'))?.status?.phase === 'Succeeded' ? true : undefined);
  await kube.waitFor('the end of the pod', ended, { limitMs: 60_000, pollMs: 200 });
  return kube.logs(NS, 'user');
}

describe('what a session leaves on a real cluster', () => {
  it('is nothing, not even on the disks of the nodes', async () => {
    expect(await withVolume('echo revoked >/data/roles; ls /data')).toBe('roles\n');
    await undeployApp(cluster, app, { keepVolumes: false });
    expect(await kube.get('namespaces', undefined, NS)).toBeUndefined();
    expect(await kube.list('persistentvolumes')).toEqual([]);
    expect(await withVolume('ls /data')).toBe('');
    await undeployApp(cluster, app, { keepVolumes: false });
  }, 60_000);

  it('is told from what is somebody else’s', async () => {
    const foreign = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: NS } };
    await kube.create('namespaces', undefined, foreign);
    expect(await ownsNamespace(new HelmKube(cluster), NS)).toBe(false);
    await expect(ensureNamespace(new HelmKube(cluster), NS)).rejects.toThrow(
      `the cluster has a namespace ${NS} that is not of a session`,
    );
  });
});
