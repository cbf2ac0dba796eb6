import { expect, it } from 'vitest';
import type { Cluster, ClusterResponse } from '../../../src/cluster/cluster.ts';

const MAPS = '/api/v1/namespaces/default/configmaps';
const APP = '/api/v1/namespaces/test-hotel-reservation';
const map = (name: string, data: Record<string, string>) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name },
  data,
});

const json = (response: ClusterResponse) => JSON.parse(response.body);

export function send(cluster: Cluster, method: string, path: string, body?: unknown, type = 'application/json') {
  const headers = body === undefined ? undefined : { 'content-type': type };
  return cluster.request({ method, path, headers, body: body === undefined ? undefined : JSON.stringify(body) });
}

async function until(cluster: Cluster, test: () => boolean | Promise<boolean>): Promise<void> {
  for (let i = 0; i < 100 && !(await test()); i++) await cluster.clock.sleep(200);
  expect(await test()).toBe(true);
}

async function podOf(cluster: Cluster, service: string): Promise<string> {
  const list = json(await send(cluster, 'GET', `${APP}/pods?labelSelector=io.kompose.service%3D${service}`));
  return list.items[0].metadata.name;
}

/** What everything above the seam relies on; both implementations must keep it. */
export function clusterContract(clusterOf: () => Cluster): void {
  it('creates, reads, lists and deletes', async () => {
    const cluster = clusterOf();
    const created = await send(cluster, 'POST', MAPS, map('first', { a: 'é' }));
    expect([created.status, created.headers['content-type']]).toEqual([201, 'application/json']);
    expect(json(await send(cluster, 'GET', `${MAPS}/first`)).data).toEqual({ a: 'é' });
    const list = json(await send(cluster, 'GET', `${MAPS}?fieldSelector=metadata.name%3Dfirst`));
    expect(list.items.map((one: { metadata: { name: string } }) => one.metadata.name)).toEqual(['first']);
    expect((await send(cluster, 'DELETE', `${MAPS}/first`)).status).toBe(200);
  });

  it('patches in three ways', async () => {
    const cluster = clusterOf();
    await send(cluster, 'POST', MAPS, map('patched', { a: '1' }));
    const path = `${MAPS}/patched`;
    await send(cluster, 'PATCH', path, { data: { b: '2' } }, 'application/merge-patch+json');
    await send(cluster, 'PATCH', path, { data: { c: '3' } }, 'application/strategic-merge-patch+json');
    const operations = [{ op: 'remove', path: '/data/a' }];
    const last = await send(cluster, 'PATCH', path, operations, 'application/json-patch+json');
    expect(json(last).data).toEqual({ b: '2', c: '3' });
  });

  it('answers errors as a Status and throws nothing', async () => {
    const cluster = clusterOf();
    const missing = await send(cluster, 'GET', `${MAPS}/nothing`);
    expect([missing.status, json(missing).reason, json(missing).message]).toEqual([
      404,
      'NotFound',
      'configmaps "nothing" not found',
    ]);
    const twice = await send(cluster, 'POST', MAPS, map('patched', {}));
    expect([twice.status, json(twice).reason]).toEqual([409, 'AlreadyExists']);
    const invalid = await send(cluster, 'POST', MAPS, map('NO', {}));
    expect([invalid.status, json(invalid).reason]).toEqual([422, 'Invalid']);
  });

  it('streams a watch until it is closed', async () => {
    const cluster = clusterOf();
    const { metadata } = json(await send(cluster, 'GET', MAPS));
    let text = '';
    const path = `${MAPS}?watch=true&resourceVersion=${metadata.resourceVersion}`;
    const stream = await cluster.stream({ method: 'GET', path }, (chunk) => {
      text += chunk;
    });
    expect(stream.response.status).toBe(200);
    await send(cluster, 'POST', MAPS, map('watched', { a: '1' }));
    await send(cluster, 'PATCH', `${MAPS}/watched`, { data: { a: '2' } }, 'application/merge-patch+json');
    await send(cluster, 'DELETE', `${MAPS}/watched`);
    const types = () =>
      text
        .split('\n')
        .filter(Boolean)
        .map((line) => JSON.parse(line).type);
    await until(cluster, () => types().length >= 3);
    expect(types()).toEqual(['ADDED', 'MODIFIED', 'DELETED']);
    stream.close();
    await until(cluster, () => true);
  });

  it('hands a refused stream back as a response', async () => {
    const stream = await clusterOf().stream({ method: 'GET', path: `${APP}/pods/nothing/log?follow=true` }, () => {});
    expect([stream.response.status, stream.ended]).toEqual([404, true]);
    expect(JSON.parse(stream.response.body).message).toBe('pods "nothing" not found');
  });

  it('reads and follows logs', async () => {
    const cluster = clusterOf();
    const path = `${APP}/pods/${await podOf(cluster, 'geo')}/log`;
    const whole = (await send(cluster, 'GET', `${path}?tailLines=1`)).body;
    expect(whole).toMatch(/^[^\n]+\n$/);
    let text = '';
    const stream = await cluster.stream({ method: 'GET', path: `${path}?follow=true&tailLines=1` }, (chunk) => {
      text += chunk;
    });
    await until(cluster, () => text !== '');
    expect(text).toBe(whole);
    stream.close();
  });

  it('runs commands in containers', async () => {
    const cluster = clusterOf();
    const target = { namespace: 'test-hotel-reservation', pod: await podOf(cluster, 'geo') };
    expect(await cluster.exec({ ...target, command: ['sh', '-c', 'echo out; echo err >&2; exit 3'] })).toEqual({
      stdout: 'out\n',
      stderr: 'err\n',
      exitCode: 3,
    });
    expect(await cluster.exec({ ...target, command: ['cat'], stdin: 'é\nfed' })).toEqual({
      stdout: 'é\nfed',
      stderr: '',
      exitCode: 0,
    });
    const slow = await cluster.exec({ ...target, command: ['sh', '-c', 'echo first; sleep 60'], timeoutMs: 1_500 });
    expect(slow).toEqual({ stdout: 'first\n', stderr: '', timedOut: true });
  });

  it('says why a command could not be run', async () => {
    const cluster = clusterOf();
    const pod = await podOf(cluster, 'geo');
    const target = { namespace: 'test-hotel-reservation', pod };
    const outcomes = [
      await cluster.exec({ ...target, command: ['ls'], container: 'nothing' }),
      await cluster.exec({ ...target, pod: 'nothing', command: ['ls'] }),
    ];
    expect(outcomes.map(({ error }) => error)).toMatchObject([
      { code: 400, message: `container nothing is not valid for pod ${pod}`, reason: 'BadRequest' },
      { code: 404, message: 'pods "nothing" not found', reason: 'NotFound' },
    ]);
    const { error } = await cluster.exec({ ...target, command: ['/no/such/program'] });
    expect([error?.code, error?.reason]).toEqual([500, 'InternalError']);
    expect(error?.message).toContain('"/no/such/program": stat /no/such/program: no such file or directory');
  });

  it('reaches services through the proxy', async () => {
    const answer = await send(clusterOf(), 'GET', `${APP}/services/frontend:5000/proxy/hotels?lat=37.7&lon=-122.4`);
    expect([answer.status, answer.body]).toEqual([400, 'Please specify inDate/outDate params\n']);
  });

  it('lets time pass', async () => {
    const { clock } = clusterOf();
    const before = clock.now();
    await clock.sleep(300);
    expect(clock.now() - before).toBeGreaterThanOrEqual(295);
    await expect(clock.sleep(10_000, AbortSignal.abort(new Error('enough')))).rejects.toThrow('enough');
  });
}
