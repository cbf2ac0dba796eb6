import { resolve, type Schema, typeNameOf } from '../api-schema.ts';
import { clone, deepEqual, isMap, type Json } from '../object.ts';
import {
  asList,
  BAD_ORDER,
  DELETE_PRIMITIVES,
  DIRECTIVE,
  ELEMENT_ORDER,
  fieldOfDirective,
  hasDirective,
  keyOf,
  RETAIN_KEYS,
  withoutDirectives,
} from './directives.ts';
import { inOrder, requireFittingOrder } from './element-order.ts';
import { PatchError } from './error.ts';
import { goString, goType, goValue } from './go-text.ts';
import { withoutNulls } from './merge.ts';

/** How a field of a type is merged. */
export interface Field {
  schema: Schema;
  /** Of a list: the schema of its items. */
  items: Schema;
  mergeKey: string;
  strategy: 'merge' | 'replace' | '';
  retainKeys: boolean;
}

/** Finds how a field is merged; kubectl's server side asks Go's types, its apply the OpenAPI document. */
export type Lookup = (schema: Schema, name: string, isList: boolean) => Field;

/**
 * Strategic merge patch with the merge keys of the schema; neither argument is changed. The rules, with their rough edges, are those that
 * `kubectl patch --local` shows: what an appended list item says stays as it is, nulls and directives included. Throws PatchError.
 */
export function applyStrategicPatch(target: Json, patch: Json, schema: Schema): Json {
  return spendStrategicPatch(target, clone(patch), schema);
}

/** The same, but the patch is taken apart: what is left of it is what upstream shows when the result is refused. */
export function spendStrategicPatch(target: Json, patch: Json, schema: Schema): Json {
  return new Merge(lookupByType, false).map(target ?? {}, patch ?? {}, schema);
}

/** Lays one strategic patch over another: nulls and directives stay for whoever applies the result. */
export function joinStrategicPatches(first: Json, second: Json, schema: Schema, lookup: Lookup): Json {
  return new Merge(lookup, true).map(first, clone(second), schema);
}

/** The lookup in the types of Kubernetes' API. */
export function lookupByType(ref: Schema, name: string, isList: boolean): Field {
  const schema = resolve(ref);
  const field = schema.properties?.[name];
  if (field) {
    if (isList && resolve(field).type !== 'array')
      throw new PatchError('expected slice or array type, but got: struct');
    return fieldFrom(field);
  }
  if (schema.properties || ref.ref !== undefined) {
    const struct = typeNameOf(ref).split('.').pop();
    throw new PatchError(`unable to find api field in struct ${struct} for the json field ${JSON.stringify(name)}`);
  }
  throw new PatchError(`merging an object in json but data type is not struct, instead is: ${goKind(schema)}`);
}

/** What a property's schema says of its merging. */
export function fieldFrom(property: Schema): Field {
  const strategies = (property['x-kubernetes-patch-strategy'] ?? '').split(',');
  return {
    schema: property,
    items: property.items ?? resolve(property).items ?? {},
    mergeKey: property['x-kubernetes-patch-merge-key'] ?? '',
    strategy: strategies.includes('merge') ? 'merge' : strategies.includes('replace') ? 'replace' : '',
    retainKeys: strategies.includes('retainKeys'),
  };
}

/** Kind of the Go type behind a schema that is no struct. */
function goKind(schema: Schema): string {
  if (schema.additionalProperties || schema.type === 'object') return 'map';
  if (schema.type === 'array' || schema.format === 'byte') return 'slice';
  if (schema.type === 'integer') return schema.format ?? 'int';
  return schema.type === 'boolean' ? 'bool' : 'string';
}

