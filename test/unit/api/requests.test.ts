import { describe, expect, it } from 'vitest';
import { bareServer, call, raw } from './helpers.ts';

const MAPS = '/api/v1/namespaces/a/configmaps';
const failure = (code: number, reason: string | undefined, message: string, details?: object) => ({
  kind: 'Status',
  apiVersion: 'v1',
  metadata: {},
  status: 'Failure',
  message,
  ...(reason ? { reason } : {}),
  ...(details ? { details } : {}),
  code,
});

describe('errors, as Kubernetes 1.35.4 words them', () => {
  const cases: [string, string, unknown, object][] = [
    [
      'GET',
      `${MAPS}/zz`,
      undefined,
      failure(404, 'NotFound', 'configmaps "zz" not found', { name: 'zz', kind: 'configmaps' }),
    ],
    [
      'GET',
      '/api/v1/namespaces/a/foos',
      undefined,
      failure(404, 'NotFound', 'the server could not find the requested resource', {}),
    ],
    [
      'PUT',
      MAPS,
      {},
      failure(405, 'MethodNotAllowed', 'the server does not allow this method on the requested resource', {}),
    ],
    [
      'POST',
      MAPS,
      { kind: 'Secret', apiVersion: 'v1' },
      failure(
        400,
        'BadRequest',
        'Secret in version "v1" cannot be handled as a ConfigMap: converting (v1.Secret) to (core.ConfigMap): unknown conversion',
      ),
    ],
    [
      'POST',
      MAPS,
      { data: { a: 1 } },
      failure(
        400,
        'BadRequest',
        'ConfigMap in version "v1" cannot be handled as a ConfigMap: json: cannot unmarshal number into Go struct field ConfigMap.data of type string',
      ),
    ],
    [
      'POST',
      MAPS,
      '{"metadata":',
      failure(
        400,
        'BadRequest',
        'the object provided is unrecognized (must be of type ConfigMap): couldn\'t get version/kind; json parse error: unexpected end of JSON input ({"metadata":)',
      ),
    ],
    [
      'POST',
      `${MAPS}?fieldValidation=Strict`,
      '{"metadata":{"name":"b","foo":1},"bar":1,"data":{"a":"1","a":"2"}}',
      failure(
        400,
        'BadRequest',
        'ConfigMap in version "v1" cannot be handled as a ConfigMap: strict decoding error: unknown field "metadata.foo", unknown field "bar", duplicate field "data.a"',
      ),
    ],
    [
      'GET',
      `${MAPS}?labelSelector=a+in+b`,
      undefined,
      failure(400, 'BadRequest', "unable to parse requirement: found 'b' expected: '('"),
    ],
    [
      'GET',
      `${MAPS}?labelSelector=a%3D%3Db%3Dc`,
      undefined,
      failure(400, 'BadRequest', "found '=', expected: ',' or 'end of string'"),
    ],
    [
      'GET',
      `${MAPS}?fieldSelector=foo%3Dbar`,
      undefined,
      failure(400, 'BadRequest', '"foo" is not a known field selector: only "metadata.name", "metadata.namespace"'),
    ],
    ['GET', `${MAPS}?limit=x`, undefined, failure(400, 'BadRequest', 'strconv.ParseInt: parsing "x": invalid syntax')],
    [
      'DELETE',
      `${MAPS}/zz`,
      undefined,
      failure(404, 'NotFound', 'configmaps "zz" not found', { name: 'zz', kind: 'configmaps' }),
    ],
  ];
  it.each(cases)('%s %s', (method, path, body, expected) => {
    const { api } = bareServer();
    expect(call(api, method, path, body).body).toEqual(expected);
  });

  it('refuses a second object of the name and a stale version', () => {
    const { api } = bareServer();
    call(api, 'POST', MAPS, { metadata: { name: 'a' } });
    expect(call(api, 'POST', MAPS, { metadata: { name: 'a' } }).body.message).toBe('configmaps "a" already exists');
    expect(call(api, 'PUT', `${MAPS}/a`, { metadata: { name: 'a', resourceVersion: '1' } }).body.message).toBe(
      'Operation cannot be fulfilled on configmaps "a": the object has been modified; please apply your changes to the latest version and try again',
    );
  });

  it('warns of unknown fields by default', () => {
    const { api } = bareServer();
    expect(call(api, 'POST', MAPS, { metadata: { name: 'a' }, bar: 1 }).headers['warning']).toBe(
      String.raw`299 - "unknown field \"bar\""`,
    );
  });
});

