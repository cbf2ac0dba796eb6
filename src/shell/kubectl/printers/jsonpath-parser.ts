/** Nodes of client-go's jsonpath, which has its own dialect: `$` and `@` both mean the object at hand. */
export type PathNode =
  | { type: 'text'; text: string }
  | { type: 'field'; name: string }
  | { type: 'wildcard' | 'recursive' }
  | { type: 'array'; from?: number; to?: number; step?: number; single: boolean }
  | { type: 'union'; lists: PathNode[][] }
  | { type: 'filter'; left: PathNode[]; right: PathNode[]; operator: string }
  | { type: 'number'; value: number; isFloat: boolean }
  | { type: 'bool'; value: boolean }
  | { type: 'identifier'; name: string };

/** What stands in one pair of braces, or the text between two of them. */
export type Action = PathNode[] | string;

/** A template that does not parse, or a path that cannot be followed. */
export class PathError extends Error {}

const END = '';
const isTerminator = (c: string): boolean => c === END || /[\s.,[\]$@{}]/.test(c);
const ESCAPES: Record<string, string> = { n: '\n', t: '\t', r: '\r', a: '\x07', b: '\b', f: '\f', v: '\v' };

function unquote(quoted: string): string {
  const inner = quoted.slice(1, -1);
  return inner.replace(/\\(.)/g, (_, c: string) => ESCAPES[c] ?? c);
}

class Parser {
  readonly actions: Action[] = [];
  #at = 0;
  #start = 0;

  constructor(readonly input: string) {}

  parse(): Action[] {
    while (this.#at < this.input.length) {
      const open = this.input.indexOf('{', this.#at);
      if (open !== this.#at) this.actions.push(this.input.slice(this.#at, open < 0 ? undefined : open));
      if (open < 0) break;
      this.#at = open + 1;
      this.#start = this.#at;
      this.actions.push(this.#action());
    }
    return this.actions;
  }

  #next(): string {
    return this.input[this.#at++] ?? END;
  }

  #taken(): string {
    const text = this.input.slice(this.#start, this.#at);
    this.#start = this.#at;
    return text;
  }

  #action(): PathNode[] {
    const nodes: PathNode[] = [];
    for (;;) {
      if (this.input.startsWith('}', this.#at)) {
        this.#at++;
        this.#start = this.#at;
        return nodes;
      }
      if (this.input.startsWith('[?(', this.#at)) this.#filter(nodes);
      else if (this.input.startsWith('..', this.#at)) this.#recursive(nodes);
      else this.#one(nodes);
    }
  }

  #one(nodes: PathNode[]): void {
    const c = this.#next();
    if (c === END || c === '\n' || c === '\r') throw new PathError('unclosed action');
    if (c === ' ' || c === '@' || c === '$') this.#taken();
    else if (c === '[') this.#array(nodes);
    else if (c === '"' || c === "'") this.#quote(nodes, c);
    else if (c === '.') this.#field(nodes);
    else if (/[+\-\d]/.test(c)) this.#number(nodes);
    else if (/[\p{L}\p{Nd}_]/u.test(c)) this.#identifier(nodes);
    else {
      const code = c.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0');
      throw new PathError(`unrecognized character in action: U+${code} '${c}'`);
    }
  }

  #identifier(nodes: PathNode[]): void {
    while (!isTerminator(this.input[this.#at] ?? END)) this.#at++;
    const name = this.#taken();
    nodes.push(
      name === 'true' || name === 'false' ? { type: 'bool', value: name === 'true' } : { type: 'identifier', name },
    );
  }

  #number(nodes: PathNode[]): void {
    while (/[.\d]/.test(this.input[this.#at] ?? END)) this.#at++;
    const text = this.#taken();
    if (!/^[+-]?(\d+\.?\d*|\.\d+)$/.test(text)) throw new PathError(`cannot parse number ${text}`);
    nodes.push({ type: 'number', value: Number(text), isFloat: text.includes('.') });
  }

  #field(nodes: PathNode[]): void {
    this.#taken();
    for (;;) {
      const c = this.input[this.#at] ?? END;
      if (c !== '\\' && isTerminator(c)) break;
      this.#at += c === '\\' ? 2 : 1;
    }
    const text = this.#taken();
    nodes.push(text === '*' ? { type: 'wildcard' } : { type: 'field', name: text.replaceAll('\\', '') });
  }

  #recursive(nodes: PathNode[]): void {
    if (nodes.at(-1)?.type === 'recursive') throw new PathError('invalid multiple recursive descent');
    this.#at += 2;
    this.#taken();
    nodes.push({ type: 'recursive' });
    if (/[\p{L}\p{Nd}_]/u.test(this.input[this.#at] ?? END)) this.#field(nodes);
  }

  #quote(nodes: PathNode[], end: string): void {
    for (;;) {
      const c = this.#next();
      if (c === END || c === '\n') throw new PathError('unterminated quoted string');
      if (c === end && this.input[this.#at - 2] !== '\\') break;
    }
    nodes.push({ type: 'text', text: unquote(this.#taken()) });
  }

  #array(nodes: PathNode[]): void {
    for (let c = this.#next(); c !== ']'; c = this.#next())
      if (c === END || c === '\n') throw new PathError('unterminated array');
    const inside = this.#taken().slice(1, -1);
    const text = inside === '*' ? ':' : inside;
    const parts = text.split(',');
    if (parts.length > 1) {
      nodes.push({ type: 'union', lists: parts.map((part) => actionOf(`[${part.replace(/^ +| +$/g, '')}]`)) });
      return;
    }
    const key = /^'([^']*)'$/.exec(text);
    if (key) nodes.push(...actionOf(`.${key[1]}`));
    else nodes.push(slice(text));
  }

  #filter(nodes: PathNode[]): void {
    this.#at += 3;
    this.#taken();
    let [quote, closed] = ['', false];
    for (;;) {
      const c = this.#next();
      if (c === END || c === '\n') throw new PathError('unterminated filter');
      if (c === '"' || c === "'") {
        if (quote === '') quote = c;
        else if (c === quote && this.input[this.#at - 2] !== '\\') closed = true;
      } else if (c === ')' && (quote !== '') === closed) break;
    }
    if (this.#next() !== ']') throw new PathError('unclosed array expect ]');
    const text = this.#taken().slice(0, -2);
    const match = /^([^!<>=]+)([!<>=]+)(.+?)$/s.exec(text);
    if (!match) nodes.push({ type: 'filter', left: actionOf(text), right: [], operator: 'exists' });
    else nodes.push({ type: 'filter', left: actionOf(match[1]!), right: actionOf(match[3]!), operator: match[2]! });
  }
}

function slice(text: string): PathNode {
  const match = /^(-?\d*)(:-?\d*)?(:-?\d*)?$/.exec(text);
  if (!match) throw new PathError(`invalid array index ${text}`);
  const number = (part: string | undefined): number | undefined => {
    const digits = part?.replace(':', '') ?? '';
    if (digits === '') return undefined;
    if (digits === '-') throw new PathError(`array index ${digits} is not a number`);
    return Number(digits);
  };
  const [from, to, step] = [number(match[1]), number(match[2]), number(match[3])];
  return { type: 'array', from, to, step, single: match[2] === undefined };
}

/** The nodes of one action's text. */
function actionOf(text: string): PathNode[] {
  return (parseTemplate(`{${text}}`)[0] ?? []) as PathNode[];
}

/** Parses a template of texts and actions in braces; throws {@link PathError} with client-go's words. */
export function parseTemplate(input: string): Action[] {
  return new Parser(input).parse();
}