/** Elements of both lists; lists and mixtures are refused. Go's type of the elements. */
export function typeOfItems(original: Json[], patch: Json[]): string {
  const all = [...original, ...patch];
  if (all.length === 0) throw new PatchError('no elements in any of the given slices');
  const kind = goType(all[0]);
  if (Array.isArray(all[0])) throw new PatchError('lists of lists are not supported', 'content');
  if (all.some((value) => goType(value) !== kind))
    throw new PatchError(`list element types are not identical: ${goValue([original, patch])}`);
  return kind;
}

class Merge {
  /** `joins`: the target is a patch itself. */
  constructor(
    readonly lookup: Lookup,
    readonly joins: boolean,
  ) {}

  /** Spends the patch. */
  map(target: Record<string, Json>, patch: Record<string, Json>, schema: Schema): Json {
    if (hasDirective(patch)) return taken(patch);
    const out = { ...target };
    this.#retainKeys(out, patch);
    for (const key of Object.keys(patch)) if (key.startsWith(ELEMENT_ORDER)) this.#ordered(out, patch, key, schema);
    for (const key of Object.keys(patch)) this.#field(out, patch, key, schema);
    return out;
  }

  #retainKeys(out: Record<string, Json>, patch: Record<string, Json>): void {
    if (!Object.hasOwn(patch, RETAIN_KEYS)) return;
    const retained = patch[RETAIN_KEYS];
    delete patch[RETAIN_KEYS];
    if (this.joins) {
      out[RETAIN_KEYS] ??= retained;
      if (!deepEqual(out[RETAIN_KEYS], retained))
        throw new PatchError(
          `${goValue(out[RETAIN_KEYS])} and ${goValue(retained)} are not deep equal: this may happen when calculating the 3-way diff patch`,
        );
      return;
    }
    const isNamed = (key: string): boolean =>
      patch[key] !== null && !key.startsWith(DELETE_PRIMITIVES) && !key.startsWith(ELEMENT_ORDER);
    if (!Array.isArray(retained) || Object.keys(patch).some((key) => isNamed(key) && !retained.includes(key)))
      throw new PatchError('invalid patch format of retainKeys', 'format');
    for (const key of Object.keys(out)) if (!retained.includes(key)) delete out[key];
  }

  /** A list whose order the patch dictates is merged together with that order, and is then done. */
  #ordered(out: Record<string, Json>, patch: Record<string, Json>, directive: string, schema: Schema): void {
    const given = patch[directive];
    delete patch[directive];
    if (this.joins) {
      if (Object.hasOwn(out, directive) && !deepEqual(out[directive], given)) throw new PatchError(BAD_ORDER, 'format');
      out[directive] = given;
    }
    const order = asList(given);
    const name = fieldOfDirective(directive, ELEMENT_ORDER);
    const current = Object.hasOwn(out, name) ? asList(out[name]) : undefined;
    const change = Object.hasOwn(patch, name) ? asList(patch[name]) : undefined;
    const field = this.lookup(schema, name, true);
    requireFittingOrder(change ?? [], order, field.mergeKey);
    if (!current && !change) return;
    let merged = current ?? [];
    let live = merged;
    if (current && change) ({ merged, live } = this.#list(current, change, field));
    else if (change) merged = withoutDirectives(change);
    // who is told apart by a key must be a map with it, before anything is known of the rest
    if (field.mergeKey !== '') for (const item of merged) keyOf(item, field.mergeKey);
    const kind = typeOfItems(current ?? [], change ?? []);
    out[name] = inOrder(merged, order, live, field.mergeKey, kind);
    delete patch[name];
  }

  #field(out: Record<string, Json>, patch: Record<string, Json>, given: string, schema: Schema): void {
    const value = patch[given];
    const deletes = given.startsWith(DELETE_PRIMITIVES);
    if (deletes && this.joins) {
      out[given] = value;
      return;
    }
    const key = (deletes && fieldOfDirective(given, DELETE_PRIMITIVES)) || given;
    if (value === null) {
      delete out[key];
      if (!this.joins) return;
    }
    const current = out[key];
    if (!Object.hasOwn(out, key) || goType(current) !== goType(value)) {
      // where the live object has no such list there is nothing to delete from
      if (deletes) return;
      if (!this.joins) patch[key] = withoutNulls(value);
      put(out, key, withoutDirectives(patch[key]));
    } else if (isMap(value)) {
      const field = this.lookup(schema, key, false);
      out[key] = field.strategy === 'replace' ? value : this.map(current, value, field.schema);
    } else if (Array.isArray(value)) {
      out[key] = this.#list(current, value, this.lookup(schema, key, true), deletes).merged;
    } else out[key] = value;
  }

  /** `deletes`: the items of the patch go away. `live` is the original list as an order sees it afterwards. */
  #list(original: Json[], patch: Json[], field: Field, deletes = false): { merged: Json[]; live: Json[] } {
    const live = original;
    if (field.strategy !== 'merge' && !deletes) return { merged: patch, live };
    if (original.length === 0 && patch.length === 0) return { merged: original, live };
    const kind = typeOfItems(original, patch);
    const key = field.mergeKey;
    if (kind !== 'map[string]interface {}') {
      // deletion looks at no order
      if (deletes) return { merged: original.filter((value) => !patch.includes(value)), live };
      return { merged: inOrder([...new Set([...original, ...patch])], patch, original, key, kind), live };
    }
    if (key === '') throw new PatchError(`cannot merge lists without merge key for ${itemKind(field)}`);
    const { base, changes, places } = applyItemDirectives(original, patch, key);
    const merged = [...base];
    for (const change of changes) {
      const value = keyOf(change, key);
      const at = merged.findIndex((item) => Object.hasOwn(item, key) && deepEqual(item[key], value));
      if (at < 0) merged.push(change);
      else merged[at] = this.map(merged[at], change, field.items);
    }
    // upstream's lists share their memory: what is appended stands where deleted items stood, as if it had been live
    const appended = merged.slice(base.length, places.length);
    return {
      merged: inOrder(merged, changes, base, key, kind),
      live: changes.length > 0 ? [...base, ...appended, ...places.slice(base.length + appended.length)] : places,
    };
  }
}

