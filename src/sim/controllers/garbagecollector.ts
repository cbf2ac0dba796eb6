import type { KubeObject, OwnerReference } from '../../kube/object.ts';
import type { ApiClient, DeleteOptions } from '../api/api.ts';
import type { Controller } from './context.ts';
import { clusterKinds, isServed, namespacedKinds, watchKinds } from './lib/kinds.ts';
import { deleteIfExists } from './lib/objects.ts';
import { WorkQueue } from './lib/queue.ts';

const FOREGROUND = 'foregroundDeletion';
const ORPHAN = 'orphan';

interface Node {
  ref: string;
  namespace: string | undefined;
  name: string;
  owners: readonly OwnerReference[];
}

/** Deletes what its owners leave behind: in the background, in the foreground, or lets it go as an orphan. */
export const garbagecollector: Controller = {
  name: 'generic-garbage-collector',
  start({ world, api: clientFor }) {
    new Collector(
      clientFor('generic-garbage-collector'),
      (sync) => new WorkQueue(world, 'garbagecollector', sync),
    ).start();
  },
};

class Collector {
  /** Objects that have owners, by uid. */
  readonly #nodes = new Map<string, Node>();
  readonly #dependents = new Map<string, Set<string>>();
  /** Owners that wait for their dependents or orphan them, by uid. */
  readonly #deleting = new Map<string, Node>();
  readonly #queue: WorkQueue;

  constructor(
    readonly api: ApiClient,
    makeQueue: (sync: (uid: string) => void) => WorkQueue,
  ) {
    this.#queue = makeQueue((uid) => this.#sync(uid));
  }

