import type { Task } from '../../process/task.ts';
import { FsError } from '../../process/vfs.ts';
import { type Command, type CommandContext, CommandError, errnoText, lines, value } from '../command.ts';
import { gnuOptions } from './options.ts';

interface Key {
  from: number;
  fromChar: number;
  /** 0: to the end of the line. */
  to: number;
  toChar: number;
  flags: string;
}

const LONG = {
  'numeric-sort': 'n',
  reverse: 'r',
  unique: 'u',
  'ignore-case': 'f',
  'human-numeric-sort': 'h',
  'general-numeric-sort': 'g',
  'version-sort': 'V',
  'month-sort': 'M',
  'random-sort': 'R',
  key: 'k',
  'field-separator': 't',
  'ignore-leading-blanks': 'b',
  'dictionary-order': 'd',
  output: 'o',
  stable: 's',
  check: 'c',
  merge: 'm',
  'zero-terminated': 'z',
};

function parseKey(text: string): Key {
  const match = /^(\d+)(?:\.(\d+))?([bdfghiMnRrV]*)(?:,(\d+)(?:\.(\d+))?([bdfghiMnRrV]*))?$/.exec(text);
  if (!match) throw new CommandError(`invalid number at field start: invalid count at start of ‘${text}’`, 2);
  if (Number(match[1]) === 0) throw new CommandError(`-: invalid field specification ‘${text}’`.replace('-: ', ''), 2);
  return {
    from: Number(match[1]),
    fromChar: Number(match[2] ?? 1),
    to: Number(match[4] ?? 0),
    toChar: Number(match[5] ?? 0),
    flags: (match[3] ?? '') + (match[6] ?? ''),
  };
}

/** Where each field begins; without a separator a field has the blanks before it. */
function fieldStarts(line: string, separator: string | undefined): { start: number; end: number }[] {
  const out: { start: number; end: number }[] = [];
  if (separator !== undefined) {
    let at = 0;
    for (const part of line.split(separator)) {
      out.push({ start: at, end: at + part.length });
      at += part.length + separator.length;
    }
    return out;
  }
  for (const match of line.matchAll(/[ \t]*[^ \t]+/g))
    out.push({ start: match.index, end: match.index + match[0].length });
  return out;
}

function extract(line: string, key: Key, separator: string | undefined, blanks: boolean): string {
  const fields = fieldStarts(line, separator);
  const first = fields[key.from - 1];
  if (!first) return '';
  const skip = (start: number): number =>
    blanks ? start + (/^[ \t]*/.exec(line.slice(start))?.[0].length ?? 0) : start;
  const start = skip(first.start) + key.fromChar - 1;
  const last = key.to === 0 ? undefined : fields[key.to - 1];
  const end =
    key.to === 0 || !last
      ? line.length
      : key.toChar === 0
        ? last.end
        : Math.min(last.end, skip(last.start) + key.toChar);
  return line.slice(start, Math.max(start, end));
}

const leadingNumber = (text: string): number => Number(/^\s*(-?\d*\.?\d*)/.exec(text)?.[1] || 0) || 0;

function human(text: string): [unit: number, size: number] {
  const match = /^\s*(-?[\d.]+)\s*([KkMGTPEZY]?)/.exec(text);
  if (!match) return [0, 0];
  const size = Number(match[1]) || 0;
  const unit = match[2] ? 'KMGTPEZY'.indexOf(match[2].toUpperCase()) + 1 : 0;
  return [size < 0 ? -unit : unit, size];
}

const MONTHS = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC'];

function versions(a: string, b: string): number {
  const [left, right] = [a.match(/\d+|\D+/g) ?? [], b.match(/\d+|\D+/g) ?? []];
  for (let i = 0; i < Math.max(left.length, right.length); i++) {
    const [x = '', y = ''] = [left[i], right[i]];
    if (x === y) continue;
    if (/^\d/.test(x) && /^\d/.test(y)) {
      const order = Number(x) - Number(y);
      if (order !== 0) return order;
    } else return x < y ? -1 : 1;
  }
  return 0;
}

const plain = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

