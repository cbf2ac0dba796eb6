import type { Document } from './wire.ts';

/** Matching, projecting, sorting and updating of documents, as far as people use it in a shell. */

/** The values at a dotted path; arrays on the way fan out. */
function valuesAt(value: unknown, path: readonly string[]): unknown[] {
  if (path.length === 0) return [value];
  const [head = '', ...rest] = path;
  if (Array.isArray(value)) {
    const inner = value.flatMap((v) => (v !== null && typeof v === 'object' ? valuesAt(v, path) : []));
    return /^\d+$/.test(head) && Number(head) < value.length
      ? [...valuesAt(value[Number(head)], rest), ...inner]
      : inner;
  }
  if (value === null || typeof value !== 'object' || !(head in value)) return [];
  return valuesAt((value as Document)[head], rest);
}

export function getPath(doc: unknown, path: string): unknown {
  return valuesAt(doc, path.split('.'))[0];
}

export function equal(a: unknown, b: unknown): boolean {
  if (a === b || (a ?? null) === (b ?? null)) return true;
  if (typeof a !== 'object' || typeof b !== 'object') return Object.is(a, b);
  return JSON.stringify(a) === JSON.stringify(b);
}

const RANKS = ['undefined', 'number', 'string', 'object', 'boolean'];

/** MongoDB's order: null, numbers, strings, objects, booleans. */
export function compare(a: unknown, b: unknown): number {
  const rank = (v: unknown): number => (v === null || v === undefined ? 0 : RANKS.indexOf(typeof v));
  if (rank(a) !== rank(b)) return rank(a) - rank(b);
  if (typeof a === 'number') return a - (b as number);
  const [x, y] = typeof a === 'string' ? [a, b as string] : [JSON.stringify(a) ?? '', JSON.stringify(b) ?? ''];
  return x < y ? -1 : x > y ? 1 : 0;
}

/** An error in a query document. */
export class QueryError extends Error {
  override readonly name = 'QueryError';
}

export function matches(doc: Document, filter: Document): boolean {
  return matcher(filter)(doc);
}

/** The filter as a test of many documents. */
export function matcher(filter: Document): (doc: Document) => boolean {
  const conditions = Object.entries(filter);
  return (doc) => satisfies(doc, conditions);
}

function satisfies(doc: Document, conditions: readonly (readonly [string, unknown])[]): boolean {
  return conditions.every(([key, condition]) => {
    // Most conditions name the value of a field.
    const value = typeof condition === 'string' ? doc[key] : undefined;
    if (typeof value === 'string') return value === condition;
    const list = condition as Document[];
    if (key === '$and') return list.every((f) => matches(doc, f));
    if (key === '$or') return list.some((f) => matches(doc, f));
    if (key === '$nor') return !list.some((f) => matches(doc, f));
    if (key === '$comment') return true;
    if (key.startsWith('$')) throw new QueryError(`unknown top level operator: ${key}`);
    return matchesField(valuesAt(doc, key.split('.')), condition);
  });
}

function isOperators(condition: unknown): condition is Document {
  if (condition === null || typeof condition !== 'object' || Array.isArray(condition)) return false;
  const keys = Object.keys(condition);
  return keys.length > 0 && keys.every((k) => k.startsWith('$') && k !== '$oid' && k !== '$date' && k !== '$binary');
}

function matchesField(values: readonly unknown[], condition: unknown): boolean {
  if (!isOperators(condition)) return anyEqual(values, condition);
  return Object.entries(condition).every(([op, wanted]) => operator(op, values, wanted, condition));
}

function anyEqual(values: readonly unknown[], wanted: unknown): boolean {
  if (values.length === 0) return wanted === null || wanted === undefined;
  return values.some((v) => equal(v, wanted) || (Array.isArray(v) && v.some((item) => equal(item, wanted))));
}

