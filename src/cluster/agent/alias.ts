import type { Json } from '../client.ts';
import { type Concealer, ALIAS_SUFFIX as SUFFIX } from './hidden.ts';

/** The parts of an API path. */
export interface ApiPath {
  /** `/api/v1`, `/apis/apps/v1`; everything of a path that is no resource's. */
  root: string;
  group: string;
  namespace?: string;
  resource?: string;
  name?: string;
  /** `['log']`, `['proxy', 'api', …]` */
  rest: string[];
}

export function parseApiPath(path: string): ApiPath {
  const parts = path.split('/').filter((part) => part !== '');
  const length = parts[0] === 'api' ? 2 : parts[0] === 'apis' ? 3 : 0;
  const root = `/${parts.slice(0, length).join('/')}`;
  const group = parts[0] === 'apis' ? (parts[1] ?? '') : '';
  const own = parts.slice(length).map(decodeURIComponent);
  if (length === 0 || parts.length <= length) return { root: path, group, rest: [] };
  if (own[0] === 'namespaces' && own.length > 2 && own[2] !== 'status' && own[2] !== 'finalize') {
    const [, namespace, resource, name, ...rest] = own;
    return { root, group, namespace, resource, name, rest };
  }
  const [resource, name, ...rest] = own;
  return { root, group, resource, name, rest };
}

/**
 * Hidden names and names that an agent gives to things of its own live apart: what it says of `chaos-mesh` is sent as another name, and
 * comes back as the one it used. So a hidden thing answers as one that does not exist, in every verb, and can even be made.
 */
export class Aliases {
  readonly #pairs: readonly [name: string, alias: string][];
  readonly #concealer: Concealer;

  constructor(concealer: Concealer) {
    this.#concealer = concealer;
    const { namespaces, groups } = concealer.hidden;
    this.#pairs = [
      ...namespaces.map((name): [string, string] => [name, `${name}${SUFFIX}`]),
      ...groups.map((name): [string, string] => [name, `${name.replace('.', `${SUFFIX}.`)}`]),
    ];
  }

  /** Another name for a hidden namespace, group, or name that ends with the group; others stay. */
  of(name: string): string {
    for (const [own, alias] of this.#pairs) {
      if (name === own) return alias;
      if (own.includes('.') && name.endsWith(`.${own}`)) return `${name.slice(0, -own.length)}${alias}`;
    }
    return name;
  }

  /** A name for a thing that is hidden by what it is, not by its name. */
  none(name: string): string {
    return `${name}${SUFFIX}`;
  }

  /** The path with the names that are the agent's own. */
  path(path: string): string {
    const [bare = '', query] = splitQuery(path);
    const renamed = bare
      .split('/')
      .map((part) => {
        const name = decodeURIComponent(part);
        return this.#concealer.mentions(name) ? encodeURIComponent(this.of(name)) : part;
      })
      .join('/');
    return query === undefined ? renamed : `${renamed}?${this.#selectors(query)}`;
  }

  /** `metadata.namespace=chaos-mesh`, `involvedObject.namespace=…` and the like. */
  #selectors(query: string): string {
    const values = new URLSearchParams(query);
    for (const key of ['fieldSelector', 'labelSelector']) {
      const value = values.get(key);
      if (!value) continue;
      values.set(
        key,
        value.replace(/[^=!,()\s]+/g, (word) => this.of(word)).replaceAll('aiopslab-mcp', `aiopslab-mcp${SUFFIX}`),
      );
    }
    return values.toString();
  }

  /** Renames in an object that the agent sends. */
  body(object: Json): void {
    if (!object || typeof object !== 'object') return;
    const { metadata, spec } = object;
    if (typeof object.apiVersion === 'string' && object.apiVersion.includes('/')) {
      const [group, version] = object.apiVersion.split('/');
      object.apiVersion = `${this.of(group)}/${version}`;
    }
    if (metadata?.namespace) metadata.namespace = this.of(metadata.namespace);
    if (metadata?.name && ['Namespace', 'CustomResourceDefinition'].includes(object.kind))
      metadata.name = this.of(metadata.name);
    if (object.kind === 'CustomResourceDefinition' && spec?.group) spec.group = this.of(spec.group);
  }

  /** The names as the agent knows them. */
  back(text: string): string {
    return text.includes(SUFFIX) ? text.replaceAll(SUFFIX, '') : text;
  }
}

export function splitQuery(path: string): [path: string, query: string | undefined] {
  const at = path.indexOf('?');
  return at < 0 ? [path, undefined] : [path.slice(0, at), path.slice(at + 1)];
}
