import type { Vfs } from '../../process/vfs.ts';
import { FsError } from '../../process/vfs.ts';
import { absolute } from '../command.ts';
import type { Flavor } from './shell.ts';

/** What test needs to know of where it runs. */
export interface TestContext {
  os: { fs: Vfs };
  cwd: string;
  flavor: Flavor;
  /** Whether the file descriptor of that number is a terminal. */
  isTerminal(fd: string): boolean;
}

/** A wrong expression: exit code 2. `own` messages stand without `test: `. */
export class TestError extends Error {}

const BINARY = ['=', '==', '!=', '<', '>', '-eq', '-ne', '-lt', '-le', '-gt', '-ge', '-nt', '-ot', '-ef'];

/** `test` and `[` (without the closing bracket): POSIX's rules by number of arguments, with -a, -o and parentheses. */
export function testExpression(ctx: TestContext, args: readonly string[]): boolean {
  const parser = new TestParser(ctx, args);
  return args.length > 0 && parser.run();
}

class TestParser {
  #at = 0;
  constructor(
    readonly ctx: TestContext,
    readonly args: readonly string[],
  ) {}

  run(): boolean {
    if (this.ctx.flavor === 'bash') this.#checkCount();
    const value = this.#or();
    if (this.#at < this.args.length) {
      const extra = this.args[this.#at] as string;
      const text =
        this.ctx.flavor === 'bash'
          ? 'too many arguments'
          : this.ctx.flavor === 'dash'
            ? `unexpected operator`
            : `${extra}: unknown operand`;
      throw new TestError(this.ctx.flavor === 'dash' ? `${extra}: ${text}` : text);
    }
    return value;
  }

  /** bash decides by the number of words what may stand where. */
  #checkCount(): void {
    const [first = '', second = ''] = this.args;
    if (this.args.length === 2 && first !== '!' && !/^-[a-zA-Z]$/.test(first))
      throw new TestError(`${first}: unary operator expected`);
    const known = [...BINARY, '-a', '-o'].includes(second) || first === '!' || first === '(';
    if (this.args.length === 3 && !known) throw new TestError(`${second}: binary operator expected`);
  }

  #or(): boolean {
    let value = this.#and();
    while (this.#next('-o')) {
      const right = this.#and();
      value ||= right;
    }
    return value;
  }

  #and(): boolean {
    let value = this.#not();
    while (this.#next('-a')) {
      const right = this.#not();
      value &&= right;
    }
    return value;
  }

  #not(): boolean {
    if (
      this.args[this.#at] === '!' &&
      !BINARY.includes(this.args[this.#at + 1] ?? '') &&
      this.#at + 1 < this.args.length
    ) {
      this.#at++;
      return !this.#not();
    }
    return this.#primary();
  }

  #primary(): boolean {
    const { args } = this;
    const first = args[this.#at];
    if (first === undefined) throw new TestError('argument expected');
    const operator = args[this.#at + 1];
    const right = args[this.#at + 2];
    if (operator !== undefined && BINARY.includes(operator) && right !== undefined) {
      this.#at += 3;
      return binaryTest(this.ctx, operator, first, right, false);
    }
    if (first === '(' && args.length > this.#at + 1) {
      this.#at++;
      const value = this.#or();
      if (!this.#next(')')) throw new TestError('closing paren expected');
      return value;
    }
    if (/^-[a-zA-Z]$/.test(first) && operator !== undefined) {
      this.#at += 2;
      return unaryTest(this.ctx, first, operator);
    }
    this.#at++;
    return first !== '';
  }

  #next(text: string): boolean {
    if (this.args[this.#at] !== text) return false;
    this.#at++;
    return true;
  }
}

export function unaryTest(ctx: TestContext, operator: string, operand: string): boolean {
  if (operator === '-z') return operand === '';
  if (operator === '-n') return operand !== '';
  if (operator === '-t') return ctx.isTerminal(operand);
  const path = absolute(ctx.cwd, operand);
  const { fs } = ctx.os;
  try {
    if (operand === '') return false;
    const stat = fs.stat(path, { lstat: operator === '-L' || operator === '-h' });
    switch (operator) {
      case '-e':
      case '-a':
      case '-O':
      case '-G':
        return true;
      case '-f':
        return stat.type === 'file' && !path.startsWith('/dev/');
      case '-d':
        return stat.type === 'dir';
      case '-L':
      case '-h':
        return stat.type === 'symlink';
      case '-s':
        return stat.size > 0;
      case '-r':
        return true;
      case '-w':
        return true;
      case '-x':
        return stat.type === 'dir' || (stat.mode & 0o111) !== 0;
      case '-c':
        return path.startsWith('/dev/') && stat.type === 'file';
      case '-b':
      case '-p':
      case '-S':
      case '-g':
      case '-u':
      case '-k':
        return false;
      default:
        throw new TestError(`${operator}: unary operator expected`);
    }
  } catch (error) {
    if (error instanceof FsError) return false;
    throw error;
  }
}

export function binaryTest(ctx: TestContext, operator: string, left: string, right: string, lenient: boolean): boolean {
  switch (operator) {
    case '=':
    case '==':
      return left === right;
    case '!=':
      return left !== right;
    case '<':
      return left < right;
    case '>':
      return left > right;
    case '-nt':
      return mtime(ctx, left) > mtime(ctx, right);
    case '-ot':
      return mtime(ctx, left) < mtime(ctx, right);
    case '-ef':
      return absolute(ctx.cwd, left) === absolute(ctx.cwd, right);
  }
  const a = toInteger(ctx, left, lenient);
  const b = toInteger(ctx, right, lenient);
  switch (operator) {
    case '-eq':
      return a === b;
    case '-ne':
      return a !== b;
    case '-lt':
      return a < b;
    case '-le':
      return a <= b;
    case '-gt':
      return a > b;
    case '-ge':
      return a >= b;
    default:
      throw new TestError(`${operator}: binary operator expected`);
  }
}

function toInteger(ctx: TestContext, text: string, lenient: boolean): number {
  if (/^\s*[+-]?\d+\s*$/.test(text)) return Number(text);
  if (lenient && text.trim() === '') return 0;
  if (ctx.flavor === 'bash') throw new TestError(`${text}: integer expression expected`);
  throw new TestError(ctx.flavor === 'dash' ? `Illegal number: ${text}` : `${text}: bad number`);
}

function mtime(ctx: TestContext, path: string): number {
  try {
    return ctx.os.fs.stat(absolute(ctx.cwd, path)).mtimeMs;
  } catch (error) {
    if (error instanceof FsError) return Number.NEGATIVE_INFINITY;
    throw error;
  }
}
