import { quote as goQuote } from '../template/format.ts';
import { GoMap, Int64, type Value } from '../template/value.ts';
import { type FunctionTable, fail, fn, int64, strings, text, toFloat, toInt64, toNumber } from './table.ts';

const repeat = (count: Value, value: string): string => value.repeat(Math.max(0, toNumber(count)));

function indent(spaces: Value, value: string): string {
  const pad = ' '.repeat(Math.max(0, toNumber(spaces)));
  return pad + value.replace(/\n/g, `\n${pad}`);
}

function title(value: string): string {
  return value.replace(
    /(^|[^\p{L}\p{N}_'])(\p{L})/gu,
    (_, before: string, letter: string) => before + letter.toUpperCase(),
  );
}

function trunc(length: Value, value: string): string {
  const bytes = Buffer.from(value);
  const count = toNumber(length);
  if (count < 0 && bytes.length + count > 0) return bytes.subarray(bytes.length + count).toString();
  return count >= 0 && bytes.length > count ? bytes.subarray(0, count).toString() : value;
}

function substring(start: Value, end: Value, value: string): string {
  const bytes = Buffer.from(value);
  const [from, to] = [toNumber(start), toNumber(end)];
  if (from < 0) return bytes.subarray(0, to).toString();
  if (to < 0 || to > bytes.length) return bytes.subarray(from).toString();
  return bytes.subarray(from, to).toString();
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

/** Words as the library xstrings splits them for case changes. */
function words(value: string): string[] {
  return value
    .replace(/([\p{Ll}\p{N}])(\p{Lu})/gu, '$1 $2')
    .replace(/(\p{Lu})(\p{Lu}\p{Ll})/gu, '$1 $2')
    .split(/[\s_\-.]+/)
    .filter(Boolean);
}

function camel(value: string): string {
  return words(value.replace(/([\p{Ll}\p{N}])(\p{Lu})/gu, '$1_$2'))
    .map((word) => word.slice(0, 1).toUpperCase() + word.slice(1).toLowerCase())
    .join('');
}

function wrap(width: number, separator: string, value: string, cut: boolean): string {
  const lines: string[] = [];
  let line = '';
  for (const word of value.split(' ')) {
    const next = line ? `${line} ${word}` : word;
    if (line && next.length > width) {
      lines.push(line);
      line = word;
    } else line = next;
    while (cut && line.length > width) {
      lines.push(line.slice(0, width));
      line = line.slice(width);
    }
  }
  return [...lines, line].join(separator);
}

function abbreviate(left: number, width: number, value: string): string {
  if (width < 4 || (left > 0 && width < 7) || value.length <= width) return value;
  if (left <= 4) return `${value.slice(0, width - 3)}...`;
  if (left + width - 3 < value.length) return `...${abbreviate(0, width - 3, value.slice(left))}`;
  return `...${value.slice(value.length - (width - 3))}`;
}

function plural(one: string, many: string, count: Value): string {
  return toNumber(count) === 1 ? one : many;
}

function seq(args: Value[]): string {
  const numbers = args.map(toNumber);
  const [first = 1, last = first] = args.length === 1 ? [1, numbers[0]] : [numbers[0], numbers.at(-1)];
  const downward = args.length === 1 ? last < 1 : first > last;
  const step = args.length === 3 ? (numbers[1] ?? 1) : downward ? -1 : 1;
  return until(first, step > 0 ? last + 1 : last - 1, step)
    .map(text)
    .join(' ');
}

export function until(start: number, stop: number, step: number): Value[] {
  if (step === 0 || (stop - start) / step > 1_000_000) return [];
  const out: Value[] = [];
  for (let i = start; step > 0 ? i < stop : i > stop; i += step) out.push(BigInt(i));
  return out;
}

function fromParts(parts: string[]): GoMap {
  const map = new GoMap();
  map.typeName = 'map[string]string';
  for (const [i, part] of parts.entries()) map.set(`_${i}`, part);
  return map;
}

function splitN(value: string, separator: string, count: number): string[] {
  const parts = value.split(separator);
  if (count < 0 || parts.length <= count) return parts;
  if (count === 0) return [];
  return [...parts.slice(0, count - 1), parts.slice(count - 1).join(separator)];
}

function atoi(value: string): bigint {
  return /^[+-]?[0-9]+$/.test(value) ? BigInt(value.replace(/^\+/, '')) : 0n;
}

/** Strings and conversions to and from them. */
export const stringFunctions: FunctionTable = {
  trim: fn('string', (s: string) => s.trim()),
  trimAll: fn('string string', (cut: string, s: string) => trimSet(s, cut, true, true)),
  trimall: fn('string string', (cut: string, s: string) => trimSet(s, cut, true, true)),
  trimSuffix: fn('string string', (end: string, s: string) => (end && s.endsWith(end) ? s.slice(0, -end.length) : s)),
  trimPrefix: fn('string string', (start: string, s: string) => (s.startsWith(start) ? s.slice(start.length) : s)),
  upper: fn('string', (s: string) => s.toUpperCase()),
  lower: fn('string', (s: string) => s.toLowerCase()),
  title: fn('string', title),
  untitle: fn('string', (s: string) => s.replace(/(^|\s)(\S)/g, (_, a: string, b: string) => a + b.toLowerCase())),
  swapcase: fn('string', (s: string) =>
    [...s].map((ch) => (ch === ch.toUpperCase() ? ch.toLowerCase() : ch.toUpperCase())).join(''),
  ),
  repeat: fn('int string', repeat),
  substr: fn('int int string', substring),
  trunc: fn('int string', trunc),
  nospace: fn('string', (s: string) => s.replace(/\s/g, '')),
  initials: fn('string', (s: string) =>
    s
      .split(/\s+/)
      .map((word) => word.slice(0, 1))
      .join(''),
  ),
  abbrev: fn('int string', (width: bigint, s: string) => abbreviate(0, Number(width), s)),
  abbrevboth: fn('int int string', (left: bigint, width: bigint, s: string) =>
    abbreviate(Number(left), Number(width), s),
  ),
  wrap: fn('int string', (width: bigint, s: string) => wrap(Number(width), '\n', s, false)),
  wrapWith: fn('int string string', (width: bigint, sep: string, s: string) => wrap(Number(width), sep, s, true)),
  contains: fn('string string', (part: string, s: string) => s.includes(part)),
  hasPrefix: fn('string string', (start: string, s: string) => s.startsWith(start)),
  hasSuffix: fn('string string', (end: string, s: string) => s.endsWith(end)),
  quote: fn('...any', (...args: Value[]) => strings(args).map(goQuote).join(' ')),
  squote: fn('...any', (...args: Value[]) =>
    strings(args)
      .map((s) => `'${s}'`)
      .join(' '),
  ),
  cat: fn('...any', (...args: Value[]) => strings(args).join(' ')),
  indent: fn('int string', indent),
  nindent: fn('int string', (spaces: bigint, s: string) => `\n${indent(spaces, s)}`),
  replace: fn('string string string', (from: string, to: string, s: string) => s.replaceAll(from, () => to)),
  plural: fn('string string int', plural),
  snakecase: fn('string', (s: string) => words(s).join('_').toLowerCase()),
  kebabcase: fn('string', (s: string) => words(s).join('-').toLowerCase()),
  camelcase: fn('string', camel),
  toString: fn('any', text),
  toStrings: fn('any', (value: Value) => strings(value)),
  join: fn('string any', (separator: string, value: Value) => strings(value).join(separator)),
  sortAlpha: fn('any', (value: Value) => (Array.isArray(value) ? strings(value).sort() : [text(value)])),
  split: fn('string string', (separator: string, s: string) => fromParts(s.split(separator))),
  splitn: fn('string int string', (separator: string, n: bigint, s: string) =>
    fromParts(splitN(s, separator, Number(n))),
  ),
  splitList: fn('string string', (separator: string, s: string) => s.split(separator)),
  atoi: fn('string', atoi),
  int: fn('any', toInt64),
  int64: fn('any', (value: Value) => int64(toInt64(value))),
  float64: fn('any', toFloat),
  toDecimal: fn('any', (value: Value) => {
    const octal = text(value);
    return /^[0-7]+$/.test(octal) ? new Int64(BigInt(`0o${octal}`)) : int64(0);
  }),
  until: fn('int', (n: bigint) => until(0, Number(n), n < 0n ? -1 : 1)),
  untilStep: fn('int int int', (a: bigint, b: bigint, step: bigint) => until(Number(a), Number(b), Number(step))),
  seq: fn('...int', (...args: Value[]) => (args.length < 1 || args.length > 3 ? '' : seq(args))),
  hello: fn('', () => 'Hello!'),
  ago: fn('any', () => fail('ago is not supported: rendering has no wall clock')),
};
