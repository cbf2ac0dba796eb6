import { quantityNumber } from '../../../kube/quantity.ts';
import { type GoRegExp, goRegExp } from '../go-regexp.ts';
import {
  CelError,
  compare,
  Duration,
  equal,
  Opaque,
  Optional,
  parseDuration,
  QuantityValue,
  Timestamp,
  TypeValue,
  typeName,
  type Value,
} from './value.ts';

type Fn = (...args: Value[]) => Value;

const INT_MAX = 2n ** 63n - 1n;
const INT_MIN = -(2n ** 63n);

function noOverload(name: string, args: readonly Value[]): CelError {
  return new CelError(`no such overload: ${name}(${args.map(typeName).join(', ')})`);
}

function bounded(value: bigint): bigint {
  if (value > INT_MAX || value < INT_MIN) throw new CelError('integer overflow');
  return value;
}

function arithmetic(
  name: string,
  ints: (a: bigint, b: bigint) => bigint,
  doubles?: (a: number, b: number) => number,
): Fn {
  return (a, b) => {
    if (typeof a === 'bigint' && typeof b === 'bigint') return bounded(ints(a, b));
    if (doubles && typeof a === 'number' && typeof b === 'number') return doubles(a, b);
    throw noOverload(name, [a, b]);
  };
}

function divisor(b: bigint, what: string): bigint {
  if (b === 0n) throw new CelError(what);
  return b;
}

const plus = arithmetic(
  '_+_',
  (a, b) => a + b,
  (a, b) => a + b,
);
const minus = arithmetic(
  '_-_',
  (a, b) => a - b,
  (a, b) => a - b,
);

function add(a: Value, b: Value): Value {
  if (typeof a === 'string' && typeof b === 'string') return a + b;
  if (Array.isArray(a) && Array.isArray(b)) return [...a, ...b];
  if (a instanceof Duration && b instanceof Duration) return new Duration(a.ms + b.ms);
  if (a instanceof Timestamp && b instanceof Duration) return new Timestamp(a.ms + b.ms);
  if (a instanceof Duration && b instanceof Timestamp) return new Timestamp(a.ms + b.ms);
  return plus(a, b);
}

function subtract(a: Value, b: Value): Value {
  if (a instanceof Timestamp && b instanceof Timestamp) return new Duration(a.ms - b.ms);
  if (a instanceof Timestamp && b instanceof Duration) return new Timestamp(a.ms - b.ms);
  if (a instanceof Duration && b instanceof Duration) return new Duration(a.ms - b.ms);
  return minus(a, b);
}

function order(name: string, holds: (sign: number) => boolean): Fn {
  return (a, b) => {
    const sign = compare(a, b);
    if (sign === undefined) throw noOverload(name, [a, b]);
    return holds(sign);
  };
}

export function size(value: Value): bigint {
  if (typeof value === 'string') return BigInt([...value].length);
  if (value instanceof Uint8Array || Array.isArray(value)) return BigInt((value as Uint8Array).length);
  if (value instanceof Map) return BigInt(value.size);
  throw noOverload('size', [value]);
}

function within(item: Value, all: Value): boolean {
  if (Array.isArray(all)) return all.some((one) => equal(one, item));
  if (all instanceof Map) return [...all.keys()].some((key) => equal(key, item));
  throw noOverload('@in', [item, all]);
}

function text(value: Value): string {
  if (typeof value !== 'string') throw noOverload('string', [value]);
  return value;
}

function list(value: Value): readonly Value[] {
  if (!Array.isArray(value)) throw noOverload('list', [value]);
  return value;
}

function regex(pattern: Value): GoRegExp {
  const compiled = goRegExp(text(pattern));
  if (typeof compiled === 'string') throw new CelError(compiled);
  return compiled;
}

function toInt(value: Value): Value {
  if (typeof value === 'bigint') return value;
  if (typeof value === 'number') return bounded(BigInt(Math.trunc(value)));
  if (typeof value === 'string' && /^-?\d+$/.test(value)) return bounded(BigInt(value));
  if (value instanceof Timestamp) return BigInt(Math.floor(value.ms / 1000));
  throw new CelError(`type conversion error from '${typeName(value)}' to 'int'`);
}

function toDouble(value: Value): Value {
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : Number.NaN;
  if (typeof value === 'number') return value;
  if (typeof value === 'bigint') return Number(value);
  if (!Number.isNaN(number)) return number;
  throw new CelError(`type conversion error from '${typeName(value)}' to 'double'`);
}

export function toText(value: Value): string {
  if (typeof value === 'string') return value;
  if (value instanceof Uint8Array) return Buffer.from(value).toString('utf8');
  if (value instanceof Timestamp) return new Date(value.ms).toISOString().replace('.000Z', 'Z');
  if (value instanceof Duration) return `${value.ms / 1000}s`;
  if (['bigint', 'number', 'boolean'].includes(typeof value)) return String(value);
  throw new CelError(`type conversion error from '${typeName(value)}' to 'string'`);
}

