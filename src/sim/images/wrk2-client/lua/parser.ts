import {
  binary,
  call,
  constant,
  construction,
  type Expr,
  field,
  globalVariable,
  list,
  type Parsed,
  unary,
  variable,
} from './expressions.ts';
import { type Token, tokensOf } from './lexer.ts';
import { type Frame, Scope } from './scope.ts';
import { BREAK, block, conditional, forLoop, type Statement, whileLoop } from './statements.ts';
import { beyond, Float, type LuaFunction, type Table, type Value } from './values.ts';

const PRIORITY: Readonly<Record<string, number>> = {
  or: 1,
  and: 2,
  '<': 3,
  '>': 3,
  '<=': 3,
  '>=': 3,
  '~=': 3,
  '==': 3,
  '..': 4,
  '+': 5,
  '-': 5,
  '*': 6,
  '/': 6,
  '//': 6,
  '%': 6,
  '^': 8,
};
const UNARY_PRIORITY = 7;
const RIGHT_TO_LEFT = new Set(['..', '^']);
const CALLS_DEEP_MAX = 150;

/** Counts what a script does, so that it ends. */
export interface Budget {
  /** Calls and rounds of loops that are left. */
  steps: number;
  depth: number;
}

/** Makes a function of a script, to be called without arguments. Mistakes and what is not known here are Beyond. */
export function compile(source: string, globals: Table, budget: Budget): LuaFunction {
  return new Parser(tokensOf(source), globals, budget).chunk();
}

class Parser {
  #at = 0;
  #scope = new Scope(undefined);

  constructor(
    readonly tokens: readonly Token[],
    readonly globals: Table,
    readonly budget: Budget,
  ) {}

  chunk(): LuaFunction {
    const scope = this.#scope;
    const body = this.#block();
    if (this.#token.kind !== 'end') beyond(`a script that does not end at ${this.#token.text}`);
    return this.#closure(scope, 0, body)({ slots: [], parent: undefined });
  }

  get #token(): Token {
    return this.tokens[this.#at] as Token;
  }

  #is(text: string): boolean {
    const { kind, text: found } = this.#token;
    return found === text && (kind === 'symbol' || kind === 'word');
  }

  #accept(text: string): boolean {
    if (!this.#is(text)) return false;
    this.#at++;
    return true;
  }

  #expect(text: string): void {
    if (!this.#accept(text)) beyond(`${this.#token.text} in place of ${text}`);
  }

