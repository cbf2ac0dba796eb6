/** Characters of a pattern: `quoted` ones stand for themselves. */
export interface PatternChar {
  text: string;
  quoted: boolean;
}

/** A shell pattern (fnmatch) as the source of a regular expression. */
export function patternSource(
  chars: readonly PatternChar[],
  options: { path?: boolean; shortest?: boolean } = {},
): string {
  const any = options.path ? '[^/]' : '[\\s\\S]';
  let out = '';
  for (let i = 0; i < chars.length; i++) {
    const { text, quoted } = chars[i] as PatternChar;
    if (quoted) out += escapeRegExp(text);
    else if (text === '*') out += options.shortest ? `${any}*?` : `${any}*`;
    else if (text === '?') out += any;
    else if (text === '[') {
      const bracket = readBracket(chars, i);
      if (bracket) {
        out += bracket.source;
        i = bracket.end;
      } else out += '\\[';
    } else if (text === '\\' && i + 1 < chars.length) {
      out += escapeRegExp((chars[++i] as PatternChar).text);
    } else out += escapeRegExp(text);
  }
  return out;
}

const CLASSES: Record<string, string> = {
  alpha: 'A-Za-z',
  digit: '0-9',
  alnum: 'A-Za-z0-9',
  upper: 'A-Z',
  lower: 'a-z',
  space: '\\s',
  blank: ' \\t',
  punct: '!-\\/:-@\\[-`{-~',
  xdigit: '0-9A-Fa-f',
  cntrl: '\\x00-\\x1f\\x7f',
  print: ' -~',
  graph: '!-~',
};

/** `[:alpha:]` and friends inside a bracket expression. */
export function classSource(name: string): string | undefined {
  return CLASSES[name];
}

function readBracket(chars: readonly PatternChar[], start: number): { source: string; end: number } | undefined {
  let i = start + 1;
  let negated = false;
  if (chars[i]?.text === '!' || chars[i]?.text === '^') {
    negated = true;
    i++;
  }
  let body = '';
  for (let first = true; i < chars.length; i++, first = false) {
    const { text, quoted } = chars[i] as PatternChar;
    if (text === ']' && !quoted && !first) return { source: `[${negated ? '^' : ''}${body}]`, end: i };
    if (text === '[' && !quoted && chars[i + 1]?.text === ':') {
      const rest = chars
        .slice(i + 2)
        .map((char) => char.text)
        .join('');
      const end = rest.indexOf(':]');
      const source = end < 0 ? undefined : classSource(rest.slice(0, end));
      if (source) {
        body += source;
        i += end + 3;
        continue;
      }
    }
    body += text === '-' && !quoted ? '-' : text.replace(/[\\\]^[-]/g, '\\$&');
  }
  return undefined;
}

export function escapeRegExp(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
}

export function matches(chars: readonly PatternChar[], text: string): boolean {
  return new RegExp(`^${patternSource(chars)}$`).test(text);
}

/** A pattern given as plain text. */
export function plainPattern(text: string): PatternChar[] {
  return [...text].map((char) => ({ text: char, quoted: false }));
}

export function hasGlob(chars: readonly PatternChar[]): boolean {
  return chars.some(({ text, quoted }) => !quoted && (text === '*' || text === '?' || text === '['));
}
