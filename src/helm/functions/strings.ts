import { bytesOf, textOf } from '../../core/bytes.ts';
import { formatV, quote as goQuote } from '../template/format.ts';
import { compareStrings, GoMap, typedList, type Value } from '../template/value.ts';
import { type FunctionTable, fail, fn, int64, strings, text, toFloat, toInt64, toNumber } from './table.ts';
import {
  abbreviate,
  goLower,
  goTitle,
  goUpper,
  initialsOf,
  joinWords,
  pascalCase,
  swapCase,
  uncapitalize,
  withoutSpaces,
  wrapText,
} from './words.ts';

const present = (values: Value[]): Value[] => values.filter((value) => value !== null && value !== undefined);

function repeat(count: Value, value: string): string {
  const times = toNumber(count);
  return times < 0 ? fail('strings: negative Repeat count') : value.repeat(times);
}

function indent(spaces: Value, value: string): string {
  const pad = repeat(spaces, ' ');
  return pad + value.replace(/\n/g, `\n${pad}`);
}

function trunc(length: Value, value: string): string {
  const bytes = bytesOf(value);
  const count = toNumber(length);
  if (count < 0 && bytes.length + count > 0) return textOf(bytes.subarray(bytes.length + count));
  return count >= 0 && bytes.length > count ? textOf(bytes.subarray(0, count)) : value;
}

function substring(start: Value, end: Value, value: string): string {
  const bytes = bytesOf(value);
  const [from, to] = [toNumber(start), toNumber(end)];
  const slice = (low: number, high: number): string => {
    if (high > bytes.length || high < 0)
      fail(`runtime error: slice bounds out of range [:${high}]${high < 0 ? '' : ` with length ${bytes.length}`}`);
    if (low > high) fail(`runtime error: slice bounds out of range [${low}:${high}]`);
    return textOf(bytes.subarray(low, high));
  };
  if (from < 0) return slice(0, to);
  return slice(from, to < 0 || to > bytes.length ? bytes.length : to);
}

/** Trims any of the characters of `cutset`, Go's strings.Trim. */
function trimSet(value: string, cutset: string, left: boolean, right: boolean): string {
  const set = new Set(cutset);
  let chars = [...value];
  if (left) {
    const from = chars.findIndex((ch) => !set.has(ch));
    chars = from < 0 ? [] : chars.slice(from);
  }
  if (right) {
    const to = chars.findLastIndex((ch) => !set.has(ch));
    chars = chars.slice(0, to + 1);
  }
  return chars.join('');
}

function plural(one: string, many: string, count: Value): string {
  return toNumber(count) === 1 ? one : many;
}

/** Like the program seq, in one line. */
function seq(args: Value[]): string {
  const [first = 1, second = 1, third = 1] = args.map(toNumber);
  const numbers = (start: number, end: number, step?: number): string => {
    const sign = end < start ? -1 : 1;
    return until(start, end + sign, step ?? sign)
      .map(text)
      .join(' ');
  };
  if (args.length === 1) return numbers(1, first);
  if (args.length === 2) return numbers(first, second);
  if (args.length !== 3 || (third < first && second > 0)) return '';
  return numbers(first, third, second);
}

const ITEMS_MAX = 1_000_000;

export function until(start: number, stop: number, step: number): Value[] {
  if (stop < start ? step >= 0 : step <= 0) return typedList('[]int', []);
  if ((stop - start) / step > ITEMS_MAX) fail(`a list of more than ${ITEMS_MAX} numbers is not supported`);
  const out: Value[] = [];
  for (let i = start; step > 0 ? i < stop : i > stop; i += step) out.push(BigInt(i));
  return typedList('[]int', out);
}

function fromParts(parts: string[]): GoMap {
  const map = new GoMap();
  map.typeName = 'map[string]string';
  for (const [i, part] of parts.entries()) map.set(`_${i}`, part);
  return map;
}

function splitN(value: string, separator: string, count: number): string[] {
  const parts = separator === '' ? [...value] : value.split(separator);
  if (count < 0 || parts.length <= count) return parts;
  if (count === 0) return [];
  return [...parts.slice(0, count - 1), parts.slice(count - 1).join(separator)];
}

function atoi(value: string): bigint {
  if (!/^[+-]?[0-9]+$/.test(value)) return 0n;
  const number = BigInt(value.replace(/^\+/, ''));
  const [low, high] = [-(2n ** 63n), 2n ** 63n - 1n];
  return number > high ? high : number < low ? low : number;
}

