import { clone, type KubeObject } from '../../kube/object.ts';
import type { ApiClient } from '../api/api.ts';
import type { World } from '../world.ts';
import type { Controller } from './context.ts';
import { namespacedKinds, type ServedKind } from './lib/kinds.ts';
import { attempt, type Condition, deleteIfExists, setCondition, timeMs } from './lib/objects.ts';
import { isPodFinished } from './lib/pods.ts';
import { WorkQueue } from './lib/queue.ts';

/** Writes to a namespace that is going away are looked at after this delay. */
const GRACE_MS = 5_000;
/** What upstream expects a finalizer to take. */
const FINALIZER_ESTIMATE_S = 15;

/** Empties namespaces that are being deleted, pods first, and finalizes them. */
export const namespace: Controller = {
  name: 'namespace-controller',
  start({ world, api: clientFor }) {
    const api = clientFor('namespace-controller');
    const queue: WorkQueue = new WorkQueue(world, 'namespace', (name) => {
      const object = api.get('v1/Namespace', undefined, name);
      if (!object?.metadata.deletionTimestamp) return;
      const estimateS = new Emptying(world, api, object).run();
      if (estimateS === undefined) return;
      if (estimateS > 0) queue.addAfter(name, (Math.floor(estimateS / 2) + 1) * 1000);
      else queue.addRateLimited(name);
    });
    api.watch('v1/Namespace', (type, object) => {
      if (type !== 'DELETED' && object.metadata.deletionTimestamp) queue.addAfter(object.metadata.name, GRACE_MS);
    });
  },
};

class Emptying {
  readonly #remaining: string[] = [];
  readonly #finalizers = new Map<string, number>();
  readonly #failures: string[] = [];
  #estimateS = 0;

  constructor(
    readonly world: World,
    readonly api: ApiClient,
    readonly object: KubeObject,
  ) {}

  /** Seconds that the rest will take; 0 for unknown; undefined when the namespace is finalized. */
  run(): number | undefined {
    const { name } = this.object.metadata;
    if (!this.object.spec?.finalizers?.includes('kubernetes')) return undefined;
    const [pods, ...others] = [...namespacedKinds(this.api)].sort(
      (a, b) => Number(b.resource === 'pods') - Number(a.resource === 'pods'),
    );
    const podsLeft = this.#empty(pods as ServedKind, name);
    if (podsLeft > 0) {
      this.#writeConditions([], new Map());
      return this.#estimateS;
    }
    for (const kind of others) this.#empty(kind, name);
    this.#writeConditions(this.#remaining, this.#finalizers);
    if (this.#remaining.length || this.#failures.length) return this.#estimateS;
    const draft = clone(this.api.get('v1/Namespace', undefined, name) as KubeObject);
    draft.spec.finalizers = draft.spec.finalizers.filter((it: string) => it !== 'kubernetes');
    this.api.update(draft, 'finalize');
    return undefined;
  }

  /** Deletes all of a kind; answers how many are left. */
  #empty(kind: ServedKind, name: string): number {
    for (const object of this.api.list(kind.ref, name)) {
      if (object.metadata.deletionTimestamp) continue;
      const error = attempt(() =>
        deleteIfExists(this.api, kind.ref, name, object.metadata.name, { propagationPolicy: 'Background' }),
      );
      if (error) this.#failures.push(error.message);
    }
    const left = this.api.list(kind.ref, name);
    if (!left.length) return 0;
    this.#remaining.push(`${kind.resource}.${kind.group} has ${left.length} resource instances`);
    for (const object of left) {
      for (const finalizer of object.metadata.finalizers ?? []) {
        this.#finalizers.set(finalizer, (this.#finalizers.get(finalizer) ?? 0) + 1);
      }
    }
    this.#estimateS = Math.max(this.#estimateS, this.#estimate(kind, left));
    return left.length;
  }

  #estimate(kind: ServedKind, left: readonly KubeObject[]): number {
    let seconds = 0;
    if (kind.resource === 'pods') {
      for (const pod of left) {
        if (!isPodFinished(pod)) seconds = Math.max(seconds, pod.spec.terminationGracePeriodSeconds ?? 0);
      }
      const passedS = (this.world.nowMs - timeMs(this.object.metadata.deletionTimestamp)) / 1000;
      if (passedS >= seconds) seconds = 0;
    }
    return seconds || (left.some((object) => object.metadata.finalizers?.length) ? FINALIZER_ESTIMATE_S : 0);
  }

  #writeConditions(remaining: string[], finalizers: Map<string, number>): void {
    const byFinalizer = [...finalizers].map(([name, count]) => `${name} in ${count} resource instances`).sort();
    const failed = this.#failures;
    const conditions: Condition[] = [
      ok('NamespaceDeletionDiscoveryFailure', 'ResourcesDiscovered', 'All resources successfully discovered'),
      ok(
        'NamespaceDeletionGroupVersionParsingFailure',
        'ParsedGroupVersions',
        'All legacy kube types successfully parsed',
      ),
      failed.length
        ? bad(
            'NamespaceDeletionContentFailure',
            'ContentDeletionFailed',
            `Failed to delete all resource types, ${failed.length} remaining: ${[...failed].sort().join(', ')}`,
          )
        : ok(
            'NamespaceDeletionContentFailure',
            'ContentDeleted',
            'All content successfully deleted, may be waiting on finalization',
          ),
      remaining.length
        ? bad(
            'NamespaceContentRemaining',
            'SomeResourcesRemain',
            `Some resources are remaining: ${[...remaining].sort().join(', ')}`,
          )
        : ok('NamespaceContentRemaining', 'ContentRemoved', 'All content successfully removed'),
      byFinalizer.length
        ? bad(
            'NamespaceFinalizersRemaining',
            'SomeFinalizersRemain',
            `Some content in the namespace has finalizers remaining: ${byFinalizer.join(', ')}`,
          )
        : ok('NamespaceFinalizersRemaining', 'ContentHasNoFinalizers', 'All content-preserving finalizers finished'),
    ];
    this.api.modify(
      'v1/Namespace',
      undefined,
      this.object.metadata.name,
      (draft) => {
        draft.status ??= {};
        draft.status.conditions ??= [];
        for (const condition of conditions) setCondition(draft.status.conditions, condition, this.world.nowIso);
      },
      'status',
    );
  }
}

const ok = (type: string, reason: string, message: string): Condition => ({ type, status: 'False', reason, message });
const bad = (type: string, reason: string, message: string): Condition => ({ type, status: 'True', reason, message });
