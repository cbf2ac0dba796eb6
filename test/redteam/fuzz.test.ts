import { connect } from 'node:net';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Json } from '../../src/kube/object.ts';
import { encodeProtobuf } from '../../src/sim/api/protobuf-encode.ts';
import { serveForTest, type TestCluster } from '../support/served-cluster.ts';

const SEED = 20261122;
const RUNS = 150;
const TYPES = [
  'application/json',
  'application/yaml',
  'application/vnd.kubernetes.protobuf',
  'application/merge-patch+json',
  'application/json-patch+json',
  'application/strategic-merge-patch+json',
  'application/apply-patch+yaml',
  'text/plain',
  '',
];
const ACCEPTS = [
  '*/*',
  'application/json',
  'application/yaml',
  'application/vnd.kubernetes.protobuf',
  'application/json;as=Table;v=v1;g=meta.k8s.io',
  'application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io',
  'application/cbor',
  ';;;,,,=',
];
const WORDS = [
  'api',
  'apis',
  'v1',
  'apps',
  'namespaces',
  'default',
  'pods',
  'deployments',
  'configmaps',
  'customresourcedefinitions',
];
const MORE = [
  'apiextensions.k8s.io',
  'web',
  'status',
  'scale',
  'log',
  'exec',
  'proxy',
  'eviction',
  'token',
  'metrics',
  'openapi',
  'v3',
  '..',
  '%00',
  '%ff',
  '',
  'é',
];
const QUERIES = [
  'limit',
  'continue',
  'watch',
  'resourceVersion',
  'resourceVersionMatch',
  'labelSelector',
  'fieldSelector',
  'timeoutSeconds',
];
const MORE_QUERIES = [
  'dryRun',
  'fieldManager',
  'fieldValidation',
  'force',
  'container',
  'tailLines',
  'follow',
  'sinceTime',
  'includeObject',
  'sendInitialEvents',
  'propagationPolicy',
];

const segment = fc.oneof({ weight: 8, arbitrary: fc.constantFrom(...WORDS, ...MORE) }, fc.string({ maxLength: 20 }));
const value = fc.oneof(
  fc.constantFrom('0', '1', 'true', '-1', '99999999999999999999', 'a=b', '!a', 'a in (', 'All'),
  fc.string({ maxLength: 30 }),
);
const url = fc
  .tuple(
    fc.array(segment, { maxLength: 9 }),
    fc.array(fc.tuple(fc.constantFrom(...QUERIES, ...MORE_QUERIES), value), { maxLength: 4 }),
  )
  .map(([parts, query]) => {
    const search = query.map(([name, text]) => `${name}=${encodeURIComponent(text)}`).join('&');
    return `/${parts.map((part) => (part.startsWith('%') ? part : encodeURIComponent(part))).join('/')}?${search}`;
  });

/** A real object with a part replaced by nonsense. */
const OBJECTS: Json[] = [
  { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a', labels: { a: 'b' } }, data: { a: 'b' } },
  {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web' },
    spec: {
      selector: { matchLabels: { a: 'b' } },
      template: { metadata: { labels: { a: 'b' } }, spec: { containers: [{ name: 'c', image: 'busybox:1.36' }] } },
    },
  },
  {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: 'as.b.c' },
    spec: {
      group: 'b.c',
      scope: 'Namespaced',
      names: { plural: 'as', kind: 'A' },
      versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: { type: 'object' } } }],
    },
  },
  {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'p' },
    spec: { containers: [{ name: 'c', image: 'busybox:1.36', resources: { limits: { cpu: '1' } } }] },
  },
];
const PATHS = [
  '/api/v1/namespaces/default/configmaps',
  '/apis/apps/v1/namespaces/default/deployments',
  '/apis/apiextensions.k8s.io/v1/customresourcedefinitions',
  '/api/v1/namespaces/default/pods',
];

function places(object: Json, path: (string | number)[] = []): (string | number)[][] {
  if (object === null || typeof object !== 'object') return [path];
  return [
    path,
    ...Object.keys(object).flatMap((key) => places(object[key], [...path, Array.isArray(object) ? Number(key) : key])),
  ];
}

function replaced(object: Json, path: readonly (string | number)[], by: Json): Json {
  const [first, ...rest] = path;
  if (first === undefined) return by;
  const copy = Array.isArray(object) ? [...object] : { ...object };
  copy[first] = replaced(object[first], rest, by);
  return copy;
}

const mutated = fc.tuple(fc.nat(OBJECTS.length - 1), fc.nat(), fc.jsonValue()).map(([which, place, by]) => {
  const all = places(OBJECTS[which]);
  return {
    path: PATHS[which] as string,
    object: replaced(OBJECTS[which], all[place % all.length] as (string | number)[], by),
  };
});

