import { CommandError } from '../command.ts';
import { unescapeText } from '../printf.ts';

export type AwkExpr =
  | { type: 'number'; value: number }
  | { type: 'string'; value: string }
  | { type: 'regex'; source: string }
  | { type: 'field'; index: AwkExpr }
  | { type: 'name'; name: string }
  | { type: 'element'; array: string; keys: AwkExpr[] }
  | { type: 'in'; key: AwkExpr; array: string }
  | { type: 'assign'; operator: string; target: AwkExpr; value: AwkExpr }
  | { type: 'step'; target: AwkExpr; by: number; prefix: boolean }
  | { type: 'unary'; operator: string; operand: AwkExpr }
  | { type: 'binary'; operator: string; left: AwkExpr; right: AwkExpr }
  | { type: 'ternary'; test: AwkExpr; then: AwkExpr; otherwise: AwkExpr }
  | { type: 'call'; name: string; args: AwkExpr[] };

export type AwkStatement =
  | { type: 'block'; body: AwkStatement[] }
  | { type: 'print' | 'printf'; args: AwkExpr[] }
  | { type: 'if'; test: AwkExpr; then: AwkStatement; otherwise?: AwkStatement }
  | { type: 'loop'; init?: AwkStatement; test: AwkExpr; step?: AwkStatement; body: AwkStatement }
  | { type: 'forin'; name: string; array: string; body: AwkStatement }
  | { type: 'delete'; array: string; key?: AwkExpr }
  | { type: 'next' }
  | { type: 'exit'; code?: AwkExpr }
  | { type: 'expr'; expr: AwkExpr };

export interface AwkRule {
  when: 'BEGIN' | 'END' | AwkExpr | undefined;
  body: AwkStatement;
}

