/** Tokens of text/template (Go 1.25), with byte offsets replaced by UTF-16 offsets into the source. */
export type TokenType =
  | 'text'
  | 'comment'
  | 'left'
  | 'right'
  | 'identifier'
  | 'field'
  | 'variable'
  | 'dot'
  | 'keyword'
  | 'bool'
  | 'nil'
  | 'number'
  | 'char'
  | 'string'
  | 'raw'
  | 'space'
  | 'pipe'
  | 'assign'
  | 'declare'
  | '('
  | ')'
  | ','
  | 'other'
  | 'eof'
  | 'error';

export interface Token {
  type: TokenType;
  text: string;
  pos: number;
  line: number;
}

const KEYWORDS = new Set(['block', 'break', 'continue', 'define', 'else', 'end', 'if', 'range', 'template', 'with']);
const SPACES = ' \t\r\n';

/** Splits a source into tokens; the first error ends the list with an `error` token whose text says what is wrong. */
export function lex(source: string): Token[] {
  return new Lexer(source).run();
}

class Lexer {
  readonly #tokens: Token[] = [];
  #pos = 0;
  #line = 1;
  #parens = 0;

  constructor(readonly source: string) {}

  run(): Token[] {
    while (this.#pos < this.source.length) {
      const open = this.source.indexOf('{{', this.#pos);
      if (open < 0) {
        this.#emit('text', this.source.slice(this.#pos));
        break;
      }
      if (!this.#text(open) || !this.#action()) return this.#tokens;
    }
    this.#tokens.push({ type: 'eof', text: '', pos: this.#pos, line: this.#line });
    return this.#tokens;
  }

  #emit(type: TokenType, text: string): void {
    this.#tokens.push({ type, text, pos: this.#pos, line: this.#line });
    this.#advance(text);
  }

  #advance(text: string): void {
    this.#pos += text.length;
    for (const ch of text) if (ch === '\n') this.#line++;
  }

