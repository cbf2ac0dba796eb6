import { clone, controllerOf, type Json, type KubeObject } from '../../../kube/object.ts';
import type { ApiClient } from '../../api/api.ts';
import type { World } from '../../world.ts';
import { RevisionKeeper } from './deployment-revisions.ts';
import * as util from './deployment-util.ts';
import { byCreation, compare, deleteIfExists, getCondition, sameJson, timeMs } from './objects.ts';
import { claim, isPodFinished } from './pods.ts';
import { isEmptySelector } from './selector.ts';

const COMPONENT = 'deployment-controller';
const REPLICASET = 'apps/v1/ReplicaSet';

interface Sets {
  fresh: util.MaybeSet;
  old: KubeObject[];
}

/** One sync of one Deployment (pkg/controller/deployment). */
export class DeploymentSync {
  readonly #keeper: RevisionKeeper;
  readonly #d: KubeObject;
  #recheckMs: number | undefined;

  constructor(
    readonly world: World,
    readonly api: ApiClient,
    deployment: KubeObject,
  ) {
    this.#d = clone(deployment);
    this.#d.status ??= {};
    this.#keeper = new RevisionKeeper(world, api, this.#d);
  }

  /** Answers after how many ms to look again (for the progress deadline), if at all. */
  run(): number | undefined {
    const d = this.#d;
    if (isEmptySelector(d.spec.selector)) {
      this.#event(
        'Warning',
        'SelectingAll',
        'This deployment is selecting all pods. A non-empty selector is required.',
      );
      return undefined;
    }
    const claimed = claim(this.api, d, REPLICASET, d.spec.selector);
    if (d.metadata.deletionTimestamp) {
      this.#writeStatus(this.#status(this.#sets(claimed, false)));
      return undefined;
    }
    this.#markPaused();
    if (d.spec.paused || this.#isScaling(claimed)) this.#scaleOnly(claimed);
    else if (util.isRolling(d)) this.#rollingUpdate(claimed);
    else this.#recreate(claimed);
    return this.#recheckMs;
  }

  #sets(claimed: readonly KubeObject[], create: boolean): Sets {
    const found = util.findNewSet(this.#d, claimed);
    const old = claimed.filter((set) => set.metadata.uid !== found?.metadata.uid);
    return { fresh: this.#keeper.newSet(found, old, create), old };
  }

  #markPaused(): void {
    const d = this.#d;
    if (!util.hasDeadline(d)) return;
    const condition = getCondition(d, 'Progressing');
    if (condition?.reason === 'ProgressDeadlineExceeded') return;
    const shown = condition?.reason === 'DeploymentPaused';
    if (Boolean(d.spec.paused) === shown) return;
    const [reason, message] = d.spec.paused
      ? ['DeploymentPaused', 'Deployment is paused']
      : ['DeploymentResumed', 'Deployment is resumed'];
    util.putCondition(d.status, this.#keeper.condition('Progressing', 'Unknown', reason as string, message as string));
    this.#keeper.save();
  }

  #isScaling(claimed: readonly KubeObject[]): boolean {
    const { fresh, old } = this.#sets(claimed, false);
    return util.active([...old, fresh]).some((set) => {
      const desired = util.desiredAnnotation(set);
      return desired !== undefined && desired !== this.#d.spec.replicas;
    });
  }

  /** Paused or resized: keep proportions, roll nothing out. */
  #scaleOnly(claimed: readonly KubeObject[]): void {
    const sets = this.#sets(claimed, false);
    this.#scaleProportionally(sets);
    if (this.#d.spec.paused) this.#cleanUp(sets.old);
    this.#writeStatus(this.#status(sets));
  }

