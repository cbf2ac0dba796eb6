import { describe, expect, it } from 'vitest';
import { getCondition } from '../../../src/sim/controllers/lib/objects.ts';
import type { Taint } from '../../../src/sim/controllers/lib/taints.ts';
import { Cluster, workload } from './cluster.ts';

describe('garbage collector', () => {
  const owned = (cluster: Cluster): number[] => [
    cluster.api.list('apps/v1/ReplicaSet', 't').length,
    cluster.pods('web').length,
  ];

  function running(): Cluster {
    const cluster = new Cluster();
    cluster.apply(workload('Deployment', 'web', { replicas: 2 }));
    cluster.run(10);
    return cluster;
  }

  it('deletes dependents in the background', () => {
    const cluster = running();
    cluster.api.delete('apps/v1/Deployment', 't', 'web', { propagationPolicy: 'Background' });
    expect(cluster.api.get('apps/v1/Deployment', 't', 'web')).toBeUndefined();
    cluster.run(10);
    expect(owned(cluster)).toEqual([0, 0]);
  });

  it('keeps the owner until dependents are gone in the foreground', () => {
    const cluster = running();
    cluster.api.delete('apps/v1/Deployment', 't', 'web', { propagationPolicy: 'Foreground' });
    cluster.run(0.3);
    expect(cluster.get('apps/v1/Deployment', 'web').metadata.finalizers).toEqual(['foregroundDeletion']);
    cluster.run(20);
    expect(cluster.api.get('apps/v1/Deployment', 't', 'web')).toBeUndefined();
    expect(owned(cluster)).toEqual([0, 0]);
  });

  it('lets orphans go', () => {
    const cluster = running();
    cluster.api.delete('apps/v1/Deployment', 't', 'web', { propagationPolicy: 'Orphan' });
    cluster.run(10);
    expect(cluster.api.get('apps/v1/Deployment', 't', 'web')).toBeUndefined();
    expect(owned(cluster)).toEqual([1, 2]);
    expect(cluster.api.list('apps/v1/ReplicaSet', 't')[0]?.metadata.ownerReferences ?? []).toEqual([]);
  });

  it('breaks a circle of owners that would all wait for each other', () => {
    const cluster = new Cluster();
    for (const name of ['a', 'b', 'c']) cluster.apply({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name } });
    for (const [name, owner] of [
      ['a', 'c'],
      ['b', 'a'],
      ['c', 'b'],
    ] as const) {
      const { uid } = cluster.get('v1/ConfigMap', owner).metadata;
      cluster.api.modify('v1/ConfigMap', 't', name, (draft) => {
        const controller = { controller: true, blockOwnerDeletion: true };
        draft.metadata.ownerReferences = [{ apiVersion: 'v1', kind: 'ConfigMap', name: owner, uid, ...controller }];
      });
    }
    cluster.api.delete('v1/ConfigMap', 't', 'a', { propagationPolicy: 'Foreground' });
    cluster.run(20);
    expect(cluster.api.list('v1/ConfigMap', 't').map((it) => it.metadata.name)).toEqual(['kube-root-ca.crt']);
  });
});

describe('namespace', () => {
  it('is given an account and the CA bundle', () => {
    const cluster = new Cluster();
    expect(cluster.api.list('v1/ServiceAccount', 't').map((it) => it.metadata.name)).toEqual(['default']);
    expect(cluster.api.list('v1/ConfigMap', 't').map((it) => it.metadata.name)).toEqual(['kube-root-ca.crt']);
  });

  it('says what remains while it is emptied, as recorded on 1.35', () => {
    const cluster = new Cluster();
    cluster.apply({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'held', finalizers: ['x.y/z'] } });
    cluster.api.delete('v1/Namespace', undefined, 't');
    cluster.run(6);
    const { conditions, phase } = cluster.get('v1/Namespace', 't').status;
    expect(phase).toBe('Terminating');
    expect(conditions.map((it: Record<string, string>) => [it.type, it.status, it.reason, it.message])).toEqual([
      ['NamespaceDeletionDiscoveryFailure', 'False', 'ResourcesDiscovered', 'All resources successfully discovered'],
      [
        'NamespaceDeletionGroupVersionParsingFailure',
        'False',
        'ParsedGroupVersions',
        'All legacy kube types successfully parsed',
      ],
      [
        'NamespaceDeletionContentFailure',
        'False',
        'ContentDeleted',
        'All content successfully deleted, may be waiting on finalization',
      ],
      [
        'NamespaceContentRemaining',
        'True',
        'SomeResourcesRemain',
        'Some resources are remaining: configmaps. has 1 resource instances',
      ],
      [
        'NamespaceFinalizersRemaining',
        'True',
        'SomeFinalizersRemain',
        'Some content in the namespace has finalizers remaining: x.y/z in 1 resource instances',
      ],
    ]);
    cluster.modify('v1/ConfigMap', 'held', (draft) => {
      delete draft.metadata.finalizers;
    });
    cluster.run(20);
    expect(cluster.api.get('v1/Namespace', undefined, 't')).toBeUndefined();
  });
});