  #fail(message: string): false {
    this.#tokens.push({ type: 'error', text: message, pos: this.#pos, line: this.#line });
    return false;
  }

  /** Text up to the delimiter, trimmed when the action asks for it; then the delimiter or a whole comment. */
  #text(open: number): boolean {
    const raw = this.source.slice(this.#pos, open);
    const trims = this.source[open + 2] === '-' && SPACES.includes(this.source[open + 3] ?? 'x');
    const text = trims ? raw.replace(/[ \t\r\n]+$/, '') : raw;
    if (text) this.#emit('text', text);
    this.#advance(raw.slice(text.length));
    const body = open + 2 + (trims ? 2 : 0);
    if (this.source.startsWith('/*', body)) return this.#comment(body);
    this.#tokens.push({ type: 'left', text: '{{', pos: this.#pos, line: this.#line });
    this.#advance(this.source.slice(this.#pos, body));
    this.#parens = 0;
    return true;
  }

  #comment(body: number): boolean {
    const close = this.source.indexOf('*/', body + 2);
    if (close < 0) return this.#fail('unclosed comment');
    const end = this.#closing(close + 2);
    if (!end) return this.#fail('comment ends before closing delimiter');
    this.#advance(this.source.slice(this.#pos, end.after));
    if (end.trims) this.#skipSpaces();
    this.#tokens.push({ type: 'comment', text: '', pos: this.#pos, line: this.#line });
    return true;
  }

  /** Whether `}}` or ` -}}` stands at `at`. */
  #closing(at: number): { after: number; trims: boolean } | undefined {
    if (this.source.startsWith('}}', at)) return { after: at + 2, trims: false };
    const trims = SPACES.includes(this.source[at] ?? 'x') && this.source.startsWith('-}}', at + 1);
    return trims ? { after: at + 4, trims: true } : undefined;
  }

  #skipSpaces(): void {
    const rest = /^[ \t\r\n]*/.exec(this.source.slice(this.#pos))?.[0] ?? '';
    this.#advance(rest);
  }

  /** The inside of one action up to and including its closing delimiter. */
  #action(): boolean {
    if (this.#tokens.at(-1)?.type === 'comment') return true;
    for (;;) {
      const close = this.#closing(this.#pos);
      if (close) {
        if (this.#parens > 0) return this.#fail('unclosed left paren');
        this.#tokens.push({ type: 'right', text: '}}', pos: this.#pos, line: this.#line });
        this.#advance(this.source.slice(this.#pos, close.after));
        if (close.trims) this.#skipSpaces();
        return true;
      }
      if (this.#pos >= this.source.length) {
        return this.#fail('unclosed action');
      }
      if (!this.#inside()) return false;
    }
  }

  #inside(): boolean {
    const rest = this.source.slice(this.#pos, this.#pos + 2);
    const ch = rest[0] ?? '';
    if (SPACES.includes(ch)) {
      let end = this.#pos;
      while (SPACES.includes(this.source[end] ?? 'x') && !(end > this.#pos && this.#closing(end))) end++;
      this.#emit('space', this.source.slice(this.#pos, end));
      return true;
    }
    if (rest === ':=') return this.#one('declare', rest);
    if (ch === '=') return this.#one('assign', ch);
    if (ch === ':') return this.#fail('expected :=');
    if (ch === '|') return this.#one('pipe', ch);
    if (ch === ',') return this.#one(',', ch);
    if (ch === '"') return this.#quoted('"', 'string', 'unterminated quoted string');
    if (ch === "'") return this.#quoted("'", 'char', 'unterminated character constant');
    if (ch === '`') return this.#rawString();
    if (ch === '$') return this.#word('variable');
    if (ch === '.' && !/[0-9]/.test(rest[1] ?? '')) return this.#word('field');
    if (/[0-9+\-.]/.test(ch)) return this.#number();
    if (/[\p{L}\p{Nd}_]/u.test(ch)) return this.#word('identifier');
    if (ch === '(') {
      this.#parens++;
      return this.#one('(', ch);
    }
    if (ch === ')') {
      if (--this.#parens < 0) return this.#fail('unexpected right paren');
      return this.#one(')', ch);
    }
    if (ch > ' ' && ch <= '~') return this.#one('other', ch);
    return this.#fail(`unrecognized character in action: U+${hex4(ch)} '${ch}'`);
  }

  #one(type: TokenType, text: string): true {
    this.#emit(type, text);
    return true;
  }

  #quoted(end: string, type: TokenType, message: string): boolean {
    for (let at = this.#pos + 1; at < this.source.length; at++) {
      const ch = this.source[at];
      if (ch === '\\') at++;
      else if (ch === '\n') break;
      else if (ch === end) return this.#one(type, this.source.slice(this.#pos, at + 1));
    }
    return this.#fail(message);
  }

  #rawString(): boolean {
    const close = this.source.indexOf('`', this.#pos + 1);
    if (close < 0) return this.#fail('unterminated raw quoted string');
    return this.#one('raw', this.source.slice(this.#pos, close + 1));
  }

  #word(kind: 'identifier' | 'field' | 'variable'): boolean {
    const rest = this.source.slice(this.#pos);
    const pattern = kind === 'identifier' ? /^[\p{L}\p{Nd}_]+/u : /^[.$][\p{L}\p{Nd}_]*/u;
    const word = pattern.exec(rest)?.[0] ?? '';
    const after = rest[word.length] ?? '';
    const ends =
      after === '' || SPACES.includes(after) || '.,|:()'.includes(after) || rest.startsWith('}}', word.length);
    if (!ends && word !== '.') return this.#fail(`bad character U+${hex4(after)} '${after}'`);
    if (kind === 'field') return this.#one(word === '.' ? 'dot' : 'field', word);
    if (kind === 'variable') return this.#one('variable', word);
    if (KEYWORDS.has(word)) return this.#one('keyword', word);
    if (word === 'true' || word === 'false') return this.#one('bool', word);
    return this.#one(word === 'nil' ? 'nil' : 'identifier', word);
  }

  #number(): boolean {
    const rest = this.source.slice(this.#pos);
    const pattern = /^[+-]?(0[xX][0-9a-fA-F_]+|0[bB][01_]+|0[oO][0-7_]+|[0-9_]*(\.[0-9_]*)?([eE][+-]?[0-9_]*)?)/;
    const text = pattern.exec(rest)?.[0] ?? '';
    const after = rest[text.length] ?? '';
    if (/[\p{L}\p{Nd}_]/u.test(after)) return this.#fail(`bad number syntax: "${text}${after}"`);
    return this.#one('number', text);
  }
}

function hex4(ch: string): string {
  return (ch.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');
}
