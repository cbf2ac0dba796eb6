import { invariant } from '../../core/errors.ts';
import { limits } from '../../core/limits.ts';
import type { KubeObject } from '../../kube/object.ts';
import type { World } from '../world.ts';
import type { WatchType } from './api.ts';
import { expired } from './errors.ts';
import type { Managed } from './managed/manager.ts';

/** One version of an object. The object has no managedFields: ownership is kept beside it and printed on demand. */
export interface Stored {
  readonly object: KubeObject;
  readonly managed: Managed;
  readonly version: number;
}

export interface Change {
  readonly type: WatchType;
  readonly storage: string;
  readonly stored: Stored;
  readonly old?: Stored;
  /** resourceVersion of the change. */
  readonly version: number;
}

interface Shelf {
  objects: Map<string, Stored>;
  /** By name; kept while the shelf changes, once somebody has listed it. */
  sorted: Stored[] | undefined;
  /** The array was handed out: it must not change any more. */
  shared: boolean;
}

/** Storages whose writes do not keep the world from being quiet. */
const BACKGROUND = new Set(['events', 'coordination.k8s.io/leases']);
const FIRST_VERSION = 1;
/** How often the API server has etcd forget what was there before the last time. */
const COMPACTION_MS = 300_000;

/** All objects of the cluster in memory: one global resourceVersion, immutable versions, a bounded history. */
export class Store {
  #version = FIRST_VERSION;
  #shelves = new Map<string, Map<string, Shelf>>();
  #history: Change[] = [];
  #historyStart = 0;
  #listeners = new Map<string, Set<(change: Change) => void>>();
  /** Versions before this one cannot be listed any more; those after `#marked` can until the compaction after next. */
  #compacted = 0;
  #marked = FIRST_VERSION;
  #markedMs: number;

  constructor(readonly world: World) {
    this.#markedMs = world.nowMs;
  }

  get version(): number {
    return this.#version;
  }

  get(storage: string, namespace: string, name: string): Stored | undefined {
    return this.#shelves.get(storage)?.get(namespace)?.objects.get(name);
  }

