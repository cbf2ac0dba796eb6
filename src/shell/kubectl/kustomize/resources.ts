import data from '../../../kube/k8s-api-v1.35.data.json' with { type: 'json' };
import type { Json } from '../../../kube/object.ts';
import { KubectlError } from '../errors.ts';
import { matchesSelector } from '../label-selector.ts';
import { goJson } from '../printers/json.ts';
import { groupVersion, isOfType } from './field-specs.ts';

/** What kustomize knows an object by. */
export interface Id {
  group: string;
  version: string;
  kind: string;
  name: string;
  namespace: string;
}

/** Where an object comes from, or what changed it: written as annotations when `buildMetadata` asks for them. */
export interface Origin {
  path?: string;
  configuredIn?: string;
  configuredBy?: Json;
}

/** One object on its way through a build. */
export interface Resource {
  object: Json;
  /** What it was called before, oldest first. */
  previous: Id[];
  prefixes: string[];
  suffixes: string[];
  behavior?: string;
  hashed?: boolean;
  origin?: Origin;
  transformations: Origin[];
  /** Vars that look at it. */
  vars: string[];
}

const groupVersions = data.groupVersions as unknown as Record<
  string,
  Record<string, { kind: string; namespaced?: boolean }>
>;
const NOT_NAMESPACED = '_non_namespaceable_';

export function isClusterScoped({ group, version, kind }: Pick<Id, 'group' | 'version' | 'kind'>): boolean {
  const known = groupVersions[group === '' ? version : `${group}/${version}`] ?? {};
  const found = Object.values(known).find((one) => one.kind === kind);
  return found !== undefined && !found.namespaced;
}

export function asResource(object: Json): Resource {
  return { object, previous: [], prefixes: [], suffixes: [], transformations: [], vars: [] };
}

export function idOf({ object }: Pick<Resource, 'object'>): Id {
  const { name = '', namespace = '' } = object.metadata ?? {};
  return { ...groupVersion(object.apiVersion), kind: object.kind ?? '', name, namespace: namespace ?? '' };
}

export const originalId = (resource: Resource): Id => resource.previous[0] ?? idOf(resource);

/** All that it was called, and is. */
export const idsOf = (resource: Resource): Id[] => [...resource.previous, idOf(resource)];

export function effectiveNamespace(id: Id): string {
  if (isClusterScoped(id)) return NOT_NAMESPACED;
  return id.namespace || 'default';
}

/** Remembers what the object is called now. */
export function remember(resource: Resource): void {
  const id = idOf(resource);
  resource.previous.push({ ...id, namespace: effectiveNamespace(id) });
}

export function sameId(a: Id, b: Id): boolean {
  const same = a.name === b.name && a.kind === b.kind && a.group === b.group && a.version === b.version;
  return same && effectiveNamespace(a) === effectiveNamespace(b);
}

export function isSelectedBy(id: Id, wanted: Partial<Id>): boolean {
  const { group, version } = id;
  return (
    (!wanted.name || wanted.name === id.name) &&
    (!wanted.namespace || (wanted.namespace || 'default') === effectiveNamespace(id)) &&
    isOfType(wanted, { apiVersion: group === '' ? version : `${group}/${version}`, kind: id.kind })
  );
}

/** `Deployment.v1.apps`. */
export const gvkText = ({ group, version, kind }: Partial<Id>): string =>
  `${kind || '[noKind]'}.${version || '[noVer]'}.${group || '[noGrp]'}`;

/** `Deployment.v1.apps/web.[noNs]`. */
export const idText = (id: Partial<Id>): string =>
  `${gvkText(id)}/${id.name || '[noName]'}.${id.namespace || '[noNs]'}`;