function operator(op: string, values: readonly unknown[], wanted: unknown, all: Document): boolean {
  const flat = values.flatMap((v) => (Array.isArray(v) ? [v, ...v] : [v]));
  const ordered = (test: (c: number) => boolean): boolean =>
    flat.some((v) => typeof v === typeof wanted && test(compare(v, wanted)));
  switch (op) {
    case '$eq':
      return anyEqual(values, wanted);
    case '$ne':
      return !anyEqual(values, wanted);
    case '$gt':
      return ordered((c) => c > 0);
    case '$gte':
      return ordered((c) => c >= 0);
    case '$lt':
      return ordered((c) => c < 0);
    case '$lte':
      return ordered((c) => c <= 0);
    case '$in':
      return (wanted as unknown[]).some((w) => anyEqual(values, w));
    case '$nin':
      return !(wanted as unknown[]).some((w) => anyEqual(values, w));
    case '$exists':
      return values.length > 0 === Boolean(wanted);
    case '$regex':
      return flat.some(
        (v) => typeof v === 'string' && new RegExp(String(wanted), String(all['$options'] ?? '')).test(v),
      );
    case '$options':
      return true;
    case '$not':
      return !matchesField(values, wanted);
    case '$size':
      return values.some((v) => Array.isArray(v) && v.length === wanted);
    case '$all':
      return (wanted as unknown[]).every((w) => anyEqual(values, w));
    case '$elemMatch':
      return values.some((v) => Array.isArray(v) && v.some((item) => matches(item as Document, wanted as Document)));
    default:
      throw new QueryError(`unknown operator: ${op}`);
  }
}

export function sortDocuments(docs: Document[], spec: Document | undefined): Document[] {
  if (!spec) return docs;
  const keys = Object.entries(spec);
  return [...docs].sort((a, b) => {
    for (const [path, direction] of keys) {
      const order = compare(getPath(a, path), getPath(b, path));
      if (order !== 0) return order * Number(direction);
    }
    return 0;
  });
}

export function project(doc: Document, spec: Document | undefined): Document {
  if (!spec || Object.keys(spec).length === 0) return doc;
  const fields = Object.entries(spec).filter(([key]) => key !== '_id');
  const withId = spec['_id'] === undefined || Boolean(spec['_id']);
  if (fields.some(([, on]) => Boolean(on))) {
    const out: Document = withId && '_id' in doc ? { _id: doc['_id'] } : {};
    for (const [path] of fields) {
      const value = getPath(doc, path);
      if (value !== undefined) setPath(out, path, value);
    }
    return out;
  }
  const out = structuredClone(doc);
  if (!withId) delete out['_id'];
  for (const [path] of fields) unsetPath(out, path);
  return out;
}

export function setPath(doc: Document, path: string, value: unknown): void {
  const keys = path.split('.');
  const last = keys.pop() as string;
  let at = doc;
  for (const key of keys) {
    if (at[key] === null || typeof at[key] !== 'object') at[key] = {};
    at = at[key] as Document;
  }
  at[last] = value;
}

function unsetPath(doc: Document, path: string): void {
  const keys = path.split('.');
  const last = keys.pop() as string;
  let at: unknown = doc;
  for (const key of keys) at = (at as Document | undefined)?.[key];
  if (at !== null && typeof at === 'object') delete (at as Document)[last];
}

/** The document after the update; `inserting` applies $setOnInsert too. */
export function applyUpdate(doc: Document, update: Document, inserting = false): Document {
  if (!Object.keys(update).some((k) => k.startsWith('$'))) {
    return '_id' in doc ? { _id: doc['_id'], ...update } : { ...update };
  }
  const out = structuredClone(doc);
  for (const [op, fields] of Object.entries(update)) {
    if (op === '$setOnInsert' && !inserting) continue;
    for (const [path, value] of Object.entries(fields as Document)) updateField(out, op, path, value);
  }
  return out;
}

