import type { Cluster, ClusterStream } from '../../cluster/cluster.ts';
import type { Json, KubeObject } from '../../kube/object.ts';
import type { Status } from '../../kube/status.ts';
import { StatusError } from './errors.ts';
import { CLIENT_VERSION } from './version.ts';

/** A resource as discovery tells it. */
export interface Resource {
  group: string;
  version: string;
  /** `apps/v1` or `v1`. */
  groupVersion: string;
  name: string;
  singular: string;
  kind: string;
  namespaced: boolean;
  shortNames: string[];
  categories: string[];
  verbs: string[];
  subresources: string[];
}

const DISCOVERY_ACCEPT =
  'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,application/json';
export const TABLE_ACCEPT =
  'application/json;as=Table;v=v1;g=meta.k8s.io,application/json;as=Table;v=v1beta1;g=meta.k8s.io,application/json';

export type Query = Record<string, string | number | boolean | undefined>;

/** Appends the set members of `query`, sorted as Go's url.Values sorts them. */
export function withQuery(path: string, query: Query = {}): string {
  const keys = Object.keys(query)
    .filter((key) => query[key] !== undefined && query[key] !== '')
    .sort();
  if (keys.length === 0) return path;
  const text = keys.map((key) => `${encodeURIComponent(key)}=${encodeURIComponent(String(query[key]))}`).join('&');
  return `${path}${path.includes('?') ? '&' : '?'}${text}`;
}

/** ` (get pods x)`: what was asked, of an answer that does not say; raw paths name no resource. */
function askedFor(method: string, path: string): string {
  const named = /^\/(?:api|apis\/([^/]+))\/[^/]+(?:\/namespaces\/[^/]+)?\/([^/?]+)(?:\/([^/?]+))?/.exec(path);
  if (!named) return '';
  const [, group, resource, name] = named;
  const qualified = group === undefined ? resource : `${resource}.${group}`;
  return ` (${method.toLowerCase()} ${qualified}${name === undefined ? '' : ` ${name}`})`;
}

function failure(body: string, code: number, asked: string): Status {
  try {
    const status = JSON.parse(body) as Status;
    if (status.kind === 'Status') return status;
  } catch {
    // not JSON: described by its code below
  }
  const words: Record<number, [string, string]> = {
    404: ['NotFound', 'the server could not find the requested resource'],
    405: ['MethodNotAllowed', 'the server does not allow this method on the requested resource'],
    415: ['UnsupportedMediaType', 'the body of the request was in an unknown format - accepted media types include: '],
    503: ['ServiceUnavailable', 'the server is currently unable to handle the request'],
    429: ['TooManyRequests', 'the server has received too many requests and has asked us to try again later'],
  };
  const [reason, message] = words[code] ?? [
    '',
    `an error on the server (${JSON.stringify(body.slice(0, 200))}) has prevented the request from succeeding`,
  ];
  return {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    reason: code >= 500 && reason === '' ? 'InternalError' : reason,
    message: `${message}${asked}`,
    code,
  };
}

interface DiscoveredResource {
  resource: string;
  responseKind?: { group?: string; version?: string; kind: string };
  scope?: string;
  singularResource?: string;
  shortNames?: string[];
  categories?: string[];
  verbs?: string[];
  subresources?: { subresource: string }[];
}

/** The Kubernetes API as kubectl uses it: JSON requests, discovery, lists. Server warnings go to `onWarning`. */
export class Client {
  readonly cluster: Cluster;
  onWarning: (text: string) => void = () => {};
  /** Told of every answer, for -v. */
  onAnswer: (answer: { method: string; path: string; status: number; body: string }) => void = () => {};
  #resources: Resource[] | undefined;

  readonly #extra: Record<string, string>;

  constructor(cluster: Cluster, extra: Record<string, string> = {}) {
    this.cluster = cluster;
    this.#extra = extra;
  }

