import type { Json, KubeObject } from '../../../kube/object.ts';
import type { ApiError } from '../../../kube/status.ts';
import type { ApiClient } from '../../api/api.ts';
import type { World } from '../../world.ts';
import { attempt, sameJson } from './objects.ts';
import { claim, isPodAvailable, isPodFinished, isPodReady, nextAvailableIn } from './pods.ts';
import {
  currentRevision,
  isCollision,
  REVISION_LABEL,
  revisionHash,
  revisionsOf,
  templateOf,
  truncateHistory,
} from './revisions.ts';
import { firstOrdinal, ordinalOf, podOf, StatefulPods } from './statefulset-pods.ts';

/** A place in the order: the pod there, if one exists. */
interface Slot {
  ordinal: number;
  pod: KubeObject | undefined;
}

/** One sync of one StatefulSet (pkg/controller/statefulset). */
export class StatefulSetSync {
  readonly #pods: StatefulPods;
  readonly #ordered: boolean;
  readonly #revisions: KubeObject[];
  #collisions: number;
  #current!: KubeObject;
  #update!: KubeObject;

  constructor(
    readonly world: World,
    readonly api: ApiClient,
    readonly set: KubeObject,
  ) {
    this.#pods = new StatefulPods(api, set);
    this.#ordered = set.spec.podManagementPolicy !== 'Parallel';
    this.#revisions = revisionsOf(api, set);
    this.#collisions = set.status?.collisionCount ?? 0;
  }

  /** The revision of the present template; a name that another one has is passed over, and counted. */
  #findUpdate(): KubeObject {
    const { set, api } = this;
    const hash = (collisions: number): string => revisionHash(set.spec.template, collisions);
    for (;;) {
      try {
        const naming = { hash, hashLabel: 'controller.kubernetes.io/hash' };
        return currentRevision(api, set, this.#revisions, naming, this.#collisions);
      } catch (error) {
        if (!isCollision(error)) throw error;
        this.#collisions++;
      }
    }
  }