  #scaleProportionally(sets: Sets): void {
    const d = this.#d;
    const actives = util.active([...sets.old, sets.fresh]);
    if (actives.length <= 1) {
      const only = actives[0] ?? sets.fresh ?? [...sets.old].sort(byCreation).at(-1);
      if (only && util.specReplicas(only) !== d.spec.replicas) this.#replace(sets, this.#scale(only, d.spec.replicas));
      return;
    }
    if (util.isSaturated(d, sets.fresh)) {
      for (const set of util.active(sets.old)) this.#replace(sets, this.#scale(set, 0));
      return;
    }
    if (!util.isRolling(d)) return;
    const allowed = d.spec.replicas > 0 ? d.spec.replicas + util.maxSurge(d) : 0;
    const toAdd = allowed - util.sum(actives, util.specReplicas);
    const newerFirst = toAdd > 0 ? -1 : 1;
    actives.sort((a, b) => util.specReplicas(b) - util.specReplicas(a) || newerFirst * byCreation(a, b));
    let added = 0;
    const sizes = actives.map((set) => {
      const share = util.proportion(set, d, toAdd, added);
      added += share;
      return util.specReplicas(set) + share;
    });
    sizes[0] = Math.max(0, (sizes[0] as number) + toAdd - added);
    actives.forEach((set, i) => {
      this.#replace(sets, this.#scale(set, sizes[i] as number));
    });
  }

  #rollingUpdate(claimed: readonly KubeObject[]): void {
    const sets = this.#sets(claimed, true);
    if (!this.#scaleUpNew(sets) && !this.#scaleDownOld(sets) && util.isComplete(this.#d, this.#d.status)) {
      this.#cleanUp(sets.old);
    }
    this.#syncRollout(sets);
  }

  #scaleUpNew(sets: Sets): boolean {
    const fresh = sets.fresh as KubeObject;
    const wanted: number = this.#d.spec.replicas;
    const size = util.specReplicas(fresh);
    if (size === wanted) return false;
    const next = size > wanted ? wanted : util.newSetReplicas(this.#d, [...sets.old, fresh], size);
    if (next === size) return false;
    this.#replace(sets, this.#scale(fresh, next));
    return true;
  }

  #scaleDownOld(sets: Sets): boolean {
    const fresh = sets.fresh as KubeObject;
    if (util.sum(util.active(sets.old), util.specReplicas) === 0) return false;
    const minAvailable = this.#d.spec.replicas - util.maxUnavailable(this.#d);
    const newUnavailable = util.specReplicas(fresh) - util.availableReplicas(fresh);
    const room = util.sum([...sets.old, fresh], util.specReplicas) - minAvailable - newUnavailable;
    if (room <= 0) return false;
    // Upstream gives this sync up when a set's status still counts pods that the set no longer wants.
    const stale = (set: KubeObject): boolean => util.availableReplicas(set) > util.specReplicas(set);
    if (util.active(sets.old).some(stale)) return false;
    const unhealthy = this.#dropOld(sets, room, (set) => util.specReplicas(set) - util.availableReplicas(set));
    const available = util.sum([...util.active(sets.old), fresh], util.availableReplicas);
    const surplus = this.#dropOld(sets, available - minAvailable, util.specReplicas);
    return unhealthy + surplus > 0;
  }

  /** Takes up to `room` replicas from the old sets, oldest first, at most `from(set)` of each. */
  #dropOld(sets: Sets, room: number, from: (set: KubeObject) => number): number {
    let dropped = 0;
    for (const set of util.active(sets.old).sort(byCreation)) {
      const count = Math.min(room - dropped, from(set));
      if (count <= 0) continue;
      this.#replace(sets, this.#scale(set, util.specReplicas(set) - count));
      dropped += count;
    }
    return dropped;
  }

  #recreate(claimed: readonly KubeObject[]): void {
    let sets = this.#sets(claimed, false);
    const running = util.active(sets.old);
    for (const set of running) this.#replace(sets, this.#scale(set, 0));
    if (running.length > 0 || this.#oldPodsRun(sets)) {
      this.#syncRollout(sets);
      return;
    }
    if (!sets.fresh) sets = this.#sets(claimed, true);
    const fresh = sets.fresh as KubeObject;
    if (util.specReplicas(fresh) !== this.#d.spec.replicas)
      this.#replace(sets, this.#scale(fresh, this.#d.spec.replicas));
    if (util.isComplete(this.#d, this.#d.status)) this.#cleanUp(sets.old);
    this.#syncRollout(sets);
  }

  #oldPodsRun(sets: Sets): boolean {
    if (util.sum(sets.old, util.statusReplicas) > 0) return true;
    const old = new Set(sets.old.map((set) => set.metadata.uid));
    return this.api
      .list('v1/Pod', this.#d.metadata.namespace)
      .some((pod) => old.has(controllerOf(pod)?.uid ?? '') && !isPodFinished(pod));
  }

  /** Resizes a replica set, with the event; answers its new version. */
  #scale(set: KubeObject, replicas: number): KubeObject {
    const before = util.specReplicas(set);
    const draft = clone(set);
    draft.spec.replicas = replicas;
    draft.metadata.annotations = { ...draft.metadata.annotations, ...util.replicaAnnotations(this.#d) };
    if (before === replicas && sameJson(draft.metadata.annotations, set.metadata.annotations)) return set;
    const updated = this.api.update(draft);
    if (before !== replicas) {
      const way = before < replicas ? 'up' : 'down';
      const text = `Scaled ${way} replica set ${set.metadata.name} from ${before} to ${replicas}`;
      this.#event('Normal', 'ScalingReplicaSet', text);
    }
    return updated;
  }

  #replace(sets: Sets, updated: KubeObject): void {
    if (sets.fresh?.metadata.uid === updated.metadata.uid) sets.fresh = updated;
    sets.old = sets.old.map((set) => (set.metadata.uid === updated.metadata.uid ? updated : set));
  }

  #cleanUp(old: readonly KubeObject[]): void {
    const limit = this.#d.spec.revisionHistoryLimit;
    if (limit === undefined || limit === null || limit === 2147483647) return;
    const alive = old.filter((set) => !set.metadata.deletionTimestamp);
    alive.sort((a, b) => compare(util.revisionOf(a), util.revisionOf(b)) || byCreation(a, b));
    for (const set of alive.slice(0, Math.max(0, alive.length - limit))) {
      const seen = set.status?.observedGeneration ?? 0;
      if (util.statusReplicas(set) || util.specReplicas(set) || (set.metadata.generation ?? 0) > seen) continue;
      deleteIfExists(this.api, REPLICASET, set.metadata.namespace, set.metadata.name);
    }
  }

  #status(sets: Sets): Json {
    const d = this.#d;
    const all = [...sets.old, sets.fresh];
    const available = util.sum(all, util.availableReplicas);
    const terminating = all.some(
      (set) => set?.status?.observedGeneration && set.status.terminatingReplicas === undefined,
    )
      ? undefined
      : util.sum(all, (set) => set.status?.terminatingReplicas);
    const status: Json = {
      ...d.status,
      observedGeneration: d.metadata.generation,
      replicas: util.sum(all, util.statusReplicas),
      updatedReplicas: util.sum([sets.fresh], util.statusReplicas),
      readyReplicas: util.sum(all, (set) => set.status?.readyReplicas),
      availableReplicas: available,
      unavailableReplicas: Math.max(0, util.sum(all, util.specReplicas) - available),
      terminatingReplicas: terminating,
      conditions: [...(d.status.conditions ?? [])],
    };
    const enough = available >= d.spec.replicas - util.maxUnavailable(d);
    const condition = enough
      ? this.#keeper.condition('Available', 'True', 'MinimumReplicasAvailable', 'Deployment has minimum availability.')
      : this.#keeper.condition(
          'Available',
          'False',
          'MinimumReplicasUnavailable',
          'Deployment does not have minimum availability.',
        );
    util.putCondition(status, condition);
    return status;
  }

  #syncRollout(sets: Sets): void {
    const d = this.#d;
    const status = this.#status(sets);
    if (!util.hasDeadline(d)) util.dropCondition(status, 'Progressing');
    const current = getCondition(d, 'Progressing');
    const settled = status.replicas === status.updatedReplicas && current?.reason === 'NewReplicaSetAvailable';
    if (util.hasDeadline(d) && !settled) this.#estimate(sets, status);
    const failure = [sets.fresh, ...sets.old]
      .flatMap((set) => (set ? [getCondition(set, 'ReplicaFailure')] : []))
      .find((condition) => condition !== undefined);
    if (failure) util.putCondition(status, { ...failure, lastUpdateTime: failure.lastTransitionTime });
    else util.dropCondition(status, 'ReplicaFailure');
    if (!this.#writeStatus(status)) this.#planRecheck(status);
  }

  /** Judges the rollout: complete, progressing or timed out. */
  #estimate(sets: Sets, status: Json): void {
    const current = getCondition(this.#d, 'Progressing');
    const subject = sets.fresh ? `ReplicaSet "${sets.fresh.metadata.name}"` : `Deployment "${this.#d.metadata.name}"`;
    const condition = (value: string, reason: string, text: string) =>
      this.#keeper.condition('Progressing', value, reason, `${subject} ${text}`);
    if (util.isComplete(this.#d, status)) {
      util.putCondition(status, condition('True', 'NewReplicaSetAvailable', 'has successfully progressed.'));
    } else if (util.hasProgressed(this.#d.status, status)) {
      const next = condition('True', 'ReplicaSetUpdated', 'is progressing.');
      if (current?.status === 'True') next.lastTransitionTime = current.lastTransitionTime as string;
      util.dropCondition(status, 'Progressing');
      util.putCondition(status, next);
    } else if (this.#hasTimedOut(status)) {
      util.putCondition(status, condition('False', 'ProgressDeadlineExceeded', 'has timed out progressing.'));
    }
  }

  #hasTimedOut(status: Json): boolean {
    const condition = getCondition({ ...this.#d, status }, 'Progressing');
    if (!condition || condition.reason === 'NewReplicaSetAvailable') return false;
    if (condition.reason === 'ProgressDeadlineExceeded') return true;
    return this.#deadlineMs(condition.lastUpdateTime) < this.world.nowMs;
  }

  #deadlineMs(from: string): number {
    return timeMs(from) + this.#d.spec.progressDeadlineSeconds * 1000;
  }

  #planRecheck(status: Json): void {
    const current = getCondition(this.#d, 'Progressing');
    if (!util.hasDeadline(this.#d) || !current || util.isComplete(this.#d, status)) return;
    if (current.reason === 'ProgressDeadlineExceeded') return;
    this.#recheckMs = Math.max(0, this.#deadlineMs(current.lastUpdateTime) - this.world.nowMs) + 1000;
  }

  /** Answers whether there was something to write. */
  #writeStatus(status: Json): boolean {
    const counts = ['replicas', 'updatedReplicas', 'readyReplicas', 'availableReplicas', 'unavailableReplicas'];
    for (const field of counts) if (!status[field]) delete status[field];
    if (status.terminatingReplicas === undefined) delete status.terminatingReplicas;
    if (sameJson(this.#d.status, status)) return false;
    this.#d.status = status;
    this.#keeper.save();
    return true;
  }

  #event(type: 'Normal' | 'Warning', reason: string, message: string): void {
    this.api.events.record({ regarding: this.#d, type, reason, message, component: COMPONENT });
  }
}
