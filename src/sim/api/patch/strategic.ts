import { isMap, type Json } from '../../../kube/object.ts';
import type { Schema } from '../facts.ts';
import { resolve, typeNameOf } from '../facts.ts';
import { deepEqual } from '../managed/typed.ts';
import { inOrder } from './element-order.ts';

const DIRECTIVE = '$patch';
const RETAIN_KEYS = '$retainKeys';
const DELETE_PRIMITIVES = '$deleteFromPrimitiveList/';
const ELEMENT_ORDER = '$setElementOrder/';

/** A patch that cannot be: the message is upstream's. */
export class StrategicPatchError extends Error {
  override readonly name = 'StrategicPatchError';
}

/**
 * Strategic merge patch with the merge keys of the schema; neither argument is changed. The rules, with their rough edges, are those that
 * `kubectl patch --local` shows: what an appended list item says stays as it is, nulls and directives included.
 */
export function applyStrategicPatch(target: Json, patch: Json, schema: Schema): Json {
  return mergeMap(target ?? {}, patch ?? {}, schema);
}

interface Field {
  schema: Schema;
  mergeKey: string;
  strategy: 'merge' | 'replace' | '';
}

function fieldOf(ref: Schema, name: string): Field {
  const schema = resolve(ref);
  const field = schema.properties?.[name] ?? schema.additionalProperties;
  if (!field) {
    const struct = typeNameOf(ref).split('.').pop();
    throw new StrategicPatchError(
      `unable to find api field in struct ${struct} for the json field ${JSON.stringify(name)}`,
    );
  }
  const strategies = (field['x-kubernetes-patch-strategy'] ?? '').split(',');
  const strategy = strategies.includes('merge') ? 'merge' : strategies.includes('replace') ? 'replace' : '';
  return { schema: field, mergeKey: field['x-kubernetes-patch-merge-key'] ?? '', strategy };
}

function mergeMap(original: Json, given: Json, schema: Schema): Json {
  if (DIRECTIVE in given) return replaceMap(given);
  const patch: Record<string, Json> = { ...given };
  const out: Record<string, Json> = { ...original };
  retainKeys(out, patch);
  for (const key of Object.keys(patch)) if (key.startsWith(ELEMENT_ORDER)) mergeOrdered(out, patch, key, schema);
  for (const key of Object.keys(patch)) {
    if (key.startsWith(DELETE_PRIMITIVES))
      deletePrimitives(out, key.slice(DELETE_PRIMITIVES.length), patch[key], schema);
    else mergeField(out, key, patch[key], schema);
  }
  return out;
}

/** A map with a directive of its own is taken as it stands, nulls included. */
function replaceMap(patch: Json): Json {
  const { [DIRECTIVE]: directive, ...rest } = patch;
  if (directive === 'replace') return rest;
  if (directive === 'delete') return {};
  throw new StrategicPatchError(`unknown patch type: ${goString(directive)} in map: ${goMap(patch)}`);
}

function retainKeys(out: Record<string, Json>, patch: Record<string, Json>): void {
  if (!(RETAIN_KEYS in patch)) return;
  const retained = patch[RETAIN_KEYS];
  delete patch[RETAIN_KEYS];
  const named = (key: string) =>
    patch[key] !== null && !key.startsWith(DELETE_PRIMITIVES) && !key.startsWith(ELEMENT_ORDER);
  if (!Array.isArray(retained) || Object.keys(patch).some((key) => named(key) && !retained.includes(key)))
    throw new StrategicPatchError('invalid patch format of retainKeys');
  for (const key of Object.keys(out)) if (!retained.includes(key)) delete out[key];
}

function mergeField(out: Record<string, Json>, key: string, value: Json, schema: Schema): void {
  if (value === null) {
    delete out[key];
    return;
  }
  const current = out[key];
  if (key in out && isMap(value) && isMap(current)) {
    const field = fieldOf(schema, key);
    out[key] = field.strategy === 'replace' ? value : mergeMap(current, value, field.schema);
  } else if (key in out && Array.isArray(value) && Array.isArray(current)) {
    out[key] = mergeList(current, value, fieldOf(schema, key));
  } else {
    const clean = withoutDirectives(withoutNulls(value));
    if (clean !== undefined) out[key] = clean;
    else delete out[key];
  }
}

/** Where the live object has no such list there is nothing to delete from. */
function deletePrimitives(out: Record<string, Json>, key: string, gone: Json, schema: Schema): void {
  if (gone === null) delete out[key];
  if (!Array.isArray(out[key]) || !Array.isArray(gone)) return;
  const current: Json[] = out[key];
  if (current.length === 0 && gone.length === 0) return;
  requireOneType(current, gone);
  const kept = current.filter((value) => !gone.includes(value));
  const { mergeKey } = fieldOf(schema, key);
  out[key] = inOrder(kept, gone, current, mergeKey);
}

/** A list whose order the patch dictates is merged together with that order, and is then done. */
function mergeOrdered(out: Record<string, Json>, patch: Record<string, Json>, directive: string, schema: Schema): void {
  const name = directive.slice(ELEMENT_ORDER.length);
  const order = list(patch[directive]);
  delete patch[directive];
  const current = name in out ? list(out[name]) : undefined;
  const change = name in patch ? list(patch[name]) : undefined;
  const field = fieldOf(schema, name);
  requireFittingOrder(change ?? [], order, field.mergeKey);
  if (!current && !change) return;
  let merged = current ?? [];
  if (change) merged = current ? mergeList(current, change, field) : change.filter((item) => !hasDirective(item));
  if (requireOneType(current ?? [], change ?? []).length === 0)
    throw new StrategicPatchError('no elements in any of the given slices');
  requireKeys([...order, ...merged], field.mergeKey);
  out[name] = inOrder(merged, order, current ?? [], field.mergeKey);
  delete patch[name];
}

