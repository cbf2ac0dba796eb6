import { beforeAll, describe, expect, it } from 'vitest';
import { type DeployedApp, deployApp, loadApp } from '../../../src/apps/index.ts';
import { KubeClient } from '../../../src/cluster/client.ts';
import { createEmbeddedCluster } from '../../../src/cluster/embedded.ts';
import { brokenSince } from '../../../src/evaluators/broken.ts';
import { profileOf } from '../../../src/evaluators/profiles.ts';
import { differences, type Snapshot, takeSnapshot } from '../../../src/evaluators/snapshot.ts';
import { packageAssets } from '../../../src/host/assets.ts';

const cluster = createEmbeddedCluster('snapshot');
const kube = new KubeClient(cluster);
const profile = profileOf({ name: 'corner-shop' });
let app: DeployedApp;
let before: Snapshot;
const now = () => takeSnapshot(kube, app, profile);
const NS = 'test-corner-shop';

beforeAll(async () => {
  app = await deployApp(cluster, loadApp('corner-shop', packageAssets(process.cwd())), { wait: true });
  before = await now();
});

/** Makes a change, looks, and takes it back. */
async function during<T>(change: () => Promise<unknown>, back: () => Promise<unknown>, look: () => Promise<T>) {
  await change();
  try {
    return await look();
  } finally {
    await back();
  }
}

describe('what a repair must leave alone', () => {
  it('is who serves a Service, not how it finds them', async () => {
    const selector = { 'app.kubernetes.io/name': 'stock', 'app.kubernetes.io/part-of': 'corner-shop' };
    const patch = (value: unknown) =>
      kube.patch('services', NS, 'stock', [{ op: 'replace', path: '/spec/selector', value }]);
    const named = (value: unknown) =>
      kube.patch('services', NS, 'stock', [{ op: 'replace', path: '/spec/ports/0/targetPort', value }]);
    const back = () => patch({ 'app.kubernetes.io/name': 'stock' });
    expect(
      await during(
        () => patch(selector),
        back,
        async () => brokenSince(before, await now()),
      ),
    ).toEqual([]);
    expect(
      await during(
        () => named('http'),
        () => named(9000),
        async () => brokenSince(before, await now()),
      ),
    ).toEqual([]);
    const elsewhere = () => patch({ 'app.kubernetes.io/name': 'web' });
    expect(await during(elsewhere, back, async () => brokenSince(before, await now()))).toEqual([
      `services/${NS}/stock was {"backends":["stock"],"ports":[{"port":9000,"protocol":"TCP"}],"type":"ClusterIP"}, ` +
        'is {"backends":["web"],"ports":[{"port":9000,"protocol":"TCP"}],"type":"ClusterIP"}',
    ]);
  });

  it('is no namespace and no volume of other people', async () => {
    const foreign = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'theirs' } };
    const make = () => kube.create('namespaces', undefined, foreign);
    const seen = await during(make, () => kube.delete('namespaces', undefined, 'theirs'), now);
    expect(differences(before, seen)).toEqual([]);
  });

  it('is the number of replicas and the objects', async () => {
    const scale = (replicas: number) => kube.patch('deployments', NS, 'web', { spec: { replicas } });
    expect(
      await during(
        () => scale(0),
        () => scale(1),
        async () => brokenSince(before, await now()),
      ),
    ).toEqual([`deployments/${NS}/web has 0 replicas, had 1`]);
    await kube.delete('secrets', NS, 'shop-keys');
    expect(brokenSince(before, await now())).toEqual([`secrets/${NS}/shop-keys is gone`]);
  });
});
