import type { Task } from '../../process/task.ts';
import { FsError } from '../../process/vfs.ts';
import { type Command, type CommandContext, CommandError, errnoText, type Options, value } from '../command.ts';
import { escapeRegExp } from '../interp/pattern.ts';
import { perlRegExp, posixError, posixRegExp, TooComplex } from '../regex.ts';
import { Input } from '../streams.ts';
import { gnuOptions } from './options.ts';

const LONG: Record<string, string> = {
  'extended-regexp': 'E',
  'fixed-strings': 'F',
  'basic-regexp': 'G',
  'perl-regexp': 'P',
  regexp: 'e',
  file: 'f',
  'ignore-case': 'i',
  'no-ignore-case': '1',
  'invert-match': 'v',
  'word-regexp': 'w',
  'line-regexp': 'x',
  count: 'c',
  color: 'K',
  colour: 'K',
  'files-with-matches': 'l',
  'files-without-match': 'L',
  'max-count': 'm',
  'only-matching': 'o',
  quiet: 'q',
  silent: 'q',
  'no-messages': 's',
  'byte-offset': 'b',
  'with-filename': 'H',
  'no-filename': 'h',
  'line-number': 'n',
  'after-context': 'A',
  'before-context': 'B',
  context: 'C',
  recursive: 'r',
  'dereference-recursive': 'R',
  include: '2',
  exclude: 'X',
  'exclude-dir': 'D',
  'line-buffered': 'u',
  text: 'a',
  'null-data': 'z',
  null: 'Z',
  label: 'Y',
};

interface Search {
  ctx: CommandContext;
  options: Options;
  tests: RegExp[];
  named: boolean;
  before: number;
  after: number;
  max: number;
  /** Some file ended in a selected line or matched (-l). */
  any: boolean;
  /** An error was met. */
  failed: boolean;
}

/** GNU grep: lines are judged as they come, so that `-m` and `-q` end a pipe that goes on. */
function* grep(ctx: CommandContext): Task<number> {
  const args = ctx.args.map((arg) => (/^-\d+$/.test(arg) ? `-C${arg.slice(1)}` : arg));
  const options = gnuOptions('grep', args, 'EFGPe:f:iyvwxcK?lLm:oqsbHhnA:B:C:rRI2:X:D:uazZY:T1U', LONG, { code: 2 });
  const { flags, rest } = options;
  const patterns = [...(options.values.get('e') ?? [])];
  for (const file of options.values.get('f') ?? []) {
    const text = file === '-' ? yield* ctx.stdin.readAll(ctx.th) : readFile(ctx, file);
    patterns.push(...(text === '' ? [] : text.replace(/\n$/, '').split('\n')));
  }
  if (!flags.has('e') && !flags.has('f')) {
    const first = rest.shift();
    if (first === undefined) {
      ctx.os.stderr.write("Usage: grep [OPTION]... PATTERNS [FILE]...\nTry 'grep --help' for more information.\n");
      return 2;
    }
    patterns.push(first);
  }
  const recursive = flags.has('r') || flags.has('R');
  const files = recursive ? (rest.length > 0 ? rest : ['.']).flatMap((file) => walk(ctx, options, file)) : rest;
  const number = (letter: string, fallback: string): number => {
    const text = value(options, letter) ?? fallback;
    if (!/^-?\d+$/.test(text))
      throw new CommandError(`${text}: invalid ${letter === 'm' ? 'max count' : 'context length argument'}`, 2);
    return Number(text);
  };
  const context = value(options, 'C') ?? '0';
  const search: Search = {
    ...{ ctx, options, any: false, failed: false },
    tests: patterns.flatMap((pattern) => pattern.split('\n')).map((pattern) => compile(ctx, options, pattern)),
    named: (rest.length > 1 || recursive || flags.has('H')) && !flags.has('h'),
    before: number('B', context),
    after: number('A', context),
    max: value(options, 'm') === undefined ? Number.POSITIVE_INFINITY : number('m', '0'),
  };
  for (const file of files.length > 0 ? files : ['-']) {
    yield* searchFile(search, file);
    if (search.any && flags.has('q')) return 0;
  }
  if (search.failed && !(search.any && flags.has('q'))) return 2;
  return search.any ? 0 : 1;
}

function readFile(ctx: CommandContext, file: string): string {
  try {
    return ctx.os.fs.read(ctx.path(file));
  } catch (error) {
    if (error instanceof FsError) throw new CommandError(`${file}: ${errnoText(error)}`, 2);
    throw error;
  }
}

function compile(ctx: CommandContext, { flags }: Options, pattern: string): RegExp {
  const mode = flags.has('i') || flags.has('y') ? 'gi' : 'g';
  const fixed = flags.has('F') || ctx.name === 'fgrep';
  const extended = flags.has('E') || ctx.name === 'egrep';
  const wrap = (text: string): string => {
    if (flags.has('x')) return `^(?:${text})$`;
    return flags.has('w') ? `(?<!\\w)(?:${text})(?!\\w)` : text;
  };
  try {
    if (fixed) return new RegExp(wrap(escapeRegExp(pattern)), mode);
    if (flags.has('P')) return perlRegExp(wrap(pattern), mode);
    const plain = posixRegExp(pattern, extended, mode);
    return flags.has('x') || flags.has('w') ? new RegExp(wrap(plain.source), mode) : plain;
  } catch (error) {
    if (error instanceof CommandError) throw error;
    if (flags.has('P') && !(error instanceof TooComplex))
      throw new CommandError(`${error instanceof Error ? error.message : ''}`, 2);
    throw new CommandError(posixError(error), 2);
  }
}

