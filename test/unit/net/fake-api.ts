import type { KubeObject } from '../../../src/kube/object.ts';
import type { ApiClient, WatchHandler } from '../../../src/sim/api/api.ts';

/** The reading half of an ApiClient over a plain map; writes deliver to watchers at once. */
export class FakeApi {
  readonly #objects = new Map<string, KubeObject>();
  readonly #watchers: { ref: string; handler: WatchHandler }[] = [];

  get client(): ApiClient {
    return this as unknown as ApiClient;
  }

  put(ref: string, object: Omit<KubeObject, 'apiVersion' | 'kind' | 'metadata'> & { metadata: object }): void {
    const full = { apiVersion: '', kind: ref, ...object } as unknown as KubeObject;
    const key = `${ref}/${full.metadata.namespace ?? ''}/${full.metadata.name}`;
    const old = this.#objects.get(key);
    this.#objects.set(key, full);
    for (const watcher of this.#watchers)
      if (watcher.ref === ref) watcher.handler(old ? 'MODIFIED' : 'ADDED', full, old);
  }

  remove(ref: string, namespace: string | undefined, name: string): void {
    const key = `${ref}/${namespace ?? ''}/${name}`;
    const old = this.#objects.get(key);
    this.#objects.delete(key);
    if (old) for (const watcher of this.#watchers) if (watcher.ref === ref) watcher.handler('DELETED', old, old);
  }

  get(ref: string, namespace: string | undefined, name: string): KubeObject | undefined {
    return this.#objects.get(`${ref}/${namespace ?? ''}/${name}`);
  }

  list(ref: string, namespace?: string): KubeObject[] {
    return [...this.#objects]
      .filter(([key]) => key.startsWith(`${ref}/${namespace === undefined ? '' : `${namespace}/`}`))
      .map(([, object]) => object);
  }

  watch(ref: string, handler: WatchHandler): () => void {
    for (const object of this.list(ref)) handler('ADDED', object);
    this.#watchers.push({ ref, handler });
    return () => {};
  }
}
