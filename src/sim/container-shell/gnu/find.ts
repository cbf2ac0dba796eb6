import type { Task } from '../../process/task.ts';
import { type FileStat, FsError } from '../../process/vfs.ts';
import { type Command, type CommandContext, CommandError } from '../command.ts';
import { run } from '../commands/process.ts';
import { strftime } from '../commands/strftime.ts';

interface Found {
  path: string;
  name: string;
  full: string;
  depth: number;
  root: string;
  stat: FileStat;
}

/** A test or an action; false ends the conjunction it stands in. */
type Expression = (found: Found) => Task<boolean>;

interface Plan {
  depthMin: number;
  depthMax: number;
  prune: boolean;
  /** `-exec … +`: run once at the end. */
  batches: { argv: string[]; paths: string[] }[];
  acts: boolean;
  code: number;
}

function pure(test: (found: Found) => boolean): Expression {
  return function* (found) {
    return test(found);
  };
}

function glob(pattern: string, ignoreCase: boolean): RegExp {
  const source = pattern
    .replace(/[.+^${}()|\\]/g, '\\$&')
    .replace(/\*/g, '[\\s\\S]*')
    .replace(/\?/g, '[\\s\\S]')
    .replace(/\[!/g, '[^');
  return new RegExp(`^${source}$`, ignoreCase ? 'i' : '');
}

const UNITS: Record<string, number> = { c: 1, w: 2, b: 512, k: 1024, M: 1024 ** 2, G: 1024 ** 3 };
const DAY_MS = 86_400_000;

/** `+n`, `-n`, `n`. */
function compare(text: string, actual: number): boolean {
  const size = Number(text.replace(/^[+-]/, ''));
  return text.startsWith('+') ? actual > size : text.startsWith('-') ? actual < size : actual === size;
}

class Parser {
  #at = 0;
  constructor(
    readonly ctx: CommandContext,
    readonly words: readonly string[],
    readonly plan: Plan,
  ) {}

  parse(): Expression {
    if (this.words.length === 0) return pure(() => true);
    const expression = this.#or();
    if (this.#at < this.words.length) throw new CommandError("invalid expression; you have too many ')'");
    return expression;
  }

  #or(): Expression {
    let left = this.#and();
    while (this.words[this.#at] === '-o' || this.words[this.#at] === '-or') {
      this.#at++;
      const [a, b] = [left, this.#and()];
      left = function* (found) {
        return (yield* a(found)) || (yield* b(found));
      };
    }
    return left;
  }

  #and(): Expression {
    let left = this.#not();
    for (
      let word = this.words[this.#at];
      word !== undefined && !/^(-o|-or|\)|,)$/.test(word);
      word = this.words[this.#at]
    ) {
      if (word === '-a' || word === '-and') this.#at++;
      const [a, b] = [left, this.#not()];
      left = function* (found) {
        return (yield* a(found)) && (yield* b(found));
      };
    }
    return left;
  }

  #not(): Expression {
    const word = this.words[this.#at];
    if (word === '!' || word === '-not') {
      this.#at++;
      const inner = this.#not();
      return function* (found) {
        return !(yield* inner(found));
      };
    }
    if (word === '(') {
      this.#at++;
      const inner = this.#or();
      if (this.words[this.#at++] !== ')')
        throw new CommandError("invalid expression; I was expecting to find a ')' somewhere but did not see one.");
      return inner;
    }
    return this.#primary();
  }

  #value(name: string): string {
    const word = this.words[this.#at++];
    if (word === undefined) throw new CommandError(`missing argument to \`${name}'`);
    return word;
  }

  #primary(): Expression {
    const { ctx, plan } = this;
    const name = this.words[this.#at++] ?? '';
    const ages: Record<string, number> = {
      '-mtime': DAY_MS,
      '-ctime': DAY_MS,
      '-atime': DAY_MS,
      '-mmin': 60_000,
      '-cmin': 60_000,
      '-amin': 60_000,
    };
    const unit = ages[name];
    if (unit !== undefined) {
      const text = this.#value(name);
      return pure(({ stat }) => compare(text, Math.floor((ctx.th.nowMs - stat.mtimeMs) / unit)));
    }
    switch (name) {
      case '-name':
      case '-iname': {
        const pattern = glob(this.#value(name), name === '-iname');
        return pure((found) => pattern.test(found.name));
      }
      case '-path':
      case '-ipath':
      case '-wholename': {
        const pattern = glob(this.#value(name), name === '-ipath');
        return pure((found) => pattern.test(found.path));
      }
      case '-regex':
      case '-iregex': {
        const pattern = new RegExp(`^(?:${this.#value(name)})$`, name === '-iregex' ? 'i' : '');
        return pure((found) => pattern.test(found.path));
      }
      case '-type': {
        const types = this.#value(name).split(',');
        return pure((found) => types.includes(typeLetter(found)));
      }
      case '-size': {
        const [, sign = '', count = '', letter = 'b'] = /^([+-]?)(\d+)([cwbkMG]?)$/.exec(this.#value(name)) ?? [];
        return pure(({ stat }) => compare(`${sign}${count}`, Math.ceil(stat.size / (UNITS[letter || 'b'] ?? 512))));
      }
      case '-empty':
        return pure(({ stat, full }) => (stat.type === 'dir' ? ctx.os.fs.list(full).length === 0 : stat.size === 0));
      case '-newer': {
        const than = ctx.os.fs.stat(ctx.path(this.#value(name))).mtimeMs;
        return pure(({ stat }) => stat.mtimeMs > than);
      }
      case '-perm': {
        const text = this.#value(name);
        const bits = Number.parseInt(text.replace(/^[-/]/, ''), 8);
        return pure(({ stat }) =>
          text.startsWith('-')
            ? (stat.mode & bits) === bits
            : text.startsWith('/')
              ? (stat.mode & bits) !== 0
              : (stat.mode & 0o7777) === bits,
        );
      }
      case '-user':
      case '-group':
        this.#value(name);
        return pure(() => true);
      case '-executable':
        return pure(({ stat }) => (stat.mode & 0o111) !== 0);
      case '-readable':
      case '-writable':
      case '-true':
        return pure(() => true);
      case '-false':
        return pure(() => false);
      case '-maxdepth':
        plan.depthMax = Number(this.#value(name));
        return pure(() => true);
      case '-mindepth':
        plan.depthMin = Number(this.#value(name));
        return pure(() => true);
      case '-depth':
      case '-xdev':
      case '-mount':
      case '-noleaf':
      case '-follow':
        return pure(() => true);
      default:
        return this.#action(name);
    }
  }

  #action(name: string): Expression {
    const { ctx, plan } = this;
    if (name !== '-prune') plan.acts = true;
    switch (name) {
      case '-print':
      case '-print0':
        return pure(({ path }) => {
          ctx.out(path + (name === '-print' ? '\n' : '\0'));
          return true;
        });
      case '-printf': {
        const format = this.#value(name);
        return pure((found) => {
          ctx.out(formatted(format, found));
          return true;
        });
      }
      case '-ls':
        return pure(({ path, stat }) => {
          ctx.out(`${String(stat.size).padStart(8)} ${path}\n`);
          return true;
        });
      case '-prune':
        return pure(() => {
          plan.prune = true;
          return true;
        });
      case '-quit':
        return function* () {
          throw new Quit();
        };
      case '-delete':
        return pure(({ full, stat }) => {
          if (full === '/') return true;
          ctx.os.fs.remove(full, { recursive: stat.type === 'dir' });
          return true;
        });
      case '-exec':
      case '-execdir':
      case '-ok':
        return this.#exec(name);
      default:
        if (!name.startsWith('-')) throw new CommandError(`paths must precede expression: \`${name}'`);
        throw new CommandError(`unknown predicate \`${name}'`);
    }
  }

  #exec(name: string): Expression {
    const { ctx, plan } = this;
    const argv: string[] = [];
    for (;;) {
      const word = this.words[this.#at++];
      if (word === undefined) throw new CommandError(`missing argument to \`${name}'`);
      if (word === ';') break;
      if (word === '+' && argv.at(-1) === '{}') {
        const batch = { argv: argv.slice(0, -1), paths: [] as string[] };
        plan.batches.push(batch);
        return pure(({ path }) => {
          batch.paths.push(path);
          return true;
        });
      }
      argv.push(word);
    }
    return function* ({ path }) {
      return (
        (yield* run(
          ctx,
          argv.map((word) => word.replaceAll('{}', path)),
        )) === 0
      );
    };
  }
}

class Quit extends Error {}

/** Plain files under /dev stand for character devices. */
function typeLetter({ stat, full }: Found): string {
  if (stat.type === 'dir') return 'd';
  if (stat.type === 'symlink') return 'l';
  return full.startsWith('/dev/') && !full.startsWith('/dev/shm/') ? 'c' : 'f';
}

function formatted(format: string, found: Found): string {
  const { path, name, root, depth, stat } = found;
  const type = typeLetter(found);
  const values: Record<string, string> = {
    p: path,
    f: name,
    h: path.includes('/') ? path.slice(0, path.lastIndexOf('/')) || '/' : '.',
    P: path === root ? '' : path.slice(root.replace(/\/$/, '').length + 1),
    s: String(stat.size),
    d: String(depth),
    y: type,
    m: (stat.mode & 0o7777).toString(8),
    u: stat.uid === 0 ? 'root' : String(stat.uid),
    g: stat.gid === 0 ? 'root' : String(stat.gid),
    t: strftime('%a %b %e %H:%M:%S.0000000000 %Y', stat.mtimeMs),
    '%': '%',
  };
  return format
    .replace(/%T([@a-zA-Z+])|%([a-zA-Z%])/g, (whole, time: string | undefined, letter: string | undefined) => {
      if (time === '@') return (stat.mtimeMs / 1000).toFixed(10);
      if (time) return strftime(time === '+' ? '%F+%T' : `%${time}`, stat.mtimeMs);
      return values[letter ?? ''] ?? whole;
    })
    .replace(/\\([nt0\\])/g, (_, escaped: string) => ({ n: '\n', t: '\t', '0': '\0', '\\': '\\' })[escaped] ?? '');
}

/** GNU find. */
function* find(ctx: CommandContext): Task<number> {
  const args = ctx.args.filter((arg) => !/^-[LHP]$/.test(arg));
  const split = args.findIndex((arg) => /^-.|^[!(]$/.test(arg));
  const roots = split < 0 ? args : args.slice(0, split);
  const plan: Plan = {
    depthMin: 0,
    depthMax: Number.POSITIVE_INFINITY,
    prune: false,
    batches: [],
    acts: false,
    code: 0,
  };
  const expression = new Parser(ctx, split < 0 ? [] : args.slice(split), plan).parse();
  const deep = args.includes('-depth') || args.includes('-delete');
  try {
    for (const root of roots.length > 0 ? roots : ['.']) yield* visit(ctx, plan, expression, root, root, 0, deep);
  } catch (error) {
    if (!(error instanceof Quit)) throw error;
  }
  for (const { argv, paths } of plan.batches)
    if (paths.length > 0 && (yield* run(ctx, [...argv, ...paths])) !== 0) plan.code = 1;
  return plan.code;
}

function* visit(
  ctx: CommandContext,
  plan: Plan,
  expression: Expression,
  root: string,
  path: string,
  depth: number,
  deep: boolean,
): Task<void> {
  const full = ctx.path(path);
  let stat: FileStat;
  try {
    stat = ctx.os.fs.stat(full, { lstat: true });
  } catch (error) {
    if (!(error instanceof FsError)) throw error;
    ctx.err(`‘${path}’: No such file or directory`);
    plan.code = 1;
    return;
  }
  ctx.th.spend(5);
  const name = path.split('/').filter(Boolean).pop() ?? path;
  const found: Found = { ...{ path, name, full, depth, root, stat } };
  const judge = function* (): Task<void> {
    plan.prune = false;
    if (depth < plan.depthMin) return;
    if ((yield* expression(found)) && !plan.acts) ctx.out(`${path}\n`);
  };
  if (!deep) yield* judge();
  if (stat.type === 'dir' && depth < plan.depthMax && !(plan.prune && !deep)) {
    for (const entry of ctx.os.fs.list(full))
      yield* visit(ctx, plan, expression, root, `${path.replace(/\/$/, '')}/${entry}`, depth + 1, deep);
  }
  plan.prune = false;
  if (deep) yield* judge();
}

export const findCommands: Record<string, Command> = { find };
