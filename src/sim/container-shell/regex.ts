import { RE2JS } from 're2js';
import { CommandError } from './command.ts';
import { classSource } from './interp/pattern.ts';

/**
 * A regular expression that is matched in linear time by RE2, with RegExp's interface. Groups that repeat groups can keep JavaScript's own
 * engine busy for longer than the sun will shine.
 */
class LinearRegExp extends RegExp {
  readonly #program: RE2JS;

  constructor(source: string | RegExp, flags = '', longest = false) {
    super(source, flags);
    const text = typeof source === 'string' ? source : source.source;
    const modes = (this.ignoreCase ? RE2JS.CASE_INSENSITIVE : 0) | (longest ? RE2JS.LONGEST_MATCH : 0);
    this.#program = RE2JS.compile(text.replace(/\\b\(\?<?=\\w\)/g, '\\b'), modes);
  }

  override exec(text: string): RegExpExecArray | null {
    const moving = this.global || this.sticky;
    const from = moving ? this.lastIndex : 0;
    const matcher = this.#program.matcher(text);
    if (from > text.length || !matcher.find(from)) {
      if (moving) this.lastIndex = 0;
      return null;
    }
    const groups = Array.from({ length: matcher.groupCount() + 1 }, (_, i) => matcher.group(i) ?? undefined);
    if (moving) this.lastIndex = matcher.end();
    return Object.assign(groups, { index: matcher.start(), input: text, groups: undefined }) as RegExpExecArray;
  }
}