function updateField(out: Document, op: string, path: string, value: unknown): unknown {
  const old = getPath(out, path);
  const list = Array.isArray(old) ? old : [];
  switch (op) {
    case '$set':
    case '$setOnInsert':
      return setPath(out, path, value);
    case '$unset':
      return unsetPath(out, path);
    case '$inc':
      return setPath(out, path, Number(old ?? 0) + Number(value));
    case '$mul':
      return setPath(out, path, Number(old ?? 0) * Number(value));
    case '$min':
      return old === undefined || compare(value, old) < 0 ? setPath(out, path, value) : undefined;
    case '$max':
      return old === undefined || compare(value, old) > 0 ? setPath(out, path, value) : undefined;
    case '$push':
      return setPath(out, path, [...list, ...(((value as Document | null)?.['$each'] as unknown[]) ?? [value])]);
    case '$addToSet':
      return list.some((v) => equal(v, value)) ? undefined : setPath(out, path, [...list, value]);
    case '$pull':
      return setPath(
        out,
        path,
        list.filter((v) => !equal(v, value)),
      );
    case '$rename':
      unsetPath(out, path);
      return setPath(out, String(value), old);
    default:
      throw new QueryError(
        `Unknown modifier: ${op}. Expected a valid update modifier or pipeline-style update specified as an array`,
      );
  }
}

/** $match, $project, $sort, $skip, $limit, $count, $group, $unwind. */
export function aggregate(docs: Document[], pipeline: readonly Document[]): Document[] {
  let out = docs;
  for (const stage of pipeline) {
    const [op = '', spec] = Object.entries(stage)[0] ?? [];
    if (op === '$match') out = out.filter((d) => matches(d, spec as Document));
    else if (op === '$project') out = out.map((d) => project(d, spec as Document));
    else if (op === '$sort') out = sortDocuments(out, spec as Document);
    else if (op === '$skip') out = out.slice(Number(spec));
    else if (op === '$limit') out = out.slice(0, Number(spec));
    else if (op === '$count') out = out.length === 0 ? [] : [{ [String(spec)]: out.length }];
    else if (op === '$group') out = group(out, spec as Document);
    else if (op === '$unwind') out = unwind(out, typeof spec === 'string' ? spec : String((spec as Document)['path']));
    else throw new QueryError(`Unrecognized pipeline stage name: '${op}'`);
  }
  return out;
}

function unwind(docs: Document[], path: string): Document[] {
  return docs.flatMap((d) => {
    const value = getPath(d, path.slice(1));
    if (!Array.isArray(value)) return value === undefined ? [] : [d];
    return value.map((item) => {
      const copy = structuredClone(d);
      setPath(copy, path.slice(1), item);
      return copy;
    });
  });
}

function evaluate(doc: Document, expression: unknown): unknown {
  if (typeof expression === 'string' && expression.startsWith('$')) return getPath(doc, expression.slice(1));
  if (expression !== null && typeof expression === 'object' && !Array.isArray(expression)) {
    return Object.fromEntries(Object.entries(expression).map(([k, v]) => [k, evaluate(doc, v)]));
  }
  return expression;
}

function group(docs: Document[], spec: Document): Document[] {
  const groups = new Map<string, { id: unknown; docs: Document[] }>();
  for (const doc of docs) {
    const id = evaluate(doc, spec['_id']) ?? null;
    const key = JSON.stringify(id);
    const entry = groups.get(key) ?? { id, docs: [] };
    entry.docs.push(doc);
    groups.set(key, entry);
  }
  const fields = Object.entries(spec).filter(([k]) => k !== '_id');
  return [...groups.values()].map(({ id, docs: members }) => {
    const out: Document = { _id: id };
    for (const [name, accumulator] of fields) out[name] = accumulate(members, accumulator as Document);
    return out;
  });
}

function accumulate(docs: Document[], accumulator: Document): unknown {
  const [op = '', expression] = Object.entries(accumulator)[0] ?? [];
  const values = docs.map((d) => evaluate(d, expression));
  const numbers = values.filter((v): v is number => typeof v === 'number');
  const sum = numbers.reduce((a, b) => a + b, 0);
  switch (op) {
    case '$sum':
      return sum;
    case '$avg':
      return numbers.length === 0 ? null : sum / numbers.length;
    case '$min':
      return [...values].sort(compare)[0];
    case '$max':
      return [...values].sort(compare).at(-1);
    case '$first':
      return values[0];
    case '$last':
      return values.at(-1);
    case '$push':
      return values;
    case '$addToSet':
      return values.filter((v, i) => values.findIndex((w) => equal(v, w)) === i);
    default:
      throw new QueryError(`unknown group operator '${op}'`);
  }
}
