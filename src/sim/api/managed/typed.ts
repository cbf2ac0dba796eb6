import { deepEqual, type Json } from '../../../kube/object.ts';
import type { Schema } from '../facts.ts';
import { resolve } from '../facts.ts';
import { valueWhenNew } from '../go-shape.ts';
import type { FieldSet } from './field-set.ts';
import { EMPTY, isEmptySet, isMember, makeNode } from './field-set.ts';

/** How a field is owned: as one value, or piece by piece. */
type Shape = 'leaf' | 'struct' | 'map' | 'keyed' | 'set';

function shapeOf(schema: Schema): Shape {
  if (schema.type === 'array') {
    if (schema['x-kubernetes-list-type'] === 'map') return 'keyed';
    return schema['x-kubernetes-list-type'] === 'set' ? 'set' : 'leaf';
  }
  if (schema.type !== 'object' || schema['x-kubernetes-map-type'] === 'atomic') return 'leaf';
  if (schema.properties) return 'struct';
  return schema.additionalProperties ? 'map' : 'leaf';
}

/** The `k:{…}` element of an item; missing keys get the default that the schema gives them (protocol only). */
export function keyElement(item: Json, keys: readonly string[]): string {
  let out = '';
  for (const key of inOrder(keys)) {
    const given = item?.[key];
    const value = given === undefined && key === 'protocol' ? 'TCP' : given;
    if (value !== undefined) out += `${out === '' ? '' : ','}"${key}":${JSON.stringify(value)}`;
  }
  return `k:{${out}}`;
}

const ordered = new WeakMap<readonly string[], readonly string[]>();

function inOrder(keys: readonly string[]): readonly string[] {
  let sorted = ordered.get(keys);
  if (!sorted) {
    sorted = [...keys].sort();
    ordered.set(keys, sorted);
  }
  return sorted;
}

function childSchema(schema: Schema, key: string): Schema {
  return schema.properties?.[key] ?? schema.additionalProperties ?? {};
}

/** An absent list may stand as `{}` here, see {@link valueWhenNew}. */
function listOf(value: Json): Json[] {
  return Array.isArray(value) ? value : [];
}

function isBlank(value: Json): boolean {
  if (value === undefined || value === null) return true;
  if (typeof value !== 'object') return false;
  for (const _ in value) return false;
  return true;
}

export interface Difference {
  /** Added or modified. */
  changed: FieldSet;
  removed: FieldSet;
}

interface NodeDifference {
  changed?: FieldSet;
  removed?: FieldSet;
}

/** What a write changed, field by field, as structured-merge-diff compares typed values. Shared parts cost nothing. */
export function compare(old: Json, now: Json, schema: Schema, typeName: string, skip: ReadonlySet<string>): Difference {
  const changed: Record<string, FieldSet> = {};
  const removed: Record<string, FieldSet> = {};
  for (const key of keysOf(old, now)) {
    if (skip.has(key)) continue;
    const blank = key === 'metadata' ? {} : valueWhenNew(typeName, key);
    const [before, after] = [old[key] ?? blank, isBlank(old[key]) ? (now[key] ?? blank) : orBlank(now[key], blank)];
    const d = compareNode(before, after, childSchema(schema, key));
    if (d?.changed) changed[`f:${key}`] = d.changed;
    if (d?.removed) removed[`f:${key}`] = d.removed;
  }
  return { changed, removed };
}

function keysOf(a: Json, b: Json): Set<string> {
  return new Set([...Object.keys(a ?? {}), ...Object.keys(b ?? {})]);
}

