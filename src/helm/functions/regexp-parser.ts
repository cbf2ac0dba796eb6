import { FunctionError } from '../template/value.ts';
import {
  classSource,
  complement,
  foldCase,
  otherCases,
  PERL_CLASSES,
  POSIX_CLASSES,
  type Range,
} from './regexp-class.ts';

const REPEAT_MAX = 1000;

interface Flags {
  i: boolean;
  m: boolean;
  s: boolean;
  U: boolean;
}

/** Translates an expression of Go's regexp (RE2 syntax) into one for JavaScript's `u` mode; throws in Go's words. */
export function translate(source: string): string {
  return new Translator(source).run();
}

function bad(code: string, text: string): never {
  throw new FunctionError(`error parsing regexp: ${code}: \`${text}\``);
}

class Translator {
  #at = 0;
  #flags: Flags = { i: false, m: false, s: false, U: false };
  #names = new Set<string>();
  constructor(readonly source: string) {}

  run(): string {
    const out = this.#alternatives();
    if (this.#at < this.source.length) bad('unexpected )', this.source);
    return out;
  }

  get #rest(): string {
    return this.source.slice(this.#at);
  }

  #alternatives(): string {
    let out = this.#sequence();
    while (this.source[this.#at] === '|') {
      this.#at++;
      out += `|${this.#sequence()}`;
    }
    return out;
  }

  #sequence(): string {
    let out = '';
    /** What the next operator repeats; undefined when there is nothing. */
    let atom: string | undefined;
    let lastRepeat: number | undefined;
    while (this.#at < this.source.length && !'|)'.includes(this.source[this.#at] ?? '')) {
      const start = this.#at;
      const operator = this.#repeat();
      if (operator === undefined) {
        out += atom ?? '';
        atom = this.#atom();
        lastRepeat = undefined;
        continue;
      }
      if (lastRepeat !== undefined) bad('invalid nested repetition operator', this.source.slice(lastRepeat, this.#at));
      if (atom === undefined) bad('missing argument to repetition operator', this.source.slice(start, this.#at));
      atom = `(?:${atom})${operator}`;
      lastRepeat = start;
    }
    return out + (atom ?? '');
  }

  /** A repetition operator at this place, in JavaScript's notation. */
  #repeat(): string | undefined {
    const start = this.#at;
    const match = /^(?:[*+?]|\{(\d+)(,(\d*))?\})/.exec(this.#rest);
    if (!match) return undefined;
    const [whole, low, comma, high] = match;
    if (low !== undefined) {
      const [min, max] = [Number(low), high ? Number(high) : comma ? 0 : Number(low)];
      const wrong = min > REPEAT_MAX || max > REPEAT_MAX || (high !== undefined && high !== '' && min > max);
      if ((low.length > 1 && low.startsWith('0')) || (high && high.length > 1 && high.startsWith('0')))
        return undefined;
      if (wrong) bad('invalid repeat count', this.source.slice(start, start + whole.length));
    }
    this.#at += whole.length;
    let lazy = false;
    if (this.source[this.#at] === '?') {
      this.#at++;
      lazy = true;
    }
    return whole + (lazy !== this.#flags.U ? '?' : '');
  }

  #atom(): string | undefined {
    const ch = this.source[this.#at] ?? '';
    switch (ch) {
      case '(':
        return this.#group();
      case '[':
        return this.#class();
      case '.':
        this.#at++;
        return this.#flags.s ? '[\\s\\S]' : '[^\\n]';
      case '^':
        this.#at++;
        return this.#flags.m ? '(?:^|(?<=\\n))' : '^';
      case '$':
        this.#at++;
        return this.#flags.m ? '(?=\\n|$)' : '$';
      case '\\':
        return this.#escape();
      default:
        return this.#literal(this.#char());
    }
  }

  /** One character as it stands. */
  #char(): string {
    const ch = String.fromCodePoint(this.source.codePointAt(this.#at) ?? 0);
    this.#at += ch.length;
    return ch;
  }

  #literal(ch: string): string {
    const quoted = (one: string): string => one.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
    const others = this.#flags.i ? otherCases(ch) : [];
    return others.length === 0 ? quoted(ch) : `(?:${[ch, ...others].map(quoted).join('|')})`;
  }

  #group(): string | undefined {
    const start = this.#at;
    const outer = { ...this.#flags };
    let open = '(';
    if (this.source.startsWith('(?', start)) {
      const opened = this.#opening(start);
      if (opened === undefined) return undefined;
      open = opened;
    } else this.#at++;
    const body = this.#alternatives();
    if (this.source[this.#at] !== ')') bad('missing closing )', this.source);
    this.#at++;
    this.#flags = outer;
    return `${open}${body})`;
  }

  /** After `(?`: a name, or flags; undefined when they hold from here on. */
  #opening(start: number): string | undefined {
    const named = /^\(\?P?</.exec(this.#rest);
    if (named) {
      const end = this.source.indexOf('>', start);
      if (end < 0) bad('invalid named capture', this.#rest);
      const name = this.source.slice(start + named[0].length, end);
      const text = this.source.slice(start, end + 1);
      if (!/^\w+$/.test(name)) bad('invalid named capture', text);
      if (this.#names.has(name)) bad('duplicate capture group name', name);
      this.#names.add(name);
      this.#at = end + 1;
      return /^\d/.test(name) ? '(' : `(?<${name}>`;
    }
    let on = true;
    let seen = false;
    for (let at = start + 2; at < this.source.length; at++) {
      const ch = this.source[at] ?? '';
      if ('imsU'.includes(ch)) {
        this.#flags = { ...this.#flags, [ch]: on };
        seen = true;
      } else if (ch === '-' && on) {
        on = false;
        seen = false;
      } else if ((ch === ':' || ch === ')') && (on || seen)) {
        this.#at = at + 1;
        return ch === ':' ? '(?:' : undefined;
      } else bad('invalid or unsupported Perl syntax', this.source.slice(start, at + 1));
    }
    return bad('missing closing )', this.source);
  }

  #escape(): string | undefined {
    const next = this.source[this.#at + 1];
    if (next === undefined) bad('trailing backslash at end of expression', '');
    if (next === 'Q') return this.#quotedText();
    const simple: Record<string, string> = { A: '^', z: '$', b: '\\b', B: '\\B' };
    if (simple[next ?? '']) {
      this.#at += 2;
      return simple[next ?? ''];
    }
    const set = this.#classEscape();
    if (set) return classSource(set.ranges, set.properties, false);
    return this.#literal(this.#escapedChar());
  }

  #quotedText(): string {
    const end = this.source.indexOf('\\E', this.#at);
    const text = this.source.slice(this.#at + 2, end < 0 ? undefined : end);
    this.#at = end < 0 ? this.source.length : end + 2;
    return [...text].map((ch) => this.#literal(ch)).join('');
  }

  /** `\d`, `\W`, `\pL`, `\p{Greek}`. */
  #classEscape(): { ranges: readonly Range[]; properties: string[] } | undefined {
    const letter = this.source[this.#at + 1] ?? '';
    const perl = PERL_CLASSES[letter.toLowerCase()];
    if (perl) {
      this.#at += 2;
      const folded = this.#flags.i ? foldCase(perl) : perl;
      return { ranges: letter === letter.toLowerCase() ? folded : complement(folded), properties: [] };
    }
    const match = /^\\([pP])(?:\{(\^?)(\w+)\}|(\w))/.exec(this.#rest);
    if (!match) {
      if (letter.toLowerCase() === 'p') bad('invalid character class range', this.#rest.slice(0, 3));
      return undefined;
    }
    const [whole, kind, caret, long, short] = match;
    const name = long ?? short ?? '';
    const positive = (kind === 'p') !== (caret === '^');
    this.#at += whole.length;
    if (name === 'Any') return { ranges: positive ? [[0, 0x10ffff]] : [], properties: [] };
    const property = `\\${positive ? 'p' : 'P'}{${name.length > 2 ? `Script=${name}` : name}}`;
    try {
      new RegExp(property, 'u');
    } catch {
      bad('invalid character class range', whole);
    }
    return { ranges: [], properties: [property] };
  }

  #escapedChar(): string {
    const match = /^\\(?:([0-7]{3}|0[0-7]{0,2})|x([0-9a-fA-F]{2})|x\{([0-9a-fA-F]+)\}|([aftnrv])|([^\w]))/su.exec(
      this.#rest,
    );
    if (!match) return bad('invalid escape sequence', this.#rest.slice(0, 2));
    const [whole, octal, short, long, letter, mark] = match;
    this.#at += whole.length;
    if (octal !== undefined) return String.fromCodePoint(Number.parseInt(octal, 8));
    const hex = short ?? long;
    if (hex !== undefined) return String.fromCodePoint(Number.parseInt(hex, 16));
    const letters: Record<string, string> = { a: '\u0007', f: '\f', t: '\t', n: '\n', r: '\r', v: '\v' };
    return letter === undefined ? (mark ?? '') : (letters[letter] ?? '');
  }

  #class(): string {
    const start = this.#at++;
    const negated = this.source[this.#at] === '^';
    if (negated) this.#at++;
    let set: Range[] = [];
    const properties: string[] = [];
    for (let first = true; this.source[this.#at] !== ']' || first; first = false) {
      if (this.#at >= this.source.length) bad('missing closing ]', this.source.slice(start));
      const posix = /^\[:(\^?)(\w+):\]/.exec(this.#rest);
      if (posix) {
        const known = POSIX_CLASSES[posix[2] ?? ''] ?? bad('invalid character class range', posix[0]);
        set.push(...(posix[1] ? complement(known) : known));
        this.#at += posix[0].length;
        continue;
      }
      const inner = this.source[this.#at] === '\\' ? this.#classEscape() : undefined;
      if (inner) {
        set.push(...inner.ranges);
        properties.push(...inner.properties);
      } else set.push(this.#range(start));
    }
    this.#at++;
    if (this.#flags.i) set = foldCase(set);
    return classSource(set, properties, negated);
  }

  #range(classStart: number): Range {
    const start = this.#at;
    const from = this.#classChar(classStart).codePointAt(0) ?? 0;
    if (this.source[this.#at] !== '-' || this.source[this.#at + 1] === ']' || this.source[this.#at + 1] === undefined) {
      return [from, from];
    }
    this.#at++;
    const to = this.#classChar(classStart).codePointAt(0) ?? 0;
    if (to < from) bad('invalid character class range', this.source.slice(start, this.#at));
    return [from, to];
  }

  #classChar(classStart: number): string {
    if (this.#at >= this.source.length) bad('missing closing ]', this.source.slice(classStart));
    return this.source[this.#at] === '\\' ? this.#escapedChar() : this.#char();
  }
}
