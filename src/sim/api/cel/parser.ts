import { CelSyntaxError, type Token, tokenize } from './lexer.ts';
import type { Value } from './value.ts';

export type Node =
  | { op: 'literal'; value: Value }
  | { op: 'name'; name: string; at: number }
  | { op: 'select'; target: Node; field: string; at: number; optional?: boolean }
  | { op: 'has'; target: Node; field: string }
  | { op: 'index'; target: Node; index: Node; optional?: boolean }
  | { op: 'call'; name: string; target?: Node; args: Node[]; at: number }
  | { op: 'list'; items: Node[] }
  | { op: 'map'; entries: [Node, Node][] }
  | { op: 'and' | 'or'; left: Node; right: Node }
  | { op: 'choose'; condition: Node; yes: Node; no: Node }
  | { op: 'each'; macro: string; target: Node; names: string[]; args: Node[] };

const LEVELS = [
  ['<', '<=', '>', '>=', '==', '!=', 'in'],
  ['+', '-'],
  ['*', '/', '%'],
];
const MACROS: Record<string, number[]> = {
  all: [2, 3],
  exists: [2, 3],
  exists_one: [2, 3],
  existsOne: [2, 3],
  map: [2, 3],
  filter: [2],
  optMap: [2],
  optFlatMap: [2],
};
/** What an operand may begin with, as the grammar's parser lists it. */
const STARTS =
  "{'[', '{', '(', '.', '-', '!', 'true', 'false', 'null', NUM_FLOAT, NUM_INT, NUM_UINT, STRING, BYTES, IDENTIFIER}";
/** Deeper nesting is refused, as cel-go does. */
const DEPTH_MAX = 200;

/** Reads an expression. Throws {@link CelSyntaxError}. */
export function parse(text: string): Node {
  return new Parser(tokenize(text)).whole();
}

class Parser {
  #at = 0;
  #depth = 0;

  constructor(readonly tokens: readonly Token[]) {}

  whole(): Node {
    const node = this.#expression();
    if (this.#next.type === 'end') return node;
    // The parser gets over one word too many, and says so.
    const isLast = this.tokens[this.#at + 1]?.type === 'end';
    return this.#fail('<EOF>', isLast ? 'extraneous' : 'mismatched');
  }

  get #next(): Token {
    return this.tokens[this.#at] as Token;
  }

  #take(): Token {
    const token = this.#next;
    if (token.type !== 'end') this.#at++;
    return token;
  }

  #is(...signs: string[]): boolean {
    const { type, text } = this.#next;
    return (type === 'sign' || text === 'in') && type !== 'string' && signs.includes(text);
  }

  #accept(sign: string): boolean {
    if (!this.#is(sign)) return false;
    this.#at++;
    return true;
  }

  #expect(sign: string): void {
    if (!this.#accept(sign)) this.#fail();
  }