  /** The same client with further headers on each request (impersonation). */
  as(headers: Record<string, string>): Client {
    const out = new Client(this.cluster, { ...this.#extra, ...headers });
    out.onWarning = (text) => this.onWarning(text);
    out.onAnswer = (answer) => this.onAnswer(answer);
    out.#resources = this.#resources;
    return out;
  }

  /** Sends a request; throws StatusError on an answer of 400 and above. */
  async raw(
    method: string,
    path: string,
    options: { body?: string; type?: string; accept?: string; signal?: AbortSignal; unnamed?: boolean } = {},
  ): Promise<{ body: string; headers: Record<string, string>; status: number }> {
    const headers: Record<string, string> = {
      accept: options.accept ?? 'application/json',
      'user-agent': `kubectl/${CLIENT_VERSION} (linux/amd64)`,
      ...this.#extra,
    };
    if (options.body !== undefined) headers['content-type'] = options.type ?? 'application/json';
    const response = await this.cluster.request({ method, path, headers, body: options.body, signal: options.signal });
    this.onAnswer({ method, path, status: response.status, body: response.body });
    const warning = response.headers.warning;
    if (warning)
      for (const [, text] of warning.matchAll(/299 \S+ "((?:\\.|[^"\\])*)"/g))
        this.onWarning(text!.replace(/\\(.)/g, '$1'));
    if (response.status >= 400)
      throw new StatusError(failure(response.body, response.status, options.unnamed ? '' : askedFor(method, path)));
    return response;
  }

  async json(method: string, path: string, body?: Json, type?: string): Promise<Json> {
    const text = body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body);
    const response = await this.raw(method, path, { body: text, type });
    return response.body === '' ? undefined : JSON.parse(response.body);
  }

  get(path: string, query?: Query): Promise<Json> {
    return this.json('GET', withQuery(path, query));
  }

  /** A whole list, following `continue`. */
  async list(path: string, query: Query = {}): Promise<Json> {
    const first = await this.get(path, { limit: 500, ...query });
    let token = first.metadata?.continue;
    while (token) {
      const page = await this.get(path, { limit: 500, ...query, continue: token });
      first.items.push(...(page.items ?? []));
      token = page.metadata?.continue;
    }
    first.items ??= [];
    const kind = String(first.kind).replace(/List$/, '');
    for (const item of first.items) {
      item.apiVersion ??= first.apiVersion;
      item.kind ??= kind;
    }
    return first;
  }

  stream(path: string, accept: string, onChunk: (text: string) => void, signal?: AbortSignal): Promise<ClusterStream> {
    return this.cluster.stream({ method: 'GET', path, headers: { accept, ...this.#extra }, signal }, onChunk);
  }

  /** Preferred versions first, core group first; asked once and kept. */
  async resources(refresh = false): Promise<Resource[]> {
    if (this.#resources && !refresh) return this.#resources;
    const out: Resource[] = [];
    for (const root of ['/api', '/apis']) {
      const answer = JSON.parse((await this.raw('GET', root, { accept: DISCOVERY_ACCEPT })).body);
      for (const group of answer.items ?? [])
        for (const version of group.versions ?? [])
          for (const resource of version.resources ?? [])
            out.push(toResource(group.metadata?.name ?? '', version.version, resource));
    }
    this.#resources = out;
    return out;
  }

  /** Looks again after a miss, as a new CRD may have come. */
  async find(test: (resource: Resource) => boolean): Promise<Resource | undefined> {
    return (await this.resources()).find(test) ?? (await this.resources(true)).find(test);
  }
}

function toResource(group: string, version: string, found: DiscoveredResource): Resource {
  return {
    group,
    version,
    groupVersion: group ? `${group}/${version}` : version,
    name: found.resource,
    singular: found.singularResource ?? '',
    kind: found.responseKind?.kind ?? '',
    namespaced: found.scope === 'Namespaced',
    shortNames: found.shortNames ?? [],
    categories: found.categories ?? [],
    verbs: found.verbs ?? [],
    subresources: (found.subresources ?? []).map((sub) => sub.subresource),
  };
}

/** `/apis/apps/v1/namespaces/x/deployments/name`; a part left out is not in the path. */
export function pathOf(resource: Resource, namespace: string | undefined, name?: string, subresource?: string): string {
  const root = resource.group ? `/apis/${resource.groupVersion}` : `/api/${resource.version}`;
  const scope = resource.namespaced && namespace ? `/namespaces/${encodeURIComponent(namespace)}` : '';
  return `${root}${scope}/${resource.name}${name === undefined ? '' : `/${encodeURIComponent(name)}`}${subresource ? `/${subresource}` : ''}`;
}

/** `deployments.apps`, or `pods` for the core group. */
export function groupResource(resource: Resource): string {
  return resource.group ? `${resource.name}.${resource.group}` : resource.name;
}

/** `deployment.apps/web`: how results name an object. */
export function displayName(resource: Resource, name: string): string {
  const kind = resource.kind.toLowerCase();
  return `${resource.group ? `${kind}.${resource.group}` : kind}/${name}`;
}

export type Obj = KubeObject;
