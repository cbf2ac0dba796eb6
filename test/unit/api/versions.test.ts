import { beforeEach, describe, expect, it } from 'vitest';
import { kinds } from '../../../src/sim/api/kinds/index.ts';
import { type ApiServer, createApiServer } from '../../../src/sim/api/server.ts';
import { World } from '../../../src/sim/world.ts';
import { call, raw } from './helpers.ts';

let api: ApiServer;
beforeEach(() => {
  api = createApiServer({ world: new World({ seed: 'versions' }), kinds, admission: [] });
  call(api, 'POST', '/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'a' } });
});

describe('kinds whose updates must name the version they replace', () => {
  const BUDGETS = '/apis/policy/v1/namespaces/a/poddisruptionbudgets';
  const budget = {
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    metadata: { name: 'web' },
    spec: { minAvailable: 1, selector: { matchLabels: { app: 'web' } } },
  };

  it('refuse a PUT without resourceVersion', () => {
    call(api, 'POST', BUDGETS, budget);
    const answer = call(api, 'PUT', `${BUDGETS}/web`, budget);
    const message = 'metadata.resourceVersion: Invalid value: 0: must be specified for an update';
    expect([answer.status, answer.body.message]).toEqual([
      422,
      `poddisruptionbudgets.policy "web" is invalid: ${message}`,
    ]);
  });

  it('take one with it, patches, and server-side apply', () => {
    const { metadata } = call(api, 'POST', BUDGETS, budget).body;
    const put = call(api, 'PUT', `${BUDGETS}/web`, { ...budget, metadata, spec: { ...budget.spec, minAvailable: 2 } });
    const merge = { 'content-type': 'application/merge-patch+json' };
    const patched = call(api, 'PATCH', `${BUDGETS}/web`, { spec: { minAvailable: 3 } }, merge);
    const apply = { 'content-type': 'application/apply-patch+yaml' };
    const applied = call(
      api,
      'PATCH',
      `${BUDGETS}/web?fieldManager=me&force=true`,
      { ...budget, spec: { ...budget.spec, minAvailable: 4 } },
      apply,
    );
    expect([put, patched, applied].map(({ status, body }) => [status, body.spec.minAvailable])).toEqual([
      [200, 2],
      [200, 3],
      [200, 4],
    ]);
  });
});

describe('kinds served in two versions', () => {
  it('keeps in annotations what autoscaling/v1 has no field for', () => {
    const v2 = '/apis/autoscaling/v2/namespaces/a/horizontalpodautoscalers';
    const memory = {
      type: 'Resource',
      resource: { name: 'memory', target: { type: 'AverageValue', averageValue: '1Gi' } },
    };
    const beside = { type: 'Resource', resource: { name: 'memory', targetAverageValue: '1Gi' } };
    const cpu = {
      type: 'Resource',
      resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 70 } },
    };
    call(api, 'POST', v2, {
      apiVersion: 'autoscaling/v2',
      kind: 'HorizontalPodAutoscaler',
      metadata: { name: 'web' },
      spec: {
        maxReplicas: 3,
        scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' },
        metrics: [memory, cpu],
      },
    });
    const { body } = call(api, 'GET', `${v2.replace('/v2/', '/v1/')}/web`);
    expect([body.apiVersion, body.spec.targetCPUUtilizationPercentage, body.metadata.annotations]).toEqual([
      'autoscaling/v1',
      70,
      { 'autoscaling.alpha.kubernetes.io/metrics': JSON.stringify([beside]) },
    ]);
  });

  it('shows an event under the names of either version', () => {
    call(api, 'POST', '/api/v1/namespaces/a/events', {
      apiVersion: 'v1',
      kind: 'Event',
      metadata: { name: 'e' },
      involvedObject: { kind: 'Pod', name: 'web', namespace: 'a' },
      message: 'hello',
      count: 2,
    });
    const { body } = call(api, 'GET', '/apis/events.k8s.io/v1/namespaces/a/events/e');
    expect([body.apiVersion, body.note, body.regarding.name, body.deprecatedCount, body.message]).toEqual([
      'events.k8s.io/v1',
      'hello',
      'web',
      2,
      undefined,
    ]);
  });
});

it('answers /openapi/v2 in protobuf with the little that kubectl looks up there', () => {
  const accept = 'application/com.github.proto-openapi.spec.v2@v1.0+protobuf';
  const { headers, body } = raw(api, 'GET', '/openapi/v2', undefined, { accept });
  expect(headers['content-type']).toBe('application/com.github.proto-openapi.spec.v2.v1.0+protobuf');
  expect(Buffer.from(body, 'latin1').subarray(0, 5)).toEqual(Buffer.from('\n\u00032.0'));
  expect(body).toContain('/api/v1/namespaces/{name}');
});
