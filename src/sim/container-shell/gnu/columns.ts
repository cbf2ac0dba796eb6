import { latinOf, ofLatin } from '../../../core/bytes.ts';
import type { Task } from '../../process/task.ts';
import { FsError } from '../../process/vfs.ts';
import { type Command, type CommandContext, CommandError, errnoText, lines, value } from '../command.ts';
import { gnuOptions } from './options.ts';

/** uniq, cut, column and tac as coreutils and util-linux have them. */

function* texts(ctx: CommandContext, files: readonly string[]): Task<{ text: string; code: number }> {
  let text = '';
  let code = 0;
  for (const file of files.length > 0 ? files : ['-']) {
    if (file === '-') {
      text += yield* ctx.stdin.readAll(ctx.th);
      continue;
    }
    try {
      if (ctx.os.fs.stat(ctx.path(file)).type === 'dir') throw new FsError('EISDIR', file);
      const own = ctx.os.fs.read(ctx.path(file));
      text += own !== '' && !own.endsWith('\n') && ctx.name !== 'tac' ? `${own}\n` : own;
    } catch (error) {
      if (!(error instanceof FsError)) throw error;
      ctx.err(
        ctx.name === 'tac'
          ? `failed to open '${file}' for reading: ${errnoText(error)}`
          : `${file}: ${errnoText(error)}`,
      );
      code = 1;
    }
  }
  return { text, code };
}

const UNIQ = {
  count: 'c',
  repeated: 'd',
  unique: 'u',
  'ignore-case': 'i',
  'skip-fields': 'f',
  'skip-chars': 's',
  'check-chars': 'w',
  'all-repeated': 'D',
};

function* uniq(ctx: CommandContext): Task<number> {
  const options = gnuOptions('uniq', ctx.args, 'cduif:s:w:D?z', UNIQ);
  const { flags, rest } = options;
  const number = (letter: string): number => Number(value(options, letter) ?? 0);
  const key = (line: string): string => {
    let text = line;
    for (let i = 0; i < number('f'); i++) text = text.replace(/^\s*\S+/, '');
    text = text.slice(number('s'));
    if (flags.has('w')) text = text.slice(0, number('w'));
    return flags.has('i') ? text.toLowerCase() : text;
  };
  const show = (group: { line: string; count: number; all: string[] }): void => {
    if ((flags.has('d') && group.count === 1) || (flags.has('u') && group.count > 1)) return;
    if (flags.has('D')) {
      if (group.count > 1) for (const line of group.all) ctx.out(`${line}\n`);
    } else ctx.out(`${flags.has('c') ? `${String(group.count).padStart(7)} ` : ''}${group.line}\n`);
  };
  let last: { line: string; count: number; all: string[] } | undefined;
  const take = (line: string): void => {
    if (last && key(last.line) === key(line)) {
      last.count++;
      last.all.push(line);
      return;
    }
    if (last) show(last);
    last = { line, count: 1, all: [line] };
  };
  if (rest.length === 0 || rest[0] === '-') {
    for (let line = yield* ctx.stdin.readLine(ctx.th); line !== undefined; line = yield* ctx.stdin.readLine(ctx.th))
      take(line.replace(/\n$/, ''));
  } else {
    const { text, code } = yield* texts(ctx, rest.slice(0, 1));
    if (code !== 0) return code;
    for (const line of lines(text)) take(line);
  }
  if (last) show(last);
  return 0;
}

function ranges(list: string, what: string): (at: number) => boolean {
  const parts = list.split(',').map((part) => {
    const match = /^(\d*)(-?)(\d*)$/.exec(part);
    if (!match || part === '' || part === '-')
      throw new CommandError(`invalid ${what} value ‘${part}’\nTry 'cut --help' for more information.`);
    const from = Number(match[1] || 1);
    if (match[1] === '0')
      throw new CommandError(
        `${what === 'field' ? 'fields are numbered from 1' : 'byte/character positions are numbered from 1'}\nTry 'cut --help' for more information.`,
      );
    return [from, match[2] ? Number(match[3] || Number.POSITIVE_INFINITY) : from] as const;
  });
  return (at) => parts.some(([from, to]) => at + 1 >= from && at + 1 <= to);
}

const CUT = {
  fields: 'f',
  delimiter: 'd',
  characters: 'c',
  bytes: 'b',
  'only-delimited': 's',
  complement: 'C',
  'output-delimiter': 'o',
};

