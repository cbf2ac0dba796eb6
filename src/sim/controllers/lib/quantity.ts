/** Kubernetes quantities (k8s.io/apimachinery pkg/api/resource) as plain numbers: exact up to 2^53, which no node exceeds. */
const BINARY = ['', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei'];
const DECIMAL: Record<string, number> = { n: -9, u: -6, m: -3, '': 0, k: 3, M: 6, G: 9, T: 12, P: 15, E: 18 };
const PATTERN = /^([+-]?)(\d*)(?:\.(\d*))?(Ki|Mi|Gi|Ti|Pi|Ei|[numkMGTPE]?|[eE][+-]?\d+)$/;

export type QuantityFormat = 'DecimalSI' | 'BinarySI' | 'DecimalExponent';

export interface ParsedQuantity {
  sign: 1 | -1;
  whole: string;
  fraction: string;
  /** Power of two or of ten that the suffix stands for. */
  exponent: number;
  format: QuantityFormat;
}

/** Undefined when the text is no quantity. */
export function parseQuantity(text: string | number): ParsedQuantity | undefined {
  const match = PATTERN.exec(String(text));
  if (!match || (!match[2] && !match[3])) return undefined;
  const suffix = match[4] as string;
  const parts = { sign: match[1] === '-' ? -1 : 1, whole: match[2] ?? '', fraction: match[3] ?? '' } as const;
  const binary = BINARY.indexOf(suffix);
  if (suffix && binary > 0) return { ...parts, exponent: binary * 10, format: 'BinarySI' };
  const decimal = DECIMAL[suffix];
  if (decimal !== undefined) return { ...parts, exponent: decimal, format: 'DecimalSI' };
  return { ...parts, exponent: Number(suffix.slice(1)), format: 'DecimalExponent' };
}

/** The value in base units (cores, bytes, pieces); 0 when absent or no quantity. */
export function quantity(text: string | number | undefined): number {
  if (text === undefined || text === null) return 0;
  if (typeof text === 'number') return text;
  const parsed = parseQuantity(text);
  if (!parsed) return 0;
  const digits = Number(`${parsed.whole || '0'}.${parsed.fraction || '0'}`);
  const factor = parsed.format === 'BinarySI' ? 2 ** parsed.exponent : 10 ** parsed.exponent;
  const scaled = parsed.exponent < 0 ? digits / 10 ** -parsed.exponent : digits * factor;
  return parsed.sign * scaled;
}

/** Thousandths, rounded up as upstream's MilliValue does. */
export function milliValue(text: string | number | undefined): number {
  return Math.ceil(quantity(text) * 1000 - 1e-6);
}

/** Canonical text: the largest suffix that keeps the mantissa whole. */
export function formatQuantity(value: number, format: QuantityFormat): string {
  if (value === 0) return '0';
  if (format === 'BinarySI' && Number.isInteger(value)) {
    let step = 0;
    let mantissa = value;
    while (mantissa % 1024 === 0 && step < BINARY.length - 1) {
      mantissa /= 1024;
      step++;
    }
    return `${mantissa}${BINARY[step]}`;
  }
  const suffixes = ['n', 'u', 'm', '', 'k', 'M', 'G', 'T', 'P', 'E'];
  let step = 3;
  let mantissa = value;
  while (step > 0 && Math.abs(mantissa - Math.round(mantissa)) > 1e-9) {
    mantissa *= 1000;
    step--;
  }
  mantissa = Math.round(mantissa);
  while (mantissa % 1000 === 0 && step < suffixes.length - 1) {
    mantissa /= 1000;
    step++;
  }
  return `${mantissa}${suffixes[step]}`;
}
