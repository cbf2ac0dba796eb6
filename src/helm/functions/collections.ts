import { bytesOf } from '../../core/bytes.ts';
import {
  deepCopy,
  deepEqual,
  GoBytes,
  GoMap,
  Int64,
  kindOf,
  nilMap,
  sortedKeys,
  truth,
  typedList,
  typeOf,
  type Value,
} from '../template/value.ts';
import { type FunctionTable, fail, fn, text, toNumber } from './table.ts';

const NIL_POINTER = 'runtime error: invalid memory address or nil pointer dereference';

/** The items of a list; `verb` names what cannot be done with anything else. */
function asList(verb: string, value: Value, suffix = ''): Value[] {
  if (Array.isArray(value)) return value;
  if (value instanceof GoBytes) return [...bytesOf(value.text)].map((byte) => new Int64(BigInt(byte), 'uint8'));
  if (value === null || value === undefined) fail(NIL_POINTER);
  return fail(`Cannot ${verb} type ${kindOf(value)}${suffix}`);
}

const nilSlice = (): Value[] => typedList('[]interface {}', [], true);
const plainList = (items: Value[]): Value[] => items;

function dict(args: Value[]): GoMap {
  const map = new GoMap();
  for (let i = 0; i < args.length; i += 2) map.set(text(args[i]), i + 1 < args.length ? args[i + 1] : '');
  return map;
}

/** mergo's merge: with `over` the source wins, otherwise it fills what is empty; the destination is changed in place. */
function merge(target: GoMap, source: GoMap, over: boolean): GoMap {
  for (const [key, value] of source) {
    const own = target.get(key);
    if (own instanceof GoMap && value instanceof GoMap) merge(own, value, over);
    else if (over ? replaces(own, value, target.has(key)) : !target.has(key) || !truth(own)) target.set(key, value);
  }
  return target;
}

/** An empty map does not replace, an empty anything else does. */
function replaces(own: Value, value: Value, there: boolean): boolean {
  return !there || !(value instanceof GoMap && value.size === 0 && own !== null);
}

function mergeAll(target: GoMap | null, sources: Value[], over: boolean): GoMap {
  const into = target ?? nilMap();
  for (const source of sources) if (source instanceof GoMap) merge(into, source, over);
  return into;
}

function dig(args: Value[]): Value {
  if (args.length < 3) fail('dig needs at least three arguments');
  const converted = (value: Value, type: string, fits: boolean): void => {
    if (!fits) fail(`interface conversion: interface {} is ${value == null ? 'nil' : typeOf(value)}, not ${type}`);
  };
  const isMap = (value: Value): value is GoMap =>
    value instanceof GoMap && value.typeName === 'map[string]interface {}';
  const map = args.at(-1);
  converted(map, 'map[string]interface {}', isMap(map));
  const keys = args.slice(0, -2);
  for (const key of keys) converted(key, 'string', typeof key === 'string');
  let value: Value = map;
  for (const key of keys) {
    converted(value, 'map[string]interface {}', isMap(value));
    const inner = value as GoMap;
    if (!inner.has(key as string)) return args.at(-2);
    value = inner.get(key as string);
  }
  return value;
}

function sliceList(list: Value, indexes: Value[]): Value {
  if (list === null || list === undefined) fail(NIL_POINTER);
  const items = Array.isArray(list) ? list : fail(`list should be type of slice or array but ${kindOf(list)}`);
  if (items.length === 0) return null;
  const [low = 0, high = items.length] = indexes.map(toNumber);
  if (low < 0 || high < low || high > items.length) fail('reflect.Value.Slice: slice index out of bounds');
  return typedList(typeOf(items), items.slice(low, high));
}

function unique(list: Value[]): Value[] {
  const out: Value[] = [];
  for (const item of list) if (!out.some((seen) => deepEqual(seen, item))) out.push(item);
  return out;
}

function chunk(size: number, list: Value[]): Value[] {
  if (size < 1) fail('runtime error: makeslice: len out of range');
  const out: Value[] = [];
  for (let i = 0; i < list.length; i += size) out.push(plainList(list.slice(i, i + size)));
  return typedList('[][]interface {}', out);
}

function concat(all: Value[]): Value[] {
  const out = all.flatMap((list) => asList('concat', list, ' as list'));
  return out.length === 0 ? nilSlice() : out;
}

function pick(map: GoMap | null, keys: string[], keep: boolean): GoMap {
  const out = new GoMap();
  for (const [key, value] of map ?? []) if (keys.includes(key) === keep) out.set(key, value);
  return out;
}

/** Emptiness as `default`, `empty` and `coalesce` know it. */
const empty = (value: Value): boolean => !truth(value);

