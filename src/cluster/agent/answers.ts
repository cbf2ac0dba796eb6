import type { Json } from '../client.ts';
import type { ClusterResponse } from '../cluster.ts';
import { type Aliases, type ApiPath, splitQuery } from './alias.ts';
import type { Concealer } from './hidden.ts';

type Rows = 'Object' | 'Metadata' | 'None';

/** Looks through the answers to one request. */
export class AnswerFilter {
  readonly #concealer: Concealer;
  readonly #aliases: Aliases;
  readonly #api: ApiPath;
  /** How much of the object the rows of a table are to show, where more was asked for to look at. */
  #rows: Rows | undefined;

  constructor(concealer: Concealer, aliases: Aliases, api: ApiPath) {
    this.#concealer = concealer;
    this.#aliases = aliases;
    this.#api = api;
  }

  get #resource(): string {
    return this.#api.resource ?? '';
  }

  /** The path to ask with: rows must carry what tells whether they may be seen. */
  ask(path: string, accept: string): string {
    if (!accept.includes('as=Table')) return path;
    const [bare, query] = splitQuery(path);
    const values = new URLSearchParams(query);
    this.#rows = (values.get('includeObject') as Rows | null) ?? 'Metadata';
    if (this.#rows === 'Object' || (this.#rows === 'Metadata' && this.#resource !== 'events')) return path;
    values.set('includeObject', this.#resource === 'events' ? 'Object' : 'Metadata');
    return `${bare}?${values}`;
  }

  /** The answer as it may be seen; `hidden` when it is one object that may not. */
  answer(response: ClusterResponse): ClusterResponse | 'hidden' {
    const { body, headers } = response;
    if (this.#api.rest[0] === 'proxy') return { ...response, body: this.#foreign(body) };
    const parsed = /json/.test(headers['content-type'] ?? '') ? parse(body) : undefined;
    if (parsed === undefined) return { ...response, body: this.#concealer.lines(body) };
    const before = JSON.stringify(parsed);
    const seen = this.#object(parsed);
    if (seen === undefined) return 'hidden';
    const text = JSON.stringify(seen);
    return { ...response, body: this.#aliases.back(text === before ? body : `${text}\n`) };
  }

  /** Wraps a receiver of a stream's chunks. */
  chunks(isWatch: boolean, onChunk: (text: string) => void): (text: string) => void {
    let rest = '';
    return (text) => {
      const end = (rest + text).lastIndexOf('\n') + 1;
      const whole = (rest + text).slice(0, end);
      rest = (rest + text).slice(end);
      const seen = isWatch
        ? whole.replace(/[^\n]+\n/g, (line) => this.#event(line))
        : this.#aliases.back(this.#concealer.lines(whole));
      if (seen !== '') onChunk(seen);
    };
  }

  #event(line: string): string {
    const event = parse(line);
    if (event === undefined || event.type === 'BOOKMARK') return line;
    if (event.object?.kind === 'Table') {
      const count = event.object.rows?.length ?? 0;
      event.object = this.#object(event.object);
      if (count > 0 && event.object.rows.length === 0) return '';
    } else {
      event.object = this.#object(event.object);
      if (event.object === undefined) return '';
    }
    return this.#aliases.back(`${JSON.stringify(event)}\n`);
  }

  /** What services, pods and kubelets answered through the API server. */
  #foreign(body: string): string {
    if (!this.#concealer.mentions(body)) return this.#aliases.back(body);
    const parsed = parse(body);
    if (parsed === undefined) return this.#aliases.back(this.#concealer.lines(body));
    return this.#aliases.back(JSON.stringify(this.#concealer.telemetry(parsed)));
  }

  #object(object: Json): Json | undefined {
    if (object?.kind === 'Table') {
      const isOne = this.#api.name !== undefined && object.rows?.length === 1;
      const table = this.#table(object);
      return isOne && table.rows.length === 0 ? undefined : table;
    }
    if (object?.kind === 'Status') return object;
    if (isDiscovery(object)) return this.#discovery(object);
    if (Array.isArray(object?.items)) {
      object.items = object.items.filter((item: Json) => !this.#concealer.isHidden(item, this.#resource));
      for (const item of object.items) this.#concealer.scrub(item, this.#resource);
      delete object.metadata?.remainingItemCount;
      return object;
    }
    if (this.#concealer.isHidden(object, this.#resource)) return undefined;
    this.#concealer.scrub(object, this.#resource);
    return object;
  }

  #table(table: Json): Json {
    table.rows = (table.rows ?? []).filter((row: Json) => !this.#concealer.isHidden(row.object, this.#resource));
    for (const row of table.rows) {
      this.#concealer.scrub(row.object, this.#resource);
      if (this.#rows === 'None') delete row.object;
      else if (this.#rows === 'Metadata') row.object = metadataOnly(row.object);
    }
    delete table.metadata?.remainingItemCount;
    return table;
  }

  /** Groups, resources, and the documents that describe them. */
  #discovery(document: Json): Json {
    const isHidden = (text: string): boolean => this.#concealer.mentions(text);
    if (document.groups)
      document.groups = document.groups.filter((group: Json) => !this.#concealer.isGroup(group.name));
    if (document.items)
      document.items = document.items.filter((group: Json) => !this.#concealer.isGroup(group.metadata?.name));
    for (const field of ['paths', 'definitions'] as const) {
      if (Array.isArray(document[field])) document[field] = document[field].filter((path: string) => !isHidden(path));
      else if (document[field])
        document[field] = Object.fromEntries(
          Object.entries(document[field]).filter(([key]) => !isHidden(key) && !isHidden(reversed(key))),
        );
    }
    return document;
  }
}

/** `org.chaos-mesh.v1alpha1.PodChaos`: definitions name their group from its end. */
function reversed(key: string): string {
  const [first = '', second = ''] = key.split('.');
  return `${second}.${first}`;
}

function isDiscovery(document: Json): boolean {
  const kinds = ['APIGroupList', 'APIGroupDiscoveryList', 'APIVersions'];
  return kinds.includes(document?.kind) || (document?.kind === undefined && document?.paths !== undefined);
}

function metadataOnly({ metadata }: Json): Json {
  return { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata };
}

function parse(text: string): Json | undefined {
  try {
    const value = JSON.parse(text);
    return value !== null && typeof value === 'object' ? value : undefined;
  } catch {
    return undefined;
  }
}
