import type { Json, KubeObject } from '../../kube/object.ts';
import type { ApiClient } from '../api/api.ts';
import type { World } from '../world.ts';
import type { Controller } from './context.ts';
import { attempt, type Condition, getCondition, sameJson } from './lib/objects.ts';
import { isPodReady } from './lib/pods.ts';
import type { Taint } from './lib/taints.ts';

const COMPONENT = 'node-controller';
const MONITOR_PERIOD_MS = 5_000;
/** A node that was silent for this long is lost (node-monitor-grace-period). */
const GRACE_MS = 50_000;
const STATUSES = ['Ready', 'MemoryPressure', 'DiskPressure', 'PIDPressure'];
/** Which state of which condition taints a node with what (NoSchedule). */
const CONDITION_TAINTS: readonly [type: string, status: string, key: string][] = [
  ['Ready', 'False', 'node.kubernetes.io/not-ready'],
  ['Ready', 'Unknown', 'node.kubernetes.io/unreachable'],
  ['MemoryPressure', 'True', 'node.kubernetes.io/memory-pressure'],
  ['DiskPressure', 'True', 'node.kubernetes.io/disk-pressure'],
  ['NetworkUnavailable', 'True', 'node.kubernetes.io/network-unavailable'],
  ['PIDPressure', 'True', 'node.kubernetes.io/pid-pressure'],
];
const UNSCHEDULABLE = 'node.kubernetes.io/unschedulable';
const MANAGED = new Set([UNSCHEDULABLE, ...CONDITION_TAINTS.map(([, , key]) => key)]);

/** Notices lost nodes by their heartbeats, taints nodes by their conditions and marks the pods of lost ones not ready. */
export const nodelifecycle: Controller = {
  name: 'node-controller',
  start({ world, api: clientFor }) {
    const monitor = new NodeMonitor(world, clientFor('node-controller'));
    world.every(MONITOR_PERIOD_MS, () => monitor.check());
    monitor.follow();
  },
};

class NodeMonitor {
  readonly #seen = new Map<string, { heartbeat: string; atMs: number }>();
  readonly #registered = new Set<string>();

  constructor(
    readonly world: World,
    readonly api: ApiClient,
  ) {}

  follow(): void {
    this.api.watch('v1/Node', (type, node, old) => {
      if (type === 'DELETED') this.#registered.delete(node.metadata.name);
      else if (!old || old.spec !== node.spec || readiness(old) !== readiness(node)) attempt(() => this.#taint(node));
    });
  }

  check(): void {
    for (const node of this.api.list('v1/Node')) {
      const { name } = node.metadata;
      if (!this.#registered.has(name)) {
        this.#registered.add(name);
        this.#event(node, 'Normal', 'RegisteredNode', `Node ${name} event: Registered Node ${name} in Controller`);
      }
      // What the API server refuses is tried again with the next look.
      attempt(() => this.#judge(node));
    }
  }

  #judge(node: KubeObject): void {
    if (this.#isSilent(node)) this.#lose(node);
    const current = this.api.get('v1/Node', undefined, node.metadata.name);
    if (!current) return;
    this.#taint(current);
    if (getCondition(current, 'Ready') && readiness(current) !== 'True') this.#markPods(current);
  }

  /** No lease renewal and no status heartbeat seen for the grace period. */
  #isSilent(node: KubeObject): boolean {
    const { name } = node.metadata;
    const lease = this.api.get('coordination.k8s.io/v1/Lease', 'kube-node-lease', name);
    const heartbeat = `${lease?.spec?.renewTime ?? ''}|${getCondition(node, 'Ready')?.lastHeartbeatTime ?? ''}`;
    if (heartbeat === '|') return false;
    const seen = this.#seen.get(name);
    if (seen?.heartbeat === heartbeat) return this.world.nowMs - seen.atMs > GRACE_MS;
    this.#seen.set(name, { heartbeat, atMs: this.world.nowMs });
    return false;
  }

  #lose(node: KubeObject): void {
    if (readiness(node) === 'Unknown') return;
    const { name } = node.metadata;
    const now = this.world.nowIso;
    const change = (draft: KubeObject): void => {
      const conditions: Condition[] = draft.status.conditions ?? [];
      for (const type of STATUSES) {
        const old = conditions.find((it) => it.type === type);
        const next: Condition = {
          type,
          status: 'Unknown',
          lastHeartbeatTime: old?.lastHeartbeatTime ?? node.metadata.creationTimestamp,
          lastTransitionTime: old?.status === 'Unknown' ? old.lastTransitionTime : now,
          reason: old ? 'NodeStatusUnknown' : 'NodeStatusNeverUpdated',
          message: old ? 'Kubelet stopped posting node status.' : 'Kubelet never posted node status.',
        };
        if (old) conditions[conditions.indexOf(old)] = next;
        else conditions.push(next);
      }
      draft.status.conditions = conditions;
    };
    this.api.modify('v1/Node', undefined, name, change, 'status');
    this.#event(node, 'Normal', 'NodeNotReady', `Node ${name} status is now: NodeNotReady`);
  }

  #taint(node: KubeObject): void {
    const old: Taint[] = node.spec?.taints ?? [];
    const wanted: Taint[] = CONDITION_TAINTS.filter(
      ([type, status]) => getCondition(node, type)?.status === status,
    ).map(([, , key]) => ({ key, effect: 'NoSchedule' }));
    if (node.spec?.unschedulable) wanted.push({ key: UNSCHEDULABLE, effect: 'NoSchedule' });
    for (const [type, status, key] of CONDITION_TAINTS.slice(0, 2)) {
      if (getCondition(node, type)?.status === status) wanted.push({ key, effect: 'NoExecute' });
    }
    const isOurs = (taint: Taint): boolean => MANAGED.has(taint.key) && taint.effect !== 'PreferNoSchedule';
    const dated = wanted.map((taint) => {
      const known = old.find((it) => it.key === taint.key && it.effect === taint.effect);
      return known ?? { ...taint, timeAdded: this.world.nowIso };
    });
    const taints = [...old.filter((taint) => !isOurs(taint)), ...dated];
    const bare = (list: Taint[]): string[] => list.map(({ key, effect }) => `${key}:${effect}`).sort();
    if (sameJson(bare(old), bare(taints))) return;
    this.api.modify('v1/Node', undefined, node.metadata.name, (draft) => {
      draft.spec ??= {};
      if (taints.length) draft.spec.taints = taints;
      else delete draft.spec.taints;
    });
  }

  #markPods(node: KubeObject): void {
    for (const pod of this.api.list('v1/Pod')) {
      if (pod.spec.nodeName !== node.metadata.name || !isPodReady(pod)) continue;
      const change = (draft: KubeObject): void => {
        const ready = draft.status.conditions.find((it: Json) => it.type === 'Ready');
        ready.status = 'False';
        ready.lastTransitionTime = this.world.nowIso;
      };
      this.api.modify('v1/Pod', pod.metadata.namespace, pod.metadata.name, change, 'status');
      this.#event(pod, 'Warning', 'NodeNotReady', 'Node is not ready');
    }
  }

  #event(regarding: KubeObject, type: 'Normal' | 'Warning', reason: string, message: string): void {
    this.api.events.record({ regarding, type, reason, message, component: COMPONENT });
  }
}

function readiness(node: KubeObject): string | undefined {
  return getCondition(node, 'Ready')?.status;
}