function compareNode(a: Json, b: Json, ref: Schema): NodeDifference | undefined {
  if (a === b) return undefined;
  const schema = resolve(ref);
  const shape = shapeOf(schema);
  if (shape === 'leaf' || (isBlank(a) && isBlank(b))) {
    if (a === undefined) return { changed: EMPTY };
    if (b === undefined) return { removed: EMPTY };
    return deepEqual(a, b) ? undefined : { changed: EMPTY };
  }
  const changed: Record<string, FieldSet> = {};
  const removed: Record<string, FieldSet> = {};
  const put = (element: string, d: NodeDifference | undefined): void => {
    if (d?.changed) changed[element] = d.changed;
    if (d?.removed) removed[element] = d.removed;
  };
  if (shape === 'set') {
    const before = new Set((a ?? []).map((v: Json) => JSON.stringify(v)));
    const after = new Set((b ?? []).map((v: Json) => JSON.stringify(v)));
    for (const v of after) if (!before.has(v)) changed[`v:${v}`] = EMPTY;
    for (const v of before) if (!after.has(v)) removed[`v:${v}`] = EMPTY;
  } else if (shape === 'keyed') {
    compareItems(a, b, schema, put);
  } else {
    for (const key of keysOf(a, b)) {
      const blank = shape === 'struct' ? valueWhenNew(ref.ref ?? '', key) : undefined;
      const before = a ? orBlank(a[key], blank) : undefined;
      const after = b ? orBlank(b[key], blank) : undefined;
      put(`f:${key}`, compareNode(before, after, childSchema(schema, key)));
    }
  }
  return { changed: makeNode(changed, a === undefined), removed: makeNode(removed, b === undefined) };
}

/** A time that is printed as `null` is a value; what is absent stands for its blank. */
function orBlank(value: Json, blank: Json | undefined): Json {
  return value === undefined || (value === null && blank !== undefined) ? blank : value;
}

function compareItems(a: Json, b: Json, schema: Schema, put: (e: string, d: NodeDifference | undefined) => void): void {
  const keys = schema['x-kubernetes-list-map-keys'] ?? [];
  const before = new Map<string, Json>(listOf(a).map((item: Json) => [keyElement(item, keys), item]));
  const after = new Map<string, Json>(listOf(b).map((item: Json) => [keyElement(item, keys), item]));
  for (const [element, item] of after) put(element, compareNode(before.get(element), item, schema.items ?? {}));
  for (const [element, item] of before)
    if (!after.has(element)) put(element, compareNode(item, undefined, schema.items ?? {}));
}

/** Every leaf and list item that an applied configuration mentions. An empty map is a leaf; a list without items says nothing. */
export function fieldSetOf(value: Json, schema: Schema, skip: ReadonlySet<string>): FieldSet {
  const out: Record<string, FieldSet> = {};
  for (const key of Object.keys(value)) {
    const node = skip.has(key) ? undefined : setNode(value[key], childSchema(schema, key), false);
    if (node) out[`f:${key}`] = node;
  }
  return out;
}

function setNode(value: Json, ref: Schema, member: boolean): FieldSet | undefined {
  const schema = resolve(ref);
  const shape = shapeOf(schema);
  if (shape === 'leaf' || value === null || typeof value !== 'object') return EMPTY;
  if (!Array.isArray(value) && isBlank(value)) return EMPTY;
  const children: Record<string, FieldSet> = {};
  if (shape === 'set') for (const v of value) children[`v:${JSON.stringify(v)}`] = EMPTY;
  else if (shape === 'keyed') {
    const keys = schema['x-kubernetes-list-map-keys'] ?? [];
    for (const v of value) children[keyElement(v, keys)] = setNode(v, schema.items ?? {}, true) ?? EMPTY;
  } else
    for (const key of Object.keys(value)) {
      const node = setNode(value[key], childSchema(schema, key), !schema.properties?.[key]);
      if (node) children[`f:${key}`] = node;
    }
  return makeNode(children, member);
}

/** Merges an applied configuration into the live object (structured-merge-diff's Merge). */
export function mergeTyped(live: Json, config: Json, ref: Schema): Json {
  if (live === undefined || live === null) return config;
  if (config === undefined) return live;
  const schema = resolve(ref);
  const shape = shapeOf(schema);
  if (shape === 'leaf' || config === null) return config;
  if (shape === 'set')
    return mergeLists(
      live,
      config,
      (v) => JSON.stringify(v),
      (_, v) => v,
    );
  if (shape === 'keyed') {
    const keys = schema['x-kubernetes-list-map-keys'] ?? [];
    return mergeLists(
      live,
      config,
      (v) => keyElement(v, keys),
      (a, b) => mergeTyped(a, b, schema.items ?? {}),
    );
  }
  const out: Record<string, Json> = { ...live };
  for (const key of Object.keys(config)) out[key] = mergeTyped(live[key], config[key], childSchema(schema, key));
  return out;
}

