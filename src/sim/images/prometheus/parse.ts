import type { Matcher } from './tsdb.ts';

/** The part of PromQL that this server evaluates. Everything else is refused in words. */
export type Expr =
  | { kind: 'number'; value: number }
  | { kind: 'selector'; matchers: Matcher[]; rangeMs?: number; offsetMs: number }
  | { kind: 'call'; name: string; args: Expr[] }
  | { kind: 'aggregate'; op: string; by?: string[]; without?: string[]; expr: Expr }
  | { kind: 'binary'; op: string; left: Expr; right: Expr };

export class QueryError extends Error {
  override readonly name = 'QueryError';
}

const TOKEN =
  /\s*(?:([A-Za-z_:][\w:]*)|(\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)(?![\w])|(\d+(?:ms|[smhdwy])(?:\d+(?:ms|[smhdwy]))*)|("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')|(=~|!~|!=|==|>=|<=|[-+*/%^(){}[\],=<>]))/y;
const AGGREGATIONS = new Set(['sum', 'avg', 'min', 'max', 'count']);
const UNITS_MS: Record<string, number> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
  y: 31_536_000_000,
};
const PRECEDENCE: Record<string, number> = {
  '>': 1,
  '<': 1,
  '>=': 1,
  '<=': 1,
  '==': 1,
  '!=': 1,
  '+': 2,
  '-': 2,
  '*': 3,
  '/': 3,
  '%': 3,
};

export function parseQuery(text: string): Expr {
  return new Parser(text).parse();
}

export function parseDuration(text: string): number {
  let total = 0;
  for (const [, count, unit] of text.matchAll(/(\d+)(ms|[smhdwy])/g))
    total += Number(count) * (UNITS_MS[unit as string] as number);
  return total;
}

class Parser {
  readonly #tokens: string[] = [];
  #at = 0;

  constructor(text: string) {
    TOKEN.lastIndex = 0;
    let end = 0;
    for (let match = TOKEN.exec(text); match; match = TOKEN.exec(text)) {
      this.#tokens.push(match[0].trim());
      end = TOKEN.lastIndex;
    }
    if (text.slice(end).trim() !== '')
      throw new QueryError(`1:${end + 1}: parse error: unexpected character: ${JSON.stringify(text[end])}`);
  }

  parse(): Expr {
    if (this.#tokens.length === 0) throw new QueryError('unknown position: parse error: no expression found in input');
    const expr = this.#binary(0);
    if (this.#peek() !== undefined) throw new QueryError(`parse error: unexpected ${JSON.stringify(this.#peek())}`);
    return expr;
  }

  #binary(level: number): Expr {
    let left = this.#unary();
    for (;;) {
      const op = this.#peek();
      const precedence = op === undefined ? undefined : PRECEDENCE[op];
      if (op === undefined || precedence === undefined || precedence <= level) return left;
      this.#next();
      left = { kind: 'binary', op, left, right: this.#binary(precedence) };
    }
  }

  #unary(): Expr {
    if (this.#peek() !== '-') return this.#primary();
    this.#next();
    return { kind: 'binary', op: '*', left: { kind: 'number', value: -1 }, right: this.#primary() };
  }

  #primary(): Expr {
    const token = this.#next();
    if (token === '(') {
      const inner = this.#binary(0);
      this.#expect(')');
      return inner;
    }
    if (token === '{') return this.#selector(undefined);
    if (/^\d/.test(token)) return { kind: 'number', value: Number(token) };
    if (!/^[A-Za-z_:]/.test(token)) throw new QueryError(`parse error: unexpected ${JSON.stringify(token)}`);
    if (AGGREGATIONS.has(token)) return this.#aggregate(token);
    if (this.#peek() === '(') return { kind: 'call', name: token, args: this.#args() };
    if (this.#peek() === '{') {
      this.#next();
      return this.#selector(token);
    }
    return this.#suffix([{ label: '__name__', op: '=', value: token }]);
  }

  #aggregate(op: string): Expr {
    let grouping = this.#grouping();
    const [expr] = this.#args();
    grouping ??= this.#grouping();
    if (!expr)
      throw new QueryError(
        `parse error: wrong number of arguments for aggregate expression provided, expected 1, got 0`,
      );
    return { kind: 'aggregate', op, expr, ...grouping };
  }

  #grouping(): { by?: string[]; without?: string[] } | undefined {
    const word = this.#peek();
    if (word !== 'by' && word !== 'without') return undefined;
    this.#next();
    this.#expect('(');
    const labels: string[] = [];
    while (this.#peek() !== ')') {
      labels.push(this.#next());
      if (this.#peek() === ',') this.#next();
    }
    this.#next();
    return { [word]: labels };
  }

  #args(): Expr[] {
    this.#expect('(');
    const args: Expr[] = [];
    while (this.#peek() !== ')') {
      args.push(this.#binary(0));
      if (this.#peek() === ',') this.#next();
      else break;
    }
    this.#expect(')');
    return args;
  }

  #selector(name: string | undefined): Expr {
    const matchers: Matcher[] = name === undefined ? [] : [{ label: '__name__', op: '=', value: name }];
    while (this.#peek() !== '}') {
      const label = this.#next();
      const op = this.#next() as Matcher['op'];
      if (!['=', '!=', '=~', '!~'].includes(op))
        throw new QueryError(`parse error: unexpected ${JSON.stringify(op)} in label matching`);
      const value = this.#next();
      if (!/^["']/.test(value))
        throw new QueryError(`parse error: unexpected ${JSON.stringify(value)} in label matching, expected string`);
      matchers.push({ label, op, value: unquote(value) });
      if (this.#peek() === ',') this.#next();
    }
    this.#next();
    return this.#suffix(matchers);
  }

  #suffix(matchers: Matcher[]): Expr {
    let rangeMs: number | undefined;
    let offsetMs = 0;
    if (this.#peek() === '[') {
      this.#next();
      rangeMs = parseDuration(this.#next());
      this.#expect(']');
    }
    if (this.#peek() === 'offset') {
      this.#next();
      offsetMs = parseDuration(this.#next());
    }
    return { kind: 'selector', matchers, rangeMs, offsetMs };
  }

  #peek(): string | undefined {
    return this.#tokens[this.#at];
  }

  #next(): string {
    const token = this.#tokens[this.#at++];
    if (token === undefined) throw new QueryError('parse error: unexpected end of input');
    return token;
  }

  #expect(token: string): void {
    const found = this.#next();
    if (found !== token)
      throw new QueryError(`parse error: unexpected ${JSON.stringify(found)}, expected ${JSON.stringify(token)}`);
  }
}

function unquote(text: string): string {
  return text.slice(1, -1).replace(/\\(.)/g, (_, ch: string) => (ch === 'n' ? '\n' : ch === 't' ? '\t' : ch));
}
