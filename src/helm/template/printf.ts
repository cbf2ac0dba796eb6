import { formatFloat, formatV, isPrintable, plainDecimal, quote } from './format.ts';
import { GoBytes, GoMap, GoObject, intOf, isInt, isNilList, sortedKeys, typeOf, type Value } from './value.ts';

interface Spec {
  verb: string;
  minus: boolean;
  plus: boolean;
  sharp: boolean;
  space: boolean;
  zero: boolean;
  width?: number;
  precision?: number;
}

/** fmt.Sprintf; what does not fit is said in fmt's own `%!d(string=x)` form. */
export function sprintf(format: string, args: readonly Value[]): string {
  return new Printer(format, args).run();
}

/** fmt does not pad beyond this. */
const WIDTH_MAX = 1_000_000;

class Printer {
  #at = 0;
  #next = 0;
  #reordered = false;
  #goodIndex = true;
  constructor(
    readonly format: string,
    readonly args: readonly Value[],
  ) {}

  run(): string {
    let out = '';
    while (this.#at < this.format.length) {
      const percent = this.format.indexOf('%', this.#at);
      if (percent < 0) {
        out += this.format.slice(this.#at);
        break;
      }
      out += this.format.slice(this.#at, percent);
      this.#at = percent + 1;
      out += this.#directive();
    }
    if (this.#reordered || this.#next >= this.args.length) return out;
    const extra = this.args.slice(this.#next).map((arg) => (arg == null ? '<nil>' : `${typeOf(arg)}=${formatV(arg)}`));
    return `${out}%!(EXTRA ${extra.join(', ')})`;
  }

  #directive(): string {
    this.#goodIndex = true;
    let afterIndex = false;
    const spec: Spec = { verb: '', minus: false, plus: false, sharp: false, space: false, zero: false };
    this.#flags(spec);
    afterIndex = this.#index();
    if (this.format[this.#at] === '*') {
      this.#at++;
      const width = this.#star();
      if (width === undefined) return this.#rest(spec, '%!(BADWIDTH)');
      spec.width = Math.abs(width);
      if (width < 0) {
        spec.minus = true;
        spec.zero = false;
      }
      afterIndex = false;
    } else {
      const digits = /^\d+/.exec(this.format.slice(this.#at))?.[0];
      if (digits !== undefined) {
        this.#at += digits.length;
        spec.width = Number(digits);
        if (afterIndex) this.#goodIndex = false;
      }
    }
    if (this.format[this.#at] === '.') {
      this.#at++;
      if (afterIndex) this.#goodIndex = false;
      afterIndex = this.#index();
      if (this.format[this.#at] === '*') {
        this.#at++;
        const precision = this.#star();
        if (precision === undefined || precision < 0) {
          if (precision === undefined) return this.#rest(spec, '%!(BADPREC)');
        } else spec.precision = precision;
        afterIndex = false;
      } else {
        const digits = /^\d*/.exec(this.format.slice(this.#at))?.[0] ?? '';
        this.#at += digits.length;
        spec.precision = Number(digits || 0);
      }
    }
    if (!afterIndex) this.#index();
    return this.#rest(spec, '');
  }

  #flags(spec: Spec): void {
    for (; this.#at < this.format.length; this.#at++) {
      const ch = this.format[this.#at];
      if (ch === '#') spec.sharp = true;
      else if (ch === '0') spec.zero = !spec.minus;
      else if (ch === '+') spec.plus = true;
      else if (ch === '-') {
        spec.minus = true;
        spec.zero = false;
      } else if (ch === ' ') spec.space = true;
      else return;
    }
  }

  /** An explicit index such as `[2]`. */
  #index(): boolean {
    if (this.format[this.#at] !== '[') return false;
    this.#reordered = true;
    const match = /^\[(\d+)\]/.exec(this.format.slice(this.#at));
    if (!match) {
      this.#goodIndex = false;
      const close = this.format.indexOf(']', this.#at);
      this.#at = close < 0 ? this.#at + 1 : close + 1;
      return false;
    }
    this.#at += match[0].length;
    const at = Number(match[1]) - 1;
    if (at < 0 || at >= this.args.length) this.#goodIndex = false;
    else this.#next = at;
    return true;
  }

  #star(): number | undefined {
    if (this.#next >= this.args.length) return undefined;
    const value = this.args[this.#next++];
    if (!isInt(value)) return undefined;
    const number = Number(intOf(value));
    return Math.abs(number) > WIDTH_MAX ? undefined : number;
  }

  #rest(spec: Spec, before: string): string {
    const verb = String.fromCodePoint(this.format.codePointAt(this.#at) ?? 0);
    if (this.#at >= this.format.length) return `${before}%!(NOVERB)`;
    this.#at += verb.length;
    spec.verb = verb;
    if (verb === '%') return `${before}%`;
    if (!this.#goodIndex) return `${before}%!${verb}(BADINDEX)`;
    if (this.#next >= this.args.length) return `${before}%!${verb}(MISSING)`;
    return before + formatVerb(this.args[this.#next++], spec);
  }
}

function pad(text: string, spec: Spec, zero = spec.zero): string {
  const missing = (spec.width ?? 0) - [...text].length;
  if (missing <= 0) return text;
  if (spec.minus) return text + ' '.repeat(missing);
  return (zero ? '0' : ' ').repeat(missing) + text;
}

function bad(value: Value, verb: string): string {
  return value == null ? `%!${verb}(<nil>)` : `%!${verb}(${typeOf(value)}=${formatV(value)})`;
}

function formatVerb(value: Value, spec: Spec): string {
  const { verb } = spec;
  if (verb === 'v') spec.plus = false;
  if (verb === 'T') return pad(typeOf(value), spec);
  if (value == null) return verb === 'v' ? pad('<nil>', spec) : `%!${verb}(<nil>)`;
  if (verb === 'p') return `%!p(${typeOf(value)}=${formatV(value)})`;
  if (verb === 'v' && spec.sharp) return goSyntax(value);
  if (isInt(value)) return formatInt(intOf(value), value, spec);
  if (typeof value === 'number') return formatFloatVerb(value, spec);
  if (typeof value === 'boolean') return verb === 't' || verb === 'v' ? pad(String(value), spec) : bad(value, verb);
  if (typeof value === 'string') return formatString(value, spec);
  return formatComposite(value, spec);
}

function formatComposite(value: Value, spec: Spec): string {
  const inside = (item: Value): string =>
    item == null && spec.verb !== 'v' ? `%!${spec.verb}(<nil>)` : formatVerb(item, spec);
  if (Array.isArray(value)) return `[${value.map(inside).join(' ')}]`;
  if (value instanceof GoMap) {
    const items = sortedKeys(value).map((k) => `${formatVerb(k, spec)}:${inside(value.get(k))}`);
    return `map[${items.join(' ')}]`;
  }
  if (value instanceof GoBytes && 'sxXq'.includes(spec.verb)) return formatString(value.text, spec);
  if (value instanceof GoObject) return 'vs'.includes(spec.verb) ? pad(value.print(), spec) : bad(value, spec.verb);
  return bad(value, spec.verb);
}

const RADIX: Record<string, [base: number, prefix: string]> = {
  d: [10, ''],
  v: [10, ''],
  b: [2, '0b'],
  o: [8, '0'],
  O: [8, '0o'],
  x: [16, '0x'],
  X: [16, '0X'],
};

function formatInt(number: bigint, value: Value, spec: Spec): string {
  const { verb } = spec;
  const character = (): string =>
    number >= 0n && number <= 0x10ffffn ? String.fromCodePoint(Number(number)) : '\uFFFD';
  if (verb === 'c') return pad(character(), spec, false);
  if (verb === 'q') return pad(quotedRune(character()), spec, false);
  if (verb === 'U') {
    const code = `U+${number.toString(16).toUpperCase().padStart(4, '0')}`;
    return pad(spec.sharp ? `${code} '${character()}'` : code, spec, false);
  }
  const radix = RADIX[verb];
  if (!radix) return bad(value, verb);
  const [base, prefix] = radix;
  let digits = (number < 0n ? -number : number).toString(base);
  if (verb === 'X') digits = digits.toUpperCase();
  const sign = number < 0n ? '-' : spec.plus ? '+' : spec.space ? ' ' : '';
  if (spec.precision === 0 && number === 0n) return ' '.repeat(spec.width ?? 0);
  let least = spec.precision ?? 0;
  if (spec.precision === undefined && spec.zero && spec.width !== undefined) least = spec.width - sign.length;
  digits = digits.padStart(least, '0');
  const lead = spec.sharp && !(verb === 'o' && digits.startsWith('0')) ? prefix : verb === 'O' ? '0o' : '';
  return pad(sign + lead + digits, spec, false);
}

function quotedRune(ch: string): string {
  if (ch === "'") return "'\\''";
  if (ch === '"') return `'"'`;
  return `'${quote(ch).slice(1, -1)}'`;
}

function formatFloatVerb(value: number, spec: Spec): string {
  const text = floatText(Math.abs(value), spec);
  if (text === undefined) return bad(value, spec.verb);
  const negative = value < 0 || Object.is(value, -0);
  const finite = Number.isFinite(value);
  const sign = negative
    ? '-'
    : spec.plus || (value === Number.POSITIVE_INFINITY && !spec.space)
      ? '+'
      : spec.space
        ? ' '
        : '';
  if (Number.isNaN(value)) return pad(spec.plus ? '+NaN' : 'NaN', spec, false);
  const missing = (spec.width ?? 0) - text.length - sign.length;
  if (finite && spec.zero && missing > 0) return sign + '0'.repeat(missing) + text;
  return pad(sign + text, spec, false);
}

function floatText(abs: number, spec: Spec): string | undefined {
  if (!Number.isFinite(abs)) return 'Inf';
  const exponent = (text: string): string => text.replace(/e([+-])(\d)$/, 'e$10$2');
  switch (spec.verb) {
    case 'v':
    case 'g':
    case 'G': {
      const text = spec.precision === undefined ? formatFloat(abs) : general(abs, spec.precision || 1);
      return spec.verb === 'G' ? text.toUpperCase() : text;
    }
    case 'f':
    case 'F':
      return fixed(abs, spec.precision ?? 6);
    case 'e':
      return exponent(abs.toExponential(spec.precision ?? 6));
    case 'E':
      return exponent(abs.toExponential(spec.precision ?? 6)).toUpperCase();
    default:
      return undefined;
  }
}

/** Number.toFixed leaves its notation from 1e21 on. */
function fixed(abs: number, precision: number): string {
  if (abs < 1e21) return abs.toFixed(Math.min(precision, 100));
  return BigInt(abs).toString() + (precision > 0 ? `.${'0'.repeat(precision)}` : '');
}

function general(abs: number, precision: number): string {
  if (abs === 0) return '0';
  const [mantissa = '', exp = '0'] = abs.toExponential(Math.min(precision, 100) - 1).split('e');
  const digits = mantissa.includes('.') ? mantissa.replace(/\.?0+$/, '') : mantissa;
  if (Number(exp) >= -4 && Number(exp) < precision) return plainDecimal(Number(`${digits}e${exp}`));
  return `${digits}e${Number(exp) < 0 ? '-' : '+'}${String(Math.abs(Number(exp))).padStart(2, '0')}`;
}

function formatString(value: string, spec: Spec): string {
  const cut = spec.precision === undefined ? value : [...value].slice(0, spec.precision).join('');
  switch (spec.verb) {
    case 's':
    case 'v':
      return pad(cut, spec);
    case 'q':
      if (spec.sharp && canBackquote(cut)) return pad(`\`${cut}\``, spec);
      return pad(spec.plus ? asciiOnly(quote(cut)) : quote(cut), spec);
    case 'x':
    case 'X': {
      const bytes = Buffer.from(value).subarray(0, spec.precision);
      const prefix = spec.sharp ? '0x' : '';
      const digits = [...bytes].map((byte) => byte.toString(16).padStart(2, '0'));
      const text = spec.space
        ? digits.map((d) => prefix + d).join(' ')
        : digits.length > 0
          ? prefix + digits.join('')
          : '';
      return pad(spec.verb === 'X' ? text.toUpperCase() : text, spec);
    }
    default:
      return bad(value, spec.verb);
  }
}

const canBackquote = (text: string): boolean =>
  [...text].every((ch) => ch === '\t' || (ch !== '`' && isPrintable(ch, ch.codePointAt(0) ?? 0)));

function asciiOnly(text: string): string {
  return [...text]
    .map((ch) => {
      const code = ch.codePointAt(0) ?? 0;
      if (code < 0x80) return ch;
      return code > 0xffff ? `\\U${code.toString(16).padStart(8, '0')}` : `\\u${code.toString(16).padStart(4, '0')}`;
    })
    .join('');
}

function goSyntax(value: Value): string {
  if (value == null) return 'interface {}(nil)';
  if (typeof value === 'string') return quote(value);
  if (value instanceof GoMap) {
    const items = sortedKeys(value).map((key) => `${quote(key)}:${goSyntax(value.get(key))}`);
    return `${typeOf(value)}{${items.join(', ')}}`;
  }
  if (Array.isArray(value)) {
    return isNilList(value) ? `${typeOf(value)}(nil)` : `${typeOf(value)}{${value.map(goSyntax).join(', ')}}`;
  }
  if (typeof value === 'number') return formatFloat(value, 21);
  return formatV(value);
}
