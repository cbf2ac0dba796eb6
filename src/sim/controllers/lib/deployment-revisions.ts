import { clone, controllerOf, type Json, type KubeObject } from '../../../kube/object.ts';
import type { ApiError } from '../../../kube/status.ts';
import type { ApiClient } from '../../api/api.ts';
import type { World } from '../../world.ts';
import * as util from './deployment-util.ts';
import { attempt, type Condition, controllerRef, getCondition, isNamespaceTerminating } from './objects.ts';
import { podTemplateHash } from './template-hash.ts';

const REPLICASET = 'apps/v1/ReplicaSet';

/** Finds, annotates and makes the replica set of a Deployment's present template, and keeps its revision number. */
export class RevisionKeeper {
  /** @param d a private copy of the Deployment: annotations and status are changed in place, then saved. */
  constructor(
    readonly world: World,
    readonly api: ApiClient,
    readonly d: KubeObject,
  ) {}

  condition(type: string, status: string, reason: string, message: string): Condition {
    const now = this.world.nowIso;
    return { type, status, lastUpdateTime: now, lastTransitionTime: now, reason, message };
  }

  /** Writes status and annotations, as upstream's UpdateStatus does for Deployments. */
  save(): void {
    this.d.metadata.resourceVersion = this.api.update(clone(this.d), 'status').metadata.resourceVersion;
  }

  /** The replica set of the present template: the one found, or a new one if `create`. */
  newSet(found: KubeObject | undefined, old: readonly KubeObject[], create: boolean): util.MaybeSet {
    const latest = old.map(util.revisionOf).reduce((most, one) => (one > most ? one : most), 0n);
    const revision = latest + 1n;
    if (found) return this.#syncFound(found, revision);
    return create ? this.#make(old, revision) : undefined;
  }

  #syncFound(found: KubeObject, revision: bigint): KubeObject {
    const draft = clone(found);
    const annotated = util.annotateNewSet(this.d, draft, revision, true);
    const minReady = this.d.spec.minReadySeconds;
    if (annotated || (draft.spec.minReadySeconds ?? 0) !== (minReady ?? 0)) {
      if (minReady === undefined) delete draft.spec.minReadySeconds;
      else draft.spec.minReadySeconds = minReady;
      return this.api.update(draft);
    }
    let changed = this.#setRevision(found.metadata.annotations?.[util.REVISION]);
    if (util.hasDeadline(this.d) && !getCondition(this.d, 'Progressing')) {
      const message = `Found new replica set "${found.metadata.name}"`;
      util.putCondition(this.d.status, this.condition('Progressing', 'True', 'FoundNewReplicaSet', message));
      changed = true;
    }
    if (changed) this.save();
    return found;
  }

  #setRevision(revision: string | undefined): boolean {
    if (revision === undefined || this.d.metadata.annotations?.[util.REVISION] === revision) return false;
    this.d.metadata.annotations = { ...this.d.metadata.annotations, [util.REVISION]: revision };
    return true;
  }

  #make(old: readonly KubeObject[], revision: bigint): KubeObject {
    const draft = this.#draft(old);
    util.annotateNewSet(this.d, draft, revision, false);
    let created: KubeObject | undefined;
    const error = attempt(() => {
      created = this.api.create(draft);
    });
    if (error) created = this.#onRefused(error, draft);
    const set = created as KubeObject;
    if (!error && draft.spec.replicas > 0) {
      const message = `Scaled up replica set ${set.metadata.name} from 0 to ${draft.spec.replicas}`;
      this.#event('Normal', 'ScalingReplicaSet', message);
    }
    let changed = this.#setRevision(String(revision));
    if (!error && util.hasDeadline(this.d)) {
      const message = `Created new replica set "${set.metadata.name}"`;
      util.putCondition(this.d.status, this.condition('Progressing', 'True', 'NewReplicaSetCreated', message));
      changed = true;
    }
    if (changed) this.save();
    return set;
  }

  #draft(old: readonly KubeObject[]): Json {
    const { spec, metadata } = this.d;
    const hash = podTemplateHash(spec.template, this.d.status.collisionCount);
    const template = clone(spec.template);
    template.metadata = { ...template.metadata, labels: { ...template.metadata?.labels, [util.HASH_LABEL]: hash } };
    const selector = clone(spec.selector);
    selector.matchLabels = { ...selector.matchLabels, [util.HASH_LABEL]: hash };
    return {
      apiVersion: 'apps/v1',
      kind: 'ReplicaSet',
      metadata: {
        name: `${metadata.name.slice(0, 252 - hash.length)}-${hash}`,
        namespace: metadata.namespace,
        labels: clone(template.metadata.labels),
        ownerReferences: [controllerRef(this.d)],
      },
      spec: {
        replicas: util.newSetReplicas(this.d, old, 0),
        ...(spec.minReadySeconds ? { minReadySeconds: spec.minReadySeconds } : {}),
        selector,
        template,
      },
    };
  }

  /** The name is taken: by our own set, or by a hash collision, which makes the next try use another hash. */
  #onRefused(error: ApiError, draft: Json): KubeObject {
    const { namespace, name } = draft.metadata;
    if (error.reason === 'AlreadyExists') {
      const other = this.api.get(REPLICASET, namespace, name);
      const ours = other && controllerOf(other)?.uid === this.d.metadata.uid;
      if (ours && util.findNewSet(this.d, [other])) return other;
      this.d.status.collisionCount = (this.d.status.collisionCount ?? 0) + 1;
      this.save();
    } else if (!isNamespaceTerminating(error)) {
      const message = `Failed to create new replica set "${name}": ${error.message}`;
      if (util.hasDeadline(this.d)) {
        util.putCondition(this.d.status, this.condition('Progressing', 'False', 'ReplicaSetCreateError', message));
        this.save();
      }
      this.#event('Warning', 'ReplicaSetCreateError', message);
    }
    throw error;
  }

  #event(type: 'Normal' | 'Warning', reason: string, message: string): void {
    this.api.events.record({ regarding: this.d, type, reason, message, component: 'deployment-controller' });
  }
}
