import type { Prng } from '../../core/prng.ts';
import type { Json, KubeObject } from '../../kube/object.ts';
import type { ApiClient, WatchType } from '../api/api.ts';
import { attempt, deleteIfExists, getCondition, sameJson, setCondition } from '../controllers/lib/objects.ts';
import { isPodFinished } from '../controllers/lib/pods.ts';
import type { World } from '../world.ts';
import type { Cycle, Rejection } from './filter.ts';
import { histogram, pinnedNodes, preempt, priorityOf, runFilters, selectNode } from './find.ts';
import { NodeInfo } from './node-info.ts';
import { SchedulingQueue } from './queue.ts';
import { claimNames, isBound, planClaims, SELECTED_NODE, staticVolume } from './volumes.ts';

const NAME = 'default-scheduler';
/** How long a placed pod may wait for its claims, and how often it looks. */
const BIND_TIMEOUT_MS = 600_000;
const BIND_POLL_MS = 100;
/** Upstream cuts event messages there. */
const NOTE_CHARS_MAX = 1024;

/** kube-scheduler's default profile over watch-fed node infos. */
export class Scheduler {
  readonly #nodes = new Map<string, NodeInfo>();
  readonly #pods = new Map<string, KubeObject>();
  /** Which node a pod counts on, bound or assumed. */
  readonly #placed = new Map<string, string>();
  readonly #nominated = new Map<string, string>();
  readonly #queue: SchedulingQueue;
  readonly #rng: Prng;
  #planned = false;