function extreme(values: readonly Value[], sign: number, name: string): Value {
  const [first, ...rest] = values;
  if (first === undefined) throw new CelError(`${name} called on empty list`);
  return rest.reduce((best, one) => ((compare(one, best) ?? 0) * sign > 0 ? one : best), first);
}

function indexOf(target: Value, part: Value, last: boolean): bigint {
  if (typeof target === 'string') return BigInt(last ? target.lastIndexOf(text(part)) : target.indexOf(text(part)));
  const found = list(target).map((one) => equal(one, part));
  return BigInt(last ? found.lastIndexOf(true) : found.indexOf(true));
}

function quantity(value: Value): QuantityValue {
  const number = quantityNumber(text(value));
  if (number === undefined)
    throw new CelError("quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'");
  return new QuantityValue(number);
}

/** Functions and operators without a target. */
export const FUNCTIONS: Readonly<Record<string, Fn>> = {
  '_==_': (a, b) => equal(a, b),
  '_!=_': (a, b) => !equal(a, b),
  '_<_': order('_<_', (s) => s < 0),
  '_<=_': order('_<=_', (s) => s <= 0),
  '_>_': order('_>_', (s) => s > 0),
  '_>=_': order('_>=_', (s) => s >= 0),
  _in_: within,
  '_+_': add,
  '_-_': subtract,
  '_*_': arithmetic(
    '_*_',
    (a, b) => a * b,
    (a, b) => a * b,
  ),
  '_/_': arithmetic(
    '_/_',
    (a, b) => a / divisor(b, 'division by zero'),
    (a, b) => a / b,
  ),
  '_%_': arithmetic('_%_', (a, b) => a % divisor(b, 'modulus by zero')),
  '!_': (a) => {
    if (typeof a !== 'boolean') throw noOverload('!_', [a]);
    return !a;
  },
  '-_': (a) => {
    if (typeof a === 'bigint') return bounded(-a);
    if (typeof a !== 'number') throw noOverload('-_', [a]);
    return -a;
  },
  size,
  int: toInt,
  uint: toInt,
  double: toDouble,
  string: toText,
  bool: (a) => a === true || a === 'true',
  bytes: (a) => (typeof a === 'string' ? new Uint8Array(Buffer.from(a, 'utf8')) : a),
  dyn: (a) => a,
  type: (a) => new TypeValue(typeName(a)),
  duration(a) {
    const found = a instanceof Duration ? a : parseDuration(text(a));
    if (!found) throw new CelError(`time: invalid duration ${JSON.stringify(a)}`);
    return found;
  },
  timestamp(a) {
    const ms = a instanceof Timestamp ? a.ms : Date.parse(text(a));
    if (Number.isNaN(ms)) throw new CelError(`parsing time ${JSON.stringify(a)} as "2006-01-02T15:04:05Z07:00"`);
    return new Timestamp(ms);
  },
  'optional.of': (a) => new Optional(a),
  'optional.none': () => new Optional(),
  'optional.ofNonZeroValue': (a) => new Optional(isZero(a) ? undefined : a),
  quantity,
  isQuantity: (a) => quantityNumber(text(a)) !== undefined,
};

function amount(value: Value): number {
  if (!(value instanceof QuantityValue)) throw noOverload('quantity', [value]);
  return value.value;
}

/** Methods of the authorizer of admission, of its requests and of its answers. */
const AUTHORIZER = [
  ...['path', 'group', 'resource', 'subresource', 'namespace', 'name', 'serviceAccount', 'check'],
  ...['fieldSelector', 'labelSelector', 'allowed', 'reason', 'errored', 'error'],
];