/** As Go prints the struct. */
function idDump(id: Id): string {
  const text = (value: string): string => JSON.stringify(value);
  return `resid.ResId{Gvk:resid.Gvk{Group:${text(id.group)}, Version:${text(id.version)}, Kind:${text(id.kind)}, isClusterScoped:${isClusterScoped(id)}}, Name:${text(id.name)}, Namespace:${text(id.namespace)}}`;
}

/** The objects of a build, in order, no two with the same id. */
export class ResourceMap {
  list: Resource[] = [];
  /** OpenAPI definitions by which patches are merged, where a kustomization brings its own. */
  readonly definitions: Json;

  constructor(definitions?: Json) {
    this.definitions = definitions;
  }

  append(resource: Resource): void {
    const id = idOf(resource);
    if (this.list.some((one) => sameId(id, idOf(one))))
      throw new KubectlError(`may not add resource with an already registered id: ${idText(id)}`);
    this.list.push(resource);
  }

  /** Adds what a generator made, or brings it together with what is there. */
  absorb(resource: Resource): void {
    const id = idOf(resource);
    const matches = this.list.filter((one) => idsOf(one).some((other) => sameId(id, other)));
    const { behavior } = resource;
    const joins = behavior === 'merge' || behavior === 'replace';
    if (matches.length > 1) throw new KubectlError('found multiple objects that match');
    const old = matches[0];
    if (!old) {
      if (joins) throw new KubectlError(`id ${idDump(id)} does not exist; cannot merge or replace`);
      this.append(resource);
      return;
    }
    if (!joins) throw new KubectlError(`id ${idDump(id)} exists; behavior must be merge or replace`);
    this.list[this.list.indexOf(old)] = joined(old, resource);
  }

  byId(id: Id): Resource {
    const found = this.list.filter((one) => idsOf(one).some((other) => sameId(id, other)));
    if (found.length === 1) return found[0]!;
    const what = found.length > 1 ? 'multiple matches for Id' : 'no matches for Id';
    throw new KubectlError(`${what} ${idText(id)}; failed to find unique target for patch ${idText(id)}`);
  }

  /** What a patch's target names; its texts are regular expressions. */
  select(target: Json): Resource[] {
    const like = (wanted: string | undefined, ...values: string[]): boolean => {
      if (!wanted) return true;
      const pattern = new RegExp(`^(?:${wanted})$`);
      return values.some((value) => pattern.test(value));
    };
    return this.list.filter((one) => {
      const [original, now] = [originalId(one), idOf(one)];
      return (
        like(target.namespace, effectiveNamespace(original), effectiveNamespace(now)) &&
        like(target.name, original.name, now.name) &&
        like(target.group, now.group) &&
        like(target.version, now.version) &&
        like(target.kind, now.kind) &&
        matchesSelector(target.labelSelector ?? '', one.object.metadata?.labels) &&
        matchesSelector(target.annotationSelector ?? '', one.object.metadata?.annotations)
      );
    });
  }
}

/** An object made anew for one that is there: its metadata is kept, with `merge` its data too. */
function joined(old: Resource, fresh: Resource): Resource {
  const { metadata } = old.object;
  const object: Json = { ...fresh.object };
  const both = (field: string): Json => {
    const all = { ...metadata[field], ...fresh.object.metadata[field] };
    return Object.keys(all).length > 0 ? all : undefined;
  };
  object.metadata = {
    ...fresh.object.metadata,
    name: metadata.name,
    namespace: metadata.namespace,
    labels: both('labels'),
    annotations: both('annotations'),
  };
  if (fresh.behavior === 'merge')
    for (const field of ['data', 'binaryData'])
      if (old.object[field] || object[field]) object[field] = { ...old.object[field], ...object[field] };
  const { previous, prefixes, suffixes, vars, transformations } = old;
  const origin = fresh.behavior === 'merge' ? (old.origin ?? fresh.origin) : fresh.origin;
  const hashed = old.hashed && fresh.hashed;
  return { object: JSON.parse(goJson(object)), previous, prefixes, suffixes, vars, transformations, origin, hashed };
}
