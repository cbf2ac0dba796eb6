import { charOf, joined } from '../../core/bytes.ts';
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
    case 'd':
    case 'i':
    case 'u':
      text = signed(Math.trunc(number()).toString(), flags);
      break;
    case 'x':
      text = Math.trunc(number()).toString(16);
      break;
    case 'X':
      text = Math.trunc(number()).toString(16).toUpperCase();
      break;
    case 'o':
      text = Math.trunc(number()).toString(8);
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
      text = /^[\w./:-]+$/.test(arg ?? '') ? (arg ?? '') : (arg ?? '').replace(/[^\w./:-]/g, '\\$&') || "''";
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
