import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import {
  ApiextensionsV1Api,
  AppsV1Api,
  Attach,
  CoordinationV1Api,
  CoreV1Api,
  Cp,
  CustomObjectsApi,
  Exec,
  Health,
  KubernetesObjectApi,
  Log,
  Metrics,
  makeInformer,
  PatchStrategy,
  PortForward,
  setHeaderOptions,
  topNodes,
  V1MicroTime,
  type V1Pod,
  type V1Status,
  VersionApi,
  Watch,
} from '@kubernetes/client-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { serveForTest, type TestCluster } from '../support/served-cluster.ts';

const NAMESPACE = 'default';
const SERVER = 'mkdir -p /www; echo hello > /www/index.html; echo up; httpd -f -p 8080 -h /www';
const ECHO = 'echo ready; while read line; do echo "got $line"; done';

const pod = (name: string, script: string, stdin = false): V1Pod => ({
  metadata: { name, labels: { app: name } },
  spec: {
    terminationGracePeriodSeconds: 0,
    containers: [{ name: 'main', image: 'busybox:1.36', command: ['sh', '-c', script], stdin }],
  },
});

const map = (name: string, data: Record<string, string>) => ({ metadata: { name }, data });

async function until<T>(look: () => T | undefined | false | Promise<T | undefined | false>): Promise<T> {
  for (let i = 0; i < 200; i++) {
    const found = await look();
    if (found) return found;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error('it did not happen in ten seconds');
}

function collect(): { stream: PassThrough; text(): string } {
  const stream = new PassThrough();
  let text = '';
  stream.on('data', (chunk) => {
    text += chunk;
  });
  return { stream, text: () => text };
}

describe('@kubernetes/client-node', () => {
  let cluster: TestCluster;
  let core: CoreV1Api;
  beforeAll(async () => {
    cluster = await serveForTest({ seed: 'client-node', metricsServer: true });
    core = cluster.config().makeApiClient(CoreV1Api);
    for (const body of [pod('web', SERVER), pod('echo', ECHO, true)])
      await core.createNamespacedPod({ namespace: NAMESPACE, body });
    for (const name of ['web', 'echo'])
      await until(
        async () => (await core.readNamespacedPod({ name, namespace: NAMESPACE })).status?.phase === 'Running',
      );
  });
  afterAll(async () => {
    await cluster.close();
    expect(cluster.faults).toEqual([]);
  });

  it('creates, reads, lists in pages, replaces and deletes', async () => {
    for (const name of ['page-a', 'page-b', 'page-c'])
      await core.createNamespacedConfigMap({ namespace: NAMESPACE, body: map(name, { a: '1' }) });
    const fieldSelector = 'metadata.name!=kube-root-ca.crt';
    const first = await core.listNamespacedConfigMap({ namespace: NAMESPACE, limit: 2, fieldSelector });
    const _continue = first.metadata?._continue;
    const rest = await core.listNamespacedConfigMap({ namespace: NAMESPACE, limit: 2, _continue, fieldSelector });
    expect([...first.items, ...rest.items].map((one) => one.metadata?.name)).toEqual(['page-a', 'page-b', 'page-c']);
    const read = await core.readNamespacedConfigMap({ name: 'page-a', namespace: NAMESPACE });
    expect(read.metadata?.creationTimestamp).toBeInstanceOf(Date);
    const body = { ...read, data: { a: '2' } };
    await core.replaceNamespacedConfigMap({ name: 'page-a', namespace: NAMESPACE, body });
    await expect(core.replaceNamespacedConfigMap({ name: 'page-a', namespace: NAMESPACE, body })).rejects.toMatchObject(
      {
        code: 409,
      },
    );
    await core.deleteNamespacedConfigMap({ name: 'page-a', namespace: NAMESPACE });
    await expect(core.readNamespacedConfigMap({ name: 'page-a', namespace: NAMESPACE })).rejects.toMatchObject({
      code: 404,
    });
  });

  it('patches in four ways and applies', async () => {
    const name = 'patched';
    await core.createNamespacedConfigMap({ namespace: NAMESPACE, body: map(name, { a: '1' }) });
    const patch = (body: unknown, strategy: string) =>
      core.patchNamespacedConfigMap(
        {
          name,
          namespace: NAMESPACE,
          body,
          fieldManager: 'test',
          force: strategy === PatchStrategy.ServerSideApply || undefined,
        },
        setHeaderOptions('Content-Type', strategy),
      );
    await patch([{ op: 'add', path: '/data/b', value: '2' }], PatchStrategy.JsonPatch);
    await patch({ data: { c: '3' } }, PatchStrategy.MergePatch);
    await patch({ data: { a: null } }, PatchStrategy.StrategicMergePatch);
    const applied = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data: { d: '4' } };
    expect((await patch(applied, PatchStrategy.ServerSideApply)).data).toEqual({ b: '2', c: '3', d: '4' });
    const objects = KubernetesObjectApi.makeApiClient(cluster.config());
    const config = { ...applied, metadata: { name, namespace: NAMESPACE }, data: { e: '5' } };
    const owned = await objects.patch(config, undefined, undefined, 'test', true, PatchStrategy.ServerSideApply);
    expect((owned as { data?: unknown }).data).toEqual({ b: '2', c: '3', e: '5' });
  });

  it('watches, with bookmarks, from a version, until its time is up', async () => {
    const list = await core.listNamespacedConfigMap({ namespace: NAMESPACE });
    const seen: string[] = [];
    const done = new Promise<unknown>((resolve) => {
      const query = { resourceVersion: list.metadata?.resourceVersion, timeoutSeconds: 2, allowWatchBookmarks: true };
      void new Watch(cluster.config()).watch(
        `/api/v1/namespaces/${NAMESPACE}/configmaps`,
        query,
        (type, object) => seen.push(`${type} ${object.metadata.name}`),
        resolve,
      );
    });
    await core.createNamespacedConfigMap({ namespace: NAMESPACE, body: map('seen', {}) });
    await core.deleteNamespacedConfigMap({ namespace: NAMESPACE, name: 'seen' });
    await done;
    expect(seen.filter((line) => !line.startsWith('BOOKMARK'))).toEqual(['ADDED seen', 'DELETED seen']);
  });

  it('keeps an informer', async () => {
    const list = () => core.listNamespacedConfigMap({ namespace: NAMESPACE });
    const informer = makeInformer(cluster.config(), `/api/v1/namespaces/${NAMESPACE}/configmaps`, list);
    const events: string[] = [];
    for (const verb of ['add', 'update', 'delete'] as const)
      informer.on(verb, ({ metadata }) => void (metadata?.name === 'informed' && events.push(verb)));
    await informer.start();
    await core.createNamespacedConfigMap({ namespace: NAMESPACE, body: map('informed', {}) });
    await until(() => informer.get('informed', NAMESPACE));
    const body = map('informed', { a: '1' });
    await core.replaceNamespacedConfigMap({ name: 'informed', namespace: NAMESPACE, body });
    await core.deleteNamespacedConfigMap({ name: 'informed', namespace: NAMESPACE });
    await until(() => events.includes('delete'));
    await informer.stop();
    expect(events).toEqual(['add', 'update', 'delete']);
  });

  it('runs commands, with standard input and an exit code', async () => {
    const [out, err, input] = [collect(), collect(), new PassThrough()];
    const script = 'cat; echo oops >&2; exit 3';
    const status = await new Promise<V1Status>((resolve) => {
      const command = ['sh', '-c', script];
      void new Exec(cluster.config())
        .exec(NAMESPACE, 'echo', 'main', command, out.stream, err.stream, input, false, resolve)
        .then(() => input.end('fed\n'));
    });
    expect([out.text(), err.text(), status.reason, status.details?.causes?.[0]?.message]).toEqual([
      'fed\n',
      'oops\n',
      'NonZeroExitCode',
      '3',
    ]);
  });

  it('attaches', async () => {
    const [out, input] = [collect(), new PassThrough()];
    const socket = await new Attach(cluster.config()).attach(NAMESPACE, 'echo', 'main', out.stream, null, input, false);
    input.write('hello\n');
    await until(() => out.text().includes('got hello\n'));
    socket.close();
  });

  it('copies files into a container', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'client-node-'));
    writeFileSync(join(folder, 'note.txt'), 'copied\n');
    await new Cp(cluster.config()).cpToPod(NAMESPACE, 'web', 'main', folder, '/tmp');
    const read = async () => {
      const out = collect();
      const command = ['sh', '-c', 'cat /tmp/note.txt 2>/dev/null'];
      await new Promise((resolve) => {
        void new Exec(cluster.config()).exec(NAMESPACE, 'web', 'main', command, out.stream, null, null, false, resolve);
      });
      return out.text();
    };
    expect(await until(read)).toBe('copied\n');
    rmSync(folder, { recursive: true });
  });

  it('reads and follows logs', async () => {
    expect(await core.readNamespacedPodLog({ name: 'web', namespace: NAMESPACE })).toBe('up\n');
    const out = collect();
    const stop = await new Log(cluster.config()).log(NAMESPACE, 'web', 'main', out.stream, { follow: true });
    await until(() => out.text() === 'up\n');
    stop.abort();
  });

  it('forwards ports', async () => {
    const forward = new PortForward(cluster.config());
    const server = createServer((socket) => void forward.portForward(NAMESPACE, 'web', [8080], socket, null, socket));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as { port: number };
    const answer = await fetch(`http://127.0.0.1:${port}/index.html`, { headers: { connection: 'close' } });
    expect([answer.status, await answer.text()]).toEqual([200, 'hello\n']);
    server.close();
  });

  it('renews a lease as an elected leader does', async () => {
    const leases = cluster.config().makeApiClient(CoordinationV1Api);
    const now = () => new V1MicroTime(Date.now());
    const spec = { holderIdentity: 'a', leaseDurationSeconds: 15, acquireTime: now(), renewTime: now() };
    const body = { metadata: { name: 'leader' }, spec };
    let lease = await leases.createNamespacedLease({ namespace: NAMESPACE, body });
    for (let i = 0; i < 3; i++) {
      const renewTime = now();
      const next = { ...lease, spec: { ...lease.spec, renewTime } };
      lease = await leases.replaceNamespacedLease({ name: 'leader', namespace: NAMESPACE, body: next });
      const back = Date.parse(String(lease.spec?.renewTime));
      expect(Math.abs(back - renewTime.getTime())).toBeLessThan(2_000);
    }
    const stale = { ...lease, metadata: { ...lease.metadata, resourceVersion: '1' } };
    await expect(
      leases.replaceNamespacedLease({ name: 'leader', namespace: NAMESPACE, body: stale }),
    ).rejects.toMatchObject({ code: 409 });
  });

  it('scales a deployment, defines a kind, reads the version and the health', async () => {
    const apps = cluster.config().makeApiClient(AppsV1Api);
    const labels = { app: 'scaled' };
    const template = { metadata: { labels }, spec: pod('x', 'sleep 1000').spec };
    const deployment = { metadata: { name: 'scaled' }, spec: { selector: { matchLabels: labels }, template } };
    await apps.createNamespacedDeployment({ namespace: NAMESPACE, body: deployment });
    const scale = await apps.readNamespacedDeploymentScale({ name: 'scaled', namespace: NAMESPACE });
    expect(scale.spec?.replicas).toBe(1);
    const body = { metadata: { name: 'scaled', namespace: NAMESPACE }, spec: { replicas: 2 } };
    await apps.replaceNamespacedDeploymentScale({ name: 'scaled', namespace: NAMESPACE, body });
    await until(
      async () =>
        (await apps.readNamespacedDeployment({ name: 'scaled', namespace: NAMESPACE })).status?.readyReplicas === 2,
    );
    const [group, version, plural] = ['example.org', 'v1', 'widgets'];
    const schema = {
      openAPIV3Schema: {
        type: 'object',
        properties: { spec: { type: 'object', properties: { size: { type: 'integer' } } } },
      },
    };
    await cluster
      .config()
      .makeApiClient(ApiextensionsV1Api)
      .createCustomResourceDefinition({
        body: {
          metadata: { name: `${plural}.${group}` },
          spec: {
            group,
            scope: 'Namespaced',
            names: { plural, kind: 'Widget' },
            versions: [{ name: version, served: true, storage: true, schema }],
          },
        },
      });
    const custom = cluster.config().makeApiClient(CustomObjectsApi);
    const widget = { apiVersion: `${group}/${version}`, kind: 'Widget', metadata: { name: 'one' }, spec: { size: 3 } };
    await custom.createNamespacedCustomObject({ group, version, namespace: NAMESPACE, plural, body: widget });
    const read = await custom.getNamespacedCustomObject({ group, version, namespace: NAMESPACE, plural, name: 'one' });
    expect(read).toMatchObject({ spec: { size: 3 } });
    expect((await cluster.config().makeApiClient(VersionApi).getCode()).minor).toBe('35');
    expect(await new Health(cluster.config()).readyz({})).toBe(true);
  });

  it('reads metrics and respects roles', async () => {
    cluster.simulation.world.advance(45_000);
    const metrics = await new Metrics(cluster.config()).getPodMetrics(NAMESPACE);
    expect(metrics.items.map((one) => one.metadata.name)).toContain('web');
    expect((await topNodes(core)).map((one) => one.Node.metadata?.name)).toContain('kind-worker');
    const viewer = cluster.config('viewer').makeApiClient(CoreV1Api);
    expect((await viewer.listNamespacedPod({ namespace: NAMESPACE })).items.length).toBeGreaterThan(1);
    await expect(viewer.listNamespacedSecret({ namespace: NAMESPACE })).rejects.toMatchObject({ code: 403 });
    await expect(viewer.deleteNamespacedPod({ name: 'web', namespace: NAMESPACE })).rejects.toMatchObject({
      code: 403,
    });
  });
});
