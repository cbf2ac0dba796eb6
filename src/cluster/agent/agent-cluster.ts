import type { Json } from '../client.ts';
import type {
  Cluster,
  ClusterExec,
  ClusterExecResult,
  ClusterRequest,
  ClusterResponse,
  ClusterStream,
} from '../cluster.ts';
import { Aliases, type ApiPath, parseApiPath, splitQuery } from './alias.ts';
import { AnswerFilter } from './answers.ts';
import { CHAOS_MESH, Concealer, type Hidden } from './hidden.ts';

const PAGES_MAX = 100;

/**
 * A cluster as an agent sees it: what would give the incident away is not there, in lists, tables, watches, single answers, counts,
 * discovery, events, logs and errors alike, and answers as a thing that does not exist.
 */
export class AgentCluster implements Cluster {
  readonly #cluster: Cluster;
  readonly #concealer: Concealer;
  readonly #aliases: Aliases;

  constructor(cluster: Cluster, hidden: Hidden = CHAOS_MESH) {
    this.#cluster = cluster;
    this.#concealer = new Concealer(hidden);
    this.#aliases = new Aliases(this.#concealer);
  }

  get kind(): Cluster['kind'] {
    return this.#cluster.kind;
  }

  get clock(): Cluster['clock'] {
    return this.#cluster.clock;
  }

  get disturbances(): Cluster['disturbances'] {
    return this.#cluster.disturbances;
  }

  close(): Promise<void> {
    return this.#cluster.close();
  }

  async request(request: ClusterRequest): Promise<ClusterResponse> {
    const { sent, api, filter } = this.#prepare(request);
    if (request.method === 'DELETE' && api.resource && !api.name && !api.namespace) return this.#deleteEach(sent, api);
    if (request.method !== 'GET' && api.name && !(await this.#mayWrite(sent, api))) return this.#absent(sent, api);
    if (request.method === 'GET' && /[?&]limit=[1-9]/.test(sent.path)) return this.#page(sent, filter);
    const answer = await this.#cluster.request(sent);
    const seen = filter.answer(answer);
    return seen === 'hidden' ? this.#absent(sent, api) : seen;
  }

  async stream(request: ClusterRequest, onChunk: (text: string) => void): Promise<ClusterStream> {
    const { sent, filter } = this.#prepare(request);
    const watch = /[?&]watch=/.test(sent.path) && !/[?&]watch=(false|0)(&|$)/.test(sent.path);
    return this.#cluster.stream(sent, filter.chunks(watch, onChunk));
  }

  exec(request: ClusterExec): Promise<ClusterExecResult> {
    return this.#cluster.exec({ ...request, namespace: this.#aliases.of(request.namespace) });
  }

  /** The request with the agent's own names and an answer that can be read here. */
  #prepare(request: ClusterRequest): { sent: ClusterRequest; api: ApiPath; filter: AnswerFilter } {
    const path = this.#aliases.path(request.path);
    const api = parseApiPath(splitQuery(path)[0]);
    const headers = { ...request.headers, accept: readable(request.headers?.['accept']) };
    const filter = new AnswerFilter(this.#concealer, this.#aliases, api);
    return {
      sent: { ...request, path: filter.ask(path, headers.accept), headers, body: this.#body(request) },
      api,
      filter,
    };
  }

  #body({ body, headers }: ClusterRequest): string | undefined {
    if (body === undefined || !this.#concealer.mentions(body) || !/json|yaml/.test(headers?.['content-type'] ?? ''))
      return body;
    try {
      const object = JSON.parse(body);
      this.#aliases.body(object);
      return JSON.stringify(object);
    } catch {
      return body;
    }
  }

  /** Writes go to what the agent can see, or to what is not there. A replacement keeps what it was not shown. */
  async #mayWrite(sent: ClusterRequest, api: ApiPath): Promise<boolean> {
    const path = mainPath(api);
    const { status, body } = await this.#cluster.request({ method: 'GET', path, signal: sent.signal });
    if (status !== 200) return true;
    const current = JSON.parse(body);
    if (this.#concealer.isHidden(current, api.resource as string)) return false;
    if (sent.method === 'PUT' && api.rest.length === 0 && sent.body !== undefined) {
      const object = tryJson(sent.body);
      if (object?.metadata) {
        this.#concealer.restore(object, current);
        sent.body = JSON.stringify(object);
      }
    }
    return true;
  }

  /** The same request for a name that nothing has. */
  async #absent(sent: ClusterRequest, api: ApiPath): Promise<ClusterResponse> {
    const name = this.#aliases.none(api.name as string);
    const path = mainPath({ ...api, name }) + sent.path.slice(splitQuery(sent.path)[0].length);
    const answer = await this.#cluster.request({ ...sent, path });
    return { ...answer, body: this.#aliases.back(answer.body) };
  }

  /** A page holds as many visible objects as were asked for, as long as there are any. */
  async #page(sent: ClusterRequest, filter: AnswerFilter): Promise<ClusterResponse> {
    const query = new URLSearchParams(splitQuery(sent.path)[1]);
    const limit = Number(query.get('limit'));
    let first: { response: ClusterResponse; list: Json } | undefined;
    for (let pages = 0; pages < PAGES_MAX; pages++) {
      const path = `${splitQuery(sent.path)[0]}?${query}`;
      const response = filter.answer(await this.#cluster.request({ ...sent, path }));
      if (response === 'hidden' || response.status !== 200) return response === 'hidden' ? unexpected() : response;
      const list = tryJson(response.body);
      const field = list?.rows ? 'rows' : 'items';
      if (!Array.isArray(list?.[field])) return response;
      if (first) first.list[field].push(...list[field]);
      else first = { response, list };
      first.list.metadata = list.metadata;
      const left = limit - first.list[field].length;
      const token = list.metadata?.continue;
      if (!token || left <= 0) break;
      query.set('limit', String(left));
      query.set('continue', token);
    }
    if (!first) return unexpected();
    delete first.list.metadata?.remainingItemCount;
    return { ...first.response, body: `${JSON.stringify(first.list)}\n` };
  }

  /** Deleting a whole collection of no namespace: one by one, what the agent can see. */
  async #deleteEach(sent: ClusterRequest, api: ApiPath): Promise<ClusterResponse> {
    const list = await this.request({ ...sent, method: 'GET', body: undefined });
    if (list.status !== 200) return list;
    for (const { metadata } of JSON.parse(list.body).items ?? [])
      await this.#cluster.request({ ...sent, path: mainPath({ ...api, name: this.#aliases.of(metadata.name) }) });
    return list;
  }
}

function mainPath({ root, namespace, resource, name }: ApiPath): string {
  const scope = namespace === undefined ? '' : `/namespaces/${encodeURIComponent(namespace)}`;
  return `${root}${scope}/${resource}/${encodeURIComponent(name as string)}`;
}

/** Only forms of JSON (and text) can be looked through. */
function readable(accept = 'application/json'): string {
  const forms = accept.split(',').map((form) => form.trim());
  const known = forms.filter((form) => !/protobuf|cbor|yaml/.test(form));
  return known.length === 0 ? 'application/json' : known.join(',');
}

function tryJson(text: string): Json {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function unexpected(): ClusterResponse {
  const message = 'the server was unable to return a response in the time allotted';
  const status = {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message,
    reason: 'Timeout',
    code: 504,
  };
  return { status: 504, headers: { 'content-type': 'application/json' }, body: `${JSON.stringify(status)}\n` };
}