  #name(): string {
    const { kind, text } = this.#token;
    if (kind !== 'name') beyond(`${text} in place of a name`);
    this.#at++;
    return text;
  }

  #names(): string[] {
    const names = [this.#name()];
    while (this.#accept(',')) names.push(this.#name());
    return names;
  }

  /** Statements up to the word that ends them, which is left. */
  #block(): Statement {
    return this.#scope.block(() => {
      const statements: Statement[] = [];
      while (this.#token.kind !== 'end' && !['end', 'else', 'elseif', 'until'].some((word) => this.#is(word))) {
        if (this.#accept(';')) continue;
        if (this.#accept('return')) {
          statements.push(this.#return());
          break;
        }
        statements.push(this.#statement());
      }
      return block(statements);
    });
  }

  #return(): Statement {
    const ends = this.#token.kind === 'end' || [';', 'end', 'else', 'elseif', 'until'].some((word) => this.#is(word));
    const values = ends ? list([]) : list(this.#expressions());
    this.#accept(';');
    return (f) => values(f);
  }

  #statement(): Statement {
    if (this.#accept('local')) return this.#accept('function') ? this.#localFunction() : this.#local();
    if (this.#accept('function')) {
      const target = globalVariableOr(this.#scope, this.globals, this.#name());
      const made = this.#function();
      return (f) => void target.assign?.(f, made(f));
    }
    if (this.#accept('if')) return this.#if();
    if (this.#accept('while')) return this.#while();
    if (this.#accept('for')) return this.#for();
    if (this.#accept('do')) {
      const body = this.#block();
      this.#expect('end');
      return body;
    }
    if (this.#accept('break')) return () => BREAK;
    return this.#expressionStatement();
  }

  #local(): Statement {
    const names = this.#names();
    const values = this.#accept('=') ? list(this.#expressions()) : list([]);
    const slots = names.map((name) => this.#scope.declare(name));
    return (f) => {
      const given = values(f);
      for (let i = 0; i < slots.length; i++) f.slots[slots[i] as number] = given[i];
      return undefined;
    };
  }

  #localFunction(): Statement {
    const slot = this.#scope.declare(this.#name());
    const made = this.#function();
    return (f) => {
      f.slots[slot] = made(f);
      return undefined;
    };
  }

  #if(): Statement {
    const branches: [Expr, Statement][] = [];
    do {
      const condition = this.#expression().value;
      this.#expect('then');
      branches.push([condition, this.#block()]);
    } while (this.#accept('elseif'));
    const otherwise = this.#accept('else') ? this.#block() : undefined;
    this.#expect('end');
    return conditional(branches, otherwise);
  }

  #loopBody(): Statement {
    this.#expect('do');
    this.#scope.loops++;
    const body = this.#block();
    this.#scope.loops--;
    this.#expect('end');
    return body;
  }

  #while(): Statement {
    const condition = this.#expression().value;
    return whileLoop(condition, this.#loopBody(), this.budget);
  }

  #for(): Statement {
    return this.#scope.block(() => {
      const name = this.#name();
      this.#expect('=');
      const [from, to, step = constant(1)] = this.#expressions();
      if (!from || !to) beyond('a loop without limit');
      const slot = this.#scope.declare(name);
      return forLoop(slot, from.value, to.value, step.value, this.#loopBody(), this.budget);
    });
  }

  #expressionStatement(): Statement {
    const targets = [this.#suffixed()];
    if (!this.#is(',') && !this.#is('=')) {
      const { all } = targets[0] as Parsed;
      if (!all) beyond('a statement that does nothing');
      return (f) => {
        all(f);
        return undefined;
      };
    }
    while (this.#accept(',')) targets.push(this.#suffixed());
    this.#expect('=');
    const values = list(this.#expressions());
    const assigns = targets.map(({ assign }) => assign ?? beyond('assignment to what is no variable'));
    if (targets.length > 1 && targets.some(({ all }) => all)) beyond('assignment to a call');
    return (f) => {
      const given = values(f);
      for (let i = 0; i < assigns.length; i++) assigns[i]?.(f, given[i]);
      return undefined;
    };
  }

  #expressions(): Parsed[] {
    const found = [this.#expression()];
    while (this.#accept(',')) found.push(this.#expression());
    return found;
  }

  #expression(above = 0): Parsed {
    const { kind, text } = this.#token;
    let left: Parsed;
    if (kind !== 'string' && ['not', '-', '#'].includes(text)) {
      this.#at++;
      left = unary(text, this.#expression(UNARY_PRIORITY).value);
    } else left = this.#simple();
    for (;;) {
      const { kind: next, text: op } = this.#token;
      const priority = next === 'symbol' || next === 'word' ? PRIORITY[op] : undefined;
      if (priority === undefined || priority <= above) return left;
      this.#at++;
      const right = this.#expression(RIGHT_TO_LEFT.has(op) ? priority - 1 : priority);
      left = binary(op, left.value, right.value);
    }
  }

  #simple(): Parsed {
    const { kind, text } = this.#token;
    const literal = literalOf(kind, text);
    if (literal) {
      this.#at++;
      return literal;
    }
    if (this.#is('{')) return this.#table();
    if (this.#accept('function')) return { value: this.#function() };
    return this.#suffixed();
  }

  #suffixed(): Parsed {
    let parsed: Parsed;
    if (this.#accept('(')) {
      // Parentheses leave one value and no variable.
      parsed = { value: this.#expression().value };
      this.#expect(')');
    } else parsed = globalVariableOr(this.#scope, this.globals, this.#name());
    for (;;) {
      const { kind, text } = this.#token;
      if (this.#accept('.')) parsed = field(parsed.value, constant(this.#name()).value);
      else if (this.#accept('[')) {
        parsed = field(parsed.value, this.#expression().value);
        this.#expect(']');
      } else if (this.#accept('(')) {
        const args = this.#is(')') ? [] : this.#expressions();
        this.#expect(')');
        parsed = call(parsed.value, list(args));
      } else if (kind === 'string') {
        this.#at++;
        parsed = call(parsed.value, list([constant(text)]));
      } else if (this.#is('{') || this.#is(':')) return beyond('a call of this form');
      else return parsed;
    }
  }

  #table(): Parsed {
    this.#expect('{');
    const fields: [Expr, Expr][] = [];
    const items: Parsed[] = [];
    while (!this.#is('}')) {
      if (this.#accept('[')) {
        const key = this.#expression().value;
        this.#expect(']');
        this.#expect('=');
        fields.push([key, this.#expression().value]);
      } else if (this.#token.kind === 'name' && this.tokens[this.#at + 1]?.text === '=') {
        const name = this.#name();
        this.#expect('=');
        fields.push([() => name, this.#expression().value]);
      } else items.push(this.#expression());
      if (!this.#accept(',') && !this.#accept(';')) break;
    }
    this.#expect('}');
    return construction(fields, list(items));
  }

  /** Parameters and body of a function, behind its keyword and name. */
  #function(): (f: Frame) => LuaFunction {
    // Each round of a loop has variables of its own, which slots are not.
    if (this.#scope.loops > 0) beyond('a function made in a loop');
    const scope = new Scope(this.#scope);
    this.#scope = scope;
    this.#expect('(');
    const parameters = this.#is(')') ? [] : this.#names();
    this.#expect(')');
    for (const name of parameters) scope.declare(name);
    const body = this.#block();
    this.#expect('end');
    this.#scope = scope.parent as Scope;
    return this.#closure(scope, parameters.length, body);
  }

  #closure(scope: Scope, parameters: number, body: Statement): (f: Frame) => LuaFunction {
    const { budget } = this;
    return (parent) => (args) => {
      if (--budget.steps < 0 || budget.depth >= CALLS_DEEP_MAX) beyond('a script that goes on and on');
      const slots: Value[] = new Array(scope.size);
      for (let i = 0; i < parameters; i++) slots[i] = args[i];
      budget.depth++;
      const result = body({ slots, parent });
      budget.depth--;
      return result === undefined || result === BREAK ? [] : result;
    };
  }
}

function globalVariableOr(scope: Scope, globals: Table, name: string): Parsed {
  const place = scope.resolve(name);
  return place ? variable(place) : globalVariable(globals, name);
}

function literalOf(kind: Token['kind'], text: string): Parsed | undefined {
  if (kind === 'string') return constant(text);
  if (kind === 'integer') return constant(Number(text));
  if (kind === 'float') return constant(new Float(Number(text)));
  if (kind !== 'word') return undefined;
  if (text === 'nil') return constant(undefined);
  return text === 'true' || text === 'false' ? constant(text === 'true') : undefined;
}
