import { expect, it } from 'vitest';
import { validatePodSubresource } from '../../../src/sim/api/kinds/common/pod-subresources.ts';

const pod = (spec: object, status: object = {}) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'p', namespace: 'n', uid: 'u', resourceVersion: '1', creationTimestamp: '2026-01-01T00:00:00Z' },
  spec,
  status,
});
const limited = (resources: object) => pod({ containers: [{ name: 'main', resources }] });

it('lets ephemeral containers join, and refuses their change and removal', () => {
  const one = { name: 'dbg', image: 'busybox:1.36' };
  const old = pod({ containers: [], ephemeralContainers: [one] });
  const check = (list: object[]) =>
    validatePodSubresource(pod({ containers: [], ephemeralContainers: list }), old, 'ephemeralcontainers').map(
      ({ detail }) => detail?.split('\n')[0],
    );
  expect(check([one, { name: 'two', image: 'busybox:1.36' }])).toEqual([]);
  expect(check([{ ...one, image: 'alpine:3.19' }])).toEqual(['existing ephemeral containers "dbg" may not be changed']);
  expect(check([])).toEqual(['existing ephemeral containers "dbg" may not be removed']);
});

it('lets CPU and memory be resized, and nothing be taken away or added besides', () => {
  const old = limited({ requests: { cpu: '10m', memory: '16Mi' }, limits: { cpu: '20m' } });
  const check = (resources: object) =>
    validatePodSubresource(limited(resources), old, 'resize').map(({ field, detail }) => `${field}: ${detail}`);
  expect(check({ requests: { cpu: '15m', memory: '16Mi' }, limits: { cpu: '25m' } })).toEqual([]);
  expect(check({ requests: { cpu: '15m' } })).toEqual([
    'spec.containers[0].resources.requests: resource requests cannot be removed',
    'spec.containers[0].resources.limits: resource limits cannot be removed',
  ]);
  expect(
    check({ requests: { cpu: '10m', memory: '16Mi', 'ephemeral-storage': '1Gi' }, limits: { cpu: '20m' } }),
  ).toEqual(['spec: only cpu and memory resources are mutable']);
});