function* cut(ctx: CommandContext): Task<number> {
  const options = gnuOptions('cut', ctx.args, 'd:f:c:b:sCo:nz', CUT);
  const { flags, rest } = options;
  const list = value(options, 'f') ?? value(options, 'c') ?? value(options, 'b');
  if (list === undefined)
    throw new CommandError(
      "you must specify a list of bytes, characters, or fields\nTry 'cut --help' for more information.",
    );
  const delimiter = value(options, 'd') ?? '\t';
  if ([...delimiter].length > 1)
    throw new CommandError("the delimiter must be a single character\nTry 'cut --help' for more information.");
  const inside = ranges(list, flags.has('f') ? 'field' : 'byte/character position');
  const keep = (at: number): boolean => inside(at) !== flags.has('C');
  const join = value(options, 'o') ?? delimiter;
  const one = (line: string): string => {
    if (!flags.has('f')) return `${ofLatin([...latinOf(line)].filter((_, i) => keep(i)).join(''))}\n`;
    if (!line.includes(delimiter)) return flags.has('s') ? '' : `${line}\n`;
    return `${line
      .split(delimiter)
      .filter((_, i) => keep(i))
      .join(join)}\n`;
  };
  if (rest.length === 0 || rest.includes('-')) {
    for (let line = yield* ctx.stdin.readLine(ctx.th); line !== undefined; line = yield* ctx.stdin.readLine(ctx.th))
      ctx.out(one(line.replace(/\n$/, '')));
    return 0;
  }
  const { text, code } = yield* texts(ctx, rest);
  for (const line of lines(text)) ctx.out(one(line));
  return code;
}

const COLUMN = {
  table: 't',
  separator: 's',
  'output-separator': 'o',
  'table-columns': 'N',
  'table-right': 'R',
  json: 'J',
  'output-width': 'c',
};

/** `column -t`: each column as wide as its widest cell; without -t the entries fill 80 columns. */
function* column(ctx: CommandContext): Task<number> {
  const options = gnuOptions('column', ctx.args, 'ts:o:N:R:Jc:nexdH:l:', COLUMN);
  const { text, code } = yield* texts(ctx, options.rest);
  const separator = value(options, 's');
  const rows = lines(text)
    .filter((line) => line.trim() !== '')
    .map((line) => (separator === undefined ? line.trim().split(/[ \t]+/) : splitAny(line, separator)));
  if (!options.flags.has('t')) {
    fill(
      ctx,
      lines(text).filter((line) => line.trim() !== ''),
      Number(value(options, 'c') ?? 80),
    );
    return code;
  }
  const names = value(options, 'N')?.split(',');
  if (names) rows.unshift(names);
  const count = Math.max(0, ...rows.map((row) => row.length));
  const widths = Array.from({ length: count }, (_, i) => Math.max(0, ...rows.map((row) => [...(row[i] ?? '')].length)));
  const right = new Set(
    (value(options, 'R') ?? '')
      .split(',')
      .map((name) => (names?.includes(name) ? names.indexOf(name) + 1 : Number(name))),
  );
  const gap = value(options, 'o') ?? '  ';
  for (const row of rows) {
    const cells = widths.map((_, i) => {
      const cell = row[i] ?? '';
      const room = (widths[i] as number) - [...cell].length;
      if (right.has(i + 1)) return ' '.repeat(room) + cell;
      return i === count - 1 ? cell : cell + ' '.repeat(room);
    });
    ctx.out(`${cells.join(gap)}\n`);
  }
  return code;
}

/** Each of the characters separates; empty cells stay. */
function splitAny(line: string, separators: string): string[] {
  const out = [''];
  for (const char of line) {
    if (separators.includes(char)) out.push('');
    else out[out.length - 1] += char;
  }
  return out;
}

function fill(ctx: CommandContext, entries: readonly string[], width: number): void {
  const widest = Math.max(0, ...entries.map((entry) => entry.length));
  const cell = (Math.floor(widest / 8) + 1) * 8;
  const columns = Math.max(1, Math.floor(width / cell));
  const rows = Math.ceil(entries.length / columns);
  for (let row = 0; row < rows; row++) {
    const cells = Array.from({ length: columns }, (_, i) => entries[i * rows + row]).filter(
      (entry) => entry !== undefined,
    );
    ctx.out(
      `${cells.map((entry, i) => (i === cells.length - 1 ? entry : entry + '\t'.repeat(Math.ceil((cell - entry.length) / 8)))).join('')}\n`,
    );
  }
}

function* tac(ctx: CommandContext): Task<number> {
  const { rest } = gnuOptions('tac', ctx.args, 'brs:');
  const { text, code } = yield* texts(ctx, rest);
  ctx.out(
    text
      .split(/(?<=\n)/)
      .reverse()
      .join(''),
  );
  return code;
}

function* rev(ctx: CommandContext): Task<number> {
  const { text, code } = yield* texts(
    ctx,
    ctx.args.filter((arg) => !arg.startsWith('-')),
  );
  for (const line of lines(text)) ctx.out(`${[...line].reverse().join('')}\n`);
  return code;
}

export const columnCommands: Record<string, Command> = { uniq, cut, column, tac, rev };
