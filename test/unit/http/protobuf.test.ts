import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Json } from '../../../src/kube/object.ts';
import { decodeProtobuf } from '../../../src/sim/api/protobuf.ts';
import { encodeProtobuf } from '../../../src/sim/api/protobuf-encode.ts';
import { serveForTest, type TestCluster } from '../../support/served-cluster.ts';

const PROTOBUF = 'application/vnd.kubernetes.protobuf';
const MAPS = '/api/v1/namespaces/default/configmaps';

describe('protobuf over HTTP, as client-go asks for it', () => {
  let cluster: TestCluster;
  beforeAll(async () => {
    cluster = await serveForTest({ seed: 'protobuf', addons: false });
  });
  afterAll(async () => {
    await cluster.close();
    expect(cluster.faults).toEqual([]);
  });

  async function send(method: string, path: string, body?: Json, accept = `${PROTOBUF},application/json`) {
    const headers = { accept, 'content-type': PROTOBUF };
    const sent = body === undefined ? undefined : new Uint8Array(encodeProtobuf(body) as Buffer);
    const response = await fetch(`${cluster.base}${path}`, { method, headers, body: sent });
    const bytes = Buffer.from(await response.arrayBuffer());
    const type = response.headers.get('content-type') ?? '';
    return {
      status: response.status,
      type,
      body: type === PROTOBUF ? decodeProtobuf(bytes) : JSON.parse(bytes.toString()),
    };
  }

  const map: Json = { kind: 'ConfigMap', apiVersion: 'v1', metadata: { name: 'a' }, data: { a: 'é' } };

  it('takes and gives objects, lists, metadata and errors', async () => {
    const created = await send('POST', MAPS, map);
    expect([created.status, created.type, created.body.data]).toEqual([201, PROTOBUF, { a: 'é' }]);
    const age = Date.now() - Date.parse(created.body.metadata.creationTimestamp);
    expect(Math.abs(age)).toBeLessThan(10_000);
    const list = await send('GET', `${MAPS}?fieldSelector=metadata.name%3Da`);
    expect([list.body.kind, list.body.items[0].metadata.name]).toEqual(['ConfigMapList', 'a']);
    const accept = `${PROTOBUF};as=PartialObjectMetadataList;g=meta.k8s.io;v=v1`;
    expect((await send('GET', MAPS, undefined, accept)).body.kind).toBe('PartialObjectMetadataList');
    const missing = await send('GET', `${MAPS}/nothing`);
    expect([missing.status, missing.type, missing.body.reason]).toEqual([404, PROTOBUF, 'NotFound']);
    const table = `application/json;as=Table;v=v1;g=meta.k8s.io,${PROTOBUF}`;
    expect((await send('GET', MAPS, undefined, table)).body.kind).toBe('Table');
    expect((await send('GET', '/apis')).type).toBe('application/json');
  });

  it('frames watches', async () => {
    const abort = new AbortController();
    const url = `${cluster.base}${MAPS}?watch=1&fieldSelector=metadata.name%3Da`;
    const response = await fetch(url, { headers: { accept: PROTOBUF }, signal: abort.signal });
    expect(response.headers.get('content-type')).toBe(`${PROTOBUF};stream=watch`);
    const { value } = (await response.body?.getReader().read()) ?? {};
    const frame = Buffer.from(value ?? []);
    expect(frame.readUInt32BE(0)).toBe(frame.length - 4);
    expect(decodeProtobuf(frame.subarray(frame.indexOf('k8s\0'))).data).toEqual({ a: 'é' });
    abort.abort();
  });

  it('moves the times of what comes in', async () => {
    const renewTime = `${new Date().toISOString().slice(0, 19)}.000000Z`;
    const lease = {
      kind: 'Lease',
      apiVersion: 'coordination.k8s.io/v1',
      metadata: { name: 'l' },
      spec: { holderIdentity: 'x', renewTime },
    };
    const made = await send('POST', '/apis/coordination.k8s.io/v1/namespaces/default/leases', lease);
    expect(Math.abs(Date.parse(made.body.spec.renewTime) - Date.parse(renewTime))).toBeLessThan(1_100);
  });
});
