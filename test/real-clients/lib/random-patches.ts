import { Prng } from '../../../src/core/prng.ts';
import { clone, type Json } from '../../../src/kube/object.ts';
import { builtinResources, type ResourceInfo, resolve, type Schema } from '../../../src/sim/api/facts.ts';

export type PatchType = 'strategic' | 'merge' | 'json';

/** One random patch for several random objects of one kind. */
export interface PatchCase {
  type: PatchType;
  info: ResourceInfo;
  objects: Json[];
  patch: Json;
}

const WORDS = ['a', 'b', 'c', 'd', 'x/y', 'm~n'];
const DEPTH_MAX = 9;

/** Kinds that people patch; the objects are made from the schema, with the same few names over and over so that patches meet them. */
const KINDS = builtinResources().filter(
  (info) =>
    info.verbs.includes('patch') &&
    info.schema.properties?.metadata &&
    // kubectl knows the Go types of its own kinds only, and needs them for a strategic patch without a server.
    !['apiregistration.k8s.io', 'apiextensions.k8s.io'].includes(info.group),
);

/** Makes patch cases; the same seed makes the same ones. */
export class RandomPatches {
  readonly #rng: Prng;

  constructor(seed: string) {
    this.#rng = new Prng(seed);
  }

  next(objectCount: number): PatchCase {
    const rng = this.#rng;
    const info = this.#pick(rng.chance(0.5) ? KINDS.filter((kind) => /^(apps|batch)$|^$/.test(kind.group)) : KINDS);
    const type = this.#pick(['strategic', 'strategic', 'strategic', 'merge', 'json'] as const);
    const objects = Array.from({ length: objectCount }, (_, at) => this.#object(info, at));
    const model = clone(this.#pick(objects));
    const patch = type === 'json' ? this.#jsonPatch(model) : this.#mapPatch(model, info.schema, type, 0);
    for (const key of ['apiVersion', 'kind']) if (!Array.isArray(patch)) delete patch[key];
    if (!Array.isArray(patch) && isMap(patch.metadata))
      for (const key of ['name', '$patch', '$retainKeys']) delete patch.metadata[key];
    return { type, info, objects, patch };
  }

  #pick<T>(list: readonly T[]): T {
    return list[this.#rng.int(list.length)] as T;
  }

  #object(info: ResourceInfo, at: number): Json {
    const { apiVersion: _, kind: __, metadata, ...rest } = this.#value(info.schema, 0);
    const apiVersion = info.group === '' ? info.version : `${info.group}/${info.version}`;
    const { name: ___, namespace: ____, managedFields: _____, ...meta } = metadata ?? {};
    return { apiVersion, kind: info.kind, metadata: { ...meta, name: `o${at}` }, ...rest };
  }

  #value(ref: Schema, depth: number): Json {
    const rng = this.#rng;
    const schema = resolve(ref);
    if (schema['x-kubernetes-int-or-string']) return rng.chance(0.5) ? rng.int(3) : this.#pick(WORDS);
    switch (schema.type) {
      case 'integer':
      case 'number':
        return rng.int(4);
      case 'boolean':
        return rng.chance(0.5);
      case 'array':
        return this.#list(ref, schema, depth);
      case 'object':
        break;
      default:
        return schema.properties ? this.#map(schema, depth) : this.#pick(WORDS);
    }
    return this.#map(schema, depth);
  }

