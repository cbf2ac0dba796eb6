import { GoMap, GoObject, intOf, isInt, sortedKeys, type Value } from './value.ts';

/**
 * strconv.FormatFloat(v, 'g', -1, 64): an exponent from 1e6 on, which is why a chart's 1000000 prints as 1e+06.
 * encoding/json and YAML use the threshold 21.
 */
export function formatFloat(value: number, threshold = 6, low = -4): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf';
  if (Object.is(value, -0)) return '-0';
  if (value === 0) return '0';
  const [mantissa = '', exponent = '0'] = value.toExponential().split('e');
  const exp = Number(exponent);
  if (exp < low || exp >= threshold) {
    const digits = Math.abs(exp).toString().padStart(2, '0');
    return `${mantissa}e${exp < 0 ? '-' : '+'}${digits}`;
  }
  return plainDecimal(value);
}

/** Shortest decimal without exponent. */
export function plainDecimal(value: number): string {
  const [mantissa = '', exponent = '0'] = Math.abs(value).toExponential().split('e');
  const digits = mantissa.replace('.', '');
  const exp = Number(exponent);
  const sign = value < 0 ? '-' : '';
  if (exp < 0) return `${sign}0.${'0'.repeat(-exp - 1)}${digits}`;
  if (digits.length <= exp + 1) return sign + digits + '0'.repeat(exp + 1 - digits.length);
  return `${sign}${digits.slice(0, exp + 1)}.${digits.slice(exp + 1)}`;
}

/** fmt's %v, as an action prints a value. */
export function printValue(value: Value): string {
  if (value === undefined || value === null) return '<no value>';
  return formatV(value);
}

/** fmt's %v inside other values, where nil reads `<nil>`. */
export function formatV(value: Value): string {
  if (value === undefined || value === null) return '<nil>';
  if (typeof value === 'string') return value;
  if (typeof value === 'boolean') return value ? 'true' : 'false';
  if (typeof value === 'number') return formatFloat(value);
  if (isInt(value)) return intOf(value).toString();
  if (value instanceof GoMap) {
    return `map[${sortedKeys(value)
      .map((key) => `${key}:${formatV(value.get(key))}`)
      .join(' ')}]`;
  }
  if (Array.isArray(value)) return `[${value.map(formatV).join(' ')}]`;
  if (value instanceof GoObject) return value.print();
  return '0x0';
}

/** strconv.Quote. */
export function quote(text: string): string {
  let out = '"';
  for (const ch of text) {
    const code = ch.codePointAt(0) ?? 0;
    const short = SHORT_ESCAPES[ch];
    if (short) out += short;
    else if (code < 0x20 || code === 0x7f) out += `\\x${code.toString(16).padStart(2, '0')}`;
    else if (isPrintable(ch, code)) out += ch;
    else if (code > 0xffff) out += `\\U${code.toString(16).padStart(8, '0')}`;
    else out += `\\u${code.toString(16).padStart(4, '0')}`;
  }
  return out + '"';
}

const SHORT_ESCAPES: Record<string, string> = {
  '"': '\\"',
  '\\': '\\\\',
  '\n': '\\n',
  '\t': '\\t',
  '\r': '\\r',
  '\u0007': '\\a',
  '\b': '\\b',
  '\f': '\\f',
  '\v': '\\v',
};

/** unicode.IsPrint: letters, marks, numbers, punctuation, symbols and the ASCII space. */
export function isPrintable(ch: string, code: number): boolean {
  return code === 0x20 || /^[\p{L}\p{M}\p{N}\p{P}\p{S}]$/u.test(ch);
}

/** fmt.Sprint: a space between operands when neither is a string. */
export function sprint(args: readonly Value[]): string {
  return args
    .map((arg, i) => {
      const spaced = i > 0 && typeof arg !== 'string' && typeof args[i - 1] !== 'string';
      return (spaced ? ' ' : '') + formatV(arg);
    })
    .join('');
}
