/** A place in a text, counted from 0. */
export interface Mark {
  line: number;
  column: number;
  index: number;
}

export type TokenKind =
  | 'stream-end'
  | 'directive'
  | 'document-start'
  | 'document-end'
  | 'block-sequence-start'
  | 'block-mapping-start'
  | 'block-end'
  | '['
  | ']'
  | '{'
  | '}'
  | '-'
  | ','
  | 'key'
  | 'value'
  | 'alias'
  | 'anchor'
  | 'tag'
  | 'scalar';

export interface YamlToken {
  kind: TokenKind;
  mark: Mark;
  text?: string;
}

/** What go-yaml's scanner found wrong; `line` counts from 0. */
export class ScanProblem extends Error {
  override readonly name = 'ScanProblem';
  constructor(
    message: string,
    readonly line: number,
  ) {
    super(message);
  }
}

interface SimpleKey {
  possible: boolean;
  required: boolean;
  token: number;
  mark: Mark;
}

const none = (): SimpleKey => ({ possible: false, required: false, token: 0, mark: { line: 0, column: 0, index: 0 } });
const KEY_MAX = 1024;

/**
 * The tokens of a YAML text as libyaml (on which go-yaml rests) sees them: only the kinds, to tell where and why it stops. Throws
 * {@link ScanProblem}; `tokens` then holds those that came before.
 */
export class ProblemScanner {
  readonly tokens: YamlToken[] = [];
  /** Where lines begin that lie inside of quotes or brackets: their indent means nothing. */
  readonly looseLines: number[] = [];
  #quote = false;
  readonly #text: string;
  #at: Mark = { line: 0, column: 0, index: 0 };
  #indent = -1;
  readonly #indents: number[] = [];
  #flow = 0;
  #keyAllowed = true;
  readonly #keys: SimpleKey[] = [none()];

  constructor(text: string) {
    this.#text = text.replace(/^\uFEFF/, '');
  }

  run(): void {
    try {
      while (this.tokens.at(-1)?.kind !== 'stream-end') this.#fetch();
    } catch (error) {
      // no one sees a token before it is known whether it is a key
      const open = (key: SimpleKey): boolean => key.possible && (key.required || key.mark.line === this.#at.line);
      const pending = this.#keys.filter(open).map((key) => key.token);
      this.tokens.length = Math.min(this.tokens.length, ...pending);
      throw error;
    }
  }

  #fail(message: string): never {
    throw new ScanProblem(message, this.#at.line);
  }

  #ch(ahead = 0): string {
    return this.#text[this.#at.index + ahead] ?? '';
  }

  #blank(ahead = 0): boolean {
    return ' \t\r\n'.includes(this.#ch(ahead));
  }

