import { byteLength } from '../../core/bytes.ts';
import { isPrintable, sprint } from '../template/format.ts';
import { sprintf } from '../template/printf.ts';
import {
  compareStrings,
  GoBytes,
  GoMap,
  GoObject,
  Int64,
  intOf,
  isFunction,
  isInt,
  isNilList,
  kindOf,
  truth,
  typeOf,
  type Value,
} from '../template/value.ts';
import { type FunctionTable, fail, fn } from './table.ts';

type BasicKind = 'bool' | 'int' | 'uint' | 'float' | 'string' | 'invalid';

function basicKind(value: Value): BasicKind {
  if (typeof value === 'boolean') return 'bool';
  if (typeof value === 'string') return 'string';
  if (typeof value === 'number') return 'float';
  if (!isInt(value)) return 'invalid';
  return typeOf(value).startsWith('u') ? 'uint' : 'int';
}

const isNil = (value: Value): boolean => value === undefined || value === null;
const bothInts = (a: BasicKind, b: BasicKind): boolean => a.endsWith('int') && b.endsWith('int');

/** text/template's eq: any of the others equals the first; ints and floats do not compare. */
function eq(first: Value, others: Value[]): boolean {
  if (others.length === 0) fail('missing argument for comparison');
  return others.some((other) => equals(first, other));
}

function equals(first: Value, other: Value): boolean {
  const [kind, otherKind] = [basicKind(first), basicKind(other)];
  if (isInt(first) && isInt(other)) return intOf(first) === intOf(other);
  if (kind !== otherKind) return isNil(first) || isNil(other) ? false : incompatible(first, other);
  if (kind !== 'invalid') return first === other;
  if (kindOf(first) !== kindOf(other) && !isNil(first) && !isNil(other)) {
    fail(`non-comparable types ${goText(first)}: ${typeOf(first)}, ${typeOf(other)}: ${goText(other)}`);
  }
  const [a, b] = [noValue(first), noValue(other)];
  if (a || b) return a === b;
  if (Array.isArray(other) || other instanceof GoMap || isFunction(other) || (other as GoObject).length !== undefined) {
    fail(`non-comparable type ${goText(other)}: ${typeOf(other)}`);
  }
  return first === other;
}

/** nil, or a nil slice. */
const noValue = (value: Value): boolean => isNil(value) || (Array.isArray(value) && isNilList(value));

function goText(value: Value): string {
  return sprint([value]);
}

function incompatible(a: Value, b: Value): never {
  return fail(`incompatible types for comparison: ${typeOf(a)} and ${typeOf(b)}`);
}

function lt(a: Value, b: Value): boolean {
  const [kind, otherKind] = [basicKind(a), basicKind(b)];
  if (kind === 'invalid' || otherKind === 'invalid') fail('invalid type for comparison');
  if (kind !== otherKind && !bothInts(kind, otherKind)) return incompatible(a, b);
  if (kind === 'bool') fail('invalid type for comparison');
  if (isInt(a) && isInt(b)) return intOf(a) < intOf(b);
  if (typeof a === 'string' && typeof b === 'string') return compareStrings(a, b) < 0;
  return (a as number) < (b as number);
}

const le = (a: Value, b: Value): boolean => lt(a, b) || eq(a, [b]);

/** `index` of maps and lists. */
function index(item: Value, keys: Value[]): Value {
  let value = item;
  if (isNil(value)) fail('index of untyped nil');
  for (const key of keys) {
    if (isNil(value)) fail('index of nil pointer');
    value = indexOne(value, key);
  }
  return value;
}

function indexOne(value: Value, key: Value): Value {
  if (value instanceof GoMap || (value instanceof GoObject && value.kind === 'map')) {
    if (isNil(key)) fail('value is nil; should be of type string');
    if (typeof key !== 'string') fail(`value has type ${typeOf(key)}; should be string`);
    if (value instanceof GoObject) return value.field(key as string)?.value;
    return value.has(key as string) ? value.get(key as string) : value.typeName === 'map[string]string' ? '' : null;
  }
  const list = value instanceof GoObject && value.length !== undefined ? bytesOrItems(value) : value;
  if (typeof list === 'string') {
    const bytes = Buffer.from(list);
    return new Int64(BigInt(bytes[indexArg(key, bytes.length)] ?? 0), 'uint8');
  }
  if (!Array.isArray(list)) return fail(`can't index item of type ${typeOf(value)}`);
  return list[indexArg(key, list.length)];
}

const bytesOrItems = (value: GoObject): Value =>
  value instanceof GoBytes ? value.text : (value.entries() ?? []).map(([, item]) => item);

function indexArg(key: Value, length: number): number {
  if (isNil(key)) fail('cannot index slice/array with nil');
  if (!isInt(key)) return fail(`cannot index slice/array with type ${typeOf(key)}`);
  const at = Number(intOf(key));
  if (at < 0 || at > length) fail(`index out of range: ${at}`);
  if (at === length) fail('reflect: slice index out of range');
  return at;
}

function len(item: Value): bigint {
  if (item === undefined) fail('reflect: call of reflect.Value.Type on zero Value');
  if (item === null) fail('len of nil pointer');
  if (typeof item === 'string') return BigInt(byteLength(item));
  if (Array.isArray(item)) return BigInt(item.length);
  if (item instanceof GoMap) return BigInt(item.size);
  if (item instanceof GoObject && item.length !== undefined) return BigInt(item.length);
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

/** Arguments as an action would print them. */
const printed = (args: Value[]): string => sprint(args.map((arg) => (isNil(arg) ? '<no value>' : arg)));

const JS: Record<string, string> = { '\\': '\\\\', "'": "\\'", '"': '\\"' };

function js(args: Value[]): string {
  return [...printed(args)]
    .map((ch) => {
      const code = ch.codePointAt(0) ?? 0;
      if (JS[ch]) return JS[ch];
      const special = '<>&='.includes(ch) || code < 0x20 || (code > 0x7f && !isPrintable(ch, code));
      return special ? `\\u${code.toString(16).toUpperCase().padStart(4, '0')}` : ch;
    })
    .join('');
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
  len: fn('value', len),
  print: fn('...any', (...args: Value[]) => sprint(args)),
  printf: fn('string ...any', (format: string, ...args: Value[]) => sprintf(format, args)),
  println: fn('...any', (...args: Value[]) => `${args.map((arg) => goText(arg)).join(' ')}\n`),
  html: fn('...any', (...args: Value[]) => printed(args).replace(/[&<>"'\0]/g, (ch) => HTML[ch] ?? ch)),
  js: fn('...any', (...args: Value[]) => js(args)),
  urlquery: fn('...any', (...args: Value[]) => queryEscape(printed(args))),
  call: fn('any ...any', (name: string, target: Value, ...args: Value[]) => {
    if (isFunction(target)) return target.call(args);
    return fail(isNil(target) ? 'call of nil' : `non-function ${name} of type ${typeOf(target)}`);
  }),
};

/** url.QueryEscape. */
export function queryEscape(value: string): string {
  return encodeURIComponent(value)
    .replace(/[!'()*]/g, (ch) => `%${ch.charCodeAt(0).toString(16).toUpperCase()}`)
    .replace(/%20/g, '+');
}