function walk(ctx: CommandContext, options: Options, file: string): string[] {
  const path = ctx.path(file);
  if (!ctx.os.fs.exists(path)) return [file];
  const name = file.split('/').pop() ?? '';
  const like = (letter: string): boolean | undefined =>
    options.values.get(letter)?.some((pattern) => globOf(pattern).test(name));
  if (ctx.os.fs.stat(path).type !== 'dir') {
    if (like('2') === false || like('X')) return [];
    return [file];
  }
  if (like('D')) return [];
  return ctx.os.fs.list(path).flatMap((entry) => walk(ctx, options, `${file.replace(/\/$/, '')}/${entry}`));
}

function globOf(pattern: string): RegExp {
  const source = pattern
    .replace(/[.+^${}()|\\]/g, '\\$&')
    .replace(/\*/g, '.*')
    .replace(/\?/g, '.');
  return new RegExp(`^${source}$`);
}

function* searchFile(search: Search, file: string): Task<void> {
  const { ctx, options } = search;
  const quiet = options.flags.has('s');
  if (file === '-') {
    yield* searchText(search, value(options, 'Y') ?? '(standard input)', ctx.stdin);
    return;
  }
  try {
    const path = ctx.path(file);
    if (ctx.os.fs.stat(path).type === 'dir') {
      if (!quiet) ctx.err(`${file}: Is a directory`);
      return;
    }
    yield* searchText(search, file, Input.text(ctx.os.fs.read(path)));
  } catch (error) {
    if (!(error instanceof FsError)) throw error;
    if (!quiet) ctx.err(`${file}: ${errnoText(error)}`);
    search.failed = true;
  }
}

/** What makes a file binary: a NUL, or bytes that are no characters. */
const UNREADABLE = /\0|(?<![\ud800-\udbff])[\udc80-\udcff]/;

function* searchText(search: Search, name: string, input: Input): Task<void> {
  const { ctx, options, tests, before, after } = search;
  const { flags } = options;
  const silent = flags.has('q') || flags.has('c') || flags.has('l') || flags.has('L');
  let binary = false;
  const held: { line: string; number: number }[] = [];
  let number = 0;
  let count = 0;
  let trailing = 0;
  let lastShown = 0;
  const print = (line: string, at: number, mark: string): void => {
    if (lastShown > 0 && at > lastShown + 1 && (before > 0 || after > 0)) ctx.out('--\n');
    lastShown = at;
    ctx.out(`${lead(search, name, at, mark)}${line}\n`);
  };
  for (let raw = yield* input.readLine(ctx.th); raw !== undefined; raw = yield* input.readLine(ctx.th)) {
    const line = raw.replace(/\n$/, '');
    number++;
    if (number === 1 && !flags.has('a')) binary = raw.includes('\0') || input.ahead.includes('\0');
    if (binary && flags.has('I')) return;
    const hit = count < search.max && tests.some((test) => matchesLine(test, line)) !== flags.has('v');
    if (hit) {
      count++;
      search.any = true;
      if (flags.has('q') || flags.has('l')) break;
      binary ||= !flags.has('a') && UNREADABLE.test(line);
      if (binary && !silent) {
        ctx.err(`${name}: binary file matches`);
        return;
      }
      if (flags.has('o') && !silent) only(search, name, line, number);
      else if (!silent) {
        for (const one of held.splice(0)) print(one.line, one.number, '-');
        print(line, number, ':');
      }
      trailing = after;
    } else if (trailing > 0 && !silent && !flags.has('o')) {
      trailing--;
      print(line, number, '-');
    } else if (before > 0) {
      held.push({ line, number });
      if (held.length > before) held.shift();
    }
    if (count >= search.max && trailing === 0) break;
  }
  if (flags.has('c')) ctx.out(`${search.named ? `${name}:` : ''}${count}\n`);
  else if (flags.has('l') && count > 0) ctx.out(`${name}\n`);
  else if (flags.has('L') && count === 0) ctx.out(`${name}\n`);
}

function matchesLine(test: RegExp, line: string): boolean {
  test.lastIndex = 0;
  return test.test(line);
}

function lead({ options: { flags }, named }: Search, name: string, number: number, mark: string): string {
  return `${named ? `${name}${mark}` : ''}${flags.has('n') ? `${number}${mark}` : ''}`;
}

/** -o: each match on a line of its own, from left to right over all patterns. */
function only(search: Search, name: string, line: string, number: number): void {
  if (search.options.flags.has('v')) return;
  let at = 0;
  while (at <= line.length) {
    let best: RegExpExecArray | undefined;
    for (const test of search.tests) {
      test.lastIndex = at;
      const found = test.exec(line);
      const better =
        found &&
        (!best || found.index < best.index || (found.index === best.index && found[0].length > best[0].length));
      if (better) best = found;
    }
    if (!best) return;
    const offset = search.options.flags.has('b') ? `${best.index}:` : '';
    if (best[0] !== '') search.ctx.out(`${lead(search, name, number, ':')}${offset}${best[0]}\n`);
    at = best.index + Math.max(1, best[0].length);
  }
}

export const grepCommands: Record<string, Command> = { grep, egrep: grep, fgrep: grep };