function list(value: Json): Json[] {
  if (Array.isArray(value)) return value;
  throw new StrategicPatchError(`expected a []interface {}, but received a ${goType(value)}`);
}

/** The patch's items must appear in the order list, in the same order. */
function requireFittingOrder(change: Json[], order: Json[], mergeKey: string): void {
  if (change.length === 0 || order.length === 0) return;
  const items = mergeKey === '' ? change : change.filter((item) => takesPlace(item, mergeKey));
  const id = (item: Json): Json => (mergeKey === '' ? item : keyOf(item, mergeKey));
  let at = 0;
  for (const wanted of order) if (at < items.length && deepEqual(id(items[at]), id(wanted))) at++;
  if (at === items.length) return;
  throw new StrategicPatchError(
    `The order in patch list:\n${goMap(change)}\n doesn't match $setElementOrder list:\n${goMap(order)}\n`,
  );
}

/** A deletion has no place in an order, nor has a directive without a key. */
function takesPlace(item: Json, mergeKey: string): boolean {
  return !hasDirective(item) || (item[DIRECTIVE] !== 'delete' && mergeKey in item);
}

function mergeList(original: Json[], patch: Json[], field: Field): Json[] {
  if (field.strategy !== 'merge') return patch;
  if (original.length === 0 && patch.length === 0) return original;
  const [first] = requireOneType(original, patch);
  if (!isMap(first)) {
    const all = [...new Set([...original, ...patch])];
    return inOrder(all, patch, original, '');
  }
  const key = field.mergeKey;
  if (key === '') throw new StrategicPatchError('cannot merge lists without merge key');
  const { base, changes } = applyItemDirectives(original, patch, key);
  const merged = [...base];
  for (const change of changes) {
    const value = keyOf(change, key);
    const at = merged.findIndex((item) => deepEqual(item?.[key], value));
    if (at < 0) merged.push(change);
    else merged[at] = mergeMap(merged[at], change, field.schema.items ?? resolve(field.schema).items ?? {});
  }
  requireKeys(merged, key);
  return inOrder(merged, changes, base, key);
}

/** Deletions are done at once; with a replacement among the items nothing of the live list stays. */
function applyItemDirectives(original: Json[], patch: Json[], key: string): { base: Json[]; changes: Json[] } {
  let base = original;
  let replace = false;
  for (const item of patch.filter(hasDirective)) {
    const directive = item[DIRECTIVE];
    if (directive === 'replace') replace = true;
    else if (directive === 'merge') throw new StrategicPatchError('merging lists cannot yet be specified in the patch');
    else if (directive !== 'delete')
      throw new StrategicPatchError(`unknown patch type: ${goString(directive)} in map: ${goMap(item)}`);
    else {
      const gone = keyOf(item, key);
      requireKeys(base, key);
      base = base.filter((one) => !deepEqual(one[key], gone));
    }
  }
  const rest = patch.filter((item) => !hasDirective(item));
  return replace ? { base: rest, changes: [] } : { base, changes: rest };
}

function keyOf(item: Json, key: string): Json {
  if (isMap(item) && key in item) return item[key];
  throw new StrategicPatchError(`map: ${goMap(item)} does not contain declared merge key: ${key}`);
}

function requireKeys(items: Json[], key: string): void {
  if (key !== '') for (const item of items) keyOf(item, key);
}

/** Elements of both lists; lists and mixtures are refused. */
function requireOneType(original: Json[], patch: Json[]): Json[] {
  const all = [...original, ...patch];
  if (all.some(Array.isArray) && all.every(Array.isArray))
    throw new StrategicPatchError('lists of lists are not supported');
  if (all.some((value) => goType(value) !== goType(all[0])))
    throw new StrategicPatchError(`list element types are not identical: ${goMap([original, patch])}`);
  return all;
}

const hasDirective = (value: Json): boolean => isMap(value) && DIRECTIVE in value;

function withoutNulls(value: Json): Json {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (!isMap(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, part]) => part !== null)
      .map(([key, part]) => [key, withoutNulls(part as Json)]),
  );
}

/** Parts that are new and carry a directive vanish, whatever it says. */
function withoutDirectives(value: Json): Json {
  if (hasDirective(value)) return undefined;
  if (Array.isArray(value)) return value.map(withoutDirectives).filter((part) => part !== undefined);
  if (!isMap(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .map(([key, part]) => [key, withoutDirectives(part as Json)])
      .filter(([, part]) => part !== undefined),
  );
}

/** Go's %T of decoded JSON, as far as messages need it. */
function goType(value: Json): string {
  if (value === null || value === undefined) return '%!s(<nil>)';
  if (Array.isArray(value)) return '[]interface {}';
  if (typeof value === 'object') return 'map[string]interface {}';
  if (typeof value === 'number') return Number.isInteger(value) ? 'int64' : 'float64';
  return typeof value === 'boolean' ? 'bool' : 'string';
}

function goString(value: Json): string {
  if (typeof value === 'string') return value;
  return `%!s(${value === null ? '<nil>' : `${goType(value)}=${goMap(value)}`})`;
}

/** Go's %v of decoded JSON. */
export function goMap(value: Json): string {
  if (Array.isArray(value)) return `[${value.map(goMap).join(' ')}]`;
  if (isMap(value)) {
    return `map[${Object.keys(value)
      .sort()
      .map((k) => `${k}:${goMap(value[k])}`)
      .join(' ')}]`;
  }
  return value === null || value === undefined ? '<nil>' : String(value);
}
