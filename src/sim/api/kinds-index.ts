import { since } from '../../kube/duration.ts';
import type { KubeObject } from '../../kube/object.ts';
import type { ResourceInfo } from './facts.ts';
import { builtinResources, groupVersion } from './facts.ts';
import type { KindDef, KindRef } from './kind.ts';
import { storageVersion } from './versions.ts';

/** A served resource with the behaviour of its kind. */
export interface Kind {
  info: ResourceInfo;
  def: KindDef;
  /** False when no KindDef was given: schema-only behaviour. */
  defined: boolean;
  /** Objects that an extension API computes when asked, instead of stored ones. */
  computed?: { isAvailable(): boolean; list(): KubeObject[] };
}

/** Behaviour of a kind nobody defined: no defaults, no validation beyond the schema, NAME and AGE columns. */
function schemaOnly(info: ResourceInfo): KindDef {
  return {
    group: info.group,
    version: info.version,
    kind: info.kind,
    nameRule: info.group === 'rbac.authorization.k8s.io' ? 'path' : 'subdomain',
    columns: [
      { name: 'Name', type: 'string', format: 'name', priority: 0 },
      { name: 'Age', type: 'string', priority: 0 },
    ],
    row: (object, ctx) => [object.metadata.name, since(object.metadata.creationTimestamp, ctx.nowMs)],
  };
}

/** All served kinds, found by path or by kind; custom resources come and go. */
export class KindIndex {
  #byPath = new Map<string, Kind>();
  #byKind = new Map<string, Kind>();

  constructor(defs: readonly KindDef[]) {
    const known = new Map(defs.map((def) => [`${groupVersion(def)}/${def.kind}`, def]));
    for (const info of builtinResources()) {
      const stored = storageVersion(info);
      const def = known.get(`${groupVersion(info)}/${info.kind}`) ?? known.get(`${groupVersion(stored)}/${info.kind}`);
      this.add({ info, def: def ?? schemaOnly(info), defined: def !== undefined });
    }
  }

  add(kind: Kind): void {
    this.#byPath.set(`${groupVersion(kind.info)}/${kind.info.resource}`, kind);
    const key = `${groupVersion(kind.info)}/${kind.info.kind}`;
    if (!this.#byKind.has(key) || kind.info.custom) this.#byKind.set(key, kind);
  }

  addCustom(info: ResourceInfo, own: Partial<KindDef>): void {
    this.add({ info, def: { ...schemaOnly(info), ...own }, defined: false });
  }

  removeGroupResource(group: string, resource: string): void {
    for (const [path, kind] of [...this.#byPath]) {
      if (kind.info.group !== group || kind.info.resource !== resource) continue;
      this.#byPath.delete(path);
      this.#byKind.delete(`${groupVersion(kind.info)}/${kind.info.kind}`);
    }
  }

  byPath(group: string, version: string, resource: string): Kind | undefined {
    return this.#byPath.get(`${groupVersion({ group, version })}/${resource}`);
  }

  byRef(ref: KindRef | string): Kind | undefined {
    return this.#byKind.get(typeof ref === 'string' ? ref : `${groupVersion(ref)}/${ref.kind}`);
  }

  all(): Kind[] {
    return [...this.#byPath.values()];
  }

  hasGroup(group: string): boolean {
    return this.all().some((k) => k.info.group === group);
  }
}
