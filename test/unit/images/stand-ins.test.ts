import { beforeAll, describe, expect, it } from 'vitest';
import { createEmbeddedCluster } from '../../../src/cluster/embedded.ts';
import { KubeClient } from '../../../src/helm/releases/kube.ts';
import type { Json } from '../../../src/kube/object.ts';

/** A monitoring stack and OpenEBS, as their charts and manifests bring them up. */
const cluster = createEmbeddedCluster('stand-ins');
const kube = new KubeClient(cluster);
const create = (path: string, object: Json) => kube.json('POST', path, object);

function pod(name: string, containers: Json[], own: Json = {}): Promise<Json> {
  const spec = { containers, ...own };
  return create('/api/v1/namespaces/monitoring/pods', { metadata: { name, labels: { app: name } }, spec });
}

const http = (path: string, port: number) => ({ httpGet: { path, port }, periodSeconds: 2 });

beforeAll(async () => {
  await create('/api/v1/namespaces', { metadata: { name: 'monitoring' } });
  await cluster.clock.sleep(500);
  await create('/api/v1/namespaces/monitoring/serviceaccounts', { metadata: { name: 'prometheus' } });
  await create('/apis/rbac.authorization.k8s.io/v1/clusterrolebindings', {
    metadata: { name: 'prometheus' },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'cluster-admin' },
    subjects: [{ kind: 'ServiceAccount', name: 'prometheus', namespace: 'monitoring' }],
  });
  await create('/apis/storage.k8s.io/v1/storageclasses', {
    metadata: { name: 'openebs-hostpath' },
    provisioner: 'openebs.io/local',
    volumeBindingMode: 'WaitForFirstConsumer',
  });
  await create('/api/v1/namespaces/monitoring/persistentvolumeclaims', {
    metadata: { name: 'data' },
    spec: {
      accessModes: ['ReadWriteOnce'],
      storageClassName: 'openebs-hostpath',
      resources: { requests: { storage: '8Gi' } },
    },
  });
  await pod(
    'server',
    [
      {
        name: 'reload',
        image: 'quay.io/prometheus-operator/prometheus-config-reloader:v0.67.0',
        args: ['--watched-dir=/etc/config'],
        readinessProbe: http('/healthz', 8080),
      },
      {
        name: 'server',
        image: 'quay.io/prometheus/prometheus:v2.47.0',
        args: ['--config.file=/etc/config/prometheus.yml', '--storage.tsdb.path=/data'],
        readinessProbe: http('/-/ready', 9090),
        livenessProbe: http('/-/healthy', 9090),
        volumeMounts: [{ name: 'data', mountPath: '/data' }],
      },
    ],
    { serviceAccountName: 'prometheus', volumes: [{ name: 'data', persistentVolumeClaim: { claimName: 'data' } }] },
  );
  await pod('state', [
    {
      name: 'a',
      image: 'registry.k8s.io/kube-state-metrics/kube-state-metrics:v2.10.0',
      readinessProbe: http('/', 8080),
    },
  ]);
  await pod(
    'openebs',
    [
      {
        name: 'a',
        image: 'openebs/provisioner-localpv:3.4.0',
        livenessProbe: {
          exec: { command: ['sh', '-c', 'test `pgrep -c "^provisioner-loc.*"` = 1'] },
          periodSeconds: 2,
          failureThreshold: 1,
        },
      },
      {
        name: 'b',
        image: 'openebs/node-disk-manager:2.1.0',
        volumeMounts: [{ name: 'udev', mountPath: '/run/udev' }],
        livenessProbe: { exec: { command: ['pgrep', 'ndm'] }, periodSeconds: 2, failureThreshold: 1 },
      },
      { name: 'c', image: 'openebs/node-disk-operator:2.1.0', readinessProbe: http('/healthz', 8585) },
    ],
    { volumes: [{ name: 'udev', hostPath: { path: '/run/udev', type: 'Directory' } }] },
  );
  await create('/api/v1/namespaces/monitoring/services', {
    metadata: { name: 'server' },
    spec: { selector: { app: 'server' }, ports: [{ port: 80, targetPort: 9090 }] },
  });
  await cluster.clock.sleep(90_000);
});

describe('what charts bring beside the applications', () => {
  it('comes up and stays', async () => {
    const { items } = (await kube.json('GET', '/api/v1/namespaces/monitoring/pods')) as Json;
    const states = items.map((one: Json) => [
      one.metadata.name,
      ...one.status.containerStatuses.map((c: Json) => `${c.ready} ${c.restartCount}`),
    ]);
    expect(states).toEqual([
      ['openebs', 'true 0', 'true 0', 'true 0'],
      ['server', 'true 0', 'true 0'],
      ['state', 'true 0'],
    ]);
  });

  it('has a Prometheus that finds the nodes by itself', async () => {
    const path = '/api/v1/namespaces/monitoring/services/server:80/proxy/api/v1/query?query=up';
    const { data } = (await kube.json('GET', path)) as Json;
    expect(data.result.map((one: Json) => `${one.metric.instance} ${one.value[1]}`).sort()).toEqual([
      'kind-control-plane 1',
      'kind-worker 1',
      'kind-worker2 1',
    ]);
  });
});
