import type { Cluster, ClusterResponse } from '../../cluster/cluster.ts';
import { UserError } from '../../core/errors.ts';
import type { Json } from '../chart.ts';

/**
 * What applying one object takes where requests take no time of their own: objects of a release come up one after the other, as
 * they do with real clients (about 0.1 s each with kubectl), so that most programs find those of earlier names running.
 */
const APPLY_MS = 100;

/** An object of the API as read from a manifest. */
export interface Manifested {
  apiVersion: string;
  kind: string;
  metadata: { name: string; namespace?: string; labels?: Record<string, string>; annotations?: Record<string, string> };
  [field: string]: unknown;
}

/** What the API server refused; the message is the server's own text. */
export class ApiRefusal extends UserError {
  constructor(
    message: string,
    readonly status: number,
    readonly reason?: string,
  ) {
    super('INVALID_ARGUMENT', message);
  }
}

interface DiscoveryGroup {
  metadata?: { name?: string };
  versions?: { version: string; resources?: { responseKind?: { kind: string } }[] }[];
}

interface ResourceInfo {
  name: string;
  namespaced: boolean;
}

/** Kubernetes requests as Helm makes them, over the seam. Kinds are found by discovery, once per client. */
export class KubeClient {
  readonly #resources = new Map<string, Map<string, ResourceInfo>>();

  constructor(
    readonly cluster: Cluster,
    readonly signal?: AbortSignal,
  ) {}

  async send(method: string, path: string, body?: unknown, contentType = 'application/json'): Promise<ClusterResponse> {
    const headers: Record<string, string> = { accept: 'application/json' };
    if (body !== undefined) headers['content-type'] = contentType;
    const request = { method, path, headers, ...(this.signal ? { signal: this.signal } : {}) };
    return this.cluster.request(body === undefined ? request : { ...request, body: JSON.stringify(body) });
  }

  /** Like send, with the parsed body; undefined for 404. Other errors throw {@link ApiRefusal}. */
  async json(method: string, path: string, body?: unknown, contentType?: string): Promise<Json | undefined> {
    const response = await this.send(method, path, body, contentType);
    if (response.status === 404 && method === 'GET') return undefined;
    if (response.status >= 400) throw refusal(response);
    return JSON.parse(response.body || '{}') as Json;
  }

  async #resource(apiVersion: string, kind: string): Promise<ResourceInfo> {
    let known = this.#resources.get(apiVersion);
    if (!known) {
      known = new Map();
      const list = await this.json('GET', apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`);
      const found = (list?.['resources'] ?? []) as { name: string; kind: string; namespaced: boolean }[];
      for (const item of found) {
        if (!item.name.includes('/')) known.set(item.kind, { name: item.name, namespaced: item.namespaced });
      }
      // a version that is not there yet may come with the chart's CRDs
      if (found.length > 0) this.#resources.set(apiVersion, known);
    }
    const resource = known.get(kind);
    if (resource) return resource;
    const [group, version] = apiVersion.includes('/') ? apiVersion.split('/') : ['', apiVersion];
    throw new ApiRefusal(`no matches for kind "${kind}" in version "${group ? `${group}/` : ''}${version}"`, 404);
  }

  /** Whether the server has the kind. */
  async knows(apiVersion: string, kind: string): Promise<boolean> {
    try {
      await this.#resource(apiVersion, kind);
      return true;
    } catch (error) {
      if (error instanceof ApiRefusal) return false;
      throw error;
    }
  }

  /** What the server offers: `group/version` and `group/version/Kind`, from aggregated discovery. */
  async groupVersions(): Promise<string[]> {
    const accept = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';
    const out: string[] = [];
    for (const path of ['/api', '/apis']) {
      const response = await this.cluster.request({ method: 'GET', path, headers: { accept } });
      if (response.status !== 200) continue;
      const { items = [] } = JSON.parse(response.body) as { items?: DiscoveryGroup[] };
      for (const { metadata, versions = [] } of items) {
        for (const { version, resources = [] } of versions) {
          const groupVersion = metadata?.name ? `${metadata.name}/${version}` : version;
          out.push(groupVersion, ...resources.map(({ responseKind }) => `${groupVersion}/${responseKind?.kind ?? ''}`));
        }
      }
    }
    return out;
  }

  /** Path of an object; namespaced kinds without a namespace of their own go to `namespace`. */
  async pathOf(object: Manifested, namespace: string): Promise<string> {
    return `${await this.collectionOf(object.apiVersion, object.kind, object.metadata.namespace ?? namespace)}/${object.metadata.name}`;
  }

  async collectionOf(apiVersion: string, kind: string, namespace: string): Promise<string> {
    const resource = await this.#resource(apiVersion, kind);
    const root = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
    return `${root}${resource.namespaced ? `/namespaces/${namespace}` : ''}/${resource.name}`;
  }

  async get(object: Manifested, namespace: string): Promise<Json | undefined> {
    return this.json('GET', await this.pathOf(object, namespace));
  }

  /** Server-side apply with Helm's field manager. */
  async apply(object: Manifested, namespace: string, force: boolean): Promise<Json> {
    const query = `fieldManager=helm&fieldValidation=Strict&force=${force}`;
    const path = `${await this.pathOf(object, namespace)}?${query}`;
    const { namespaced } = await this.#resource(object.apiVersion, object.kind);
    const { metadata } = object;
    const body = namespaced
      ? { ...object, metadata: { ...metadata, namespace: metadata.namespace ?? namespace } }
      : object;
    const applied = await this.json('PATCH', path, body, 'application/apply-patch+yaml');
    if (this.cluster.kind === 'embedded') await this.cluster.clock.sleep(APPLY_MS, this.signal);
    return applied ?? {};
  }

  /** Makes the object, as helm does without server-side apply. */
  async create(object: Manifested, namespace: string): Promise<Json> {
    const own = object.metadata.namespace ?? namespace;
    const { namespaced } = await this.#resource(object.apiVersion, object.kind);
    const body = namespaced ? { ...object, metadata: { ...object.metadata, namespace: own } } : object;
    const collection = await this.collectionOf(object.apiVersion, object.kind, own);
    const made = await this.json('POST', `${collection}?fieldManager=helm`, body);
    if (this.cluster.kind === 'embedded') await this.cluster.clock.sleep(APPLY_MS, this.signal);
    return made ?? {};
  }

  /** Deletes, in the background when nothing else is said; true when the object existed. */
  async delete(object: Manifested, namespace: string, cascade = 'background'): Promise<boolean> {
    const path = await this.pathOf(object, namespace);
    const response = await this.send('DELETE', path, {
      propagationPolicy: cascade.slice(0, 1).toUpperCase() + cascade.slice(1),
    });
    if (response.status === 404) return false;
    if (response.status >= 400) throw refusal(response);
    return true;
  }
}

export function refusal(response: ClusterResponse): ApiRefusal {
  try {
    const status = JSON.parse(response.body) as { message?: string; reason?: string };
    return new ApiRefusal(status.message ?? response.body, response.status, status.reason);
  } catch {
    return new ApiRefusal(response.body.trim() || `HTTP status ${response.status}`, response.status);
  }
}

/** `apps/v1, Kind=Deployment` with the group's leading slash for core kinds, as Go prints a GroupVersionKind. */
export function gvkText(object: Manifested): string {
  return `${object.apiVersion.includes('/') ? object.apiVersion : `/${object.apiVersion}`}, Kind=${object.kind}`;
}