  /** How many objects a storage holds. */
  count(storage: string): number {
    let count = 0;
    for (const shelf of this.#shelves.get(storage)?.values() ?? []) count += shelf.objects.size;
    return count;
  }

  /** In order of namespace and name; all namespaces when `namespace` is undefined. */
  list(storage: string, namespace?: string): readonly Stored[] {
    const shelves = this.#shelves.get(storage);
    if (!shelves) return [];
    if (namespace !== undefined) return sorted(shelves.get(namespace));
    const names = [...shelves.keys()].sort();
    if (names.length === 1) return sorted(shelves.get(names[0] as string));
    return names.flatMap((name) => sorted(shelves.get(name)));
  }

  /** What {@link list} gave at an earlier version. Throws 410 when that is compacted, or the changes since then are no longer kept. */
  listAt(storage: string, namespace: string | undefined, version: number): readonly Stored[] {
    this.#compact();
    if (version < this.#compacted) throw expired(`required revision ${version} has been compacted`);
    const changes = this.since(storage, version).filter(
      (change) => namespace === undefined || change.stored.object.metadata.namespace === namespace,
    );
    if (changes.length === 0) return this.list(storage, namespace);
    const keyOf = ({ object }: Stored): string => `${object.metadata.namespace ?? ''}/${object.metadata.name}`;
    const then = new Map(this.list(storage, namespace).map((stored) => [keyOf(stored), stored]));
    for (const { stored, old } of changes.reverse()) {
      if (old) then.set(keyOf(stored), old);
      else then.delete(keyOf(stored));
    }
    const order = ({ object: a }: Stored, { object: b }: Stored): number =>
      compareText(a.metadata.namespace ?? '', b.metadata.namespace ?? '') ||
      compareText(a.metadata.name, b.metadata.name);
    return [...then.values()].sort(order);
  }

  storages(): string[] {
    return [...this.#shelves.keys()].sort();
  }

  /** Writes a new version; sets metadata.resourceVersion on `object`, which must be private to the caller. */
  put(storage: string, object: KubeObject, managed: Managed): Stored {
    this.#compact();
    const version = ++this.#version;
    object.metadata = { ...object.metadata, resourceVersion: String(version) };
    const stored: Stored = { object, managed, version };
    const shelf = this.#shelf(storage, object.metadata.namespace ?? '');
    const old = shelf.objects.get(object.metadata.name);
    shelf.objects.set(object.metadata.name, stored);
    place(shelf, stored, old !== undefined);
    this.#commit({ type: old ? 'MODIFIED' : 'ADDED', storage, stored, old, version });
    return stored;
  }

  /** Removes the object; its last version carries the version of the removal, as on the wire. */
  remove(storage: string, namespace: string, name: string): Stored {
    const shelf = this.#shelf(storage, namespace);
    const old = shelf.objects.get(name);
    invariant(old, `removing what is not stored: ${storage} ${namespace}/${name}`);
    this.#compact();
    const version = ++this.#version;
    shelf.objects.delete(name);
    unplace(shelf, name);
    const object = { ...old.object, metadata: { ...old.object.metadata, resourceVersion: String(version) } };
    const stored: Stored = { object, managed: old.managed, version };
    this.#commit({ type: 'DELETED', storage, stored, old, version });
    return stored;
  }

  /** Called at once for each change of the storage; returns how to stop it. */
  listen(storage: string, listener: (change: Change) => void): () => void {
    let set = this.#listeners.get(storage);
    if (!set) {
      set = new Set();
      this.#listeners.set(storage, set);
    }
    set.add(listener);
    return () => set.delete(listener);
  }

  /** Changes of a storage after `version`. Throws 410 when they are no longer kept. */
  since(storage: string, version: number): Change[] {
    const oldest = this.#history[this.#historyStart]?.version ?? this.#version + 1;
    if (this.#historyStart > 0 && version < oldest - 1) {
      throw expired(`too old resource version: ${version} (${oldest})`);
    }
    const out: Change[] = [];
    for (let i = this.#history.length - 1; i >= this.#historyStart; i--) {
      const change = this.#history[i] as Change;
      if (change.version <= version) break;
      if (change.storage === storage) out.push(change);
    }
    return out.reverse();
  }

  #shelf(storage: string, namespace: string): Shelf {
    let shelves = this.#shelves.get(storage);
    if (!shelves) {
      shelves = new Map();
      this.#shelves.set(storage, shelves);
    }
    let shelf = shelves.get(namespace);
    if (!shelf) {
      shelf = { objects: new Map(), sorted: undefined, shared: false };
      shelves.set(namespace, shelf);
    }
    return shelf;
  }

  /** Catches up with the compactions since it was last called: each forgets what was older than the one before it. */
  #compact(): void {
    const due = Math.floor((this.world.nowMs - this.#markedMs) / COMPACTION_MS);
    if (due === 0) return;
    this.#compacted = due === 1 ? this.#marked : this.#version;
    this.#marked = this.#version;
    this.#markedMs += due * COMPACTION_MS;
  }

  #commit(change: Change): void {
    this.#history.push(change);
    if (this.#history.length - this.#historyStart > limits.watchHistoryMax) this.#historyStart++;
    if (this.#historyStart > limits.watchHistoryMax) {
      this.#history = this.#history.slice(this.#historyStart);
      // One change stays marked as dropped, so that older versions are still answered with 410.
      this.#history.unshift(this.#history[0] as Change);
      this.#historyStart = 1;
    }
    if (!BACKGROUND.has(change.storage)) this.world.touch();
    for (const listener of [...(this.#listeners.get(change.storage) ?? [])]) listener(change);
  }
}

function sorted(shelf: Shelf | undefined): readonly Stored[] {
  if (!shelf) return [];
  shelf.sorted ??= [...shelf.objects.values()].sort((a, b) =>
    a.object.metadata.name < b.object.metadata.name ? -1 : 1,
  );
  shelf.shared = true;
  return shelf.sorted;
}

/** Where an object of this name stands, or would. */
function indexOf(items: readonly Stored[], name: string): number {
  let [low, high] = [0, items.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((items[middle] as Stored).object.metadata.name < name) low = middle + 1;
    else high = middle;
  }
  return low;
}

function ownSorted(shelf: Shelf): Stored[] | undefined {
  if (shelf.sorted && shelf.shared) shelf.sorted = shelf.sorted.slice();
  shelf.shared = false;
  return shelf.sorted;
}

function place(shelf: Shelf, stored: Stored, replaces: boolean): void {
  const items = ownSorted(shelf);
  items?.splice(indexOf(items, stored.object.metadata.name), replaces ? 1 : 0, stored);
}

function unplace(shelf: Shelf, name: string): void {
  const items = ownSorted(shelf);
  items?.splice(indexOf(items, name), 1);
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
