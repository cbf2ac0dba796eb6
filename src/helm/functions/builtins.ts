import { sprint, sprintf } from '../template/format.ts';
import { compareStrings, GoMap, intOf, isFunction, isInt, truth, typeOf, type Value } from '../template/value.ts';
import { type FunctionTable, fail, fn } from './table.ts';

type BasicKind = 'bool' | 'int' | 'float' | 'string' | 'nil' | 'other';

function basicKind(value: Value): BasicKind {
  if (value === undefined || value === null) return 'nil';
  if (typeof value === 'boolean') return 'bool';
  if (typeof value === 'string') return 'string';
  if (typeof value === 'number') return 'float';
  return isInt(value) ? 'int' : 'other';
}

/** text/template's eq: any of the others equals the first; ints and floats do not compare. */
function eq(first: Value, others: Value[]): boolean {
  if (others.length === 0) fail('missing argument for comparison');
  const kind = basicKind(first);
  if (kind === 'other') fail(`non-comparable type ${goText(first)}: ${typeOf(first)}`);
  return others.some((other) => {
    const otherKind = basicKind(other);
    if (kind === 'nil' || otherKind === 'nil') return kind === otherKind;
    if (kind !== otherKind) return incompatible(first, other);
    if (isInt(first) && isInt(other)) return intOf(first) === intOf(other);
    return first === other;
  });
}

function goText(value: Value): string {
  return sprint([value]);
}

function incompatible(a: Value, b: Value): never {
  return fail(`incompatible types for comparison: ${typeOf(a)} and ${typeOf(b)}`);
}

function lt(a: Value, b: Value): boolean {
  const kind = basicKind(a);
  if (kind === 'nil' || kind === 'other' || kind === 'bool') fail(`invalid type for comparison`);
  if (kind !== basicKind(b)) return incompatible(a, b);
  if (isInt(a) && isInt(b)) return intOf(a) < intOf(b);
  if (typeof a === 'string' && typeof b === 'string') return compareStrings(a, b) < 0;
  return (a as number) < (b as number);
}

const le = (a: Value, b: Value): boolean => lt(a, b) || eq(a, [b]);

/** `index` of maps and lists. */
function index(item: Value, keys: Value[]): Value {
  let value = item;
  if (value === undefined || value === null) fail('index of untyped nil');
  for (const key of keys) {
    if (value === undefined || value === null) fail('index of nil pointer');
    if (key === undefined || key === null) fail('value is nil; should be of type string');
    if (value instanceof GoMap) {
      if (typeof key !== 'string') fail(`value has type ${typeOf(key)}; should be string`);
      value = value.get(key as string) ?? null;
    } else if (Array.isArray(value) || typeof value === 'string') {
      const position = position0(key, value.length);
      value = typeof value === 'string' ? BigInt(Buffer.from(value).at(position) ?? 0) : value[position];
    } else fail(`can't index item of type ${typeOf(value)}`);
  }
  return value;
}

function position0(key: Value, length: number): number {
  if (!isInt(key)) return fail(`cannot index slice/array with type ${typeOf(key)}`);
  const at = Number(intOf(key));
  if (at < 0 || at >= length) fail(`index out of range: ${at}`);
  return at;
}

function slice(item: Value, indexes: Value[]): Value {
  if (typeof item !== 'string' && !Array.isArray(item)) fail(`can't slice item of type ${typeOf(item)}`);
  const list = item as string | Value[];
  const at = indexes.map((i) => {
    const position = isInt(i) ? Number(intOf(i)) : fail(`cannot index slice/array with type ${typeOf(i)}`);
    if (position < 0 || position > list.length) fail(`index out of range: ${position}`);
    return position;
  });
  const [low = 0, high = list.length] = at;
  if (low > high) fail(`invalid slice index: ${low} > ${high}`);
  return list.slice(low, high) as Value;
}

function len(item: Value): bigint {
  if (item === undefined || item === null) fail('len of nil pointer');
  if (typeof item === 'string') return BigInt(Buffer.byteLength(item));
  if (Array.isArray(item)) return BigInt(item.length);
  if (item instanceof GoMap) return BigInt(item.size);
  return fail(`len of type ${typeOf(item)}`);
}

const HTML: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&#34;',
  "'": '&#39;',
  '\0': '\uFFFD',
};

function js(args: Value[]): string {
  return sprint(args).replace(/[\\'"<>&=\n\r\t]/g, (ch) => {
    const plain: Record<string, string> = {
      '\\': '\\\\',
      "'": "\\'",
      '"': '\\"',
      '\n': '\\n',
      '\r': '\\r',
      '\t': '\\t',
    };
    return plain[ch] ?? `\\u00${ch.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`;
  });
}

/** text/template's own functions; `and` and `or` live in the executor, because they do not evaluate all arguments. */
export const builtins: FunctionTable = {
  and: fn('any ...any', (first: Value) => first),
  or: fn('any ...any', (first: Value) => first),
  not: fn('any', (value: Value) => !truth(value)),
  eq: fn('any ...any', (first: Value, ...others: Value[]) => eq(first, others)),
  ne: fn('any any', (a: Value, b: Value) => !eq(a, [b])),
  lt: fn('any any', lt),
  le: fn('any any', le),
  gt: fn('any any', (a: Value, b: Value) => !le(a, b)),
  ge: fn('any any', (a: Value, b: Value) => !lt(a, b)),
  index: fn('any ...any', (item: Value, ...keys: Value[]) => index(item, keys)),
  slice: fn('any ...any', (item: Value, ...indexes: Value[]) => slice(item, indexes)),
  len: fn('any', len),
  print: fn('...any', (...args: Value[]) => sprint(args)),
  printf: fn('string ...any', (format: string, ...args: Value[]) => sprintf(format, args)),
  println: fn('...any', (...args: Value[]) => `${args.map((arg) => goText(arg)).join(' ')}\n`),
  html: fn('...any', (...args: Value[]) => sprint(args).replace(/[&<>"'\0]/g, (ch) => HTML[ch] ?? ch)),
  js: fn('...any', (...args: Value[]) => js(args)),
  urlquery: fn('...any', (...args: Value[]) => queryEscape(sprint(args))),
  call: fn('any ...any', (target: Value, ...args: Value[]) =>
    isFunction(target) ? target.call(args) : fail(`non-function of type ${typeOf(target)}`),
  ),
};

/** url.QueryEscape. */
export function queryEscape(value: string): string {
  return encodeURIComponent(value)
    .replace(/[!'()*]/g, (ch) => `%${ch.charCodeAt(0).toString(16).toUpperCase()}`)
    .replace(/%20/g, '+');
}
