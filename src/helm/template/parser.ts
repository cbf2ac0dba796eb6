import { quote } from './format.ts';
import { lex, type Token } from './lexer.ts';
import { unquote } from './literals.ts';
import {
  type ArgNode,
  type BranchNode,
  type CommandNode,
  isEmptyTree,
  type ListNode,
  type Node,
  type PipeNode,
  type Template,
} from './nodes.ts';

/** A source that does not parse: `template: <name>:<line>: <what>`. */
export class ParseError extends Error {
  override readonly name = 'ParseError';
}

/** Parses one file; adds it and what it defines to `set`. `known` says which functions exist. */
export function parse(
  name: string,
  source: string,
  set: Map<string, Template>,
  known: (name: string) => boolean,
): Template {
  return new Parser(name, source, set, known).parseFile();
}

type End = { list: ListNode; end: 'end' | 'else' | 'eof'; token: Token };

class Parser {
  readonly #tokens: Token[];
  #at = 0;
  #vars: string[] = ['$'];
  #rangeDepth = 0;
  #line = 1;

  constructor(
    readonly name: string,
    readonly source: string,
    readonly set: Map<string, Template>,
    readonly known: (name: string) => boolean,
  ) {
    this.#tokens = lex(source);
  }

  parseFile(): Template {
    const { list, end } = this.#list();
    if (end !== 'eof') this.#fail(`unexpected {{${end}}}`);
    return this.#add(this.name, list);
  }

