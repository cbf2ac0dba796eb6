import { invariant } from '../../core/errors.ts';
import type { Json, KubeObject } from '../../kube/object.ts';
import { clone, deepEqual } from '../../kube/object.ts';
import type { UserInfo } from './admission.ts';
import type { ApiClient, DeleteOptions, EventRecorder, WatchHandler } from './api.ts';
import { notFound } from './errors.ts';
import { EventWriter } from './events.ts';
import type { KindRef } from './kind.ts';
import type { Kind } from './kinds-index.ts';
import type { Registry, WriteOptions } from './registry.ts';
import { matchLabelSelector } from './selectors.ts';
import type { Change } from './store.ts';
import { bindPod } from './subresources.ts';
import { storageOf } from './versions.ts';

/** The API for what runs inside the simulator. */
export class Client implements ApiClient {
  readonly events: EventRecorder;

  constructor(
    readonly registry: Registry,
    readonly identity: { user: UserInfo; fieldManager: string },
  ) {
    this.events = new EventWriter(registry.world, () => this);
  }

  #kind(ref: KindRef | string): Kind {
    const kind = this.registry.kinds.byRef(ref);
    invariant(kind, `the API serves no ${JSON.stringify(ref)}`);
    return kind;
  }

  #options(subresource?: string): WriteOptions {
    return { user: this.identity.user, fieldManager: this.identity.fieldManager, subresource };
  }

  get(ref: KindRef | string, namespace: string | undefined, name: string): KubeObject | undefined {
    return this.registry.current(this.#kind(ref), namespace, name)?.object;
  }

  list(ref: KindRef | string, namespace?: string, labelSelector?: Json): readonly KubeObject[] {
    const stored = this.registry.store.list(storageOf(this.#kind(ref).info), namespace);
    if (labelSelector === undefined) return stored.map((s) => s.object);
    const matches = matchLabelSelector(labelSelector);
    return stored.filter((s) => matches(s.object.metadata.labels)).map((s) => s.object);
  }

  create(object: Json): KubeObject {
    if (object.kind === 'Binding') return this.#bind(object);
    const kind = this.#kind(`${object.apiVersion}/${object.kind}`);
    const draft = clone(object) as KubeObject;
    draft.metadata ??= {} as KubeObject['metadata'];
    const namespace = kind.info.namespaced ? (draft.metadata.namespace ?? 'default') : undefined;
    return this.registry.create(kind, namespace, draft, this.#options()).object;
  }

  /** A Binding is an order to a pod, not an object of its own. */
  #bind(binding: Json): KubeObject {
    const kind = this.#kind('v1/Pod');
    const { name, namespace } = binding.metadata;
    const pod = this.registry.current(kind, namespace, name);
    if (!pod) throw notFound(kind.info, name);
    bindPod(this.registry, kind, pod, binding, this.#options());
    return binding;
  }

  update(object: KubeObject, subresource?: 'status'): KubeObject {
    const kind = this.#kind(`${object.apiVersion}/${object.kind}`);
    const { name, namespace } = object.metadata;
    const old = this.registry.current(kind, namespace, name);
    if (!old) throw notFound(kind.info, name);
    return this.registry.update(kind, old, clone(object), this.#options(subresource)).object;
  }

  modify(
    ref: KindRef | string,
    namespace: string | undefined,
    name: string,
    change: (draft: KubeObject) => void,
    subresource?: 'status',
  ): KubeObject | undefined {
    const kind = this.#kind(ref);
    const old = this.registry.current(kind, namespace, name);
    if (!old) return undefined;
    const draft = clone(old.object);
    change(draft);
    if (deepEqual(draft, old.object)) return old.object;
    draft.metadata.resourceVersion = old.object.metadata.resourceVersion;
    return this.registry.update(kind, old, draft, this.#options(subresource)).object;
  }

  delete(ref: KindRef | string, namespace: string | undefined, name: string, options: DeleteOptions = {}): void {
    const kind = this.#kind(ref);
    const old = this.registry.current(kind, namespace, name);
    if (!old) throw notFound(kind.info, name);
    this.registry.delete(kind, old, options, this.#options());
  }

  watch(ref: KindRef | string, handler: WatchHandler): () => void {
    const { store, world } = this.registry;
    const storage = storageOf(this.#kind(ref).info);
    const queue: Change[] = [];
    let open = true;
    let planned = false;
    const drain = (): void => {
      planned = false;
      while (open && queue.length > 0) {
        const change = queue.shift() as Change;
        const old = change.type === 'DELETED' ? change.stored.object : change.old?.object;
        handler(change.type, change.stored.object, old);
      }
    };
    for (const stored of [...store.list(storage)]) handler('ADDED', stored.object);
    const stop = store.listen(storage, (change) => {
      queue.push(change);
      if (planned) return;
      planned = true;
      world.after(0, drain);
    });
    return () => {
      open = false;
      stop();
    };
  }
}
