import { plainDecimal } from '../template/format.ts';
import { fail } from './table.ts';

/** Digits after the point that shopspring/decimal keeps in a division. */
const DIVISION_PLACES = 16;

/** A decimal number `digits * 10^-scale`, exact but for divisions. */
export interface Decimal {
  digits: bigint;
  scale: number;
}

export function decimalOf(value: number): Decimal {
  if (!Number.isFinite(value))
    return fail(`Cannot create a Decimal from ${Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf'}`);
  const [whole = '0', fraction = ''] = plainDecimal(value).split('.');
  return { digits: BigInt(whole + fraction), scale: fraction.length };
}

const raised = ({ digits, scale }: Decimal, to: number): bigint => digits * 10n ** BigInt(to - scale);

export function addDecimals(a: Decimal, b: Decimal, sign: 1n | -1n): Decimal {
  const scale = Math.max(a.scale, b.scale);
  return { digits: raised(a, scale) + sign * raised(b, scale), scale };
}

export function multiplyDecimals(a: Decimal, b: Decimal): Decimal {
  return { digits: a.digits * b.digits, scale: a.scale + b.scale };
}

export function divideDecimals(a: Decimal, b: Decimal): Decimal {
  if (b.digits === 0n) fail('decimal division by 0');
  const scale = Math.max(a.scale, b.scale);
  const [x, y] = [raised(a, scale) * 10n ** BigInt(DIVISION_PLACES), raised(b, scale)];
  let quotient = x / y;
  const rest = x - quotient * y;
  const abs = (n: bigint): bigint => (n < 0n ? -n : n);
  if (abs(rest) * 2n >= abs(y)) quotient += x < 0n === y < 0n ? 1n : -1n;
  return { digits: quotient, scale: DIVISION_PLACES };
}

export function decimalToNumber({ digits, scale }: Decimal): number {
  return Number(`${digits}e-${scale}`);
}
