import { GoMap, GoObject, intOf, isInt, sortedKeys, typeOf, type Value } from './value.ts';

/**
 * strconv.FormatFloat(v, 'g', -1, 64): an exponent from 1e6 on, which is why a chart's 1000000 prints as 1e+06.
 * encoding/json and YAML use the threshold 21.
 */
export function formatFloat(value: number, threshold = 6): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf';
  if (Object.is(value, -0)) return '-0';
  if (value === 0) return '0';
  const [mantissa = '', exponent = '0'] = value.toExponential().split('e');
  const exp = Number(exponent);
  if (exp < -4 || exp >= threshold) {
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

interface Spec {
  flags: string;
  width?: number;
  precision?: number;
  verb: string;
}

/** fmt.Sprintf for the verbs that templates use; what does not fit is said in fmt's own `%!d(string=x)` form. */
export function sprintf(format: string, args: readonly Value[]): string {
  let out = '';
  let next = 0;
  const pattern = /%([-+# 0]*)(\*|\d+)?(?:\.(\*|\d+)?)?([a-zA-Z%])?/g;
  let last = 0;
  const star = (): number => Number(intOf((args[next++] ?? 0n) as bigint));
  for (const match of format.matchAll(pattern)) {
    out += format.slice(last, match.index);
    last = match.index + match[0].length;
    const verb = match[4];
    if (verb === undefined) {
      out += '%!(NOVERB)';
      continue;
    }
    if (verb === '%') {
      out += '%';
      continue;
    }
    const spec: Spec = { flags: match[1] ?? '', verb };
    if (match[2]) spec.width = match[2] === '*' ? star() : Number(match[2]);
    if (match[0].includes('.')) spec.precision = match[3] === '*' ? star() : Number(match[3] ?? 0);
    if (next >= args.length) {
      out += `%!${verb}(MISSING)`;
      continue;
    }
    out += pad(formatVerb(args[next++], spec), spec);
  }
  out += format.slice(last);
  if (next < args.length) {
    const extra = args.slice(next).map((arg) => (arg == null ? '<nil>' : `${typeOf(arg)}=${formatV(arg)}`));
    out += `%!(EXTRA ${extra.join(', ')})`;
  }
  return out;
}

function pad(text: string, spec: Spec): string {
  if (spec.width === undefined) return text;
  const missing = spec.width - [...text].length;
  if (missing <= 0) return text;
  if (spec.flags.includes('-')) return text + ' '.repeat(missing);
  if (spec.flags.includes('0') && !'sqv'.includes(spec.verb)) {
    const sign = /^[+-]/.test(text) ? text.slice(0, 1) : '';
    return sign + '0'.repeat(missing) + text.slice(sign.length);
  }
  return (spec.flags.includes('0') ? '0' : ' ').repeat(missing) + text;
}

function bad(value: Value, verb: string): string {
  return value == null ? `%!${verb}(<nil>)` : `%!${verb}(${typeOf(value)}=${formatV(value)})`;
}

function formatVerb(value: Value, spec: Spec): string {
  const { verb, flags } = spec;
  if (verb === 'T') return typeOf(value);
  if (verb === 'v') return flags.includes('#') ? goSyntax(value) : signed(value, formatV(value), flags);
  if (value == null) return `%!${verb}(<nil>)`;
  if (Array.isArray(value)) return `[${value.map((item) => formatVerb(item, spec)).join(' ')}]`;
  if (value instanceof GoMap) {
    const items = sortedKeys(value).map((k) => `${formatVerb(k, spec)}:${formatVerb(value.get(k), spec)}`);
    return `map[${items.join(' ')}]`;
  }
  if (isInt(value)) return formatInt(value, spec);
  if (typeof value === 'number') return formatFloatVerb(value, spec);
  if (typeof value === 'boolean') return verb === 't' ? String(value) : bad(value, verb);
  if (typeof value === 'string') return formatString(value, spec);
  return value instanceof GoObject ? value.print() : bad(value, verb);
}

function signed(value: Value, text: string, flags: string): string {
  const number = typeof value === 'number' || isInt(value);
  return number && flags.includes('+') && !text.startsWith('-') ? `+${text}` : text;
}

function formatInt(value: Value, spec: Spec): string {
  const number = intOf(value as bigint);
  const sharp = spec.flags.includes('#');
  const radix = (base: number, prefix: string): string =>
    (number < 0n ? '-' : '') + (sharp ? prefix : '') + (number < 0n ? -number : number).toString(base);
  switch (spec.verb) {
    case 'd':
      return signed(value, number.toString(), spec.flags);
    case 'x':
      return radix(16, '0x');
    case 'X':
      return radix(16, '0X').toUpperCase();
    case 'o':
      return radix(8, '0');
    case 'b':
      return radix(2, '0b');
    case 'c':
      return String.fromCodePoint(Number(number));
    case 'q':
      return `'${String.fromCodePoint(Number(number))}'`;
    case 'U':
      return `U+${number.toString(16).toUpperCase().padStart(4, '0')}`;
    default:
      return bad(value, spec.verb);
  }
}

function formatFloatVerb(value: number, spec: Spec): string {
  const precision = spec.precision ?? 6;
  const exponent = (text: string): string => text.replace(/e([+-])(\d)$/, 'e$10$2');
  switch (spec.verb) {
    case 'f':
    case 'F':
      return signed(value, value.toFixed(precision), spec.flags);
    case 'e':
      return exponent(value.toExponential(precision));
    case 'g':
      return spec.precision === undefined ? formatFloat(value) : exponent(String(Number(value.toPrecision(precision))));
    default:
      return bad(value, spec.verb);
  }
}

function formatString(value: string, spec: Spec): string {
  switch (spec.verb) {
    case 's':
      return spec.precision === undefined ? value : [...value].slice(0, spec.precision).join('');
    case 'q':
      return spec.flags.includes('#') && !value.includes('`') ? `\`${value}\`` : quote(value);
    case 'x':
      return Buffer.from(value, 'utf8').toString('hex');
    case 'X':
      return Buffer.from(value, 'utf8').toString('hex').toUpperCase();
    default:
      return bad(value, spec.verb);
  }
}

function goSyntax(value: Value): string {
  if (value == null) return '<nil>';
  if (typeof value === 'string') return quote(value);
  if (value instanceof GoMap) {
    const items = sortedKeys(value).map((key) => `${quote(key)}:${goSyntax(value.get(key))}`);
    return `${typeOf(value)}{${items.join(', ')}}`;
  }
  if (Array.isArray(value)) return `[]interface {}{${value.map(goSyntax).join(', ')}}`;
  return formatV(value);
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
