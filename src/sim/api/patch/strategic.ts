import type { Json } from '../../../kube/object.ts';
import type { Schema } from '../facts.ts';
import { resolve } from '../facts.ts';
import { deepEqual } from '../managed/typed.ts';

const DIRECTIVE = '$patch';
const RETAIN_KEYS = '$retainKeys';
const DELETE_PRIMITIVES = '$deleteFromPrimitiveList/';
const ELEMENT_ORDER = '$setElementOrder/';

/** A patch that cannot be: the message is upstream's. */
export class StrategicPatchError extends Error {
  override readonly name = 'StrategicPatchError';
}

const isMap = (value: Json): boolean => value !== null && typeof value === 'object' && !Array.isArray(value);

/** Strategic merge patch with the merge keys of the schema; neither argument is changed. */
export function applyStrategicPatch(target: Json, patch: Json, schema: Schema): Json {
  return mergeMap(target ?? {}, patch, schema);
}

function childSchema(schema: Schema, key: string): Schema {
  return schema.properties?.[key] ?? schema.additionalProperties ?? {};
}

function mergeMap(original: Json, patch: Json, ref: Schema): Json {
  const schema = resolve(ref);
  const directive = patch[DIRECTIVE];
  if (directive === 'replace') {
    const { [DIRECTIVE]: _, ...rest } = patch;
    return rest;
  }
  if (directive === 'delete') return {};
  if (directive !== undefined && directive !== 'merge')
    throw new StrategicPatchError(`unknown patch type: ${directive} in map: ${goMap(patch)}`);
  const out: Record<string, Json> = { ...original };
  const retain = patch[RETAIN_KEYS];
  if (Array.isArray(retain)) for (const key of Object.keys(out)) if (!retain.includes(key)) delete out[key];
  const done = new Set<string>([DIRECTIVE, RETAIN_KEYS]);
  for (const key of Object.keys(patch)) {
    if (!key.startsWith(ELEMENT_ORDER)) continue;
    const field = key.slice(ELEMENT_ORDER.length);
    done.add(key).add(field);
    orderedField(out, patch, field, patch[key], childSchema(schema, field));
  }
  for (const key of Object.keys(patch)) {
    if (done.has(key)) continue;
    if (key.startsWith(DELETE_PRIMITIVES)) {
      const field = key.slice(DELETE_PRIMITIVES.length);
      const gone: Json[] = patch[key];
      if (Array.isArray(out[field])) out[field] = out[field].filter((v: Json) => !gone.includes(v));
    } else mergeField(out, key, patch[key], childSchema(schema, key));
  }
  return out;
}

function mergeField(out: Record<string, Json>, key: string, value: Json, ref: Schema): void {
  if (value === null) {
    delete out[key];
    return;
  }
  const current = out[key];
  if (current === undefined) {
    const clean = withoutDirectives(value);
    if (clean !== undefined) out[key] = clean;
    return;
  }
  if (isMap(value) && isMap(current)) {
    // Upstream looks at the strategy of the field too: "replace" maps are rare and none of ours has it.
    out[key] = mergeMap(current, value, ref);
  } else if (Array.isArray(value) && Array.isArray(current)) out[key] = mergeList(current, value, ref);
  else out[key] = withoutDirectives(value);
}

function orderedField(out: Record<string, Json>, patch: Json, field: string, order: Json[], ref: Schema): void {
  const current = out[field];
  const change = patch[field];
  if (change === null) {
    delete out[field];
    return;
  }
  if (current === undefined && change === undefined) return;
  let merged: Json[];
  if (change === undefined) merged = current;
  else if (current === undefined) merged = withoutDirectives(change) ?? [];
  else merged = mergeList(current, change, ref);
  const gone = patch[DELETE_PRIMITIVES + field];
  if (Array.isArray(gone)) merged = merged.filter((v) => !gone.includes(v));
  out[field] = arrange(merged, order, current ?? [], mergeKeyOf(ref));
}

/** Removes directives from parts that are new; a part that asks to be deleted is undefined. */
function withoutDirectives(value: Json): Json {
  if (Array.isArray(value)) return value.map(withoutDirectives).filter((v) => v !== undefined);
  if (!isMap(value)) return value;
  if (value[DIRECTIVE] === 'delete') return undefined;
  const out: Record<string, Json> = {};
  for (const key of Object.keys(value)) {
    if (key === DIRECTIVE || key === RETAIN_KEYS || key.startsWith(ELEMENT_ORDER) || key.startsWith(DELETE_PRIMITIVES))
      continue;
    if (value[key] === null) continue;
    const clean = withoutDirectives(value[key]);
    if (clean !== undefined) out[key] = clean;
  }
  return out;
}

function mergeKeyOf(ref: Schema): string {
  return ref['x-kubernetes-patch-merge-key'] ?? '';
}

function mergeList(original: Json[], patch: Json[], ref: Schema): Json[] {
  const strategies = (ref['x-kubernetes-patch-strategy'] ?? '').split(',');
  if (!strategies.includes('merge')) return patch.some(isMap) ? (withoutDirectives(patch) as Json[]) : patch;
  const key = mergeKeyOf(ref);
  if (key === '') {
    const all: Json[] = [];
    for (const v of [...original, ...patch]) if (!all.includes(v)) all.push(v);
    return arrange(all, patch, original, '');
  }
  const items = patch.filter((v) => isMap(v) && v[DIRECTIVE] !== undefined && v[DIRECTIVE] !== 'merge');
  if (items.some((v) => v[DIRECTIVE] === 'replace')) {
    return patch.filter((v) => v[DIRECTIVE] === undefined).map(withoutDirectives);
  }
  let base = original;
  for (const item of items) {
    if (item[DIRECTIVE] !== 'delete') throw new StrategicPatchError(`unknown patch type found: ${item[DIRECTIVE]}`);
    requireKey(item, key);
    base = base.filter((v) => !deepEqual(v[key], item[key]));
  }
  const merged = [...base];
  const changes = patch.filter((v) => !items.includes(v));
  for (const change of changes) {
    requireKey(change, key);
    const at = merged.findIndex((v) => deepEqual(v[key], change[key]));
    if (at < 0) merged.push(withoutDirectives(change));
    else merged[at] = mergeMap(merged[at], change, ref.items ?? {});
  }
  return arrange(merged, changes, original, key);
}

function requireKey(item: Json, key: string): void {
  if (isMap(item) && item[key] !== undefined) return;
  throw new StrategicPatchError(`map: ${goMap(item)} does not contain declared merge key: ${key}`);
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

/** Items named by `order` in that order, the others woven in where the live list had them. */
function arrange(merged: Json[], order: Json[], live: Json[], key: string): Json[] {
  const id = (v: Json): Json => (key === '' ? v : v?.[key]);
  const position = (list: Json[], v: Json): number => list.findIndex((x) => deepEqual(id(x), id(v)));
  const named = merged.filter((v) => position(order, v) >= 0).sort((a, b) => position(order, a) - position(order, b));
  const others = merged.filter((v) => position(order, v) < 0).sort((a, b) => position(live, a) - position(live, b));
  const out: Json[] = [];
  let i = 0;
  let j = 0;
  while (i < others.length && j < named.length) {
    const left = position(live, others[i]);
    const right = position(live, named[j]);
    if (left >= 0 && right >= 0 && left < right) out.push(others[i++]);
    else out.push(named[j++]);
  }
  return [...out, ...others.slice(i), ...named.slice(j)];
}
