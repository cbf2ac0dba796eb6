import { charOf, joined, veiled } from '../../core/bytes.ts';
import { strftime } from './commands/strftime.ts';

/** A conversion that failed; the value counts as far as it could be read. */
export interface PrintfResult {
  text: string;
  /** Arguments that are no numbers. */
  invalid: string[];
  /** `\c` was met: the output ends there. */
  stopped: boolean;
}

/** printf(1): the format is used again until all arguments are used. `nowMs`: bash's, which knows `%(format)T`. */
export function formatPrintf(format: string, args: readonly string[], nowMs?: number): PrintfResult {
  const result: PrintfResult = { text: '', invalid: [], stopped: false };
  let used = 0;
  do {
    const before = used;
    used = once(format, args, used, result, nowMs);
    if (used === before) break;
  } while (used < args.length && !result.stopped);
  result.text = joined(result.text);
  return result;
}

function once(
  format: string,
  args: readonly string[],
  start: number,
  result: PrintfResult,
  nowMs: number | undefined,
): number {
  let used = start;
  const token =
    /%\(([^)]*)\)T|%(%|([-+ #0]*)(\*|\d+)?(?:\.(\*|\d+)?)?([a-zA-Z]))|\\(?:[0-7]{1,3}|x[0-9a-fA-F]{1,2}|[\s\S])|[^%\\]+|[\s\S]/g;
  for (const match of format.matchAll(token)) {
    const [whole, time, spec, flags = '', width, precision, conversion] = match;
    if (time !== undefined && nowMs !== undefined) {
      const given = args[used++];
      const at = given === undefined || given === '-1' || given === '-2' ? nowMs : Number(given) * 1000;
      result.text += strftime(time || '%H:%M:%S', at);
      continue;
    }
    if (whole.startsWith('\\')) {
      if (whole === '\\c') {
        result.stopped = true;
        return used;
      }
      result.text += unescapeOne(whole);
    } else if (spec === '%') result.text += '%';
    else if (conversion) {
      const wide = width === '*' ? args[used++] : width;
      const precise = precision === '*' ? args[used++] : whole.includes('.') ? (precision ?? '0') : undefined;
      result.text += convert(conversion, args[used++], flags, wide, precise, result);
    } else result.text += whole;
  }
  return used;
}

function convert(
  conversion: string,
  arg: string | undefined,
  flags: string,
  width: string | undefined,
  precision: string | undefined,
  result: PrintfResult,
): string {
  const number = (): number => {
    const text = (arg ?? '').trim();
    if (arg === undefined) return 0;
    if (/^["']./s.test(text)) return text.codePointAt(1) as number;
    const value = /^[+-]?0\d+$/.test(text) ? Number.parseInt(text, 8) : Number(text);
    if (text !== '' && !Number.isNaN(value)) return value;
    result.invalid.push(arg);
    return Number.parseFloat(text) || 0;
  };
  let text: string;
  switch (conversion) {
    case 'u':
      text = unsigned(number(), 10, '');
      break;
    case 'd':
    case 'i':
      text = signed(Math.trunc(number()).toString(), flags);
      break;
    case 'x':
      text = unsigned(number(), 16, flags.includes('#') ? '0x' : '');
      break;
    case 'X':
      text = unsigned(number(), 16, flags.includes('#') ? '0x' : '').toUpperCase();
      break;
    case 'o':
      text = unsigned(number(), 8, flags.includes('#') ? '0' : '');
      break;
    case 'f':
    case 'F':
      text = signed(number().toFixed(Number(precision ?? 6)), flags);
      break;
    case 'e':
    case 'E':
      text = number()
        .toExponential(Number(precision ?? 6))
        .replace(/e([+-])(\d)$/, 'e$10$2');
      break;
    case 'g':
    case 'G':
      text = String(Number(number().toPrecision(Number(precision ?? 6) || 1)));
      break;
    case 'c':
      text = (arg ?? '').slice(0, 1);
      break;
    case 'b':
      text = unescapeText(arg ?? '').text;
      break;
    case 'q':
      text = quotedWord(arg ?? '');
      break;
    default:
      text = arg ?? '';
      if (precision !== undefined) text = text.slice(0, Number(precision));
  }
  const size = Number(width ?? 0);
  if (flags.includes('-') || size < 0) return text.padEnd(Math.abs(size));
  if (flags.includes('0') && 'diuxXofFeEgG'.includes(conversion)) {
    const sign = /^[+-]/.exec(text)?.[0] ?? '';
    return sign + text.slice(sign.length).padStart(size - sign.length, '0');
  }
  return text.padStart(size);
}

const ANSI: Record<string, string> = {
  '\x07': '\\a',
  '\b': '\\b',
  '\t': '\\t',
  '\n': '\\n',
  '\v': '\\v',
  '\f': '\\f',
  '\r': '\\r',
  '\x1b': '\\E',
  "'": "\\'",
  '\\': '\\\\',
};

/** `%q`: a word that the shell reads as this text. */
function quotedWord(text: string): string {
  if (text === '') return "''";
  if (!/[\0-\x1f\x7f\udc80-\udcff]/.test(veiled(text).replace(/\udbff[\udf80-\udfff]/g, '\0')))
    return text.replace(/[\s"'\\|&;()<>!{}*[\]?^$`,]|^[~#]/g, '\\$&');
  const shown = [...text].map((char) => {
    const code = char.charCodeAt(0);
    const byte = code >= 0xdc80 && code <= 0xdcff ? code & 0xff : code < 32 || code === 127 ? code : undefined;
    return ANSI[char] ?? (byte === undefined ? char : `\\${byte.toString(8).padStart(3, '0')}`);
  });
  return `$'${shown.join('')}'`;
}

/** Negative numbers are those of 64 bits that have the same bits. */
function unsigned(value: number, radix: number, prefix: string): string {
  const whole = BigInt.asUintN(64, BigInt(Math.trunc(value)));
  return (whole === 0n ? '' : prefix) + whole.toString(radix);
}

function signed(text: string, flags: string): string {
  if (text.startsWith('-')) return text;
  return flags.includes('+') ? `+${text}` : flags.includes(' ') ? ` ${text}` : text;
}

const ESCAPES: Record<string, string> = {
  n: '\n',
  t: '\t',
  r: '\r',
  a: '\x07',
  b: '\b',
  f: '\f',
  v: '\v',
  e: '\x1b',
  '\\': '\\',
  '"': '"',
};

function unescapeOne(text: string): string {
  const body = text.slice(1);
  if (/^0?[0-7]+$/.test(body)) return charOf(Number.parseInt(body, 8) & 0xff);
  if (/^x[0-9a-fA-F]+$/.test(body)) return charOf(Number.parseInt(body.slice(1), 16));
  return ESCAPES[body] ?? text;
}

/** Backslash sequences as `echo -e` and `%b` read them; `\c` stops. */
export function unescapeText(text: string): { text: string; stopped: boolean } {
  let out = '';
  for (const [token] of text.matchAll(/\\(?:0[0-7]{0,3}|x[0-9a-fA-F]{1,2}|[\s\S])|[^\\]+|\\/g)) {
    if (token === '\\c') return { text: joined(out), stopped: true };
    out += token === '\\0' ? '\0' : token.startsWith('\\') && token.length > 1 ? unescapeOne(token) : token;
  }
  return { text: joined(out), stopped: false };
}