describe('malformed requests', () => {
  let cluster: TestCluster;
  beforeAll(async () => {
    cluster = await serveForTest({ seed: 'fuzz', addons: false });
  });
  afterAll(() => cluster.close());

  async function send(path: string, init: RequestInit): Promise<void> {
    const abort = AbortSignal.timeout(5_000);
    const response = await fetch(`${cluster.base}${path}`, { ...init, signal: abort });
    const type = response.headers.get('content-type') ?? '';
    // A watch or a followed log stays open: its head is enough.
    if (response.ok) {
      await response.body?.cancel();
      return;
    }
    const text = await response.text();
    expect(cluster.faults).toEqual([]);
    if (type.startsWith('application/json'))
      expect(JSON.parse(text)).toMatchObject({ kind: 'Status', status: 'Failure', code: response.status });
  }

  it('answers any path, query, header and body', async () => {
    const property = fc.asyncProperty(
      url,
      fc.constantFrom('GET', 'POST', 'PUT', 'PATCH', 'DELETE'),
      fc.constantFrom(...TYPES),
      fc.constantFrom(...ACCEPTS),
      fc.oneof(fc.string(), fc.json(), fc.uint8Array({ maxLength: 64 })),
      async (path, method, type, accept, body) => {
        const headers = { accept, ...(type === '' ? {} : { 'content-type': type }) };
        const sent = typeof body === 'string' ? body : Buffer.from(body);
        await send(path, { method, headers, ...(method === 'GET' ? {} : { body: sent }) });
      },
    );
    await fc.assert(property, { seed: SEED, numRuns: RUNS });
  });

  it('answers objects with a broken part, in JSON, YAML and protobuf', async () => {
    const property = fc.asyncProperty(mutated, fc.nat(3), fc.nat(), async ({ path, object }, how, cut) => {
      const dry = `${path}?dryRun=All&fieldValidation=Strict`;
      if (how < 2) {
        const type = how === 0 ? 'application/json' : 'application/yaml';
        await send(dry, { method: 'POST', headers: { 'content-type': type }, body: JSON.stringify(object) });
      } else if (how === 2) {
        const target = `${path}/web?fieldManager=fuzz&force=true&dryRun=All`;
        await send(target, {
          method: 'PATCH',
          headers: { 'content-type': 'application/apply-patch+yaml' },
          body: JSON.stringify(object),
        });
      } else {
        const bytes = encodeProtobuf(OBJECTS[cut % OBJECTS.length]) as Buffer;
        const broken = Buffer.from(bytes);
        broken[cut % broken.length] = (cut * 31) & 255;
        const body = cut % 2 === 0 ? broken : broken.subarray(0, cut % broken.length);
        await send(dry, { method: 'POST', headers: { 'content-type': 'application/vnd.kubernetes.protobuf' }, body });
      }
    });
    await fc.assert(property, { seed: SEED, numRuns: RUNS * 2 });
  });

  it('answers patches of what is there', async () => {
    await send(PATHS[1] as string, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(OBJECTS[1]),
    });
    const operation = fc.record(
      {
        op: fc.constantFrom('add', 'remove', 'replace', 'move', 'copy', 'test', 'x'),
        path: fc.constantFrom('/spec/replicas', '/metadata', '', '/a~1b', '/spec/template/spec/containers/-', 'x'),
        from: fc.constantFrom('/spec', '/x'),
        value: fc.jsonValue(),
      },
      { requiredKeys: [] },
    );
    const patch = fc.oneof(
      fc.array(operation, { maxLength: 3 }),
      fc.record({ metadata: fc.jsonValue(), spec: fc.jsonValue() }, { requiredKeys: [] }),
      fc.jsonValue(),
    );
    const property = fc.asyncProperty(
      patch,
      fc.constantFrom(...TYPES.slice(3, 7)),
      fc.constantFrom('', '/status', '/scale'),
      async (body, type, sub) => {
        await send(`${PATHS[1]}/web${sub}?fieldManager=f&dryRun=All`, {
          method: 'PATCH',
          headers: { 'content-type': type },
          body: JSON.stringify(body),
        });
      },
    );
    await fc.assert(property, { seed: SEED, numRuns: RUNS });
  });

  /** Bytes on a socket; what the server said until it closed, or until we did. */
  function raw(bytes: Buffer | string, waitMs: number, afterFirstMs?: number): Promise<string> {
    return new Promise((resolve) => {
      const { port } = new URL(cluster.url);
      const socket = connect(Number(port), '127.0.0.1');
      let text = '';
      const end = setTimeout(() => socket.destroy(), waitMs);
      socket.on('data', (chunk) => {
        text += chunk.toString('latin1');
        if (afterFirstMs !== undefined) setTimeout(() => socket.destroy(), afterFirstMs);
      });
      socket.on('error', () => {});
      socket.on('close', () => {
        clearTimeout(end);
        resolve(text);
      });
      socket.write(bytes);
    });
  }

  const prefix = () => `/token/${cluster.token}`;

  it('answers what is no HTTP, huge headers, and names its limits', async () => {
    const huge = await raw(`GET /api HTTP/1.1\r\nhost: x\r\nx: ${'y'.repeat(100_000)}\r\n\r\n`, 2_000);
    expect(huge).toMatch(/^HTTP\/1\.1 431 /);
    expect(huge).toContain('"kind":"Status"');
    expect(await raw('\x16\x03\x01\x02\x00\x01\x00', 2_000)).toMatch(/^HTTP\/1\.1 400 /);
    const large = await fetch(`${cluster.base}${PATHS[0]}`, { method: 'POST', body: 'x'.repeat(4 * 1024 * 1024) });
    expect([large.status, ((await large.json()) as Json).reason]).toEqual([413, 'RequestEntityTooLarge']);
    expect(cluster.faults).toEqual([]);
  });

  it('outlives clients that are slow, and those that leave in the middle', async () => {
    const slow = Array.from({ length: 50 }, () => raw(`GET ${prefix()}/api HTTP/1.1\r\nhost: x\r\nx-slow: `, 1_500));
    const half = Array.from({ length: 50 }, () =>
      raw(`POST ${prefix()}${PATHS[0]} HTTP/1.1\r\nhost: x\r\ncontent-length: 500\r\n\r\n{"a`, 500),
    );
    expect((await fetch(`${cluster.base}/readyz`)).status).toBe(200);
    await Promise.all([...slow, ...half]);
    const watches = Array.from({ length: 20 }, () =>
      raw(`GET ${prefix()}${PATHS[0]}?watch=1 HTTP/1.1\r\nhost: x\r\n\r\n`, 5_000, 100),
    );
    expect((await Promise.all(watches)).every((text) => text.startsWith('HTTP/1.1 200 '))).toBe(true);
    expect(cluster.faults).toEqual([]);
  });

  it('outlives broken frames of WebSockets and SPDY', async () => {
    const pod = `${prefix()}/api/v1/namespaces/default/pods/p`;
    await send(PATHS[3] as string, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ ...OBJECTS[3] }),
    });
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    const socket = `upgrade: websocket\r\nconnection: Upgrade\r\nsec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n`;
    const heads = [
      `GET ${pod}/exec?command=cat&stdin=1&stdout=1 HTTP/1.1\r\nhost: x\r\n${socket}sec-websocket-protocol: v5.channel.k8s.io\r\n\r\n`,
      `GET ${pod}/portforward?ports=80 HTTP/1.1\r\nhost: x\r\n${socket}sec-websocket-protocol: SPDY/3.1+portforward.k8s.io\r\n\r\n`,
      `GET ${pod}/portforward?ports=80,x HTTP/1.1\r\nhost: x\r\n${socket}sec-websocket-protocol: v4.channel.k8s.io\r\n\r\n`,
      `POST ${pod}/exec?command=cat&stdin=1&stdout=1 HTTP/1.1\r\nhost: x\r\nupgrade: SPDY/3.1\r\nconnection: Upgrade\r\nx-stream-protocol-version: v4.channel.k8s.io\r\n\r\n`,
      `POST ${pod}/portforward HTTP/1.1\r\nhost: x\r\nupgrade: SPDY/3.1\r\nconnection: Upgrade\r\nx-stream-protocol-version: portforward.k8s.io\r\n\r\n`,
      `GET ${pod}/exec HTTP/1.1\r\nhost: x\r\nupgrade: h2c\r\nconnection: Upgrade\r\n\r\n`,
    ];
    const property = fc.asyncProperty(
      fc.constantFrom(...heads),
      fc.uint8Array({ maxLength: 200 }),
      async (head, bytes) => {
        expect(await raw(Buffer.concat([Buffer.from(head), Buffer.from(bytes)]), 5_000, 30)).toMatch(
          /^HTTP\/1\.1 (101|40\d|500) /,
        );
      },
    );
    await fc.assert(property, { seed: SEED, numRuns: 60 });
    expect((await fetch(`${cluster.base}/readyz`)).status).toBe(200);
    expect(cluster.faults).toEqual([]);
  });

  it('listens on loopback only, and answers nobody without a token', async () => {
    expect(new URL(cluster.url).hostname).toBe('127.0.0.1');
    for (const path of [
      '/',
      '/api',
      '/apis',
      '/version',
      '/healthz',
      '/metrics',
      '/openapi/v3',
      '/api/v1/secrets',
      '/token/x/api',
      '/token//api',
    ]) {
      const headers = new Headers(path.length % 2 === 0 ? {} : { authorization: 'Bearer nonsense' });
      const answer = await fetch(`${cluster.url}${path}`, { headers });
      expect([path, answer.status, ((await answer.json()) as Json).reason]).toEqual([path, 401, 'Unauthorized']);
    }
  });
});