function itemKind({ items }: Field): string {
  return items.ref === undefined ? goKind(items) : 'struct';
}

/** A map with a directive of its own is taken as it stands, nulls included. */
function taken(patch: Json): Json {
  const directive = patch[DIRECTIVE];
  if (directive === 'replace') {
    delete patch[DIRECTIVE];
    return { ...patch };
  }
  if (directive === 'delete') return {};
  throw new PatchError(`unknown patch type: ${goString(directive)} in map: ${goValue(patch)}`);
}

/**
 * Deletions are done at once; with a replacement among the items nothing of the live list stays. `places` is the memory of the live list, in
 * which the items move up and leave their old places as they were.
 */
function applyItemDirectives(
  original: Json[],
  patch: Json[],
  key: string,
): { base: Json[]; changes: Json[]; places: Json[] } {
  let base = original;
  let places = original;
  let replaces = false;
  for (const item of patch.filter(hasDirective)) {
    const directive = item[DIRECTIVE];
    if (directive === 'replace') replaces = true;
    else if (directive === 'merge') throw new PatchError('merging lists cannot yet be specified in the patch');
    else if (directive !== 'delete')
      throw new PatchError(`unknown patch type: ${goString(directive)} in map: ${goValue(item)}`);
    else {
      const gone = keyOf(item, key);
      base = base.filter((one) => !Object.hasOwn(one, key) || !deepEqual(one[key], gone));
      places = [...base, ...places.slice(base.length)];
    }
  }
  const rest = patch.filter((item) => !hasDirective(item));
  return replaces ? { base: rest, changes: [], places } : { base, changes: rest, places };
}

function put(out: Record<string, Json>, key: string, value: Json): void {
  if (value === undefined) delete out[key];
  else out[key] = value;
}