/** Strings and conversions to and from them. */
export const stringFunctions: FunctionTable = {
  trim: fn('string', (s: string) => s.replace(/^[\t\n\v\f\r \u0085\p{Z}]+|[\t\n\v\f\r \u0085\p{Z}]+$/gu, '')),
  trimAll: fn('string string', (cut: string, s: string) => trimSet(s, cut, true, true)),
  trimall: fn('string string', (cut: string, s: string) => trimSet(s, cut, true, true)),
  trimSuffix: fn('string string', (end: string, s: string) => (end && s.endsWith(end) ? s.slice(0, -end.length) : s)),
  trimPrefix: fn('string string', (start: string, s: string) => (s.startsWith(start) ? s.slice(start.length) : s)),
  upper: fn('string', goUpper),
  lower: fn('string', goLower),
  title: fn('string', goTitle),
  untitle: fn('string', uncapitalize),
  swapcase: fn('string', swapCase),
  repeat: fn('int string', repeat),
  substr: fn('int int string', substring),
  trunc: fn('int string', trunc),
  nospace: fn('string', withoutSpaces),
  initials: fn('string', initialsOf),
  abbrev: fn('int string', (width: bigint, s: string) => abbreviate(s, 0, Number(width))),
  abbrevboth: fn('int int string', (left: bigint, width: bigint, s: string) =>
    abbreviate(s, Number(left), Number(width)),
  ),
  wrap: fn('int string', (width: bigint, s: string) => wrapText(s, Number(width), '', false)),
  wrapWith: fn('int string string', (width: bigint, sep: string, s: string) => wrapText(s, Number(width), sep, true)),
  contains: fn('string string', (part: string, s: string) => s.includes(part)),
  hasPrefix: fn('string string', (start: string, s: string) => s.startsWith(start)),
  hasSuffix: fn('string string', (end: string, s: string) => s.endsWith(end)),
  quote: fn('...any', (...args: Value[]) => strings(args).map(goQuote).join(' ')),
  squote: fn('...any', (...args: Value[]) =>
    present(args)
      .map((v) => `'${formatV(v)}'`)
      .join(' '),
  ),
  cat: fn('...any', (...args: Value[]) => present(args).map(formatV).join(' ')),
  indent: fn('int string', indent),
  nindent: fn('int string', (spaces: bigint, s: string) => `\n${indent(spaces, s)}`),
  replace: fn('string string string', (from: string, to: string, s: string) => s.replaceAll(from, () => to)),
  plural: fn('string string int', plural),
  snakecase: fn('string', (s: string) => joinWords(s, '_')),
  kebabcase: fn('string', (s: string) => joinWords(s, '-')),
  camelcase: fn('string', pascalCase),
  toString: fn('any', text),
  toStrings: fn('any', (value: Value) => typedList('[]string', strings(value))),
  join: fn('string any', (separator: string, value: Value) => strings(value).join(separator)),
  sortAlpha: fn('any', (value: Value) =>
    typedList('[]string', Array.isArray(value) ? strings(value).sort(compareStrings) : [text(value)]),
  ),
  split: fn('string string', (separator: string, s: string) => fromParts(s.split(separator))),
  splitn: fn('string int string', (separator: string, n: bigint, s: string) =>
    fromParts(splitN(s, separator, Number(n))),
  ),
  splitList: fn('string string', (separator: string, s: string) =>
    typedList('[]string', separator === '' ? [...s] : s.split(separator)),
  ),
  atoi: fn('string', atoi),
  int: fn('any', toInt64),
  int64: fn('any', (value: Value) => int64(toInt64(value))),
  float64: fn('any', toFloat),
  toDecimal: fn('any', (value: Value) => {
    const octal = formatV(value);
    return /^[0-7]+$/.test(octal) ? int64(BigInt(`0o${octal}`)) : int64(0);
  }),
  until: fn('int', (n: bigint) => until(0, Number(n), n < 0n ? -1 : 1)),
  untilStep: fn('int int int', (a: bigint, b: bigint, step: bigint) => until(Number(a), Number(b), Number(step))),
  seq: fn('...int', (...args: Value[]) => (args.length < 1 || args.length > 3 ? '' : seq(args))),
  hello: fn('', () => 'Hello!'),
};