/** A group that holds a quantifier or a choice and is itself repeated. */
const RISKY = /\((?:[^()\\]|\\.|\((?:[^()\\]|\\.)*\))*(?:[*+{|]|\?)(?:[^()\\]|\\.|\((?:[^()\\]|\\.)*\))*\)[*+{]/;
/** What RE2 cannot do. */
const BACKTRACKING = /\\[1-9]|\(\?<?[=!]|\\k</;

/** A regular expression in JavaScript's syntax that ends in reasonable time. Throws SyntaxError. */
export function safeRegExp(source: string, flags = ''): RegExp {
  const bare = source.replace(/\\b\(\?<?=\\w\)/g, '');
  const plain = new RegExp(source, flags);
  if (RISKY.test(bare)) {
    if (BACKTRACKING.test(bare)) throw new TooComplex();
    return new LinearRegExp(source, flags);
  }
  return plain;
}

/** As safeRegExp; of several alternatives the longest match counts, as POSIX has it. */
function longestRegExp(source: string, flags: string): RegExp {
  const bare = source.replace(/\\b\(\?<?=\\w\)/g, '');
  if (!bare.includes('|') || BACKTRACKING.test(bare)) return safeRegExp(source, flags);
  new RegExp(source, flags);
  return new LinearRegExp(source, flags, true);
}

export class TooComplex extends Error {}

/** The inside of brackets: there a backslash is itself. */
function bracket(text: string, at: number): { source: string; end: number } | undefined {
  let i = at + 1;
  let out = '[';
  if (text[i] === '^') {
    out += '^';
    i++;
  }
  if (text[i] === ']') {
    out += '\\]';
    i++;
  }
  for (; i < text.length && text[i] !== ']'; i++) {
    const named = /^\[([:.=])(.+?)\1\]/.exec(text.slice(i));
    if (named) {
      out +=
        named[1] === ':' ? (classSource(named[2] as string) ?? '') : (named[2] as string).replace(/[\\\]^-]/g, '\\$&');
      i += named[0].length - 1;
    } else if (text[i] === '\\' && /[nt]/.test(text[i + 1] ?? '')) out += text[i++] + (text[i] as string);
    else out += text[i] === '\\' || text[i] === '[' ? `\\${text[i]}` : text[i];
  }
  return i < text.length ? { source: `${out}]`, end: i } : undefined;
}

/** POSIX basic or extended syntax (with GNU's extensions) as JavaScript's. */
export function posixSource(text: string, extended: boolean): string {
  let out = '';
  for (let i = 0; i < text.length; i++) {
    const char = text[i] as string;
    const atStart = out === '' || /(?:^|[^\\])(?:\(|\|)$/.test(out) || out === '^';
    if (char === '[') {
      const inside = bracket(text, i);
      if (!inside) throw new SyntaxError('Unmatched [, [^, [:, [., or [=');
      out += inside.source;
      i = inside.end;
    } else if (char === '\\') {
      const next = text[++i];
      if (next === undefined) throw new SyntaxError('Trailing backslash');
      if (next === '<') out += '\\b(?=\\w)';
      else if (next === '>') out += '\\b(?<=\\w)';
      else if (next === '`') out += '^';
      else if (next === "'") out += '$';
      else if (!extended && '(){}|+?'.includes(next)) out += next;
      else if (/[bBwWsSnt1-9dD]/.test(next)) out += `\\${next}`;
      else out += /\w/.test(next) ? next : `\\${next}`;
    } else if (!extended && '(){}|+?'.includes(char)) out += `\\${char}`;
    else if (char === '*' && atStart) out += '\\*';
    else if (extended && char === '{' && !/^\{\d*,?\d*\}/.test(text.slice(i))) out += '\\{';
    else if (extended && char === '}' && !/\{\d*,?\d*$/.test(out)) out += '\\}';
    else if (!extended && char === '^' && !atStart) out += '\\^';
    else if (!extended && char === '$' && i < text.length - 1 && !/^\\[)|]/.test(text.slice(i + 1))) out += '\\$';
    else out += char;
  }
  return out.replace(/\{,(\d+)\}/g, '{0,$1}');
}

/** A POSIX expression; what is wrong with it is said as regcomp(3) does. */
export function posixRegExp(text: string, extended: boolean, flags = ''): RegExp {
  try {
    return longestRegExp(posixSource(text, extended), flags);
  } catch (error) {
    throw new CommandError(posixError(error), 2);
  }
}

export function posixError(error: unknown): string {
  if (error instanceof TooComplex) return "exceeded PCRE's backtracking limit";
  const words = error instanceof Error ? error.message : '';
  if (/Unmatched \[|Trailing/.test(words)) return words;
  if (/Unterminated group/.test(words)) return 'Unmatched ( or \\(';
  if (/Unmatched '\)'/.test(words)) return 'Unmatched ) or \\)';
  if (/Invalid capture|Invalid escape|escape sequence/.test(words)) return 'Invalid back reference';
  if (/numbers out of order/.test(words)) return 'Invalid content of \\{\\}';
  if (/Range out of order/.test(words)) return 'Invalid range end';
  if (/Nothing to repeat/.test(words)) return 'Invalid preceding regular expression';
  return 'Invalid regular expression';
}

/** Perl's syntax as JavaScript's. Throws SyntaxError. */
export function perlRegExp(text: string, flags = ''): RegExp {
  let source = text
    .replace(/\\Q([\s\S]*?)(\\E|$)/g, (_, inner: string) => inner.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'))
    .replace(/\[:(\w+):\]/g, (whole, name: string) => classSource(name) ?? whole)
    .replace(/\\h/g, '[ \\t]')
    .replace(/\\A/g, '^')
    .replace(/\\[zZ]/g, '$')
    .replace(/\\e/g, '\\x1b')
    .replace(/\(\?P</g, '(?<')
    .replace(/\(\?P=(\w+)\)/g, '\\k<$1>')
    .replace(/([*+?}])\+/g, '$1');
  const modes = /^\(\?([ims]+)\)/.exec(source);
  if (modes) source = source.slice(modes[0].length);
  const cut = /^((?:[^\\]|\\[^K])*)\\K([\s\S]*)$/.exec(source);
  if (cut) source = `(?<=${cut[1]})${cut[2]}`;
  const all = [...new Set(`${flags}${modes?.[1] ?? ''}`)].join('');
  return safeRegExp(source, all);
}