  #fail(expected = '<EOF>', how = 'mismatched'): never {
    const { text, at } = this.#next;
    throw new CelSyntaxError(`Syntax error: ${how} input '${text}' expecting ${expected}`, at);
  }

  #expression(): Node {
    if (++this.#depth > DEPTH_MAX)
      throw new CelSyntaxError(`expression recursion limit exceeded: ${DEPTH_MAX}`, this.#next.at);
    const condition = this.#or();
    let node = condition;
    if (this.#accept('?')) {
      const yes = this.#or();
      this.#expect(':');
      node = { op: 'choose', condition, yes, no: this.#expression() };
    }
    this.#depth--;
    return node;
  }

  #or(): Node {
    let left = this.#and();
    while (this.#accept('||')) left = { op: 'or', left, right: this.#and() };
    return left;
  }

  #and(): Node {
    let left = this.#binary(0);
    while (this.#accept('&&')) left = { op: 'and', left, right: this.#binary(0) };
    return left;
  }

  #binary(level: number): Node {
    const signs = LEVELS[level];
    if (!signs) return this.#unary();
    let left = this.#binary(level + 1);
    while (this.#is(...signs)) {
      const { text, at } = this.#take();
      left = { op: 'call', name: `_${text}_`, args: [left, this.#binary(level + 1)], at };
    }
    return left;
  }

  #unary(): Node {
    const { text, at } = this.#next;
    if (!this.#is('!', '-')) return this.#member();
    this.#at++;
    return { op: 'call', name: `${text}_`, args: [this.#unary()], at };
  }

  #member(): Node {
    let node = this.#primary();
    for (;;) {
      if (this.#accept('[')) {
        const optional = this.#accept('?');
        node = { op: 'index', target: node, index: this.#expression(), ...(optional ? { optional } : {}) };
        this.#expect(']');
      } else if (this.#is('.')) {
        const { at } = this.#take();
        const optional = this.#accept('?');
        const { type, text } = this.#next;
        if (type === 'end') throw new CelSyntaxError("Syntax error: no viable alternative at input '.'", this.#next.at);
        if (type !== 'name') this.#fail("{'*', IDENTIFIER, ESC_IDENTIFIER}");
        this.#at++;
        if (optional) node = { op: 'select', target: node, field: text, at, optional };
        else if (!this.#is('(')) node = { op: 'select', target: node, field: text, at };
        else node = this.#call(text, this.#take().at, node);
      } else return node;
    }
  }

  #call(name: string, at: number, target: Node | undefined): Node {
    const args = this.#list(')');
    if (name === 'has' && !target) {
      const [field] = args;
      if (args.length !== 1 || field?.op !== 'select') throw new CelSyntaxError('invalid argument to has() macro', at);
      return { op: 'has', target: field.target, field: field.field };
    }
    // `optional.of(x)` and its like are functions with a name of two parts.
    if (target?.op === 'name' && target.name === 'optional')
      return { op: 'call', name: `optional.${name}`, args, at: target.at };
    if (!target || !MACROS[name]?.includes(args.length)) return { op: 'call', name, target, args, at };
    // map(x, filter, transform) has one name; all(k, v, test) has two.
    const two = args.length === 3 && name !== 'map';
    const names = args.slice(0, two ? 2 : 1).map((node) => {
      if (node.op !== 'name') throw new CelSyntaxError('argument must be a simple name', at);
      return node.name;
    });
    return { op: 'each', macro: name, target, names, args: args.slice(names.length) };
  }

  #list(end: string): Node[] {
    const items: Node[] = [];
    while (!this.#accept(end)) {
      if (items.length === 0 && end === ')' && this.#next.type === 'end')
        this.#fail(STARTS.replace("'(', ", "'(', ')', "));
      items.push(this.#expression());
      if (!this.#accept(',')) {
        this.#expect(end);
        break;
      }
    }
    return items;
  }

  #primary(): Node {
    if (this.#accept('(')) {
      const inner = this.#expression();
      this.#expect(')');
      return inner;
    }
    if (this.#accept('[')) return { op: 'list', items: this.#list(']') };
    if (this.#accept('{')) return { op: 'map', entries: this.#entries() };
    this.#accept('.');
    const { type, text, at } = this.#next;
    if (type === 'sign' || type === 'end') this.#fail(STARTS);
    this.#at++;
    if (type === 'name') return this.#name(text, at);
    if (type === 'string') return { op: 'literal', value: text };
    if (type === 'bytes') return { op: 'literal', value: new Uint8Array(Buffer.from(text, 'utf8')) };
    if (type === 'double') return { op: 'literal', value: Number(text) };
    return { op: 'literal', value: BigInt(text.replace(/u$/i, '')) };
  }

  #name(text: string, at: number): Node {
    if (text === 'true' || text === 'false') return { op: 'literal', value: text === 'true' };
    if (text === 'null') return { op: 'literal', value: null };
    return this.#is('(') ? this.#call(text, this.#take().at, undefined) : { op: 'name', name: text, at };
  }

  #entries(): [Node, Node][] {
    const entries: [Node, Node][] = [];
    while (!this.#accept('}')) {
      const key = this.#expression();
      this.#expect(':');
      entries.push([key, this.#expression()]);
      if (!this.#accept(',')) {
        this.#expect('}');
        break;
      }
    }
    return entries;
  }
}
