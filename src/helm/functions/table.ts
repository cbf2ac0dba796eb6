import { formatV } from '../template/format.ts';
import {
  FunctionError,
  GoBytes,
  type GoFunction,
  Int64,
  intOf,
  isInt,
  type ParamType,
  type Value,
} from '../template/value.ts';

/** Functions by name, in the form the executor calls them. */
export type FunctionTable = Record<string, GoFunction>;

/**
 * Declares a function: `fn('string int', f)`, with `...` before the type of a variadic tail, e.g. `fn('any ...any', f)`.
 */
// biome-ignore lint/suspicious/noExplicitAny: the executor has checked the arguments against the declared types
export function fn(signature: string, call: (...args: any[]) => Value): GoFunction {
  const params: ParamType[] = [];
  let rest: ParamType | undefined;
  for (const part of signature.split(' ').filter(Boolean)) {
    if (part.startsWith('...')) rest = part.slice(3) as ParamType;
    else params.push(part as ParamType);
  }
  return { params, ...(rest ? { rest } : {}), call: (args) => call(...args) };
}

/** A function that exists in Helm and is refused here, loudly. */
export function unsupported(name: string, why: string): GoFunction {
  return {
    params: [],
    rest: 'any',
    call: () => {
      throw new FunctionError(`${name} is not supported: ${why}`);
    },
  };
}

/** sprig's strval. */
export function text(value: Value): string {
  return value instanceof GoBytes ? value.text : formatV(value);
}

const INT64_MAX = 2n ** 63n - 1n;
const INT64_MIN = -(2n ** 63n);

/** strconv.ParseInt of base 0 (prefixes tell the base, underscores part digits): undefined for what it refuses. */
function parseInt0(source: string): bigint | undefined {
  const match = /^([+-]?)(0[xX][0-9a-fA-F_]+|0[bB][01_]+|0[oO][0-7_]+|0[0-7_]*|[1-9][0-9_]*)$/.exec(source);
  if (!match || /__|_$/.test(source)) return undefined;
  const digits = (match[2] ?? '').replace(/_/g, '').replace(/^0(?=[0-7])/, '0o');
  const value = match[1] === '-' ? -BigInt(digits) : BigInt(digits);
  return value > INT64_MAX || value < INT64_MIN ? undefined : value;
}

/** spf13/cast ToInt64: what does not convert is 0. */
export function toInt64(value: Value): bigint {
  if (isInt(value)) return intOf(value);
  if (typeof value === 'number') return floatToInt(value);
  if (typeof value === 'boolean') return value ? 1n : 0n;
  // a fraction of zeros is dropped
  if (typeof value === 'string') return parseInt0(value.replace(/\.0+$/, '')) ?? 0n;
  return 0n;
}

/** What the processor makes of a number that does not fit: the smallest one. */
function floatToInt(value: number): bigint {
  if (!Number.isFinite(value) || Math.abs(value) >= 2 ** 63) return INT64_MIN;
  return BigInt(Math.trunc(value));
}

export function toNumber(value: Value): number {
  return Number(toInt64(value));
}

export function toFloat(value: Value): number {
  if (typeof value === 'number') return value;
  if (isInt(value)) return Number(intOf(value));
  if (typeof value === 'boolean') return value ? 1 : 0;
  if (typeof value === 'string') {
    return parseFloat64(value) ?? 0;
  }
  return 0;
}

/** strconv.ParseFloat; undefined for what it refuses. */
function parseFloat64(source: string): number | undefined {
  const special = /^([+-]?)(inf|infinity|nan)$/i.exec(source);
  if (special) return special[2]?.toLowerCase() === 'nan' ? Number.NaN : special[1] === '-' ? -Infinity : Infinity;
  const hex = /^([+-]?)0[xX]([0-9a-fA-F]*)\.?([0-9a-fA-F]*)[pP]([+-]?\d+)$/.exec(source);
  if (hex) {
    const digits = `${hex[2]}${hex[3]}`;
    const value = Number.parseInt(digits || '0', 16) * 2 ** (Number(hex[4]) - 4 * (hex[3] ?? '').length);
    return hex[1] === '-' ? -value : value;
  }
  return /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/.test(source) ? Number(source) : undefined;
}

export function int64(value: bigint | number): Int64 {
  return new Int64(BigInt.asIntN(64, BigInt(value)));
}

/** sprig's strslice: any list as strings without nils. */
export function strings(value: Value): string[] {
  if (Array.isArray(value)) return value.filter((item) => item !== null && item !== undefined).map(text);
  return value === null || value === undefined ? [] : [text(value)];
}

export function fail(message: string): never {
  throw new FunctionError(message);
}
