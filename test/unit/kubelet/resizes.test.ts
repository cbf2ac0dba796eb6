import { expect, it } from 'vitest';
import type { NodeContext } from '../../../src/sim/kubelet/node-context.ts';
import { Resizes } from '../../../src/sim/kubelet/resizes.ts';

const pod = (cpu: string, generation: number) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: {
    name: 'p',
    namespace: 'n',
    uid: 'u',
    resourceVersion: '1',
    creationTimestamp: '2026-01-01T00:00:00Z',
    generation,
  },
  spec: { containers: [{ name: 'main', resources: { requests: { memory: '16Mi', cpu } } }] },
});

function resizes() {
  const said: string[] = [];
  const node = {
    capacity: { cpu: '2', memory: '4Gi' },
    record: (_: unknown, type: string, reason: string, message: string) => said.push(`${type} ${reason} ${message}`),
  } as unknown as NodeContext;
  return { said, resizes: new Resizes(node, pod('10m', 1)) };
}

it('says when a resize begins and when it is done, once', () => {
  const { said, resizes: r } = resizes();
  expect(r.admit(pod('20m', 2))).toEqual(pod('20m', 2));
  r.settled(pod('20m', 2));
  r.settled(pod('20m', 2));
  const text = '{"containers":[{"name":"main","resources":{"requests":{"cpu":"20m","memory":"16Mi"}}}],"generation":2}';
  expect(said).toEqual([
    `Normal ResizeStarted Pod resize started: ${text}`,
    `Normal ResizeCompleted Pod resize completed: ${text}`,
  ]);
});

it('keeps what a pod has while it asks for more than the node', () => {
  const { said, resizes: r } = resizes();
  const message = "Node didn't have enough capacity: cpu, requested: 300000, capacity: 2000";
  expect(r.admit(pod('300', 2)).spec.containers[0].resources.requests.cpu).toBe('10m');
  expect(r.pending).toEqual({ type: 'PodResizePending', status: 'True', reason: 'Infeasible', message });
  r.admit(pod('300', 2));
  expect(said).toHaveLength(1);
  expect(r.admit(pod('10m', 3))).toEqual(pod('10m', 3));
  expect(r.pending).toBeUndefined();
});