/**
 * Live items that the configuration does not name stay before the named ones that follow them; named ones take the configuration's
 * order (structured-merge-diff's mergeListItems).
 */
function mergeLists(live: Json[], config: Json[], id: (v: Json) => string, merge: (a: Json, b: Json) => Json): Json[] {
  const before = new Map(live.map((item) => [id(item), item]));
  const named = new Set(config.map(id));
  const shared = config.map(id).filter((key) => before.has(key));
  const merged = new Set<string>();
  const out: Json[] = [];
  const take = (item: Json): void => {
    const key = id(item);
    merged.add(key);
    out.push(before.has(key) ? merge(before.get(key), item) : item);
    if (shared[0] === key) shared.shift();
  };
  for (let l = 0, c = 0; l < live.length || c < config.length; ) {
    const left = l < live.length ? id(live[l]) : undefined;
    const right = c < config.length ? id(config[c]) : undefined;
    if (left !== undefined && left === right) {
      take(config[c++]);
      l++;
    } else if (
      left !== undefined &&
      right !== undefined &&
      named.has(left) &&
      shared.length > 0 &&
      shared[0] !== left
    ) {
      l++;
    } else if (left !== undefined && !named.has(left)) {
      out.push(live[l++]);
    } else if (left !== undefined && merged.has(left)) {
      l++;
    } else take(config[c++]);
  }
  return out;
}

/**
 * Removes what the manager applied last time and nobody owns any more. A list item or a key of a map goes as a whole unless somebody owns the item
 * itself; a field of a struct stays as long as anything in it is owned.
 */
export function prune(value: Json, last: FieldSet, owned: FieldSet, ref: Schema): Json {
  const schema = resolve(ref);
  const shape = shapeOf(schema);
  if (value === undefined || value === null || shape === 'leaf') return value;
  const gone = (element: string, named: boolean): boolean => {
    const before = last[element];
    const now = owned[element];
    if (before === undefined) return false;
    if (named || now === undefined) return now === undefined;
    return isMember(before) && !isMember(now);
  };
  const deeper = (element: string, item: Json, child: Schema): Json => {
    const before = last[element];
    const now = owned[element];
    return before && now && !isEmptySet(before) ? prune(item, before, now, child) : item;
  };
  if (shape === 'set')
    return orNothing(
      value,
      value.filter((v: Json) => !gone(`v:${JSON.stringify(v)}`, false)),
    );
  if (shape === 'keyed') {
    const keys = schema['x-kubernetes-list-map-keys'] ?? [];
    const kept = value.filter((v: Json) => !gone(keyElement(v, keys), false));
    return orNothing(
      value,
      kept.map((v: Json) => deeper(keyElement(v, keys), v, schema.items ?? {})),
    );
  }
  const out: Record<string, Json> = {};
  for (const key of Object.keys(value)) {
    if (gone(`f:${key}`, schema.properties?.[key] !== undefined)) continue;
    out[key] = deeper(`f:${key}`, value[key], childSchema(schema, key));
  }
  return orNothing(value, out);
}

/** A list or map that lost all that it had is null: its owners still own it, the stored object has it no more. */
function orNothing(before: Json, after: Json): Json {
  return isBlank(after) && !isBlank(before) ? null : after;
}

/** `now` with every part that equals `old`'s replaced by it, so that later comparisons stop early. */
export function shareStructure<T extends Json>(old: Json, now: T): T {
  if (old === now || old === null || now === null || typeof old !== 'object' || typeof now !== 'object') return now;
  const isArray = Array.isArray(now);
  if (isArray !== Array.isArray(old)) return now;
  let same = isArray ? (now as Json[]).length === (old as Json[]).length : true;
  let count = 0;
  for (const key in now) {
    const shared = shareStructure(old[key], now[key]);
    if (shared !== now[key]) (now as Json)[key] = shared;
    if (shared !== old[key]) same = false;
    count++;
  }
  if (!same) return now;
  if (!isArray) for (const _ in old) count--;
  return (isArray || count === 0 ? old : now) as T;
}
