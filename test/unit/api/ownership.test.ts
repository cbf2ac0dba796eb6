import { describe, expect, it } from 'vitest';
import { bareServer, call } from './helpers.ts';

const MAPS = '/api/v1/namespaces/a/configmaps';
const APPLY = { 'content-type': 'application/apply-patch+yaml' };
const config = (data: object) => ({ kind: 'ConfigMap', apiVersion: 'v1', data });

describe('managedFields, as recorded on Kubernetes 1.35.4', () => {
  it('takes what a forced apply claims from its former owner', () => {
    const { api } = bareServer();
    call(api, 'POST', `${MAPS}?fieldManager=me`, { metadata: { name: 'a', labels: { x: 'y' } }, data: { k: 'v' } });
    const conflict = call(api, 'PATCH', `${MAPS}/a?fieldManager=z`, config({ k: '2' }), APPLY).body;
    expect([conflict.message, conflict.details.causes]).toEqual([
      'Apply failed with 1 conflict: conflict with "me" using v1: .data.k',
      [{ reason: 'FieldManagerConflict', message: 'conflict with "me" using v1', field: '.data.k' }],
    ]);
    const applied = call(api, 'PATCH', `${MAPS}/a?fieldManager=z&force=true`, config({ k: '2', l: 'x' }), APPLY).body;
    const entry = { apiVersion: 'v1', time: '2026-01-15T09:00:00Z', fieldsType: 'FieldsV1' };
    expect(applied.metadata.managedFields).toEqual([
      { manager: 'z', operation: 'Apply', ...entry, fieldsV1: { 'f:data': { 'f:k': {}, 'f:l': {} } } },
      {
        manager: 'me',
        operation: 'Update',
        ...entry,
        fieldsV1: { 'f:data': {}, 'f:metadata': { 'f:labels': { '.': {}, 'f:x': {} } } },
      },
    ]);
  });

  it('removes what is no longer applied and owned by nobody else', () => {
    const { api } = bareServer();
    call(api, 'PATCH', `${MAPS}/n?fieldManager=z`, config({ k: '1', l: '2' }), APPLY);
    expect(call(api, 'PATCH', `${MAPS}/n?fieldManager=z`, config({ k: '1' }), APPLY).body.data).toEqual({ k: '1' });
  });

  it('writes nothing when an apply changes nothing', () => {
    const { api } = bareServer();
    const first = call(api, 'PATCH', `${MAPS}/n?fieldManager=z`, config({ k: '1' }), APPLY).body;
    expect(call(api, 'PATCH', `${MAPS}/n?fieldManager=z`, config({ k: '1' }), APPLY).body).toEqual(first);
  });
});

describe('strategic merge', () => {
  const DEPLOYMENTS = '/apis/apps/v1/namespaces/a/deployments';
  const pod = (containers: object[]) => ({ spec: { template: { spec: { containers } } } });
  const names = (body: { spec: { template: { spec: { containers: { name: string }[] } } } }) =>
    body.spec.template.spec.containers.map((c) => c.name);
  const patch = (body: object) => {
    const { api } = bareServer();
    call(api, 'POST', DEPLOYMENTS, {
      metadata: { name: 'd' },
      ...pod([
        { name: 'a', image: '1' },
        { name: 'b', image: '1' },
      ]),
    });
    return call(api, 'PATCH', `${DEPLOYMENTS}/d`, body, { 'content-type': 'application/strategic-merge-patch+json' })
      .body;
  };

  it('puts a new item where the patch has it', () => {
    expect(names(patch(pod([{ name: 'side', image: 'q' }])))).toEqual(['side', 'a', 'b']);
  });
  it('merges by key and deletes by directive', () => {
    const body = patch(
      pod([
        { name: 'a', image: '2' },
        { name: 'b', $patch: 'delete' },
      ]),
    );
    expect(body.spec.template.spec.containers).toEqual([{ name: 'a', image: '2' }]);
    expect(body.metadata.generation).toBe(2);
  });
  it('orders by $setElementOrder', () => {
    const order = { spec: { template: { spec: { '$setElementOrder/containers': [{ name: 'b' }, { name: 'a' }] } } } };
    expect(names(patch(order))).toEqual(['b', 'a']);
  });
});
