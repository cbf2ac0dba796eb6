import { afterEach, describe, expect, it } from 'vitest';
import type { ServedCluster } from '../../../src/http/serve-cluster.ts';
import { serveCluster } from '../../../src/http/serve-cluster.ts';
import { bareServer } from './helpers.ts';

const NOW = Date.UTC(2030, 5, 1, 12, 0, 0);
const TYPES = [
  'application/json',
  'application/yaml',
  'application/merge-patch+json',
  'application/apply-patch+yaml',
  'application/strategic-merge-patch+json',
  'application/json-patch+json',
  'application/vnd.kubernetes.protobuf',
];
let served: ServedCluster | undefined;
afterEach(() => served?.close());

async function serve(): Promise<{ url: string; faults: unknown[] }> {
  const { world, api } = bareServer();
  const faults: unknown[] = [];
  const timers = { now: () => NOW, every: () => () => {} };
  served = await serveCluster({
    handler: api.handler,
    world,
    clock: 'stepped',
    token: 'secret',
    port: 0,
    timers,
    onError: (e) => faults.push(e),
  });
  return { url: served.url, faults };
}

describe('the HTTP edge', () => {
  it('asks for the token, in a header or leading the path', async () => {
    const { url } = await serve();
    const without = await fetch(`${url}/api`);
    expect([without.status, ((await without.json()) as { message: string }).message]).toEqual([401, 'Unauthorized']);
    expect((await fetch(`${url}/api`, { headers: { authorization: 'Bearer secret' } })).status).toBe(200);
    expect((await fetch(`${url}/token/secret/api`)).status).toBe(200);
    expect((await fetch(`${url}/token/wrong/api`)).status).toBe(401);
  });

  it('answers in wall time', async () => {
    const { url } = await serve();
    const response = await fetch(`${url}/token/secret/api/v1/namespaces`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ metadata: { name: 'a' } }),
    });
    const { metadata } = (await response.json()) as { metadata: { creationTimestamp: string } };
    expect(metadata.creationTimestamp).toBe('2030-06-01T12:00:00Z');
  });

  it('survives nonsense', async () => {
    const { url, faults } = await serve();
    const base = `${url}/token/secret/apis/apps/v1/namespaces/a/deployments`;
    const create = JSON.stringify({ metadata: { name: 'x' }, spec: { replicas: 1 } });
    await fetch(base, { method: 'POST', body: create, headers: { 'content-type': 'application/json' } });
    for (const body of [
      '',
      '{',
      '[]',
      '"x"',
      'null',
      '{"metadata":5}',
      '{"spec":[[[]]]}',
      '{"spec":null}',
      '[{"op":"add"}]',
      '[null]',
      ': :',
    ]) {
      for (const target of ['POST ', 'PUT /x', 'PATCH /x', 'PATCH /x/scale', 'PUT /x/scale', 'PATCH /x/status']) {
        for (const type of TYPES) {
          const [method = '', path = ''] = target.split(' ');
          await fetch(`${base}${path}?fieldManager=m`, { method, body, headers: { 'content-type': type } });
        }
      }
    }
    expect(faults).toEqual([]);
  });
});
