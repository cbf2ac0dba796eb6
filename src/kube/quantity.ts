/**
 * Kubernetes resource quantities (`500m`, `1.5Gi`, `1e3`): exact parsing, canonical printing, arithmetic.
 * Facts: k8s.io/apimachinery pkg/api/resource. Values are held in nano units, the finest that upstream keeps.
 */
export type QuantityFormat = 'DecimalSI' | 'BinarySI' | 'DecimalExponent';

export interface Quantity {
  nano: bigint;
  format: QuantityFormat;
}

/** A text that is no quantity; `message` is upstream's. */
export class QuantityError extends Error {
  override readonly name = 'QuantityError';
}

const NANO = 1_000_000_000n;
const MAX_NANO = (2n ** 63n - 1n) * NANO;
const PATTERN = /^([+-]?)([0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$/;
const BINARY = ['', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei'];
const DECIMAL: Record<string, number> = { n: -9, u: -6, m: -3, '': 0, k: 3, M: 6, G: 9, T: 12, P: 15, E: 18 };
const DECIMAL_SUFFIX = new Map(Object.entries(DECIMAL).map(([suffix, exponent]) => [exponent, suffix]));
const FORMAT_WRONG = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";

/** Divides rounding away from zero, as upstream rounds what is finer than a unit. */
function divideUp(value: bigint, by: bigint): bigint {
  const quotient = value / by;
  if (value % by === 0n) return quotient;
  return value > 0n ? quotient + 1n : quotient - 1n;
}

/** A quantity's text taken apart: sign, digits, and the power (of 2 for BinarySI, of 10 otherwise) that its suffix stands for. */
export interface QuantityParts {
  sign: 1 | -1;
  whole: string;
  fraction: string;
  exponent: number;
  format: QuantityFormat;
}

/** Throws {@link QuantityError}. */
export function quantityParts(input: string | number): QuantityParts {
  const match = PATTERN.exec(String(input).trim());
  const digits = match?.[2] ?? '';
  if (!match || !/^\d*\.?\d*$/.test(digits) || digits === '.') throw new QuantityError(FORMAT_WRONG);
  const suffix = match[3] ?? '';
  const [whole = '', fraction = ''] = digits.split('.');
  const sign = match[1] === '-' ? -1 : 1;
  const binary = suffix === '' ? -1 : BINARY.indexOf(suffix);
  if (binary > 0) return { sign, whole, fraction, exponent: binary * 10, format: 'BinarySI' };
  const { value, format } = decimalExponent(suffix);
  return { sign, whole, fraction, exponent: value, format };
}

/**
 * The value in base units (cores, bytes, pieces) as a plain number, exact up to 2^53; undefined when absent or no quantity.
 * For reckoning with what was validated already; the exact functions are below.
 */
export function quantityNumber(input: string | number | undefined): number | undefined {
  if (typeof input === 'number' || input === undefined) return input;
  let parts: QuantityParts;
  try {
    parts = quantityParts(input);
  } catch (error) {
    if (error instanceof QuantityError) return undefined;
    throw error;
  }
  const digits = parts.sign * Number(`${parts.whole || '0'}.${parts.fraction || '0'}`);
  if (parts.format === 'BinarySI') return digits * 2 ** parts.exponent;
  return parts.exponent < 0 ? digits / 10 ** -parts.exponent : digits * 10 ** parts.exponent;
}

/** Throws {@link QuantityError}. JSON numbers are accepted as the server accepts them. */
export function parseQuantity(input: string | number): Quantity {
  const { sign, whole, fraction, exponent, format } = quantityParts(input);
  const mantissa = BigInt(whole + fraction || '0') * BigInt(sign);
  let nano: bigint;
  if (format === 'BinarySI') {
    nano = divideUp(mantissa * 2n ** BigInt(exponent) * NANO, 10n ** BigInt(fraction.length));
  } else {
    const power = exponent + 9 - fraction.length;
    nano = power >= 0 ? mantissa * 10n ** BigInt(power) : divideUp(mantissa, 10n ** BigInt(-power));
  }
  if (nano > MAX_NANO) nano = MAX_NANO;
  if (nano < -MAX_NANO) nano = -MAX_NANO;
  return { nano, format };
}

function decimalExponent(suffix: string): { value: number; format: QuantityFormat } {
  const known = DECIMAL[suffix];
  if (known !== undefined) return { value: known, format: 'DecimalSI' };
  const match = /^[eE]([+-]?\d+)$/.exec(suffix);
  if (!match) throw new QuantityError("unable to parse quantity's suffix");
  return { value: Number(match[1]), format: 'DecimalExponent' };
}

/** The canonical text: an integer mantissa and the largest suffix that keeps it so. */
export function formatQuantity(quantity: Quantity): string {
  const { nano } = quantity;
  if (nano === 0n) return '0';
  let { format } = quantity;
  const small = nano > -1024n * NANO && nano < 1024n * NANO;
  if (format === 'BinarySI' && small) format = 'DecimalSI';
  if (format === 'BinarySI') {
    let value = divideUp(nano, NANO);
    let step = 0;
    while (value % 1024n === 0n && step < BINARY.length - 1) {
      value /= 1024n;
      step++;
    }
    return `${value}${BINARY[step]}`;
  }
  let value = nano;
  let exponent = -9;
  while (value % 1000n === 0n && exponent < 18) {
    value /= 1000n;
    exponent += 3;
  }
  if (format === 'DecimalExponent') return exponent === 0 ? String(value) : `${value}e${exponent}`;
  return `${value}${DECIMAL_SUFFIX.get(exponent)}`;
}

/** Canonical text as stored; `milli` rounds up to thousandths, as resource lists are. */
export function canonicalQuantity(input: string | number, milli = false): string {
  const quantity = parseQuantity(input);
  if (milli) quantity.nano = divideUp(quantity.nano, 1_000_000n) * 1_000_000n;
  return formatQuantity(quantity);
}

/** Whole units, rounded up (`Value()`): bytes of `1Ki`, 1 of `500m`. */
export function quantityValue(input: string | number | undefined): number {
  if (input === undefined) return 0;
  return Number(divideUp(parseQuantity(input).nano, NANO));
}

/** Thousandths, rounded up (`MilliValue()`): 500 of `500m`. */
export function quantityMilli(input: string | number | undefined): number {
  if (input === undefined) return 0;
  return Number(divideUp(parseQuantity(input).nano, 1_000_000n));
}

export function compareQuantities(a: string | number, b: string | number): number {
  const left = parseQuantity(a).nano;
  const right = parseQuantity(b).nano;
  return left < right ? -1 : left > right ? 1 : 0;
}

/** a + b in the format of a (of b when a is zero), as upstream adds. */
export function addQuantities(a: string | number, b: string | number): string {
  const left = parseQuantity(a);
  const right = parseQuantity(b);
  return formatQuantity({ nano: left.nano + right.nano, format: left.nano === 0n ? right.format : left.format });
}

/** a - b in the format of a (of b when a is zero). */
export function subtractQuantities(a: string | number, b: string | number): string {
  const left = parseQuantity(a);
  const right = parseQuantity(b);
  return formatQuantity({ nano: left.nano - right.nano, format: left.nano === 0n ? right.format : left.format });
}

/** Prints a number of base units as a quantity, to the thousandth. */
export function quantityOf(value: number, format: QuantityFormat = 'DecimalSI'): string {
  return formatQuantity({ nano: BigInt(Math.round(value * 1000)) * 1_000_000n, format });
}
