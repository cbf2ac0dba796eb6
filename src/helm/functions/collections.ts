import { deepCopy, deepEqual, GoMap, kindOf, sortedKeys, truth, typeOf, type Value } from '../template/value.ts';
import { type FunctionTable, fail, fn, text, toNumber } from './table.ts';

function asList(name: string, value: Value): Value[] {
  return Array.isArray(value)
    ? value
    : fail(`Cannot ${name} on type ${typeOf(value) === '<nil>' ? 'invalid' : typeOf(value)}`);
}

function dict(args: Value[]): GoMap {
  const map = new GoMap();
  for (let i = 0; i < args.length; i += 2) map.set(text(args[i]), i + 1 < args.length ? args[i + 1] : '');
  return map;
}

/** mergo's merge: `over` says whether the source wins; the destination is changed in place. */
function merge(target: GoMap, source: GoMap, over: boolean): GoMap {
  for (const [key, value] of source) {
    const own = target.get(key);
    if (own instanceof GoMap && value instanceof GoMap) merge(own, value, over);
    else if (over ? truth(value) || !target.has(key) : !target.has(key) || !truth(own)) target.set(key, value);
  }
  return target;
}

function mergeAll(target: GoMap, sources: Value[], over: boolean): GoMap {
  for (const source of sources) if (source instanceof GoMap) merge(target, source, over);
  return target;
}

function dig(args: Value[]): Value {
  if (args.length < 3) fail('dig needs at least three arguments');
  const map = args.at(-1);
  const fallback = args.at(-2);
  let value: Value = map;
  for (const key of args.slice(0, -2)) {
    if (!(value instanceof GoMap) || !value.has(text(key))) return fallback;
    value = value.get(text(key));
  }
  return value;
}

function sliceList(list: Value, indexes: Value[]): Value {
  const items = Array.isArray(list) ? list : fail(`list should be type of slice or array but ${typeOf(list)}`);
  const [low, high] = indexes.map(toNumber);
  return items.slice(low ?? 0, high ?? items.length);
}

function unique(list: Value[]): Value[] {
  const out: Value[] = [];
  for (const item of list) if (!out.some((seen) => deepEqual(seen, item))) out.push(item);
  return out;
}

function chunk(size: number, list: Value[]): Value[] {
  if (size < 1) fail('chunk size must be positive');
  const out: Value[] = [];
  for (let i = 0; i < list.length; i += size) out.push(list.slice(i, i + size));
  return out;
}

function pick(map: GoMap, keys: string[], keep: boolean): GoMap {
  const out = new GoMap();
  for (const [key, value] of map) if (keys.includes(key) === keep) out.set(key, value);
  return out;
}

/** Emptiness as `default`, `empty` and `coalesce` know it. */
const empty = (value: Value): boolean => !truth(value);

/** Lists. A function and its `must` twin differ only in how Go reports the error, which text/template prints alike. */
const lists: FunctionTable = {
  list: fn('...any', (...args: Value[]) => args),
  tuple: fn('...any', (...args: Value[]) => args),
  first: fn('any', (l: Value) => asList('find first', l)[0] ?? null),
  last: fn('any', (l: Value) => asList('find last', l).at(-1) ?? null),
  rest: fn('any', (l: Value) => asList('find rest', l).slice(1)),
  initial: fn('any', (l: Value) => asList('find initial', l).slice(0, -1)),
  append: fn('any any', (l: Value, item: Value) => [...asList('push', l), item]),
  push: fn('any any', (l: Value, item: Value) => [...asList('push', l), item]),
  prepend: fn('any any', (l: Value, item: Value) => [item, ...asList('prepend', l)]),
  concat: fn('...any', (...all: Value[]) => all.flatMap((l) => asList('concat', l))),
  reverse: fn('any', (l: Value) => [...asList('find reverse', l)].reverse()),
  uniq: fn('any', (l: Value) => unique(asList('find uniq', l))),
  without: fn('any ...any', (l: Value, ...drop: Value[]) =>
    asList('find without', l).filter((item) => !drop.some((other) => deepEqual(other, item))),
  ),
  has: fn('any any', (needle: Value, l: Value) =>
    l === null || l === undefined ? false : asList('find has', l).some((item) => deepEqual(item, needle)),
  ),
  compact: fn('any', (l: Value) => asList('compact', l).filter(truth)),
  slice: fn('any ...any', (l: Value, ...indexes: Value[]) => sliceList(l, indexes)),
  chunk: fn('int any', (size: bigint, l: Value) => chunk(Number(size), asList('chunk', l))),
};

/** Maps. */
const dicts: FunctionTable = {
  dict: fn('...any', (...args: Value[]) => dict(args)),
  get: fn('map string', (map: GoMap, key: string) => map?.get(key) ?? ''),
  set: fn('map string any', (map: GoMap, key: string, value: Value) => {
    map.set(key, value);
    return map;
  }),
  unset: fn('map string', (map: GoMap, key: string) => {
    map.delete(key);
    return map;
  }),
  hasKey: fn('map string', (map: GoMap, key: string) => map?.has(key) ?? false),
  // Go's order of keys is random; ours is sorted, one of the allowed orders
  keys: fn('...map', (...maps: GoMap[]) => maps.flatMap((map) => sortedKeys(map))),
  values: fn('map', (map: GoMap) => sortedKeys(map).map((key) => map.get(key))),
  pluck: fn('string ...map', (key: string, ...maps: GoMap[]) =>
    maps.filter((map) => map?.has(key)).map((map) => map.get(key)),
  ),
  pick: fn('map ...string', (map: GoMap, ...keys: string[]) => pick(map, keys, true)),
  omit: fn('map ...string', (map: GoMap, ...keys: string[]) => pick(map, keys, false)),
  merge: fn('map ...map', (map: GoMap, ...sources: Value[]) => mergeAll(map, sources, false)),
  mergeOverwrite: fn('map ...map', (map: GoMap, ...sources: Value[]) => mergeAll(map, sources, true)),
  dig: fn('...any', (...args: Value[]) => dig(args)),
  deepCopy: fn('any', (value: Value) => deepCopy(value)),
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