describe('nodes', () => {
  it('evicts from a node with a NoExecute taint and replaces elsewhere', () => {
    const cluster = new Cluster();
    cluster.apply(workload('Deployment', 'web', { replicas: 1 }));
    cluster.run(10);
    const [first] = cluster.pods('web');
    const node = first?.spec.nodeName;
    cluster.api.modify('v1/Node', undefined, node, (draft) => {
      draft.spec.taints = [{ key: 'maintenance', effect: 'NoExecute' }];
    });
    cluster.run(10);
    expect(cluster.events(first?.metadata.name as string, 'TaintManagerEviction')).toEqual([
      `TaintManagerEviction Marking for deletion Pod t/${first?.metadata.name}`,
    ]);
    const [second] = cluster.pods('web');
    expect(second?.status.phase).toBe('Running');
    expect(second?.spec.nodeName).not.toBe(node);
  });

  it('loses a node that falls silent for 50 s: conditions, taints, event', () => {
    const cluster = new Cluster();
    const now = cluster.simulation.world.nowIso;
    const ready = {
      type: 'Ready',
      status: 'True',
      lastHeartbeatTime: now,
      lastTransitionTime: now,
      reason: 'KubeletReady',
    };
    cluster.api.create({
      apiVersion: 'v1',
      kind: 'Node',
      metadata: { name: 'ghost' },
      status: { conditions: [ready], allocatable: { cpu: '1', memory: '1Gi', pods: '10' } },
    });
    cluster.run(49);
    expect(getCondition(cluster.get('v1/Node', 'ghost'), 'Ready')?.status).toBe('True');
    cluster.run(20);
    const ghost = cluster.get('v1/Node', 'ghost');
    expect(getCondition(ghost, 'Ready')).toMatchObject({
      status: 'Unknown',
      reason: 'NodeStatusUnknown',
      message: 'Kubelet stopped posting node status.',
    });
    const key = 'node.kubernetes.io/unreachable';
    expect(ghost.spec.taints.map((it: Taint) => [it.key, it.effect])).toEqual([
      [key, 'NoSchedule'],
      [key, 'NoExecute'],
    ]);
    expect(cluster.events('ghost', 'NodeNotReady')).toEqual(['NodeNotReady Node ghost status is now: NodeNotReady']);
  });

  it('taints a cordoned node and takes the taint off again', () => {
    const cluster = new Cluster();
    const cordon = (unschedulable: boolean): void => {
      cluster.api.modify('v1/Node', undefined, 'kind-worker', (draft) => {
        draft.spec.unschedulable = unschedulable;
      });
      cluster.run(1);
    };
    cordon(true);
    const timeAdded = cluster.simulation.world.nowIso.replace(/\d\dZ$/, '');
    expect(cluster.get('v1/Node', 'kind-worker').spec.taints).toEqual([
      { key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule', timeAdded: expect.stringContaining(timeAdded) },
    ]);
    cordon(false);
    expect(cluster.get('v1/Node', 'kind-worker').spec.taints ?? []).toEqual([]);
  });
});

describe('disruption budget', () => {
  it('allows what is above its minimum', () => {
    const cluster = new Cluster();
    cluster.apply(workload('Deployment', 'web', { replicas: 3 }));
    const selector = { matchLabels: { app: 'web' } };
    cluster.apply({
      apiVersion: 'policy/v1',
      kind: 'PodDisruptionBudget',
      metadata: { name: 'b' },
      spec: { minAvailable: 2, selector },
    });
    cluster.run(10);
    const { conditions, ...status } = cluster.get('policy/v1/PodDisruptionBudget', 'b').status;
    expect(status).toEqual({
      currentHealthy: 3,
      desiredHealthy: 2,
      disruptionsAllowed: 1,
      expectedPods: 3,
      observedGeneration: 1,
    });
    expect(conditions).toEqual([
      expect.objectContaining({ type: 'DisruptionAllowed', status: 'True', reason: 'SufficientPods', message: '' }),
    ]);
  });
});