  start(): void {
    watchKinds(
      this.api,
      () => [...namespacedKinds(this.api), ...clusterKinds(this.api)],
      (ref, type, object) => (type === 'DELETED' ? this.#onDeleted(object) : this.#onWritten(ref, object)),
    );
  }

  #onWritten(ref: string, object: KubeObject): void {
    const { uid, namespace, name, ownerReferences, finalizers, deletionTimestamp } = object.metadata;
    const waits = deletionTimestamp && finalizers?.some((it) => it === FOREGROUND || it === ORPHAN);
    if (waits) {
      this.#deleting.set(uid, { ref, namespace, name, owners: ownerReferences ?? [] });
      this.#queue.add(uid);
    }
    const known = this.#nodes.get(uid);
    if (known ? known.owners === ownerReferences : !ownerReferences?.length) return;
    for (const owner of known?.owners ?? []) {
      this.#dependents.get(owner.uid)?.delete(uid);
      // An owner that this object held back may be free to go.
      if (owner.blockOwnerDeletion && this.#deleting.has(owner.uid)) this.#queue.add(owner.uid);
    }
    this.#nodes.set(uid, { ref, namespace, name, owners: ownerReferences ?? [] });
    for (const owner of ownerReferences ?? []) {
      const dependents = this.#dependents.get(owner.uid) ?? new Set();
      this.#dependents.set(owner.uid, dependents);
      dependents.add(uid);
    }
    if (ownerReferences?.some((owner) => !this.#isThere(owner, namespace))) this.#queue.add(uid);
  }

  #onDeleted(object: KubeObject): void {
    const { uid } = object.metadata;
    this.#deleting.delete(uid);
    for (const owner of this.#nodes.get(uid)?.owners ?? []) {
      this.#dependents.get(owner.uid)?.delete(uid);
      if (this.#deleting.has(owner.uid)) this.#queue.add(owner.uid);
    }
    this.#nodes.delete(uid);
    for (const dependent of this.#dependents.get(uid) ?? []) this.#queue.add(dependent);
    this.#dependents.delete(uid);
  }

  /** Owners of kinds that are not served count as there: nothing is deleted on a guess. */
  #isThere(owner: OwnerReference, namespace: string | undefined): boolean {
    return !isServed(this.api, `${owner.apiVersion}/${owner.kind}`) || this.#lookUp(owner, namespace) !== undefined;
  }

  #lookUp(owner: OwnerReference, namespace: string | undefined): KubeObject | undefined {
    const ref = `${owner.apiVersion}/${owner.kind}`;
    if (!isServed(this.api, ref)) return undefined;
    const found = this.api.get(ref, namespace, owner.name) ?? this.api.get(ref, undefined, owner.name);
    return found?.metadata.uid === owner.uid ? found : undefined;
  }

  #sync(uid: string): void {
    const deleting = this.#deleting.get(uid);
    if (deleting) this.#processOwner(uid, deleting);
    const node = this.#nodes.get(uid);
    if (node) this.#processDependent(uid, node);
  }

  #processOwner(uid: string, node: Node): void {
    const object = this.api.get(node.ref, node.namespace, node.name);
    if (object?.metadata.uid !== uid) return;
    const finalizers = object.metadata.finalizers ?? [];
    const dependents = [...(this.#dependents.get(uid) ?? [])];
    if (finalizers.includes(ORPHAN)) {
      for (const dependent of dependents) this.#dropOwners(dependent, [uid]);
      this.#dropFinalizer(node, ORPHAN);
    } else if (finalizers.includes(FOREGROUND)) {
      const blocking = dependents.filter((dependent) =>
        this.#nodes.get(dependent)?.owners.some((owner) => owner.uid === uid && owner.blockOwnerDeletion),
      );
      if (!blocking.length) this.#dropFinalizer(node, FOREGROUND);
      for (const dependent of dependents) this.#queue.add(dependent);
    }
  }

  #processDependent(uid: string, node: Node): void {
    const object = this.api.get(node.ref, node.namespace, node.name);
    if (object?.metadata.uid !== uid || !object.metadata.ownerReferences?.length) return;
    if (object.metadata.deletionTimestamp) return;
    const solid: OwnerReference[] = [];
    const dangling: OwnerReference[] = [];
    const waiting: OwnerReference[] = [];
    for (const ref of object.metadata.ownerReferences) {
      const owner = this.#lookUp(ref, node.namespace);
      if (!this.#isThere(ref, node.namespace)) dangling.push(ref);
      else if (owner?.metadata.deletionTimestamp && owner.metadata.finalizers?.includes(FOREGROUND)) waiting.push(ref);
      else solid.push(ref);
    }
    if (solid.length) {
      const gone = [...dangling, ...waiting].map((ref) => ref.uid);
      if (gone.length) this.#dropOwners(uid, gone);
      return;
    }
    const own = object.metadata.finalizers ?? [];
    const dependents = [...(this.#dependents.get(uid) ?? [])];
    const hasDependents = dependents.length > 0;
    // A dependent that waits for its own dependents may be the owner, at the end of a circle: somebody has to stop waiting.
    if (waiting.length && dependents.some((one) => this.#isWaiting(one))) this.#unblock(uid);
    let propagationPolicy: DeleteOptions['propagationPolicy'] = 'Background';
    if ((waiting.length && hasDependents) || own.includes(FOREGROUND)) propagationPolicy = 'Foreground';
    else if (own.includes(ORPHAN)) propagationPolicy = 'Orphan';
    deleteIfExists(this.api, node.ref, node.namespace, node.name, { propagationPolicy, preconditions: { uid } });
  }

  #isWaiting(uid: string): boolean {
    const node = this.#deleting.get(uid);
    const object = node && this.api.get(node.ref, node.namespace, node.name);
    return object?.metadata.uid === uid && (object.metadata.finalizers ?? []).includes(FOREGROUND);
  }

  /** No owner waits for this object any more. */
  #unblock(uid: string): void {
    const node = this.#nodes.get(uid);
    if (!node) return;
    this.api.modify(node.ref, node.namespace, node.name, (draft) => {
      for (const ref of draft.metadata.ownerReferences ?? [])
        if (ref.blockOwnerDeletion) ref.blockOwnerDeletion = false;
    });
  }

  #dropOwners(uid: string, owners: readonly string[]): void {
    const node = this.#nodes.get(uid);
    if (!node) return;
    this.api.modify(node.ref, node.namespace, node.name, (draft) => {
      const kept = draft.metadata.ownerReferences?.filter((ref) => !owners.includes(ref.uid));
      if (kept?.length) draft.metadata.ownerReferences = kept;
      else delete draft.metadata.ownerReferences;
    });
  }

  #dropFinalizer(node: Node, finalizer: string): void {
    this.api.modify(node.ref, node.namespace, node.name, (draft) => {
      draft.metadata.finalizers = draft.metadata.finalizers?.filter((it) => it !== finalizer);
    });
  }
}