  #map(schema: Schema, depth: number): Json {
    const rng = this.#rng;
    const out: Json = {};
    if (schema.additionalProperties)
      for (const key of WORDS) if (rng.chance(0.4)) out[key] = this.#value(schema.additionalProperties, depth + 1);
    const share = depth === 0 ? 0.95 : depth > DEPTH_MAX ? 0 : depth < 4 ? 0.45 : 0.25;
    for (const [key, property] of Object.entries(schema.properties ?? {})) {
      const required = schema.required?.includes(key) || ['containers', 'template', 'spec'].includes(key);
      if (depth <= DEPTH_MAX && rng.chance(required ? 0.95 : share)) out[key] = this.#value(property, depth + 1);
    }
    return out;
  }

  #list(ref: Schema, schema: Schema, depth: number): Json[] {
    const rng = this.#rng;
    const items = Array.from({ length: depth > DEPTH_MAX ? 0 : rng.int(4) }, () =>
      this.#value(schema.items ?? {}, depth + 1),
    );
    const key = ref['x-kubernetes-patch-merge-key'];
    if (!key) return ref['x-kubernetes-patch-strategy'] ? [...new Set(items)] : items;
    const keys = this.#shuffled(this.#keysOf(schema, key)).slice(0, items.length);
    return keys.map((value, at) => ({ ...items[at], [key]: value }));
  }

  #keysOf(schema: Schema, key: string): Json[] {
    const of = resolve(schema.items ?? {}).properties?.[key];
    return of && resolve(of).type === 'integer' ? [80, 81, 82, 83] : ['a', 'b', 'c', 'd'];
  }

  #shuffled<T>(list: readonly T[]): T[] {
    const out = [...list];
    for (let at = out.length - 1; at > 0; at--) {
      const other = this.#rng.int(at + 1);
      [out[at], out[other]] = [out[other] as T, out[at] as T];
    }
    return out;
  }

  /** A map that asks for some changes of `model`. */
  #mapPatch(model: Json, ref: Schema, type: PatchType, depth: number): Json {
    const rng = this.#rng;
    const schema = resolve(ref);
    const strategic = type === 'strategic';
    const out: Json = {};
    const known = Object.keys(model ?? {});
    const possible = Object.keys(schema.properties ?? {});
    const keys = new Set(this.#shuffled(known).slice(0, depth === 0 ? known.length : 1 + rng.int(3)));
    if (depth > 0 && possible.length > 0 && rng.chance(0.3)) keys.add(this.#pick(possible));
    if (depth > 0 && schema.additionalProperties && rng.chance(0.5)) keys.add(this.#pick(WORDS));
    if (depth > 0 && rng.chance(0.01)) keys.add('unknownField');
    for (const key of keys) {
      const property = schema.properties?.[key] ?? schema.additionalProperties ?? {};
      this.#change(out, key, model?.[key], property, type, depth);
    }
    if (strategic && depth > 0) {
      if (rng.chance(0.03)) out.$patch = this.#pick(['replace', 'delete', 'merge', 'odd']);
      if (rng.chance(0.03)) out.$retainKeys = this.#shuffled([...new Set([...keys, ...known.slice(0, 1)])]);
    }
    return out;
  }

  #change(out: Json, key: string, current: Json, property: Schema, type: PatchType, depth: number): void {
    const rng = this.#rng;
    const chance = rng.float();
    if (depth > 0 && chance < 0.12) out[key] = null;
    else if (depth > 0 && chance < 0.16)
      out[key] = this.#pick([1, 'a', true, [], {}, ['a'], { a: 1 }, [{ name: 'a' }], { a: null }]);
    else if (Array.isArray(current) && type === 'strategic') this.#listPatch(out, key, current, property, depth);
    else if (isMap(current) && (depth === 0 || chance < 0.85))
      out[key] = this.#mapPatch(current, property, type, depth + 1);
    else out[key] = this.#value(property, depth + 1);
  }

  #listPatch(out: Json, field: string, current: Json[], ref: Schema, depth: number): void {
    const rng = this.#rng;
    const schema = resolve(ref);
    const key = ref['x-kubernetes-patch-merge-key'];
    const primitive = !key && ref['x-kubernetes-patch-strategy'] === 'merge';
    if (primitive) {
      if (rng.chance(0.7)) out[field] = this.#list(ref, schema, depth + 1);
      if (rng.chance(0.4))
        out[`$setElementOrder/${field}`] = this.#shuffled([...new Set([...current, ...(out[field] ?? [])])]);
      // Without an order kubectl merges and deletes in the random order of a Go map.
      if (rng.chance(0.4) && (!out[field] || out[`$setElementOrder/${field}`]))
        out[`$deleteFromPrimitiveList/${field}`] = this.#shuffled(WORDS).slice(0, rng.int(3));
      return;
    }
    if (!key) {
      out[field] = this.#list(ref, schema, depth + 1);
      return;
    }
    const items: Json[] = [];
    for (const value of this.#shuffled(this.#keysOf(schema, key)).slice(0, rng.int(4))) {
      const model = current.find((item) => item?.[key] === value);
      const fate = rng.float();
      if (fate < 0.15) items.push({ [key]: value, $patch: 'delete' });
      else if (fate < 0.17) items.push({ [key]: value, $patch: this.#pick(['replace', 'merge', 'odd']) });
      else if (fate < 0.18) items.push(this.#pick([{ $patch: 'replace' }, { $patch: 'delete' }, {}, 'a', null]));
      else if (model)
        items.push({ ...this.#mapPatch(model, schema.items ?? {}, 'strategic', depth + 1), [key]: value });
      else items.push({ ...this.#value(schema.items ?? {}, depth + 2), [key]: value });
    }
    if (rng.chance(0.95)) out[field] = items;
    if (rng.chance(0.35)) out[`$setElementOrder/${field}`] = this.#order(current, items, key);
  }

  /** Mostly an order that fits the patch, as kubectl apply sends it. */
  #order(current: Json[], items: Json[], key: string): Json[] {
    const gone = items.filter((item) => item?.$patch === 'delete').map((item) => item[key]);
    const keys = [...new Set([...current, ...items].map((item) => item?.[key]))].filter((value) => value !== undefined);
    const kept = keys.filter(
      (value) => !gone.includes(value) && (this.#rng.chance(0.9) || items.some((i) => i?.[key] === value)),
    );
    return this.#shuffled(kept).map((value) => ({ [key]: value }));
  }

  #jsonPatch(model: Json): Json[] {
    const rng = this.#rng;
    const paths = pathsOf(model, '').filter((path) => !/^\/(apiVersion|kind|metadata\/name|metadata)$/.test(path));
    return Array.from({ length: 1 + rng.int(4) }, () => {
      const op = this.#pick(['add', 'add', 'remove', 'replace', 'test', 'copy', 'move'] as const);
      let path = this.#pick([...paths, '/metadata/labels']);
      if (rng.chance(0.25))
        path = path.replace(/[^/]*$/, () => this.#pick(['-', '0', '1', '-1', '7', 'new', 'a~1b', '01', '']));
      const step: Json = { op, path };
      if (op === 'copy' || op === 'move') step.from = this.#pick([...paths, '/metadata/labels']);
      else if (op === 'test') step.value = rng.chance(0.7) ? clone(at(model, path) ?? null) : 'a';
      else if (op !== 'remove') step.value = this.#pick<Json>([1, 'a', null, ['a'], { a: 'b' }, true, { name: 'a' }]);
      return step;
    });
  }
}

function isMap(value: Json): boolean {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}

function pathsOf(value: Json, prefix: string): string[] {
  if (value === null || typeof value !== 'object') return [];
  return Object.keys(value).flatMap((key) => {
    const path = `${prefix}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`;
    return [path, ...pathsOf(value[key], path)];
  });
}

function at(value: Json, path: string): Json {
  let found = value;
  for (const part of path.split('/').slice(1)) found = found?.[part.replaceAll('~1', '/').replaceAll('~0', '~')];
  return found;
}
