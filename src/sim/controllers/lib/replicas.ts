import { controllerOf, type Json, type KubeObject } from '../../../kube/object.ts';
import type { ApiError } from '../../../kube/status.ts';
import type { ApiClient } from '../../api/api.ts';
import type { World } from '../../world.ts';
import type { Controller, ControllerOptions } from '../context.ts';
import { type Condition, keyOf, sameJson, splitKey } from './objects.ts';
import {
  claim,
  isPodActive,
  isPodAvailable,
  isPodReady,
  isPodTerminating,
  nextAvailableIn,
  PodControl,
  podFromTemplate,
  slowStart,
  sortForDeletion,
} from './pods.ts';
import { WorkQueue } from './queue.ts';
import { matchesSelector, matchesSet } from './selector.ts';

/** Pods made or deleted in one sync (BurstReplicas). */
const BURST = 500;

interface ReplicaKind {
  name: string;
  ref: string;
  kind: string;
  selector(owner: KubeObject): Json;
  /** Whether status.terminatingReplicas is kept. */
  tellsTerminating: boolean;
}

/** ReplicaSet and ReplicationController are one loop (pkg/controller/replicaset). */
export function makeReplicaController(kind: ReplicaKind): Controller {
  return {
    name: kind.name,
    start: ({ world, api }: ControllerOptions) => new ReplicaLoop(world, api(kind.name), kind).start(),
  };
}

class ReplicaLoop {
  readonly #queue: WorkQueue;
  readonly #pods: PodControl;

  constructor(
    readonly world: World,
    readonly api: ApiClient,
    readonly kind: ReplicaKind,
  ) {
    this.#queue = new WorkQueue(world, kind.name, (key) => this.#sync(key));
    this.#pods = new PodControl(api, kind.name);
  }

  start(): void {
    this.api.watch(this.kind.ref, (type, object) => type !== 'DELETED' && this.#queue.add(keyOf(object)));
    this.api.watch('v1/Pod', (_type, pod, old) => {
      this.#enqueueOwner(pod);
      if (old && controllerOf(old)?.uid !== controllerOf(pod)?.uid) this.#enqueueOwner(old);
    });
  }

  #enqueueOwner(pod: KubeObject): void {
    const namespace = pod.metadata.namespace;
    const owner = controllerOf(pod);
    if (owner) {
      if (owner.kind === this.kind.kind) this.#queue.add(`${namespace}/${owner.name}`);
      return;
    }
    if (pod.metadata.deletionTimestamp) return;
    for (const candidate of this.api.list(this.kind.ref, namespace)) {
      if (matchesSelector(this.kind.selector(candidate), pod.metadata.labels)) this.#queue.add(keyOf(candidate));
    }
  }

  #sync(key: string): void {
    const owner = this.api.get(this.kind.ref, ...splitKey(key));
    if (!owner) return;
    const pods = claim(this.api, owner, 'v1/Pod', this.kind.selector(owner));
    const active = pods.filter(isPodActive);
    const error = owner.metadata.deletionTimestamp ? undefined : this.#manage(owner, active);
    const minReady = owner.spec.minReadySeconds ?? 0;
    const terminating = pods.filter(isPodTerminating).length;
    this.#writeStatus(owner, this.#status(owner, active, terminating, error));
    if (error) throw error;
    const next = nextAvailableIn(active, minReady, this.world.nowMs);
    if (next !== undefined) this.#queue.addAfter(key, next);
  }

  #manage(owner: KubeObject, active: KubeObject[]): ApiError | undefined {
    const wanted = owner.spec.replicas ?? 1;
    const missing = Math.min(wanted - active.length, BURST);
    if (missing > 0) {
      return slowStart(missing, () => this.#pods.create(podFromTemplate(owner.spec.template, owner), owner)).error;
    }
    let failed: ApiError | undefined;
    for (const pod of this.#toDelete(owner, active, Math.min(active.length - wanted, BURST))) {
      failed = slowStart(1, () => this.#pods.delete(pod, owner)).error ?? failed;
    }
    return failed;
  }

  #toDelete(owner: KubeObject, active: KubeObject[], count: number): KubeObject[] {
    if (count <= 0) return [];
    if (count >= active.length) return active;
    const perNode = new Map<string, number>();
    for (const pod of this.#relatedPods(owner)) {
      const node = pod.spec.nodeName;
      if (isPodActive(pod) && node) perNode.set(node, (perNode.get(node) ?? 0) + 1);
    }
    const rank = (pod: KubeObject): number => perNode.get(pod.spec.nodeName) ?? 0;
    return sortForDeletion(active, rank, this.world.nowMs).slice(0, count);
  }

  /** Pods of all replica sets of the same controller (the Deployment), or its own. */
  #relatedPods(owner: KubeObject): readonly KubeObject[] {
    const parent = controllerOf(owner)?.uid;
    const siblings = new Set([owner.metadata.uid]);
    if (parent) {
      for (const other of this.api.list(this.kind.ref, owner.metadata.namespace)) {
        if (controllerOf(other)?.uid === parent) siblings.add(other.metadata.uid);
      }
    }
    return this.api
      .list('v1/Pod', owner.metadata.namespace)
      .filter((pod) => siblings.has(controllerOf(pod)?.uid ?? ''));
  }

  #status(owner: KubeObject, active: KubeObject[], terminating: number, error: ApiError | undefined): Json {
    const now = this.world.nowMs;
    const labels = owner.spec.template?.metadata?.labels;
    const count = (test: (pod: KubeObject) => boolean): number | undefined => active.filter(test).length || undefined;
    const conditions: Condition[] = [...(owner.status?.conditions ?? [])];
    const failure = conditions.findIndex((condition) => condition.type === 'ReplicaFailure');
    if (error && failure < 0) {
      const creating = (owner.spec.replicas ?? 1) > active.length;
      conditions.push({
        type: 'ReplicaFailure',
        status: 'True',
        lastTransitionTime: this.world.nowIso,
        reason: creating ? 'FailedCreate' : 'FailedDelete',
        message: error.message,
      });
    } else if (!error && failure >= 0) conditions.splice(failure, 1);
    return {
      replicas: active.length,
      fullyLabeledReplicas: count((pod) => matchesSet(labels, pod.metadata.labels)),
      readyReplicas: count(isPodReady),
      availableReplicas: count((pod) => isPodAvailable(pod, owner.spec.minReadySeconds ?? 0, now)),
      ...(this.kind.tellsTerminating ? { terminatingReplicas: terminating } : {}),
      observedGeneration: owner.metadata.generation,
      conditions: conditions.length ? conditions : undefined,
    };
  }

  #writeStatus(owner: KubeObject, status: Json): void {
    for (const field in status) if (status[field] === undefined) delete status[field];
    if (sameJson(owner.status ?? {}, status)) return;
    const { namespace, name } = owner.metadata;
    this.api.modify(
      this.kind.ref,
      namespace,
      name,
      (draft) => {
        draft.status = status;
      },
      'status',
    );
  }
}