  #break(ahead = 0): boolean {
    const ch = this.#ch(ahead);
    return ch === '\n' || ch === '\r';
  }

  #end(): boolean {
    return this.#at.index >= this.#text.length;
  }

  #skip(count = 1): void {
    const { line, column, index } = this.#at;
    this.#at = { line, column: column + count, index: index + count };
  }

  #skipLine(): void {
    const { line, index } = this.#at;
    const next = index + (this.#text.startsWith('\r\n', index) ? 2 : 1);
    if (this.#quote || this.#flow > 0) this.looseLines.push(next);
    this.#at = { line: line + 1, column: 0, index: next };
  }

  #add(kind: TokenKind, mark = this.#at, text?: string): void {
    this.tokens.push({ kind, mark, ...(text === undefined ? {} : { text }) });
  }

  #fetch(): void {
    this.#toNextToken();
    if (!this.#end()) this.#unroll(this.#at.column);
    if (this.#end()) {
      this.#streamEnd();
      return;
    }
    const ch = this.#ch();
    const { column } = this.#at;
    if (column === 0 && ch === '%') this.#directive();
    else if (column === 0 && /^(---|\.\.\.)(?=[ \t\r\n]|$)/.test(this.#text.slice(this.#at.index, this.#at.index + 4)))
      this.#document(ch);
    else if ('[{'.includes(ch)) this.#flowStart(ch as '[');
    else if (']}'.includes(ch)) this.#flowEnd(ch as ']');
    else if (ch === ',') this.#flowEntry();
    else if (ch === '-' && this.#blank(1)) this.#blockEntry();
    else if (ch === '?' && (this.#flow > 0 || this.#blank(1))) this.#key();
    else if (ch === ':' && (this.#flow > 0 || this.#blank(1))) this.#value();
    else this.#content(ch);
  }

  #content(ch: string): void {
    if (ch === '*' || ch === '&') this.#anchor(ch);
    else if (ch === '!') this.#tag();
    else if ((ch === '|' || ch === '>') && this.#flow === 0) this.#blockScalar();
    else if (ch === "'" || ch === '"') this.#quoted(ch);
    else if (!'-?:,[]{}#&*!|>\'"%@`'.includes(ch) && !this.#blank()) this.#plain();
    else if ((ch === '-' && !this.#blank(1)) || (this.#flow === 0 && '?:'.includes(ch) && !this.#blank(1)))
      this.#plain();
    else this.#fail('found character that cannot start any token');
  }

  #toNextToken(): void {
    for (;;) {
      while (this.#ch() === ' ' || ((this.#flow > 0 || !this.#keyAllowed) && this.#ch() === '\t')) this.#skip();
      if (this.#ch() === '#') while (!this.#break() && !this.#end()) this.#skip();
      if (!this.#break()) return;
      this.#skipLine();
      if (this.#flow === 0) this.#keyAllowed = true;
    }
  }

  /** Whether the pending key of this level may still be one; one that must be is missed. */
  #valid(key: SimpleKey): boolean {
    if (!key.possible) return false;
    if (key.mark.line === this.#at.line && key.mark.index + KEY_MAX >= this.#at.index) return true;
    if (key.required) this.#fail("could not find expected ':'");
    key.possible = false;
    return false;
  }

  #saveKey(): void {
    const required = this.#flow === 0 && this.#indent === this.#at.column;
    if (!this.#keyAllowed) return;
    this.#removeKey();
    this.#keys[this.#keys.length - 1] = { possible: true, required, token: this.tokens.length, mark: this.#at };
  }

  #removeKey(): void {
    const key = this.#keys.at(-1);
    if (!key) return;
    if (key.possible && key.required) this.#fail("could not find expected ':'");
    key.possible = false;
  }

  #roll(column: number, kind: TokenKind, mark: Mark, at?: number): void {
    if (this.#flow > 0 || this.#indent >= column) return;
    this.#indents.push(this.#indent);
    this.#indent = column;
    this.tokens.splice(at ?? this.tokens.length, 0, { kind, mark });
  }

  #unroll(column: number): void {
    if (this.#flow > 0) return;
    while (this.#indent > column) {
      this.#add('block-end');
      this.#indent = this.#indents.pop() ?? -1;
    }
  }

  #streamEnd(): void {
    if (this.#at.column !== 0) this.#at = { line: this.#at.line + 1, column: 0, index: this.#at.index };
    this.#unroll(-1);
    this.#removeKey();
    this.#keyAllowed = false;
    this.#add('stream-end');
  }

  #directive(): void {
    this.#unroll(-1);
    this.#removeKey();
    this.#keyAllowed = false;
    const mark = this.#at;
    this.#skip();
    const name = /^[A-Za-z0-9_-]*/.exec(this.#text.slice(this.#at.index, this.#at.index + 200))?.[0] ?? '';
    this.#skip(name.length);
    if (name === '') this.#fail('could not find expected directive name');
    if (!this.#end() && !this.#blank()) this.#fail('found unexpected non-alphabetical character');
    if (name !== 'YAML' && name !== 'TAG') this.#fail('found unknown directive name');
    while (!this.#break() && !this.#end()) this.#skip();
    this.#add('directive', mark);
  }

  #document(ch: string): void {
    this.#unroll(-1);
    this.#removeKey();
    this.#keyAllowed = false;
    this.#add(ch === '-' ? 'document-start' : 'document-end');
    this.#skip(3);
  }

  #flowStart(ch: '[' | '{'): void {
    this.#saveKey();
    this.#keys.push(none());
    this.#flow++;
    this.#keyAllowed = true;
    this.#add(ch);
    this.#skip();
  }

  #flowEnd(ch: ']' | '}'): void {
    this.#removeKey();
    if (this.#flow > 0) {
      this.#flow--;
      this.#keys.pop();
    }
    this.#keyAllowed = false;
    this.#add(ch);
    this.#skip();
  }

  #flowEntry(): void {
    this.#removeKey();
    this.#keyAllowed = true;
    this.#add(',');
    this.#skip();
  }

  #blockEntry(): void {
    if (this.#flow === 0) {
      if (!this.#keyAllowed) this.#fail('block sequence entries are not allowed in this context');
      this.#roll(this.#at.column, 'block-sequence-start', this.#at);
    }
    this.#removeKey();
    this.#keyAllowed = true;
    this.#add('-');
    this.#skip();
  }

  #key(): void {
    if (this.#flow === 0) {
      if (!this.#keyAllowed) this.#fail('mapping keys are not allowed in this context');
      this.#roll(this.#at.column, 'block-mapping-start', this.#at);
    }
    this.#removeKey();
    this.#keyAllowed = this.#flow === 0;
    this.#add('key');
    this.#skip();
  }

  #value(): void {
    const key = this.#keys.at(-1);
    if (key && this.#valid(key)) {
      this.tokens.splice(key.token, 0, { kind: 'key', mark: key.mark });
      this.#roll(key.mark.column, 'block-mapping-start', key.mark, key.token);
      key.possible = false;
      this.#keyAllowed = false;
    } else {
      if (this.#flow === 0) {
        if (!this.#keyAllowed) this.#fail('mapping values are not allowed in this context');
        this.#roll(this.#at.column, 'block-mapping-start', this.#at);
      }
      this.#keyAllowed = this.#flow === 0;
    }
    this.#add('value');
    this.#skip();
  }

  #anchor(ch: string): void {
    this.#saveKey();
    this.#keyAllowed = false;
    const mark = this.#at;
    this.#skip();
    const name = /^[A-Za-z0-9_-]*/.exec(this.#text.slice(this.#at.index, this.#at.index + 200))?.[0] ?? '';
    this.#skip(name.length);
    if (name === '' || !(this.#end() || this.#blank() || '?:,]}%@`'.includes(this.#ch())))
      this.#fail('did not find expected alphabetic or numeric character');
    this.#add(ch === '*' ? 'alias' : 'anchor', mark, name);
  }

  #tag(): void {
    this.#saveKey();
    this.#keyAllowed = false;
    const mark = this.#at;
    while (!this.#end() && !this.#blank() && !(this.#flow > 0 && ',]}'.includes(this.#ch()))) this.#skip();
    this.#add('tag', mark);
  }

  #quoted(quote: string): void {
    this.#saveKey();
    this.#keyAllowed = false;
    const mark = this.#at;
    this.#quote = true;
    this.#skip();
    for (;;) {
      if (
        this.#at.column === 0 &&
        /^(---|\.\.\.)(?=[ \t\r\n]|$)/.test(this.#text.slice(this.#at.index, this.#at.index + 4))
      )
        this.#fail('found unexpected document indicator');
      if (this.#end()) this.#fail('found unexpected end of stream');
      if (this.#ch() === quote) {
        if (quote !== "'" || this.#ch(1) !== "'") break;
        this.#skip(2);
      } else if (quote === '"' && this.#ch() === '\\') this.#escape();
      else if (this.#break()) this.#skipLine();
      else this.#skip();
    }
    this.#skip();
    this.#quote = false;
    this.#add('scalar', mark);
  }

  #escape(): void {
    if (this.#break(1)) {
      this.#skip();
      this.#skipLine();
      return;
    }
    const digits = { x: 2, u: 4, U: 8 }[this.#ch(1)];
    if (digits !== undefined) {
      const code = this.#text.slice(this.#at.index + 2, this.#at.index + 2 + digits);
      if (!new RegExp(`^[0-9a-fA-F]{${digits}}$`).test(code)) this.#fail('did not find expected hexdecimal number');
      this.#skip(2 + digits);
      return;
    }
    if (!'0abt\tnvfre "\'\\N_LP/'.includes(this.#ch(1)) || this.#ch(1) === '')
      this.#fail('found unknown escape character');
    this.#skip(2);
  }

  #blockScalar(): void {
    this.#removeKey();
    this.#keyAllowed = true;
    const mark = this.#at;
    this.#skip();
    let increment = 0;
    for (let i = 0; i < 2; i++) {
      if ('+-'.includes(this.#ch()) && this.#ch() !== '') this.#skip();
      else if (/[0-9]/.test(this.#ch())) {
        if (this.#ch() === '0') this.#fail('found an indentation indicator equal to 0');
        increment = Number(this.#ch());
        this.#skip();
      }
    }
    while (this.#ch() === ' ' || this.#ch() === '\t') this.#skip();
    if (this.#ch() === '#') while (!this.#break() && !this.#end()) this.#skip();
    if (!this.#break() && !this.#end()) this.#fail('did not find expected comment or line break');
    if (this.#break()) this.#skipLine();
    let indent = increment > 0 ? (this.#indent >= 0 ? this.#indent + increment : increment) : 0;
    indent = this.#blockBreaks(indent);
    while (this.#at.column === indent && !this.#end()) {
      while (!this.#break() && !this.#end()) this.#skip();
      if (this.#break()) this.#skipLine();
      indent = this.#blockBreaks(indent);
    }
    this.#add('scalar', mark);
  }

  /** Over empty lines and the indent; finds the indent when it is not known. */
  #blockBreaks(given: number): number {
    let [indent, widest] = [given, 0];
    for (;;) {
      while ((indent === 0 || this.#at.column < indent) && this.#ch() === ' ') this.#skip();
      widest = Math.max(widest, this.#at.column);
      if ((indent === 0 || this.#at.column < indent) && this.#ch() === '\t')
        this.#fail('found a tab character where an indentation space is expected');
      if (!this.#break()) break;
      this.#skipLine();
    }
    if (indent === 0) indent = Math.max(widest, this.#indent + 1, 1);
    return indent;
  }

  #plain(): void {
    this.#saveKey();
    this.#keyAllowed = false;
    const mark = this.#at;
    const indent = this.#indent + 1;
    let leading = false;
    for (;;) {
      if (
        this.#at.column === 0 &&
        /^(---|\.\.\.)(?=[ \t\r\n]|$)/.test(this.#text.slice(this.#at.index, this.#at.index + 4))
      )
        break;
      if (this.#ch() === '#') break;
      while (!this.#end() && !this.#blank()) {
        const ch = this.#ch();
        if (ch === ':' && (this.#blank(1) || this.#ch(1) === '' || (this.#flow > 0 && ',?[]{}'.includes(this.#ch(1)))))
          break;
        if (this.#flow > 0 && ',?[]{}'.includes(ch) && !(ch === '?' && !this.#blank(1))) break;
        leading = false;
        this.#skip();
      }
      if (this.#end() || !this.#blank()) break;
      while (!this.#end() && this.#blank()) {
        if (this.#break()) {
          this.#skipLine();
          leading = true;
          continue;
        }
        if (leading && this.#at.column < indent && this.#ch() === '\t')
          this.#fail('found a tab character that violates indentation');
        this.#skip();
      }
      if (this.#flow === 0 && this.#at.column < indent) break;
    }
    this.#add('scalar', mark);
    if (leading) this.#keyAllowed = true;
  }
}