/** Lists. A function and its `must` twin differ only in how Go reports the error, which text/template prints alike. */
const lists: FunctionTable = {
  list: fn('...any', (...args: Value[]) => args),
  tuple: fn('...any', (...args: Value[]) => args),
  first: fn('any', (l: Value) => asList('find first on', l)[0] ?? null),
  last: fn('any', (l: Value) => asList('find last on', l).at(-1) ?? null),
  rest: fn('any', (l: Value) => {
    const items = asList('find rest on', l);
    return items.length === 0 ? nilSlice() : plainList(items.slice(1));
  }),
  initial: fn('any', (l: Value) => {
    const items = asList('find initial on', l);
    return items.length === 0 ? nilSlice() : plainList(items.slice(0, -1));
  }),
  append: fn('any any', (l: Value, item: Value) => [...asList('push on', l), item]),
  push: fn('any any', (l: Value, item: Value) => [...asList('push on', l), item]),
  prepend: fn('any any', (l: Value, item: Value) => [item, ...asList('prepend on', l)]),
  concat: fn('...any', (...all: Value[]) => concat(all)),
  reverse: fn('any', (l: Value) => [...asList('find reverse on', l)].reverse()),
  uniq: fn('any', (l: Value) => unique(asList('find uniq on', l))),
  without: fn('any ...any', (l: Value, ...drop: Value[]) =>
    asList('find without on', l).filter((item) => !drop.some((other) => deepEqual(other, item))),
  ),
  has: fn('any any', (needle: Value, l: Value) =>
    l === null || l === undefined ? false : asList('find has on', l).some((item) => deepEqual(item, needle)),
  ),
  compact: fn('any', (l: Value) => asList('compact on', l).filter(truth)),
  slice: fn('any ...any', (l: Value, ...indexes: Value[]) => sliceList(l, indexes)),
  chunk: fn('int any', (size: bigint, l: Value) => chunk(Number(size), asList('chunk', l))),
};

/** Maps. */
const dicts: FunctionTable = {
  dict: fn('...any', (...args: Value[]) => dict(args)),
  get: fn('map string', (map: GoMap, key: string) => (map?.has(key) ? map.get(key) : '')),
  set: fn('map string any', (map: GoMap | null, key: string, value: Value) => {
    if (!map) fail('assignment to entry in nil map');
    map?.set(key, value);
    return map;
  }),
  unset: fn('map string', (map: GoMap, key: string) => {
    map.delete(key);
    return map;
  }),
  hasKey: fn('map string', (map: GoMap, key: string) => map?.has(key) ?? false),
  // Go's order of keys is random; ours is sorted, one of the allowed orders
  keys: fn('...map', (...maps: (GoMap | null)[]) =>
    typedList(
      '[]string',
      maps.flatMap((map) => (map ? sortedKeys(map) : [])),
    ),
  ),
  values: fn('map', (map: GoMap | null) => (map ? sortedKeys(map).map((key) => map.get(key)) : [])),
  pluck: fn('string ...map', (key: string, ...maps: GoMap[]) =>
    maps.filter((map) => map?.has(key)).map((map) => map.get(key)),
  ),
  pick: fn('map ...string', (map: GoMap | null, ...keys: string[]) => pick(map, keys, true)),
  omit: fn('map ...string', (map: GoMap | null, ...keys: string[]) => pick(map, keys, false)),
  merge: fn('map ...map', (map: GoMap | null, ...sources: Value[]) => mergeAll(map, sources, false)),
  mergeOverwrite: fn('map ...map', (map: GoMap | null, ...sources: Value[]) => mergeAll(map, sources, true)),
  dig: fn('...any', (...args: Value[]) => dig(args)),
  deepCopy: fn('any', (value: Value) =>
    value === null || value === undefined ? fail('reflect: call of reflect.Value.Type on zero Value') : deepCopy(value),
  ),
};

/** Defaults, logic and reflection. */
const logic: FunctionTable = {
  default: fn('any ...any', (fallback: Value, ...given: Value[]) =>
    given.length === 0 || empty(given[0]) ? fallback : given[0],
  ),
  empty: fn('any', empty),
  coalesce: fn('...any', (...args: Value[]) => args.find(truth) ?? null),
  all: fn('...any', (...args: Value[]) => args.every(truth)),
  any: fn('...any', (...args: Value[]) => args.some(truth)),
  ternary: fn('any any bool', (yes: Value, no: Value, test: boolean) => (test ? yes : no)),
  fail: fn('string', (message: string) => fail(message)),
  kindOf: fn('any', kindOf),
  kindIs: fn('string any', (kind: string, value: Value) => kindOf(value) === kind),
  typeOf: fn('any', typeOf),
  typeIs: fn('string any', (type: string, value: Value) => typeOf(value) === type),
  typeIsLike: fn('string any', (type: string, value: Value) => typeOf(value) === type || typeOf(value) === `*${type}`),
  deepEqual: fn('any any', deepEqual),
};

const MUST_TWINS = [
  'append,chunk,compact,first,has,initial,last,prepend,push,rest,reverse,slice,uniq,without',
  'merge,mergeOverwrite,deepCopy',
];

function twins(table: FunctionTable): FunctionTable {
  const out: FunctionTable = {};
  for (const name of MUST_TWINS.join(',').split(',')) {
    const original = table[name];
    if (original) out[`must${name[0]?.toUpperCase()}${name.slice(1)}`] = original;
  }
  return out;
}

const plain: FunctionTable = { ...lists, ...dicts, ...logic };
export const collectionFunctions: FunctionTable = { ...plain, ...twins(plain) };
