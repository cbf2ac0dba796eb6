import { describe, expect, it } from 'vitest';
import { createEmbeddedCluster } from '../../../src/cluster/embedded.ts';
import type { Json } from '../../../src/kube/object.ts';

const cluster = createEmbeddedCluster('reading');

async function ask(method: string, path: string, body?: Json, headers: Record<string, string> = {}): Promise<Json> {
  const type = method === 'PATCH' ? 'application/merge-patch+json' : 'application/json';
  const answer = await cluster.request({
    method,
    path,
    headers: { 'content-type': type, ...headers },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { code: answer.status, ...JSON.parse(String(answer.body)) };
}

const CRDS = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';

function definition(properties: Json): Json {
  const schema = {
    openAPIV3Schema: {
      type: 'object',
      description: 'A lamp.',
      properties: { spec: { type: 'object', properties } },
    },
  };
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: 'lamps.home.example' },
    spec: {
      group: 'home.example',
      names: { kind: 'Lamp', plural: 'lamps' },
      scope: 'Cluster',
      versions: [{ name: 'v1', served: true, storage: true, schema }],
    },
  };
}

describe('what is read', () => {
  it('has the defaults and fields of the day, whenever a custom resource was written', async () => {
    const spec = { color: { type: 'string' }, watts: { type: 'integer' } };
    await ask('POST', CRDS, definition(spec));
    await cluster.clock.sleep(1000);
    await ask('POST', '/apis/home.example/v1/lamps', {
      apiVersion: 'home.example/v1',
      kind: 'Lamp',
      metadata: { name: 'a' },
      spec: { watts: 5 },
    });
    const later = definition({ color: { type: 'string', default: 'white' } });
    await ask('PATCH', `${CRDS}/lamps.home.example`, { spec: later.spec });
    await cluster.clock.sleep(1000);
    expect((await ask('GET', '/apis/home.example/v1/lamps/a')).spec).toEqual({ color: 'white' });
    expect((await ask('GET', '/apis/home.example/v1/lamps')).items[0].spec).toEqual({ color: 'white' });
  });

  it('tells in /openapi/v2 of all kinds, custom ones included', async () => {
    const { swagger, definitions, paths } = await ask('GET', '/openapi/v2');
    expect([swagger, Object.keys(definitions).filter((name) => !name.startsWith('io.k8s.'))]).toEqual([
      '2.0',
      ['example.home.v1.Lamp'],
    ]);
    expect(definitions['example.home.v1.Lamp']).toEqual({
      type: 'object',
      description: 'A lamp.',
      properties: {
        apiVersion: { type: 'string' },
        kind: { type: 'string' },
        metadata: { $ref: '#/definitions/io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta' },
        spec: { type: 'object', properties: { color: { type: 'string', default: 'white' } } },
      },
      'x-kubernetes-group-version-kind': [{ group: 'home.example', kind: 'Lamp', version: 'v1' }],
    });
    expect(paths['/api/v1/namespaces/{namespace}/pods'].get.responses['200'].schema).toEqual({
      $ref: '#/definitions/io.k8s.api.core.v1.Pod',
    });
  });

  it('goes on with a list whose version etcd has forgotten, when asked to', async () => {
    const path = '/api/v1/namespaces/kube-system/serviceaccounts';
    const first = await ask('GET', `${path}?limit=2`);
    await cluster.clock.sleep(11 * 60_000);
    const expired = await ask('GET', `${path}?limit=2&continue=${first.metadata.continue}`);
    expect([expired.code, expired.reason]).toEqual([410, 'Expired']);
    expect(expired.message).toMatch(/^The provided continue parameter is too old .* use the continue token/);
    const next = await ask('GET', `${path}?limit=2&continue=${expired.metadata.continue}`);
    expect(next.items).toHaveLength(2);
    expect(next.metadata.resourceVersion).not.toBe(first.metadata.resourceVersion);
  });

  it('is no Table where nothing is stored', async () => {
    const review = { kind: 'SelfSubjectAccessReview', apiVersion: 'authorization.k8s.io/v1', spec: {} };
    review.spec = { nonResourceAttributes: { path: '/', verb: 'get' } };
    const path = '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews';
    const refused = await ask('POST', path, review, { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' });
    expect([refused.code, refused.reason]).toEqual([406, 'NotAcceptable']);
    const both = await ask('POST', path, review, {
      accept: 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json',
    });
    expect(both.kind).toBe('SelfSubjectAccessReview');
  });

  it('finds signing requests by their signer', async () => {
    const path = '/apis/certificates.k8s.io/v1/certificatesigningrequests?fieldSelector=spec.signerName%3Dx.y/z';
    expect((await ask('GET', path)).items).toEqual([]);
  });

  it('is refused or warned of when YAML says a key twice', async () => {
    const text = 'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: twice }\ndata:\n  a: b\n  a: c\n';
    const apply = async (validation: string): Promise<Json> => {
      const answer = await cluster.request({
        method: 'PATCH',
        path: `/api/v1/namespaces/default/configmaps/twice?fieldManager=x&fieldValidation=${validation}`,
        headers: { 'content-type': 'application/apply-patch+yaml' },
        body: text,
      });
      const body = JSON.parse(String(answer.body));
      return [body.data ?? body.message, answer.headers['warning']];
    };
    expect(await apply('Strict')).toEqual([
      'error strict decoding YAML: error converting YAML to JSON: yaml: unmarshal errors:\n  line 6: key "a" already set in map',
      undefined,
    ]);
    expect(await apply('Warn')).toEqual([{ a: 'c' }, '299 - "line 6: key \\"a\\" already set in map"']);
    expect(await apply('Ignore')).toEqual([{ a: 'c' }, undefined]);
    const created = await cluster.request({
      method: 'POST',
      path: '/api/v1/namespaces/default/configmaps?fieldValidation=Strict',
      headers: { 'content-type': 'application/yaml' },
      body: text,
    });
    expect(JSON.parse(String(created.body)).message).toBe(
      'ConfigMap in version "v1" cannot be handled as a ConfigMap: strict decoding error: yaml: unmarshal errors:\n  line 6: key "a" already set in map',
    );
  });
});
