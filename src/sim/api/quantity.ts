const FORM = /^([+-]?)(\d+(?:\.\d*)?|\.\d+)(Ki|Mi|Gi|Ti|Pi|Ei|n|u|m|k|M|G|T|P|E|[eE][+-]?\d+)?$/;
const BINARY = ['', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei'];
const DECIMAL: Record<string, number> = { n: -9, u: -6, m: -3, '': 0, k: 3, M: 6, G: 9, T: 12, P: 15, E: 18 };
const BY_EXPONENT = new Map(Object.entries(DECIMAL).map(([suffix, exponent]) => [exponent, suffix]));

/** What upstream answers for text that is no quantity. */
export const QUANTITY_ERROR =
  "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";

/**
 * Upstream's canonical form (resource.Quantity): no fraction, the largest suffix that loses nothing, at most nano
 * precision (rounded up). Undefined when the text is no quantity. `0.5` is `500m`, `1024Mi` is `1Gi`.
 */
export function canonicalQuantity(text: string): string | undefined {
  const match = FORM.exec(text);
  if (!match) return undefined;
  const [, sign = '', digits = '', suffix = ''] = match;
  const [whole = '', fraction = ''] = digits.split('.');
  const mantissa = BigInt(`${whole}${fraction}` || '0');
  const negative = sign === '-' && mantissa !== 0n ? '-' : '';
  const power = BINARY.indexOf(suffix);
  if (power > 0) return negative + binaryForm(mantissa << BigInt(10 * power), fraction.length);
  const exponentForm = /^[eE]([+-]?\d+)$/.exec(suffix);
  const exponent = exponentForm ? Number(exponentForm[1]) : (DECIMAL[suffix] ?? 0);
  return negative + decimalForm(mantissa, exponent - fraction.length, exponentForm !== null);
}

function binaryForm(scaled: bigint, fractionDigits: number): string {
  const divisor = 10n ** BigInt(fractionDigits);
  if (scaled % divisor !== 0n) return decimalForm(scaled, -fractionDigits, false);
  let value = scaled / divisor;
  if (value < 1024n) return String(value);
  let power = 0;
  while (power < 6 && value !== 0n && value % 1024n === 0n) {
    value /= 1024n;
    power++;
  }
  return `${value}${BINARY[power]}`;
}

function decimalForm(mantissa: bigint, exponent: number, scientific: boolean): string {
  let value = mantissa;
  let exp = exponent;
  if (value === 0n) return '0';
  while (exp < -9) {
    value = (value + 9n) / 10n;
    exp++;
  }
  while (value % 10n === 0n && exp < 18) {
    value /= 10n;
    exp++;
  }
  const floor = Math.floor(exp / 3) * 3;
  value *= 10n ** BigInt(exp - floor);
  if (scientific) return floor === 0 ? String(value) : `${value}e${floor}`;
  if (floor > 18) return `${value * 10n ** BigInt(floor - 18)}E`;
  return `${value}${BY_EXPONENT.get(floor) ?? ''}`;
}