  /** Answers after how many ms to look again (for minReadySeconds), if at all. */
  run(): number | undefined {
    const { set, api } = this;
    this.#update = this.#findUpdate();
    this.#current = this.#revisions.find((it) => it.metadata.name === set.status?.currentRevision) ?? this.#update;
    const owned = claim(api, set, 'v1/Pod', set.spec.selector).filter((pod) => ordinalOf(set, pod) >= 0);
    let error: ApiError | undefined;
    if (!set.metadata.deletionTimestamp) error = attempt(() => this.#reconcile(owned));
    const pods = claim(api, set, 'v1/Pod', set.spec.selector).filter((pod) => ordinalOf(set, pod) >= 0);
    this.#writeStatus(pods);
    const live = new Set([this.#current.metadata.name, this.#update.metadata.name, ...pods.map(revisionOf)]);
    truncateHistory(api, this.#revisions, (it) => live.has(it.metadata.name), set.spec.revisionHistoryLimit ?? 10);
    if (error) throw error;
    return nextAvailableIn(pods, set.spec.minReadySeconds ?? 0, this.world.nowMs);
  }

  #reconcile(owned: KubeObject[]): void {
    const start = firstOrdinal(this.set);
    const end = start + (this.set.spec.replicas ?? 1);
    const byOrdinal = new Map(owned.map((pod) => [ordinalOf(this.set, pod), pod]));
    const slots: Slot[] = [];
    for (let ordinal = start; ordinal < end; ordinal++) slots.push({ ordinal, pod: byOrdinal.get(ordinal) });
    const condemned = owned
      .filter((pod) => ordinalOf(this.set, pod) < start || ordinalOf(this.set, pod) >= end)
      .sort((a, b) => ordinalOf(this.set, b) - ordinalOf(this.set, a));
    for (const slot of slots) if (this.#settle(slot)) return;
    for (const pod of condemned) this.#pods.retainClaims(pod, ordinalOf(this.set, pod), true);
    const lowest = [...condemned].reverse().find((pod) => this.#isUnavailable(pod));
    for (const pod of condemned) if (this.#condemn(pod, lowest)) return;
    if (this.set.spec.updateStrategy?.type !== 'OnDelete') this.#roll(slots);
  }

  /** Brings one place in order; true when the rest must wait for it. */
  #settle(slot: Slot): boolean {
    const { pod, ordinal } = slot;
    if (pod && isPodFinished(pod)) {
      if (!pod.metadata.deletionTimestamp) this.#pods.delete(pod);
      return this.#ordered;
    }
    if (!pod) {
      slot.pod = this.#pods.create(this.#newPod(ordinal), ordinal);
      return this.#ordered;
    }
    if (pod.status?.phase === 'Pending') this.#pods.createClaims(pod.metadata.name, ordinal);
    if (this.#ordered && (pod.metadata.deletionTimestamp || !this.#isAvailable(pod))) return true;
    this.#pods.retainClaims(pod, ordinal, false);
    return false;
  }

  #newPod(ordinal: number): Json {
    const { set } = this;
    const strategy = set.spec.updateStrategy ?? {};
    const first = firstOrdinal(set);
    const keep = strategy.rollingUpdate ? (strategy.rollingUpdate.partition ?? 0) : (set.status?.currentReplicas ?? 0);
    const old = (strategy.type ?? 'RollingUpdate') === 'RollingUpdate' && ordinal < first + keep;
    const revision = old ? this.#current : this.#update;
    return podOf(set, templateOf(revision), revision.metadata.name, ordinal);
  }

  /** Scales down one pod; true when the rest must wait. */
  #condemn(pod: KubeObject, lowestUnavailable: KubeObject | undefined): boolean {
    if (pod.metadata.deletionTimestamp) return this.#ordered;
    if (this.#ordered && this.#isUnavailable(pod) && pod !== lowestUnavailable) return true;
    this.#pods.delete(pod);
    return this.#ordered;
  }

  /** Replaces pods of an old revision one at a time, from the highest ordinal down to the partition. */
  #roll(slots: readonly Slot[]): void {
    const partition = this.set.spec.updateStrategy?.rollingUpdate?.partition ?? 0;
    for (const { pod } of slots.slice(partition).reverse()) {
      if (pod && revisionOf(pod) !== this.#update.metadata.name && !pod.metadata.deletionTimestamp) {
        this.#pods.delete(pod);
        return;
      }
      if (!pod || this.#isUnavailable(pod)) return;
    }
  }

  #isAvailable(pod: KubeObject): boolean {
    return pod.status?.phase === 'Running' && isPodAvailable(pod, this.set.spec.minReadySeconds ?? 0, this.world.nowMs);
  }

  #isUnavailable(pod: KubeObject): boolean {
    return !this.#isAvailable(pod) || pod.metadata.deletionTimestamp !== undefined;
  }

  #writeStatus(pods: readonly KubeObject[]): void {
    const { set } = this;
    const update = this.#update.metadata.name;
    const count = (test: (pod: KubeObject) => boolean): number => pods.filter(test).length;
    const running = (pod: KubeObject): boolean => pod.status?.phase === 'Running' && isPodReady(pod);
    const at = (name: string) => (pod: KubeObject) => revisionOf(pod) === name && !pod.metadata.deletionTimestamp;
    const status: Json = {
      observedGeneration: set.metadata.generation,
      replicas: pods.length,
      readyReplicas: count(running),
      availableReplicas: count((pod) => running(pod) && this.#isAvailable(pod)),
      currentReplicas: count(at(this.#current.metadata.name)),
      updatedReplicas: count(at(update)),
      currentRevision: this.#current.metadata.name,
      updateRevision: update,
      collisionCount: this.#collisions,
    };
    const wanted = set.spec.replicas ?? 1;
    const rolling = (set.spec.updateStrategy?.type ?? 'RollingUpdate') === 'RollingUpdate';
    const done = status.updatedReplicas === wanted && status.readyReplicas === wanted && status.replicas === wanted;
    if (rolling && done) {
      status.currentReplicas = status.updatedReplicas;
      status.currentRevision = update;
    }
    for (const field of ['readyReplicas', 'currentReplicas', 'updatedReplicas'])
      if (!status[field]) delete status[field];
    if (sameJson(set.status ?? {}, status)) return;
    this.api.modify(
      'apps/v1/StatefulSet',
      set.metadata.namespace,
      set.metadata.name,
      (draft) => {
        draft.status = status;
      },
      'status',
    );
  }
}

function revisionOf(pod: KubeObject): string {
  return pod.metadata.labels?.[REVISION_LABEL] ?? '';
}
