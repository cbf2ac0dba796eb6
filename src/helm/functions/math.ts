import type { Value } from '../template/value.ts';
import { addDecimals, type Decimal, decimalOf, decimalToNumber, divideDecimals, multiplyDecimals } from './decimal.ts';
import { type FunctionTable, fail, fn, int64, toFloat, toInt64 } from './table.ts';

const bigMax = (values: Value[]): bigint => values.map(toInt64).reduce((a, b) => (a > b ? a : b));
const bigMin = (values: Value[]): bigint => values.map(toInt64).reduce((a, b) => (a < b ? a : b));

function divide(a: Value, b: Value, remainder: boolean): Value {
  const divisor = toInt64(b);
  if (divisor === 0n) fail('runtime error: integer divide by zero');
  return int64(remainder ? toInt64(a) % divisor : toInt64(a) / divisor);
}

/** sprig's round: half up at the given number of places. */
function round(value: Value, places: bigint, roundOn: number[]): number {
  const threshold = roundOn[0] ?? 0.5;
  const power = 10 ** Number(places);
  const digit = power * toFloat(value);
  const fraction = digit - Math.trunc(digit);
  return (fraction >= threshold ? Math.ceil(digit) : Math.floor(digit)) / power;
}

/** Arithmetic of the *f functions, in decimals. */
function fold(values: Value[], step: (a: Decimal, b: Decimal) => Decimal): number {
  const [first, ...rest] = values.map((value) => decimalOf(toFloat(value)));
  return decimalToNumber(rest.reduce(step, first ?? decimalOf(0)));
}

const plus = (a: Decimal, b: Decimal): Decimal => addDecimals(a, b, 1n);
const minus = (a: Decimal, b: Decimal): Decimal => addDecimals(a, b, -1n);
const sum = (values: Value[]): Value => int64(values.map(toInt64).reduce((a, b) => a + b, 0n));

export const mathFunctions: FunctionTable = {
  add: fn('...any', (...args: Value[]) => sum(args)),
  add1: fn('any', (value: Value) => int64(toInt64(value) + 1n)),
  sub: fn('any any', (a: Value, b: Value) => int64(toInt64(a) - toInt64(b))),
  mul: fn('any ...any', (...args: Value[]) => int64(args.map(toInt64).reduce((a, b) => a * b, 1n))),
  div: fn('any any', (a: Value, b: Value) => divide(a, b, false)),
  mod: fn('any any', (a: Value, b: Value) => divide(a, b, true)),
  max: fn('any ...any', (...args: Value[]) => int64(bigMax(args))),
  biggest: fn('any ...any', (...args: Value[]) => int64(bigMax(args))),
  min: fn('any ...any', (...args: Value[]) => int64(bigMin(args))),
  addf: fn('...any', (...args: Value[]) => fold([0, ...args], plus)),
  add1f: fn('any', (value: Value) => fold([value, 1], plus)),
  subf: fn('any ...any', (...args: Value[]) => fold(args, minus)),
  mulf: fn('any ...any', (...args: Value[]) => fold(args, multiplyDecimals)),
  divf: fn('any ...any', (...args: Value[]) => fold(args, divideDecimals)),
  maxf: fn('any ...any', (...args: Value[]) => Math.max(...args.map(toFloat))),
  minf: fn('any ...any', (...args: Value[]) => Math.min(...args.map(toFloat))),
  ceil: fn('any', (value: Value) => Math.ceil(toFloat(value))),
  floor: fn('any', (value: Value) => Math.floor(toFloat(value))),
  round: fn('any int ...float64', (value: Value, places: bigint, ...on: number[]) => round(value, places, on)),
};
