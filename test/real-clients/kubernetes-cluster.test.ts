import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { deployApp, loadApp } from '../../src/apps/index.ts';
import { createEmbeddedCluster, type EmbeddedCluster } from '../../src/cluster/embedded.ts';
import { KubernetesCluster } from '../../src/cluster/kubernetes.ts';
import { packageAssets } from '../../src/host/assets.ts';
import { wallClock } from '../../src/host/wall-clock.ts';
import { clusterContract, send } from './lib/contract.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));

describe('the embedded cluster', () => {
  let cluster: EmbeddedCluster;
  beforeAll(async () => {
    cluster = createEmbeddedCluster('contract');
    await deployApp(cluster, loadApp('hotel-reservation', packageAssets(root)), { wait: true });
  });
  clusterContract(() => cluster);
});

describe('a cluster behind a kubeconfig, in another process', () => {
  const folder = mkdtempSync(join(tmpdir(), 'kubernetes-cluster-'));
  const file = join(folder, 'kubeconfig');
  let server: ChildProcess;
  let cluster: KubernetesCluster;
  beforeAll(async () => {
    server = spawn(
      process.execPath,
      ['--import', 'tsx', 'src/main.ts', 'cluster', 'up', '--app', 'hotel-reservation', '--kubeconfig', file],
      { cwd: root, stdio: ['ignore', 'pipe', 'inherit'] },
    );
    await new Promise<void>((resolve, reject) => {
      let text = '';
      server.stdout?.on('data', (chunk) => {
        text += chunk;
        if (/^ready http/m.test(text)) resolve();
      });
      server.on('exit', (code) => reject(new Error(`cluster up ended with ${code}`)));
    });
    cluster = new KubernetesCluster({ kubeconfig: readFileSync(file, 'utf8'), wall: wallClock });
  }, 60_000);
  afterAll(async () => {
    await cluster?.close();
    server?.kill('SIGTERM');
    const code = await new Promise((resolve) => server.once('exit', resolve));
    rmSync(folder, { recursive: true, force: true });
    expect(code).toBe(0);
  });

  clusterContract(() => cluster);

  it('says that the cluster has no Chaos Mesh', async () => {
    const target = { namespace: 'test-hotel-reservation', labels: { 'io.kompose.service': 'geo' } };
    await expect(cluster.disturbances.packetLoss(target, 0.4)).rejects.toThrow(
      'the cluster cannot be disturbed: it has no networkchaos.chaos-mesh.org, or no namespace chaos-mesh',
    );
    await expect(cluster.disturbances.partition({ ...target, labels: { no: 'body' } })).rejects.toThrow(
      'no pod in namespace test-hotel-reservation has the labels no=body',
    );
  });

  it('disturbs the pods that exist, by name, through Chaos Mesh', async () => {
    await installChaosMesh(cluster);
    const labels = { 'io.kompose.service': 'geo' };
    const path = '/apis/chaos-mesh.org/v1alpha1/namespaces/chaos-mesh/networkchaos';
    const started = cluster.disturbances.packetLoss({ namespace: 'test-hotel-reservation', labels }, 0.4);
    const chaos = await controllerInjects(cluster, path);
    const pods = JSON.parse(
      (
        await send(
          cluster,
          'GET',
          '/api/v1/namespaces/test-hotel-reservation/pods?labelSelector=io.kompose.service%3Dgeo',
        )
      ).body,
    );
    expect(chaos.metadata.name).toMatch(/^disturbance-[a-z0-9]{5}$/);
    expect(chaos.spec).toEqual({
      action: 'loss',
      direction: 'to',
      loss: { loss: '40', correlation: '100' },
      mode: 'all',
      selector: { pods: { 'test-hotel-reservation': [pods.items[0].metadata.name] } },
    });
    const disturbance = await started;
    await disturbance.remove();
    await disturbance.remove();
    expect(JSON.parse((await send(cluster, 'GET', path)).body).items).toEqual([]);
  });

  it('removes what an earlier process left, and nothing else', async () => {
    const path = '/apis/chaos-mesh.org/v1alpha1/namespaces/chaos-mesh/networkchaos';
    const chaos = (name: string, labels: object) => ({
      apiVersion: 'chaos-mesh.org/v1alpha1',
      kind: 'NetworkChaos',
      metadata: { name, labels },
    });
    await send(cluster, 'POST', path, chaos('ours', { 'app.kubernetes.io/managed-by': 'aiopslab-mcp' }));
    await send(cluster, 'POST', path, chaos('theirs', {}));
    await cluster.disturbances.removeAll();
    const left = JSON.parse((await send(cluster, 'GET', path)).body).items;
    expect(left.map((one: { metadata: { name: string } }) => one.metadata.name)).toEqual(['theirs']);
  });

  it('refuses contexts that are not there, and says when nobody answers', async () => {
    const kubeconfig = readFileSync(file, 'utf8');
    expect(() => new KubernetesCluster({ kubeconfig, context: 'other', wall: wallClock })).toThrow(
      'the kubeconfig has no context "other"',
    );
    const dead = new KubernetesCluster({
      kubeconfig: kubeconfig.replace(/127\.0\.0\.1:\d+/, '127.0.0.1:1'),
      wall: wallClock,
    });
    await expect(send(dead, 'GET', '/version')).rejects.toMatchObject({
      name: 'ClusterUnreachable',
      message: 'connect ECONNREFUSED 127.0.0.1:1',
    });
    await dead.close();
    await expect(send(dead, 'GET', '/version')).rejects.toThrow('the cluster is closed');
  });
});

/** As much of Chaos Mesh as its API: a namespace and the definition of NetworkChaos. */
async function installChaosMesh(cluster: KubernetesCluster): Promise<void> {
  const names = { plural: 'networkchaos', singular: 'networkchaos', kind: 'NetworkChaos' };
  const schema = { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } };
  const version = { name: 'v1alpha1', served: true, storage: true, schema };
  await send(cluster, 'POST', '/api/v1/namespaces', {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name: 'chaos-mesh' },
  });
  await send(cluster, 'POST', '/apis/apiextensions.k8s.io/v1/customresourcedefinitions', {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: 'networkchaos.chaos-mesh.org' },
    spec: { group: 'chaos-mesh.org', scope: 'Namespaced', names, versions: [version] },
  });
}

/** What Chaos Mesh's controller does with a new resource. */
async function controllerInjects(cluster: KubernetesCluster, path: string) {
  for (;;) {
    const [found] = JSON.parse((await send(cluster, 'GET', path)).body).items ?? [];
    if (found) {
      const status = { conditions: [{ type: 'AllInjected', status: 'True' }] };
      await send(cluster, 'PATCH', `${path}/${found.metadata.name}`, { status }, 'application/merge-patch+json');
      return found;
    }
    await cluster.clock.sleep(100);
  }
}
