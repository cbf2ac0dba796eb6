/** Character classes of RE2 as ranges of code points. */
export type Range = readonly [from: number, to: number];

const LAST = 0x10ffff;
const at = (ch: string): number => ch.codePointAt(0) ?? 0;
const ranges = (...pairs: string[]): Range[] => pairs.map((pair) => [at(pair[0] ?? ''), at(pair[1] ?? pair[0] ?? '')]);

export const PERL_CLASSES: Record<string, readonly Range[]> = {
  d: ranges('09'),
  s: [
    [9, 10],
    [12, 13],
    [32, 32],
  ],
  w: ranges('09', 'AZ', '_', 'az'),
};

export const POSIX_CLASSES: Record<string, readonly Range[]> = {
  alnum: ranges('09', 'AZ', 'az'),
  alpha: ranges('AZ', 'az'),
  ascii: [[0, 127]],
  blank: ranges('\t', ' '),
  cntrl: [
    [0, 31],
    [127, 127],
  ],
  digit: ranges('09'),
  graph: ranges('!~'),
  lower: ranges('az'),
  print: ranges(' ~'),
  punct: ranges('!/', ':@', '[`', '{~'),
  space: [
    [9, 13],
    [32, 32],
  ],
  upper: ranges('AZ'),
  word: ranges('09', 'AZ', '_', 'az'),
  xdigit: ranges('09', 'AF', 'af'),
};

export function complement(set: readonly Range[]): Range[] {
  const out: Range[] = [];
  let next = 0;
  for (const [from, to] of [...set].sort((a, b) => a[0] - b[0])) {
    if (from > next) out.push([next, from - 1]);
    next = Math.max(next, to + 1);
  }
  if (next <= LAST) out.push([next, LAST]);
  return out;
}

/** The ranges with the other case of their letters. */
export function foldCase(set: readonly Range[]): Range[] {
  const out = [...set];
  const shifted = (from: number, to: number, low: number, high: number, by: number): void => {
    const [a, b] = [Math.max(from, low), Math.min(to, high)];
    if (a <= b) out.push([a + by, b + by]);
  };
  for (const [from, to] of set) {
    shifted(from, to, at('A'), at('Z'), 32);
    shifted(from, to, at('a'), at('z'), -32);
    if (from !== to || from < 128) continue;
    for (const other of otherCases(String.fromCodePoint(from))) out.push([at(other), at(other)]);
  }
  return out;
}

/** The other-case forms of one character that are one character. */
export function otherCases(ch: string): string[] {
  return [ch.toUpperCase(), ch.toLowerCase()].filter((other) => other !== ch && [...other].length === 1);
}

const hex = (code: number): string => `\\u{${code.toString(16)}}`;

/** A class in JavaScript's notation; `properties` are parts such as `\p{Lu}`. */
export function classSource(set: readonly Range[], properties: readonly string[], negated: boolean): string {
  const body = set.map(([from, to]) => (from === to ? hex(from) : `${hex(from)}-${hex(to)}`)).join('');
  if (body === '' && properties.length === 0) return negated ? '[\\s\\S]' : '[]';
  return `[${negated ? '^' : ''}${body}${properties.join('')}]`;
}