  constructor(
    readonly world: World,
    readonly api: ApiClient,
  ) {
    this.#rng = world.rng('scheduler');
    this.#queue = new SchedulingQueue(
      world,
      (uid) => this.#pods.get(uid),
      () => this.#plan(),
    );
  }

  start(): void {
    this.api.watch('v1/Node', (type, node, old) => this.#onNode(type, node, old));
    this.api.watch('v1/Pod', (type, pod, old) => this.#onPod(type, pod, old));
    this.api.watch('v1/PersistentVolumeClaim', (_type, claim) =>
      this.#wake(
        (pod) => pod.metadata.namespace === claim.metadata.namespace && claimNames(pod).includes(claim.metadata.name),
      ),
    );
    for (const ref of ['v1/PersistentVolume', 'storage.k8s.io/v1/StorageClass']) {
      this.api.watch(ref, () => this.#wake((pod) => claimNames(pod).length > 0));
    }
  }

  #onNode(type: WatchType, node: KubeObject, old: KubeObject | undefined): void {
    const name = node.metadata.name;
    if (type === 'DELETED') {
      this.#nodes.delete(name);
      return;
    }
    const info = new NodeInfo(node);
    for (const pod of this.#pods.values()) if (this.#placed.get(pod.metadata.uid) === name) info.add(pod);
    this.#nodes.set(name, info);
    const relevant = (it: KubeObject): Json => [it.spec, it.metadata.labels, it.status?.allocatable];
    if (!old || !sameJson(relevant(node), relevant(old))) this.#wake(() => true);
  }

  #onPod(type: WatchType, pod: KubeObject, old: KubeObject | undefined): void {
    const uid = pod.metadata.uid;
    if (type === 'DELETED' || isPodFinished(pod)) {
      this.#pods.delete(uid);
      this.#queue.remove(uid);
      this.#nominated.delete(uid);
      if (this.#unplace(uid)) this.#wake(() => true);
      return;
    }
    this.#pods.set(uid, pod);
    if (pod.spec.nodeName) {
      this.#queue.remove(uid);
      this.#nominated.delete(uid);
      this.#place(pod, pod.spec.nodeName);
      if (!old?.spec.nodeName) this.#wake((waiting) => Boolean(waiting.spec.affinity?.podAffinity));
    } else if ((pod.spec.schedulerName ?? NAME) === NAME && !pod.metadata.deletionTimestamp) {
      if (pod.spec.schedulingGates?.length) return;
      this.#queue.add(uid);
      if (old && !sameJson([old.spec, old.metadata.labels], [pod.spec, pod.metadata.labels])) {
        this.#wake((waiting) => waiting.metadata.uid === uid);
      }
    } else this.#queue.remove(uid);
  }

  /** Pods that have their node, and only wait for their claims, are not tried again. */
  #wake(concerns: (pod: KubeObject) => boolean): void {
    this.#queue.wake((pod) => !this.#placed.has(pod.metadata.uid) && concerns(pod));
  }

  #place(pod: KubeObject, name: string): void {
    this.#unplace(pod.metadata.uid);
    this.#placed.set(pod.metadata.uid, name);
    this.#nodes.get(name)?.add(pod);
  }

  #unplace(uid: string): boolean {
    const name = this.#placed.get(uid);
    if (name === undefined) return false;
    this.#placed.delete(uid);
    this.#nodes.get(name)?.remove(uid);
    return true;
  }

  #plan(): void {
    if (this.#planned) return;
    this.#planned = true;
    this.world.after(this.#rng.between(0.5, 2), () => {
      this.#planned = false;
      const uid = this.#queue.pop();
      if (uid === undefined) return;
      const pod = this.#pods.get(uid);
      if (pod) this.#schedule(pod);
      this.#plan();
    });
  }

  #schedule(pod: KubeObject): void {
    if (!this.#nodes.size) {
      this.#fail(pod, 'no nodes available to schedule pods');
      return;
    }
    const cycle: Cycle = {
      pod,
      nodes: this.#nodesFor(pod),
      claims: planClaims(this.api, pod),
      namespaceLabels: (name) => this.api.get('v1/Namespace', undefined, name)?.metadata.labels,
    };
    const prefix = `0/${cycle.nodes.length} nodes are available:`;
    if (cycle.claims.blocked) {
      this.#fail(pod, `${prefix} ${cycle.claims.blocked}. not found`);
      return;
    }
    const rejections = new Map<string, Rejection>();
    const fitting: NodeInfo[] = [];
    const pinned = pinnedNodes(pod);
    for (const node of cycle.nodes) {
      const rejection =
        pinned && !pinned.has(node.name)
          ? { reasons: ["node(s) didn't satisfy plugin(s) [NodeAffinity]"], final: true }
          : runFilters(cycle, node);
      if (rejection) rejections.set(node.name, rejection);
      else fitting.push(node);
    }
    if (fitting.length) {
      this.#assume(cycle, selectNode(cycle, fitting, this.#rng));
      return;
    }
    const why = `${prefix} ${histogram([...rejections.values()].flatMap((it) => it.reasons))}.`;
    const found = preempt(cycle, rejections, this.api.list('policy/v1/PodDisruptionBudget'));
    if ('message' in found) {
      this.#fail(pod, `${why} no new claims to deallocate, preemption: ${found.message}`);
      return;
    }
    this.#evict(pod, found.node, found.victims);
    this.#fail(pod, why, found.node.name);
  }

  /** Node infos in which higher or equal nominated pods already count. */
  #nodesFor(pod: KubeObject): NodeInfo[] {
    return [...this.#nodes.values()].map((info) => {
      const guests = [...this.#nominated]
        .filter(([uid, name]) => name === info.name && uid !== pod.metadata.uid)
        .map(([uid]) => this.#pods.get(uid))
        .filter((it): it is KubeObject => it !== undefined && priorityOf(it) >= priorityOf(pod));
      if (!guests.length) return info;
      const copy = info.without(new Set());
      for (const guest of guests) copy.add(guest);
      return copy;
    });
  }

  #evict(pod: KubeObject, node: NodeInfo, victims: KubeObject[]): void {
    this.#nominated.set(pod.metadata.uid, node.name);
    for (const victim of victims) {
      const { namespace, name } = victim.metadata;
      const mark = (draft: KubeObject): void => {
        draft.status.conditions ??= [];
        const message = `${NAME}: preempting to accommodate a higher priority pod`;
        const condition = { type: 'DisruptionTarget', status: 'True', reason: 'PreemptionByScheduler', message };
        setCondition(draft.status.conditions, condition, this.world.nowIso);
      };
      const refused = attempt(() => {
        this.api.modify('v1/Pod', namespace, name, mark, 'status');
        deleteIfExists(this.api, 'v1/Pod', namespace, name);
      });
      if (refused) continue;
      this.api.events.record({
        regarding: victim,
        related: pod,
        type: 'Normal',
        reason: 'Preempted',
        action: 'Preempting',
        message: `Preempted by pod ${pod.metadata.uid} on node ${node.name}`,
        component: NAME,
      });
    }
  }

  #assume(cycle: Cycle, node: NodeInfo): void {
    const { pod, claims } = cycle;
    this.#place(pod, node.name);
    const refused = attempt(() => {
      for (const claim of claims.delayed) {
        const volume = staticVolume(this.api, claim, node.node);
        if (volume) this.#reserve(volume, claim);
        else this.#annotate(claim, node.name);
      }
    });
    if (refused) {
      this.#unplace(pod.metadata.uid);
      this.#fail(pod, `running PreBind plugin "VolumeBinding": ${refused.message}`);
      return;
    }
    if (claims.delayed.length) this.#waitForClaims(pod, node.name, this.world.nowMs + BIND_TIMEOUT_MS);
    else this.world.after(this.#rng.between(1, 4), () => this.#bind(pod, node.name));
  }

  #reserve(volume: KubeObject, claim: KubeObject): void {
    this.api.modify('v1/PersistentVolume', undefined, volume.metadata.name, (draft) => {
      const { namespace, name, uid, resourceVersion } = claim.metadata;
      draft.spec.claimRef = { kind: 'PersistentVolumeClaim', apiVersion: 'v1', namespace, name, uid, resourceVersion };
      draft.metadata.annotations = { ...draft.metadata.annotations, 'pv.kubernetes.io/bound-by-controller': 'yes' };
    });
  }

  #annotate(claim: KubeObject, node: string): void {
    const { namespace, name } = claim.metadata;
    this.api.modify('v1/PersistentVolumeClaim', namespace, name, (draft) => {
      draft.metadata.annotations = { ...draft.metadata.annotations, [SELECTED_NODE]: node };
    });
  }

  #waitForClaims(pod: KubeObject, node: string, untilMs: number): void {
    if (!this.#pods.has(pod.metadata.uid)) return;
    const claims = claimNames(pod).map((name) =>
      this.api.get('v1/PersistentVolumeClaim', pod.metadata.namespace, name),
    );
    if (claims.every((claim) => claim && isBound(claim))) {
      this.#bind(pod, node);
      return;
    }
    if (this.world.nowMs >= untilMs) {
      this.#unplace(pod.metadata.uid);
      this.#fail(pod, 'running PreBind plugin "VolumeBinding": binding volumes: context deadline exceeded');
      return;
    }
    this.world.after(BIND_POLL_MS, () => this.#waitForClaims(pod, node, untilMs));
  }

  #bind(pod: KubeObject, node: string): void {
    const { namespace, name, uid } = pod.metadata;
    if (!this.#pods.has(uid)) return;
    const target = { apiVersion: 'v1', kind: 'Node', name: node };
    const error = attempt(() =>
      this.api.create({ apiVersion: 'v1', kind: 'Binding', metadata: { namespace, name, uid }, target }),
    );
    if (error) {
      this.#unplace(uid);
      if (error.code !== 404) this.#fail(pod, `binding rejected: ${error.message}`);
      return;
    }
    this.#queue.remove(uid);
    this.#event(pod, 'Normal', 'Scheduled', 'Binding', `Successfully assigned ${namespace}/${name} to ${node}`);
  }

  #fail(pod: KubeObject, message: string, nominated?: string): void {
    this.#queue.fail(pod.metadata.uid);
    if (!nominated) this.#nominated.delete(pod.metadata.uid);
    this.#event(pod, 'Warning', 'FailedScheduling', 'Scheduling', message.slice(0, NOTE_CHARS_MAX));
    const { namespace, name } = pod.metadata;
    const change = (draft: KubeObject): void => {
      draft.status.conditions ??= [];
      const observed = getCondition(draft, 'PodScheduled')?.observedGeneration ?? draft.metadata.generation;
      const condition = {
        type: 'PodScheduled',
        status: 'False',
        reason: 'Unschedulable',
        message,
        lastProbeTime: null,
        ...(observed === undefined ? {} : { observedGeneration: observed }),
      };
      setCondition(draft.status.conditions, condition, this.world.nowIso);
      if (nominated) draft.status.nominatedNodeName = nominated;
    };
    attempt(() => this.api.modify('v1/Pod', namespace, name, change, 'status'));
  }

  #event(regarding: KubeObject, type: 'Normal' | 'Warning', reason: string, action: string, message: string): void {
    this.api.events.record({ regarding, type, reason, action, message, component: NAME });
  }
}