/** Functions of a value: `target.name(args)`. */
export const METHODS: Readonly<Record<string, Fn>> = {
  size,
  startsWith: (a, b) => text(a).startsWith(text(b)),
  endsWith: (a, b) => text(a).endsWith(text(b)),
  contains: (a, b) => text(a).includes(text(b)),
  matches: (a, b) => regex(b).test(text(a)),
  find: (a, b) => regex(b).all(text(a))[0] ?? '',
  findAll: (a, b) => regex(b).all(text(a)),
  lowerAscii: (a) => text(a).replace(/[A-Z]+/g, (x) => x.toLowerCase()),
  upperAscii: (a) => text(a).replace(/[a-z]+/g, (x) => x.toUpperCase()),
  trim: (a) => text(a).trim(),
  split: (a, b, n) =>
    text(a)
      .split(text(b))
      .slice(0, n === undefined ? undefined : Number(n)),
  join: (a, b = '') => list(a).map(text).join(text(b)),
  replace: (a, b, c) => text(a).replaceAll(text(b), () => text(c)),
  substring: (a, b, c) => [...text(a)].slice(Number(b), c === undefined ? undefined : Number(c)).join(''),
  charAt: (a, b) => [...text(a)][Number(b)] ?? '',
  reverse: (a) => (typeof a === 'string' ? [...a].reverse().join('') : [...list(a)].reverse()),
  indexOf: (a, b) => indexOf(a, b, false),
  lastIndexOf: (a, b) => indexOf(a, b, true),
  sum: (a) => list(a).reduce(add),
  min: (a) => extreme(list(a), -1, 'min'),
  max: (a) => extreme(list(a), 1, 'max'),
  isSorted: (a) => list(a).every((one, i, all) => i === 0 || (compare(all[i - 1] as Value, one) ?? 0) <= 0),
  distinct: (a) => list(a).filter((one, i, all) => all.findIndex((other) => equal(other, one)) === i),
  flatten: (a) => list(a).flat(),
  getFullYear: (a) => BigInt(date(a).getUTCFullYear()),
  getMonth: (a) => BigInt(date(a).getUTCMonth()),
  getDate: (a) => BigInt(date(a).getUTCDate()),
  getDayOfWeek: (a) => BigInt(date(a).getUTCDay()),
  getHours: (a) => BigInt(a instanceof Duration ? Math.trunc(a.ms / 3_600_000) : date(a).getUTCHours()),
  getMinutes: (a) => BigInt(a instanceof Duration ? Math.trunc(a.ms / 60_000) : date(a).getUTCMinutes()),
  getSeconds: (a) => BigInt(a instanceof Duration ? Math.trunc(a.ms / 1000) : date(a).getUTCSeconds()),
  isLessThan: (a, b) => (compare(a, b) ?? 0) < 0,
  isGreaterThan: (a, b) => (compare(a, b) ?? 0) > 0,
  orValue: (a, b) => optional(a).value ?? b,
  or: (a, b) => (optional(a).value === undefined ? optional(b) : a),
  hasValue: (a) => optional(a).value !== undefined,
  value: present,
  format: (a, b) => formatted(text(a), list(b)),
  quote: (a) => JSON.stringify(text(a)),
  asInteger: (a) => BigInt(Math.trunc(amount(a))),
  asApproximateFloat: (a) => amount(a),
  isInteger: (a) => Number.isInteger(amount(a)),
  sign: (a) => BigInt(Math.sign(amount(a))),
  add: (a, b) => new QuantityValue(amount(a) + (b instanceof QuantityValue ? b.value : Number(b))),
  sub: (a, b) => new QuantityValue(amount(a) - (b instanceof QuantityValue ? b.value : Number(b))),
  ...Object.fromEntries(AUTHORIZER.map((name) => [name, asked(name)])),
  compareTo: (a, b) => BigInt(Math.sign(compare(a, b) ?? 0)),
};

/** Methods of what is known by its methods. */
function asked(name: string): Fn {
  return (target, ...args) => {
    if (!(target instanceof Opaque)) throw noOverload(name, [target, ...args]);
    return target.call(name, args);
  };
}

function optional(value: Value): Optional {
  if (!(value instanceof Optional)) throw noOverload('optional', [value]);
  return value;
}

function isZero(value: Value): boolean {
  if (value === null || value === false || value === '' || value === 0 || value === 0n) return true;
  if (Array.isArray(value)) return value.length === 0;
  return value instanceof Map && value.size === 0;
}

function present(value: Value): Value {
  const found = optional(value).value;
  if (found === undefined) throw new CelError('optional.none() dereference');
  return found;
}

/** `%s`, `%d`, `%f`, `%e`, `%x`, `%o`, `%b` of a list of values. */
function formatted(pattern: string, values: readonly Value[]): string {
  let next = 0;
  return pattern.replace(/%(?:%|(?:\.(\d+))?([sdfexXob]))/g, (whole, digits: string | undefined, verb: string) => {
    if (whole === '%%') return '%';
    const value = values[next++];
    if (value === undefined) throw new CelError(`index ${next - 1} out of range`);
    if (verb === 's') return shown(value);
    if (verb === 'd') return toText(value);
    if (verb === 'f') return Number(value).toFixed(digits === undefined ? 6 : Number(digits));
    if (verb === 'e') return Number(value).toExponential(digits === undefined ? 6 : Number(digits));
    const base = { x: 16, X: 16, o: 8, b: 2 }[verb] ?? 10;
    const text = (value as bigint).toString(base);
    return verb === 'X' ? text.toUpperCase() : text;
  });
}

function shown(value: Value): string {
  if (Array.isArray(value)) return `[${value.map(shown).join(', ')}]`;
  if (value instanceof Map) {
    const pairs = [...value].map(([key, item]) => `${shown(key)}: ${shown(item)}`);
    return `{${pairs.sort().join(', ')}}`;
  }
  return value === null ? 'null' : toText(value);
}

function date(value: Value): Date {
  if (!(value instanceof Timestamp)) throw noOverload('timestamp', [value]);
  return new Date(value.ms);
}
