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
    row: (object, ctx) => [object.metadata.name, shortAge(object.metadata.creationTimestamp, ctx.nowMs)],
  };
}

/** duration.HumanDuration of the time since, `<unknown>` without one. */
export function shortAge(since: string | undefined, nowMs: number): string {
  if (!since) return '<unknown>';
  const s = Math.floor((nowMs - Date.parse(since)) / 1000);
  if (s < -1) return '<invalid>';
  if (s < 0) return '0s';
  if (s < 120) return `${s}s`;
  const m = Math.floor(s / 60);
  if (m < 10) return s % 60 === 0 ? `${m}m` : `${m}m${s % 60}s`;
  if (m < 180) return `${m}m`;
  const h = Math.floor(s / 3600);
  if (h < 8) return m % 60 === 0 ? `${h}h` : `${h}h${m % 60}m`;
  if (h < 48) return `${h}h`;
  if (h < 192) return h % 24 === 0 ? `${Math.floor(h / 24)}d` : `${Math.floor(h / 24)}d${h % 24}h`;
  const d = Math.floor(h / 24);
  if (d < 730) return `${d}d`;
  const y = Math.floor(d / 365);
  return y < 8 && d % 365 !== 0 ? `${y}y${d % 365}d` : `${y}y`;
}

/** All served kinds, found by path or by kind; custom resources come and go. */
export class KindIndex {
  #byPath = new Map<string, Kind>();
  #byKind = new Map<string, Kind>();

  constructor(defs: readonly KindDef[]) {
    const known = new Map(defs.map((def) => [`${groupVersion(def)}/${def.kind}`, def]));
    for (const info of builtinResources()) {
      const stored = storageVersion(info);
      const def = known.get(`${groupVersion(stored)}/${info.kind}`);
      this.add({ info, def: def ?? schemaOnly(info), defined: def !== undefined });
    }
  }

  add(kind: Kind): void {
    this.#byPath.set(`${groupVersion(kind.info)}/${kind.info.resource}`, kind);
    const key = `${groupVersion(kind.info)}/${kind.info.kind}`;
    if (!this.#byKind.has(key) || kind.info.custom) this.#byKind.set(key, kind);
  }

  addCustom(info: ResourceInfo): void {
    this.add({ info, def: schemaOnly(info), defined: false });
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

  hasGroupVersion(group: string, version: string): boolean {
    return this.all().some((k) => k.info.group === group && k.info.version === version);
  }
}