function compareBy(flags: string, a: string, b: string): number {
  if (flags.includes('n')) return leadingNumber(a) - leadingNumber(b);
  if (flags.includes('g')) return (Number.parseFloat(a) || 0) - (Number.parseFloat(b) || 0);
  if (flags.includes('h')) {
    const [[ua, sa], [ub, sb]] = [human(a), human(b)];
    return ua - ub || sa - sb;
  }
  if (flags.includes('M')) {
    const month = (text: string): number => MONTHS.indexOf(text.trim().slice(0, 3).toUpperCase());
    return month(a) - month(b);
  }
  let [x, y] = [a, b];
  if (flags.includes('d')) [x, y] = [x.replace(/[^\w\s]|_/g, ''), y.replace(/[^\w\s]|_/g, '')];
  if (flags.includes('f')) [x, y] = [x.toUpperCase(), y.toUpperCase()];
  return flags.includes('V') ? versions(x, y) : plain(x, y);
}

/** GNU sort in the C locale. */
function* sort(ctx: CommandContext): Task<number> {
  const options = gnuOptions('sort', ctx.args, 'nrufhgVMRk:t:bdo:scCmziS:T:', LONG, { code: 2 });
  const { flags } = options;
  const ended = flags.has('z') ? '\0' : '\n';
  const all: string[] = [];
  for (const file of options.rest.length > 0 ? options.rest : ['-']) all.push(...(yield* load(ctx, file, ended)));
  const global = [...'nghVMfdb'].filter((letter) => flags.has(letter)).join('') + (flags.has('r') ? 'r' : '');
  const separator = value(options, 't')?.replace('\\0', '\0').replace('\\t', '\t');
  if (separator !== undefined && [...separator].length > 1)
    throw new CommandError(`multi-character tab ‘${separator}’`, 2);
  const keys = (options.values.get('k') ?? []).map(parseKey);
  const rules = keys.map((key) => ({ key, flags: key.flags === '' ? global : key.flags }));
  const byKeys = (a: string, b: string): number => {
    if (rules.length === 0) {
      const trim = (text: string): string => (global.includes('b') ? text.trimStart() : text);
      const order = compareBy(global, trim(a), trim(b));
      return global.includes('r') ? -order : order;
    }
    for (const { key, flags: own } of rules) {
      const blanks = own.includes('b') || /[nghM]/.test(own);
      const order = compareBy(own, extract(a, key, separator, blanks), extract(b, key, separator, blanks));
      if (order !== 0) return own.includes('r') ? -order : order;
    }
    return 0;
  };
  const last = (a: string, b: string): number => (flags.has('r') ? -plain(a, b) : plain(a, b));
  const total = (a: string, b: string): number => byKeys(a, b) || (flags.has('s') || flags.has('u') ? 0 : last(a, b));
  if (flags.has('c') || flags.has('C'))
    return check(ctx, all, flags.has('u') ? (a, b) => total(a, b) || 1 : total, flags);
  let sorted = flags.has('R') ? shuffled(ctx, all) : all.sort(total);
  if (flags.has('u')) sorted = sorted.filter((line, i) => i === 0 || byKeys(sorted[i - 1] as string, line) !== 0);
  const text = sorted.map((line) => line + ended).join('');
  const target = value(options, 'o');
  if (target === undefined) ctx.out(text);
  else ctx.os.fs.write(ctx.path(target), text);
  return 0;
}

function check(
  ctx: CommandContext,
  all: string[],
  order: (a: string, b: string) => number,
  flags: Set<string>,
): number {
  const at = all.findIndex((line, i) => i > 0 && order(all[i - 1] as string, line) > 0);
  if (at < 0) return 0;
  if (flags.has('c')) ctx.err(`-:${at + 1}: disorder: ${all[at]}`);
  return 1;
}

function shuffled(ctx: CommandContext, all: readonly string[]): string[] {
  const groups = new Map<string, { order: number; lines: string[] }>();
  for (const line of all) {
    const group = groups.get(line) ?? { order: ctx.os.rng.int(2 ** 31), lines: [] };
    group.lines.push(line);
    groups.set(line, group);
  }
  return [...groups.values()].sort((a, b) => a.order - b.order).flatMap((group) => group.lines);
}

function* load(ctx: CommandContext, file: string, ended: string): Task<string[]> {
  if (file === '-') {
    const text = yield* ctx.stdin.readAll(ctx.th);
    return ended === '\n'
      ? lines(text)
      : text.split('\0').filter((part, i, parts) => part !== '' || i < parts.length - 1);
  }
  try {
    if (ctx.os.fs.stat(ctx.path(file)).type === 'dir')
      throw new CommandError(`read failed: ${file}: Is a directory`, 2);
    return lines(ctx.os.fs.read(ctx.path(file)));
  } catch (error) {
    if (error instanceof FsError) throw new CommandError(`cannot read: ${file}: ${errnoText(error)}`, 2);
    throw error;
  }
}

export const sortCommands: Record<string, Command> = { sort };
