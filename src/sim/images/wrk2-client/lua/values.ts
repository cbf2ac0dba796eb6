import { StacklessError } from '../../../../core/errors.ts';

/** The script goes beyond what this Lua does by itself: the whole interpreter takes over, and says what is wrong if anything is. */
export class Beyond extends StacklessError {
  override readonly name = 'Beyond';
}

export function beyond(what: string): never {
  throw new Beyond(what);
}

/** A number of subtype float; integers are plain numbers. */
export class Float {
  constructor(readonly n: number) {}
}

export type LuaFunction = (args: readonly Value[]) => readonly Value[];
/** nil is undefined. Strings hold ASCII only. */
export type Value = undefined | boolean | number | string | Float | Table | LuaFunction;

export class Table {
  readonly #entries = new Map<Value, Value>();

  constructor(entries: Readonly<Record<string, Value>> = {}) {
    for (const key of Object.keys(entries)) this.set(key, entries[key]);
  }

  get(key: Value): Value {
    return this.#entries.get(key instanceof Float ? keyOf(key) : key);
  }

  set(key: Value, value: Value): void {
    const at = key instanceof Float ? keyOf(key) : key;
    if (at === undefined) beyond('index is nil');
    if (value === undefined) this.#entries.delete(at);
    else this.#entries.set(at, value);
  }

  /** A border, as `#` answers it. */
  get length(): number {
    let length = this.#entries.size;
    while (length > 0 && !this.#entries.has(length)) length--;
    return length;
  }

  entries(): IterableIterator<[Value, Value]> {
    return this.#entries.entries();
  }
}

function keyOf({ n }: Float): number {
  return Number.isSafeInteger(n) ? n : beyond('a fraction as key');
}

export const isTrue = (value: Value): boolean => value !== undefined && value !== false;

/** The number behind either subtype. */
export function numberOf(value: Value): number {
  if (typeof value === 'number') return value;
  return value instanceof Float ? value.n : beyond('arithmetic on what is no number');
}

export function integerOf(value: Value): number {
  const n = numberOf(value);
  return Number.isSafeInteger(n) ? n : beyond('number has no integer representation');
}

export function textOf(value: Value): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number') return String(value);
  return value instanceof Float ? floatText(value.n) : beyond('concatenation of what is no text');
}

/** `%.14g`, and `.0` after what would look like an integer. */
function floatText(n: number): string {
  const size = Math.abs(n);
  if (!(size < 1e14) || (size < 1e-4 && n !== 0) || Object.is(n, -0)) beyond('a number in exponential notation');
  const digits = n.toPrecision(14);
  const short = digits.includes('.') ? digits.replace(/\.?0+$/, '') : digits;
  return short.includes('.') ? short : `${short}.0`;
}

export function equal(a: Value, b: Value): boolean {
  if (a instanceof Float || b instanceof Float) {
    const x = a instanceof Float ? a.n : a;
    return x === (b instanceof Float ? b.n : b);
  }
  return a === b;
}

export function less(a: Value, b: Value): boolean {
  if (typeof a === 'string' && typeof b === 'string') return a < b;
  return numberOf(a) < numberOf(b);
}

/** Also makes -0, which integers do not have, 0. */
const exact = (n: number): number => (Number.isSafeInteger(n) ? n + 0 : beyond('an integer out of range'));

type Arithmetic = (a: Value, b: Value) => Value;

/** For integers the integer operation, if both are; else the one for floats. */
const arithmetic =
  (op: (a: number, b: number) => number): Arithmetic =>
  (a, b) => {
    if (typeof a === 'number' && typeof b === 'number') return exact(op(a, b));
    return new Float(op(numberOf(a), numberOf(b)));
  };

function wholeOnly(op: (a: number, b: number) => number): Arithmetic {
  return (a, b) => (typeof a === 'number' && typeof b === 'number' && b !== 0 ? exact(op(a, b)) : beyond('division'));
}

export const OPERATORS: Readonly<Record<string, Arithmetic>> = {
  '+': arithmetic((a, b) => a + b),
  '-': arithmetic((a, b) => a - b),
  '*': arithmetic((a, b) => a * b),
  '/': (a, b) => new Float(numberOf(a) / numberOf(b)),
  '^': (a, b) => new Float(numberOf(a) ** numberOf(b)),
  '//': wholeOnly((a, b) => Math.floor(a / b)),
  '%': wholeOnly((a, b) => a - Math.floor(a / b) * b),
  '..': (a, b) => textOf(a) + textOf(b),
  '==': equal,
  '~=': (a, b) => !equal(a, b),
  '<': less,
  '<=': (a, b) => !less(b, a),
  '>': (a, b) => less(b, a),
  '>=': (a, b) => !less(a, b),
};