const FUNCTIONS = new Set([
  'length',
  'substr',
  'index',
  'split',
  'sub',
  'gsub',
  'match',
  'tolower',
  'toupper',
  'int',
  'sqrt',
  'sprintf',
]);
const TOKEN =
  /\s*(?:#[^\n]*)?(?:("(?:[^"\\]|\\.)*")|(\d+\.?\d*(?:[eE][+-]?\d+)?|\.\d+)|([A-Za-z_]\w*)|(\+\+|--|&&|\|\||[-+*/%^<>=!]=|!~|[-+*/%^<>=!~?:,;(){}[\]$\n]))/y;

export function parseAwk(source: string): AwkRule[] {
  return new AwkParser(source).rules();
}

const LEVELS: string[][] = [
  ['||'],
  ['&&'],
  ['~', '!~'],
  ['<', '<=', '>', '>=', '==', '!='],
  [' '],
  ['+', '-'],
  ['*', '/', '%'],
  ['^'],
];

class AwkParser {
  #at = 0;
  constructor(readonly source: string) {}

  rules(): AwkRule[] {
    const out: AwkRule[] = [];
    for (this.#skip(); this.#peek() !== ''; this.#skip()) {
      let when: AwkRule['when'];
      const token = this.#peek();
      if (token === 'BEGIN' || token === 'END') {
        this.#take();
        when = token;
      } else if (token !== '{') when = this.#expr();
      out.push({ when, body: this.#peek() === '{' ? this.#block() : { type: 'print', args: [] } });
    }
    return out;
  }

  /** The token at the cursor: '' at the end, with its newline for a line end. */
  #peek(): string {
    return this.#scan().text;
  }

  #scan(): { text: string; end: number } {
    let at = this.#at;
    while (/[ \t\r]/.test(this.source[at] ?? '') || (this.source[at] === '\\' && this.source[at + 1] === '\n'))
      at += this.source[at] === '\\' ? 2 : 1;
    if (this.source[at] === '#') while (at < this.source.length && this.source[at] !== '\n') at++;
    if (at >= this.source.length) return { text: '', end: at };
    TOKEN.lastIndex = at;
    if (this.source[at] === '\n') return { text: '\n', end: at + 1 };
    const match = TOKEN.exec(this.source);
    if (!match) throw new CommandError(`cmd. line:1: Unexpected token`);
    return { text: match[0].trim(), end: TOKEN.lastIndex };
  }

  #take(): string {
    const { text, end } = this.#scan();
    this.#at = end;
    return text;
  }

  #accept(text: string): boolean {
    if (this.#peek() !== text) return false;
    this.#take();
    return true;
  }

  #expect(text: string): void {
    if (!this.#accept(text)) throw new CommandError('cmd. line:1: Unexpected token');
  }

  #skip(): void {
    while (this.#peek() === ';' || this.#peek() === '\n') this.#take();
  }

  #block(): AwkStatement {
    this.#expect('{');
    const body: AwkStatement[] = [];
    for (this.#skip(); this.#peek() !== '}'; this.#skip()) body.push(this.#statement());
    this.#expect('}');
    return { type: 'block', body };
  }

  #statement(): AwkStatement {
    while (this.#peek() === '\n') this.#take();
    const token = this.#peek();
    if (token === '{') return this.#block();
    if (token === 'if') return this.#if();
    if (token === 'while') {
      this.#take();
      this.#expect('(');
      const test = this.#expr();
      this.#expect(')');
      return { type: 'loop', test, body: this.#statement() };
    }
    if (token === 'for') return this.#for();
    return this.#simple();
  }

  #if(): AwkStatement {
    this.#take();
    this.#expect('(');
    const test = this.#expr();
    this.#expect(')');
    const then = this.#statement();
    const before = this.#at;
    this.#skip();
    if (this.#accept('else')) return { type: 'if', test, then, otherwise: this.#statement() };
    this.#at = before;
    return { type: 'if', test, then };
  }

  #for(): AwkStatement {
    this.#take();
    this.#expect('(');
    const each = /^\s*(\w+)\s+in\s+(\w+)\s*\)/.exec(this.source.slice(this.#at));
    if (each) {
      this.#at += each[0].length;
      return { type: 'forin', name: each[1] as string, array: each[2] as string, body: this.#statement() };
    }
    const init = this.#simple();
    this.#expect(';');
    const test = this.#expr();
    this.#expect(';');
    const step = this.#simple();
    this.#expect(')');
    return { type: 'loop', init, test, step, body: this.#statement() };
  }

  #simple(): AwkStatement {
    const token = this.#peek();
    if (token === 'print' || token === 'printf') {
      this.#take();
      return { type: token, args: this.#atEnd() ? [] : this.#printArgs() };
    }
    if (token === 'next') {
      this.#take();
      return { type: 'next' };
    }
    if (token === 'exit') {
      this.#take();
      return { type: 'exit', code: this.#atEnd() ? undefined : this.#expr() };
    }
    if (token === 'delete') {
      this.#take();
      const target = this.#primary();
      if (target.type === 'element') return { type: 'delete', array: target.array, key: target.keys[0] };
      return { type: 'delete', array: target.type === 'name' ? target.name : '' };
    }
    return { type: 'expr', expr: this.#expr() };
  }

  #printArgs(): AwkExpr[] {
    const start = this.#at;
    if (this.#accept('(')) {
      const args = this.#list(')');
      if (this.#atEnd()) return args;
      this.#at = start;
    }
    const args = [this.#expr()];
    while (this.#accept(',')) args.push(this.#expr());
    return args;
  }

  #atEnd(): boolean {
    return [';', '\n', '}', ''].includes(this.#peek());
  }

  #list(close: string): AwkExpr[] {
    const args: AwkExpr[] = [];
    while (!this.#accept(close)) {
      args.push(this.#expr());
      this.#accept(',');
    }
    return args;
  }

  #expr(): AwkExpr {
    const left = this.#level(0);
    if (this.#accept('?')) {
      const then = this.#expr();
      this.#expect(':');
      return { type: 'ternary', test: left, then, otherwise: this.#expr() };
    }
    const token = this.#peek();
    if (/^[-+*/%^]?=$/.test(token)) {
      this.#take();
      return { type: 'assign', operator: token, target: left, value: this.#expr() };
    }
    return left;
  }

  #level(level: number): AwkExpr {
    const operators = LEVELS[level];
    if (!operators) return this.#unary();
    let left = this.#level(level + 1);
    for (;;) {
      const token = this.#peek();
      if (token === 'in' && level === 2) {
        this.#take();
        left = { type: 'in', key: left, array: this.#take() };
      } else if (operators[0] === ' ') {
        if (!/^["$(!\w.-]/.test(token) || token === 'in' || /^(!=|!~|-=|--?)$/.test(token)) return left;
        left = { type: 'binary', operator: ' ', left, right: this.#level(level + 1) };
      } else if (operators.includes(token)) {
        this.#take();
        left = { type: 'binary', operator: token, left, right: this.#level(level + (token === '^' ? 0 : 1)) };
      } else return left;
    }
  }

  #unary(): AwkExpr {
    const token = this.#peek();
    if (token === '!' || token === '-') {
      this.#take();
      return { type: 'unary', operator: token, operand: this.#unary() };
    }
    if (token === '++' || token === '--') {
      this.#take();
      return { type: 'step', target: this.#primary(), by: token === '++' ? 1 : -1, prefix: true };
    }
    const target = this.#primary();
    if (this.#peek() !== '++' && this.#peek() !== '--') return target;
    return { type: 'step', target, by: this.#take() === '++' ? 1 : -1, prefix: false };
  }

  #primary(): AwkExpr {
    const token = this.#peek();
    if (token === '/' || token === '/=') return this.#regex();
    this.#take();
    if (token.startsWith('"')) return { type: 'string', value: unescapeText(token.slice(1, -1)).text };
    if (/^[\d.]/.test(token)) return { type: 'number', value: Number(token) };
    if (token === '$') return { type: 'field', index: this.#primary() };
    if (token === '(') {
      const inner = this.#expr();
      this.#expect(')');
      return inner;
    }
    if (!/^[A-Za-z_]/.test(token)) throw new CommandError('cmd. line:1: Unexpected token');
    if (FUNCTIONS.has(token)) return { type: 'call', name: token, args: this.#accept('(') ? this.#list(')') : [] };
    if (this.#peek() === '(' && this.source[this.#at] === '(')
      throw new CommandError(`cmd. line:1: Call to undefined function`);
    if (this.#accept('[')) return { type: 'element', array: token, keys: this.#list(']') };
    return { type: 'name', name: token };
  }

  #regex(): AwkExpr {
    let at = this.source.indexOf('/', this.#at) + 1;
    let source = '';
    for (; at < this.source.length && this.source[at] !== '/'; at++) {
      if (this.source[at] === '\\') source += this.source[at++];
      source += this.source[at] ?? '';
    }
    this.#at = at + 1;
    return { type: 'regex', source };
  }
}
