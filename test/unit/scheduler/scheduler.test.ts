import { describe, expect, it } from 'vitest';
import type { Json } from '../../../src/kube/object.ts';
import { getCondition } from '../../../src/sim/controllers/lib/objects.ts';
import { Cluster, pod } from '../controllers/cluster.ts';

const TAINTED = '1 node(s) had untolerated taint(s)';
const NOT_HELPFUL = 'Preemption is not helpful for scheduling';
const NO_VICTIMS = 'No preemption victims found for incoming pod';

function why(reasons: string, preemption: string): string {
  return `FailedScheduling 0/3 nodes are available: ${reasons}. no new claims to deallocate, preemption: 0/3 nodes are available: ${preemption}.`;
}

/** Runs one pod that does not fit and gives its events. */
function failure(spec: Json, container: Json = {}, before: Json[] = []): string[] {
  const cluster = new Cluster();
  for (const object of before) cluster.apply(object);
  cluster.run(3);
  cluster.apply(pod('p', container, spec));
  cluster.run(0.5);
  return cluster.events('p');
}

const anywhere = { tolerations: [{ operator: 'Exists' }] };
const near = (kind: string, app: string): Json => ({
  [kind]: {
    requiredDuringSchedulingIgnoredDuringExecution: [
      { topologyKey: 'kubernetes.io/hostname', labelSelector: { matchLabels: { app } } },
    ],
  },
});

describe('reasons why a pod does not fit', () => {
  it.each([
    ['selector', { nodeSelector: { x: 'y' } }, {}, `${TAINTED}, 2 node(s) didn't match Pod's node affinity/selector`],
    [
      'affinity',
      { affinity: near('podAffinity', 'nope') },
      {},
      `${TAINTED}, 2 node(s) didn't match pod affinity rules`,
    ],
    ['size', {}, { resources: { requests: { cpu: '500' } } }, `${TAINTED}, 2 Insufficient cpu`],
    [
      'sizes',
      {},
      { resources: { requests: { cpu: '500', memory: '900Ti' } } },
      `${TAINTED}, 2 Insufficient cpu, 2 Insufficient memory`,
    ],
    [
      'spread',
      {
        topologySpreadConstraints: [
          { maxSkew: 1, topologyKey: 'no/such', whenUnsatisfiable: 'DoNotSchedule', labelSelector: {} },
        ],
      },
      {},
      `${TAINTED}, 2 node(s) didn't match pod topology spread constraints (missing required label)`,
    ],
  ])('%s', (_name, spec, container, reasons) => {
    expect(failure(spec, container)).toEqual([why(reasons, `3 ${NOT_HELPFUL}`)]);
  });

  it('host ports and anti-affinity name victims that are not there', () => {
    const port = { ports: [{ containerPort: 80, hostPort: 30999 }] };
    const busy = [0, 1, 2].map((i) => pod(`a${i}`, port, anywhere));
    expect(failure(anywhere, port, busy)).toEqual([
      why("3 node(s) didn't have free ports for the requested pod ports", `3 ${NO_VICTIMS}`),
    ]);
    const spread = [0, 1, 2].map((i) => ({
      ...pod(`b${i}`, {}, { ...anywhere, affinity: near('podAntiAffinity', 'b') }),
      metadata: { name: `b${i}`, labels: { app: 'b' } },
    }));
    expect(failure({ ...anywhere, affinity: near('podAntiAffinity', 'b') }, {}, spread)).toEqual([
      why("3 node(s) didn't match pod anti-affinity rules", `3 ${NO_VICTIMS}`),
    ]);
  });

  it('is told in the PodScheduled condition, too', () => {
    const cluster = new Cluster();
    cluster.apply(pod('p', {}, { nodeSelector: { x: 'y' } }));
    cluster.run(1);
    expect(getCondition(cluster.get('v1/Pod', 'p'), 'PodScheduled')).toMatchObject({
      status: 'False',
      reason: 'Unschedulable',
      message: cluster.events('p')[0]?.replace('FailedScheduling ', ''),
    });
  });
});

describe('scheduling', () => {
  it('tries again when a node comes to fit', () => {
    const cluster = new Cluster();
    cluster.apply(pod('p', {}, { nodeSelector: { x: 'y' } }));
    cluster.run(5);
    cluster.api.modify('v1/Node', undefined, 'kind-worker2', (draft) => {
      draft.metadata.labels = { ...draft.metadata.labels, x: 'y' };
    });
    cluster.run(5);
    expect(cluster.get('v1/Pod', 'p').spec.nodeName).toBe('kind-worker2');
    expect(cluster.events('p', 'Scheduled')).toEqual(['Scheduled Successfully assigned t/p to kind-worker2']);
  });

  it('leaves gated pods alone until the gate is gone', () => {
    const cluster = new Cluster();
    cluster.apply(pod('p', {}, { schedulingGates: [{ name: 'x.y/z' }] }));
    cluster.run(5);
    expect(cluster.get('v1/Pod', 'p').spec.nodeName).toBeUndefined();
    expect(cluster.events('p')).toEqual([]);
    cluster.modify('v1/Pod', 'p', (draft) => {
      delete draft.spec.schedulingGates;
    });
    cluster.run(5);
    expect(cluster.get('v1/Pod', 'p').status.phase).toBe('Running');
  });

  it('makes room for a pod of higher priority, as recorded on 1.35', () => {
    const cluster = new Cluster();
    const total = Number(cluster.get('v1/Node', 'kind-worker').status.allocatable.cpu);
    const most = { resources: { requests: { cpu: String(total - 0.5) } } };
    const pinned = { nodeSelector: { 'kubernetes.io/hostname': 'kind-worker' } };
    cluster.apply({
      apiVersion: 'scheduling.k8s.io/v1',
      kind: 'PriorityClass',
      metadata: { name: 'high' },
      value: 1000,
    });
    cluster.apply(pod('fill', most, pinned));
    cluster.run(5);
    cluster.apply(pod('vip', most, { ...pinned, priorityClassName: 'high' }));
    cluster.run(20);
    const vip = cluster.get('v1/Pod', 'vip');
    expect(cluster.events('fill', 'Preempted')).toEqual([
      `Preempted Preempted by pod ${vip.metadata.uid} on node kind-worker`,
    ]);
    expect(cluster.api.get('v1/Pod', 't', 'fill')).toBeUndefined();
    expect(vip.spec.nodeName).toBe('kind-worker');
  });

  it('spreads equal pods and gives the same places for the same seed', () => {
    const places = (seed: string): string[] => {
      const cluster = new Cluster(seed);
      for (let i = 0; i < 4; i++) cluster.apply(pod(`p${i}`, { resources: { requests: { cpu: '100m' } } }));
      cluster.run(5);
      return [0, 1, 2, 3].map((i) => cluster.get('v1/Pod', `p${i}`).spec.nodeName);
    };
    const first = places('one');
    expect(first.filter((name) => name === 'kind-worker')).toHaveLength(2);
    expect(places('one')).toEqual(first);
  });
});