describe('lists and watches', () => {
  it('pages with continue and remainingItemCount', () => {
    const { api } = bareServer();
    for (const name of ['a', 'b', 'c']) call(api, 'POST', MAPS, { metadata: { name } });
    const first = call(api, 'GET', `${MAPS}?limit=2`).body;
    expect(first.metadata.remainingItemCount).toBe(1);
    const rest = call(api, 'GET', `${MAPS}?limit=2&continue=${first.metadata.continue}`).body;
    expect(rest.items.map((i: { metadata: { name: string } }) => i.metadata.name)).toEqual(['c']);
  });

  it('sends what exists, a marked bookmark, then changes that enter and leave the selection', () => {
    const { api } = bareServer();
    call(api, 'POST', MAPS, { metadata: { name: 'a', labels: { x: 'y' } } });
    const query =
      'watch=1&labelSelector=x%3Dy&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true';
    const events: string[] = [];
    raw(api, 'GET', `${MAPS}?${query}`).stream?.start(
      (chunk) => {
        const event = JSON.parse(chunk);
        events.push(
          `${event.type} ${event.object.metadata.name ?? event.object.metadata.annotations['k8s.io/initial-events-end']}`,
        );
      },
      () => events.push('end'),
    );
    call(api, 'POST', MAPS, { metadata: { name: 'b' } });
    call(
      api,
      'PATCH',
      `${MAPS}/b`,
      { metadata: { labels: { x: 'y' } } },
      { 'content-type': 'application/merge-patch+json' },
    );
    call(
      api,
      'PATCH',
      `${MAPS}/a`,
      { metadata: { labels: { x: 'z' } } },
      { 'content-type': 'application/merge-patch+json' },
    );
    expect(events).toEqual(['ADDED a', 'BOOKMARK true', 'ADDED b', 'DELETED a']);
  });

  it('ends after timeoutSeconds of virtual time', () => {
    const { api, world } = bareServer();
    let ended = false;
    raw(api, 'GET', `${MAPS}?watch=1&timeoutSeconds=5`).stream?.start(
      () => {},
      () => {
        ended = true;
      },
    );
    world.advance(4_900);
    expect(ended).toBe(false);
    world.advance(200);
    expect(ended).toBe(true);
  });
});

describe('protobuf bodies', () => {
  it('decodes what kubectl create configmap sends', () => {
    const { api } = bareServer();
    const field = (number: number, bytes: Buffer | string): Buffer =>
      Buffer.concat([Buffer.from([(number << 3) | 2, Buffer.byteLength(bytes)]), Buffer.from(bytes)]);
    const entry = Buffer.concat([field(1, 'k'), field(2, 'v')]);
    const map = Buffer.concat([field(1, field(1, 'pb')), field(2, entry)]);
    const unknown = Buffer.concat([field(1, Buffer.concat([field(1, 'v1'), field(2, 'ConfigMap')])), field(2, map)]);
    const body = new Uint8Array(Buffer.concat([Buffer.from('k8s\0'), unknown]));
    const answer = call(api, 'POST', MAPS, body, { 'content-type': 'application/vnd.kubernetes.protobuf' });
    expect([answer.status, answer.body.metadata.name, answer.body.data]).toEqual([201, 'pb', { k: 'v' }]);
  });
});

describe('deletion', () => {
  it('waits for finalizers and goes with the last one', () => {
    const { api } = bareServer();
    call(api, 'POST', MAPS, { metadata: { name: 'f', finalizers: ['a.b/c'] } });
    expect(call(api, 'DELETE', `${MAPS}/f`).body.metadata.deletionTimestamp).toBe('2026-01-15T09:00:00Z');
    const patch = { metadata: { finalizers: null } };
    call(api, 'PATCH', `${MAPS}/f`, patch, { 'content-type': 'application/merge-patch+json' });
    expect(call(api, 'GET', `${MAPS}/f`).status).toBe(404);
  });
});
