import { formatV } from '../template/format.ts';
import { FunctionError, type GoFunction, Int64, intOf, isInt, type ParamType, type Value } from '../template/value.ts';

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
  return value === undefined || value === null ? '' : formatV(value);
}

/** spf13/cast ToInt64: what does not convert is 0. */
export function toInt64(value: Value): bigint {
  if (isInt(value)) return intOf(value);
  if (typeof value === 'number') return Number.isFinite(value) ? BigInt(Math.trunc(value)) : 0n;
  if (typeof value === 'boolean') return value ? 1n : 0n;
  if (typeof value === 'string') {
    const trimmed = value.replace(/\.0*$/, '').replace(/_/g, '');
    if (/^[+-]?[0-9]+$/.test(trimmed)) return BigInt(trimmed.replace(/^\+/, '').replace(/^(-?)0+(?=\d)/, '$1'));
    if (/^[+-]?0[xX][0-9a-fA-F]+$/.test(trimmed)) return BigInt(trimmed);
  }
  return 0n;
}

export function toNumber(value: Value): number {
  return Number(toInt64(value));
}

export function toFloat(value: Value): number {
  if (typeof value === 'number') return value;
  if (isInt(value)) return Number(intOf(value));
  if (typeof value === 'boolean') return value ? 1 : 0;
  if (typeof value === 'string') {
    const number = Number(value);
    return value.trim() === '' || Number.isNaN(number) ? 0 : number;
  }
  return 0;
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