  #add(name: string, root: ListNode): Template {
    const template: Template = { name, parseName: this.name, source: this.source, root };
    const old = this.set.get(name);
    if (!old || isEmptyTree(old.root) || !isEmptyTree(root)) this.set.set(name, template);
    return template;
  }

  #fail(message: string): never {
    throw new ParseError(`template: ${this.name}:${this.#line}: ${message}`);
  }

  #next(): Token {
    const token = this.#tokens[this.#at] ?? this.#tokens.at(-1);
    if (!token) throw new ParseError(`template: ${this.name}: empty token list`);
    this.#at++;
    this.#line = token.line;
    if (token.type === 'error') this.#lexError(token);
    return token;
  }

  #lexError(token: Token): never {
    if (token.text !== 'unclosed action') this.#fail(token.text);
    const open = this.#tokens.findLast((t) => t.type === 'left');
    const started = open && open.line !== token.line ? ` started at ${this.name}:${open.line}` : '';
    this.#fail(token.text + started);
  }

  #peek(): Token {
    const token = this.#next();
    this.#at--;
    return token;
  }

  #nextNonSpace(): Token {
    let token = this.#next();
    while (token.type === 'space') token = this.#next();
    return token;
  }

  #peekNonSpace(): Token {
    const token = this.#nextNonSpace();
    this.#at--;
    return token;
  }

  #unexpected(token: Token, context: string): never {
    this.#fail(`unexpected ${describe(token)} in ${context}`);
  }

  #expect(type: Token['type'], context: string): Token {
    const token = this.#nextNonSpace();
    if (token.type !== type) this.#unexpected(token, context);
    return token;
  }

  #list(): End {
    const list: ListNode = { type: 'list', pos: this.#peek().pos, nodes: [] };
    for (;;) {
      const token = this.#next();
      if (token.type === 'eof') return { list, end: 'eof', token };
      if (token.type === 'comment') continue;
      if (token.type === 'text') {
        list.nodes.push({ type: 'text', pos: token.pos, text: token.text });
        continue;
      }
      const node = this.#action();
      if (node === undefined) continue;
      if ('end' in node) return { list, end: node.end, token: node.token };
      list.nodes.push(node);
    }
  }

  #action(): Node | { end: 'end' | 'else'; token: Token } | undefined {
    const token = this.#nextNonSpace();
    if (token.type === 'keyword') {
      switch (token.text) {
        case 'define':
          return this.#define();
        case 'block':
          return this.#block(token);
        case 'break':
        case 'continue':
          return this.#loopControl(token);
        case 'if':
        case 'range':
        case 'with':
          return this.#branch(token.text, token);
        case 'template':
          return this.#template();
        case 'end':
          this.#expect('right', 'end');
          return { end: 'end', token };
        default:
          return { end: 'else', token };
      }
    }
    this.#at--;
    const peek = this.#peek();
    const pipe = this.#pipeline('command', 'right');
    return { type: 'action', pos: peek.pos, pipe };
  }

  #loopControl(token: Token): Node {
    const next = this.#nextNonSpace();
    if (next.type !== 'right') this.#unexpected(next, `{{${token.text}}}`);
    if (this.#rangeDepth === 0) this.#fail(`{{${token.text}}} outside {{range}}`);
    return { type: token.text as 'break', pos: token.pos };
  }

  #define(): undefined {
    const name = this.#quotedName(this.#nextNonSpace(), 'define clause');
    this.#expect('right', 'define clause');
    const vars = this.#vars;
    this.#vars = ['$'];
    const { list, end, token } = this.#list();
    if (end !== 'end') this.#endless(end, token);
    this.#vars = vars;
    this.#add(name, list);
    return undefined;
  }

  #endless(end: string, token: Token): never {
    if (end === 'eof') this.#fail('unexpected EOF');
    this.#unexpected(token, 'define clause');
  }

  #block(token: Token): Node {
    const name = this.#quotedName(this.#nextNonSpace(), 'block clause');
    const pipe = this.#pipeline('block clause', 'right');
    const vars = this.#vars;
    this.#vars = ['$'];
    const { list, end, token: last } = this.#list();
    if (end !== 'end') this.#endless(end, last);
    this.#vars = vars;
    this.#add(name, list);
    return { type: 'template', pos: token.pos, name, pipe };
  }

  #quotedName(token: Token, context: string): string {
    if (token.type !== 'string' && token.type !== 'raw') this.#unexpected(token, context);
    return unquote(token.text) ?? '';
  }

  #template(): Node {
    const token = this.#nextNonSpace();
    const name = this.#quotedName(token, 'template clause');
    if (this.#peekNonSpace().type === 'right') {
      this.#nextNonSpace();
      return { type: 'template', pos: token.pos, name };
    }
    return { type: 'template', pos: token.pos, name, pipe: this.#pipeline('template clause', 'right') };
  }

  #branch(type: BranchNode['type'], token: Token): BranchNode {
    const mark = this.#vars.length;
    const pipe = this.#pipeline(type, 'right');
    if (type === 'range') this.#rangeDepth++;
    const body = this.#list();
    if (type === 'range') this.#rangeDepth--;
    const node: BranchNode = { type, pos: token.pos, pipe, list: body.list };
    if (body.end === 'eof') this.#fail('unexpected EOF');
    if (body.end === 'else') node.elseList = this.#else(type, body.token);
    this.#vars.length = mark;
    return node;
  }

  #else(type: BranchNode['type'], token: Token): ListNode {
    const next = this.#peekNonSpace();
    const chained = next.type === 'keyword' && next.text === type && type !== 'range';
    if (chained) {
      const inner = this.#nextNonSpace();
      return { type: 'list', pos: token.pos, nodes: [this.#branch(type, inner)] };
    }
    this.#expect('right', 'else');
    const rest = this.#list();
    if (rest.end === 'eof') this.#fail('unexpected EOF');
    if (rest.end !== 'end') this.#fail(`expected end; found {{else}}`);
    return rest.list;
  }

  #pipeline(context: string, end: 'right' | ')'): PipeNode {
    const first = this.#peekNonSpace();
    const pipe: PipeNode = { type: 'pipe', pos: first.pos, assigns: false, decl: [], cmds: [] };
    this.#declarations(pipe, context);
    for (;;) {
      const token = this.#nextNonSpace();
      if (token.type === end) {
        this.#checkPipeline(pipe, context);
        return pipe;
      }
      if (!STARTS_OPERAND.has(token.type)) this.#unexpected(token, context);
      this.#at--;
      pipe.cmds.push(this.#command());
    }
  }

  #declarations(pipe: PipeNode, context: string): void {
    for (;;) {
      const variable = this.#peekNonSpace();
      if (variable.type !== 'variable') return;
      const mark = this.#at;
      this.#nextNonSpace();
      const next = this.#peekNonSpace();
      if (next.type === 'assign' || next.type === 'declare') {
        pipe.assigns = next.type === 'assign';
        this.#nextNonSpace();
        pipe.decl.push(variable.text);
        if (next.type === 'declare') this.#vars.push(variable.text);
        return;
      }
      if (next.type !== ',') {
        this.#at = mark;
        return;
      }
      this.#nextNonSpace();
      pipe.decl.push(variable.text);
      this.#vars.push(variable.text);
      if (context !== 'range' || pipe.decl.length >= 2) this.#fail(`too many declarations in ${context}`);
    }
  }

  #checkPipeline(pipe: PipeNode, context: string): void {
    if (pipe.cmds.length === 0) this.#fail(`missing value for ${context}`);
    pipe.cmds.slice(1).forEach((cmd, i) => {
      const type = cmd.args[0]?.type ?? '';
      if (['bool', 'dot', 'nil', 'number', 'string'].includes(type)) {
        this.#fail(`non executable command in pipeline stage ${i + 2}`);
      }
    });
  }

  #command(): CommandNode {
    const cmd: CommandNode = { type: 'command', pos: this.#peekNonSpace().pos, args: [] };
    for (;;) {
      this.#peekNonSpace();
      const operand = this.#operand();
      if (operand) cmd.args.push(operand);
      const token = this.#next();
      if (token.type === 'space') continue;
      if (token.type === 'right' || token.type === ')') this.#at--;
      else if (token.type !== 'pipe') this.#unexpected(token, 'operand');
      break;
    }
    if (cmd.args.length === 0) this.#fail('empty command');
    return cmd;
  }

  #operand(): ArgNode | undefined {
    const node = this.#term();
    if (!node || this.#peek().type !== 'field') return node;
    const pos = this.#peek().pos;
    const path: string[] = [];
    while (this.#peek().type === 'field') path.push(this.#next().text.slice(1));
    switch (node.type) {
      case 'field':
        return { ...node, pos, path: [...node.path, ...path] };
      case 'variable':
        return { ...node, pos, path: [...node.path, ...path] };
      case 'bool':
      case 'string':
      case 'number':
      case 'nil':
      case 'dot':
        return this.#fail(`unexpected . after term ${JSON.stringify(node.type)}`);
      default:
        return { type: 'chain', pos, node, path };
    }
  }

  #term(): ArgNode | undefined {
    const token = this.#nextNonSpace();
    const { pos, text } = token;
    switch (token.type) {
      case 'identifier':
        if (!this.known(text)) this.#fail(`function ${quote(text)} not defined`);
        return { type: 'identifier', pos, name: text };
      case 'dot':
        return { type: 'dot', pos };
      case 'nil':
        return { type: 'nil', pos };
      case 'variable':
        if (!this.#vars.includes(text)) this.#fail(`undefined variable ${quote(text)}`);
        return { type: 'variable', pos, path: [text] };
      case 'field':
        return { type: 'field', pos, path: [text.slice(1)] };
      case 'bool':
        return { type: 'bool', pos, value: text === 'true' };
      case 'char':
      case 'number':
        return { type: 'number', pos, text, value: this.#numberValue(text) };
      case '(':
        return this.#pipeline('parenthesized pipeline', ')');
      case 'string':
      case 'raw': {
        const value = unquote(text);
        if (value === undefined) this.#fail('invalid syntax');
        return { type: 'string', pos, quoted: text, value: value as string };
      }
      default:
        this.#at--;
        return undefined;
    }
  }

  #numberValue(text: string): bigint | number {
    if (text.startsWith("'")) return BigInt(unquote(`"${text.slice(1, -1)}"`)?.codePointAt(0) ?? 0);
    const body = text.replace(/_/g, '').replace(/^[+-]/, '');
    const sign = text.startsWith('-') ? -1 : 1;
    const octal = /^0[0-7]+$/.test(body) ? `0o${body.slice(1)}` : body;
    if (/^(0[xX][0-9a-fA-F]+|0[bB][01]+|0[oO][0-7]+|[0-9]+)$/.test(octal)) return BigInt(sign) * BigInt(octal);
    if (/^([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?$/.test(body)) {
      return sign * Number(body);
    }
    return this.#fail(`bad number syntax: ${quote(text)}`);
  }
}

const STARTS_OPERAND = new Set<Token['type']>([
  'bool',
  'char',
  'dot',
  'field',
  'identifier',
  'number',
  'nil',
  'raw',
  'string',
  'variable',
  '(',
]);

function describe(token: Token): string {
  if (token.type === 'eof') return 'EOF';
  if (['keyword', 'dot', 'nil'].includes(token.type)) return `<${token.text}>`;
  return token.text.length > 10 ? `${quote(token.text.slice(0, 10))}...` : quote(token.text);
}
