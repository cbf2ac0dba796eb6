import type { Task } from '../../process/task.ts';
import { type FileStat, FsError } from '../../process/vfs.ts';
import { type Command, type CommandContext, errnoText } from '../command.ts';
import { MONTHS, two } from '../commands/strftime.ts';
import { snugColumns } from '../entries.ts';
import { gnuOptions } from './options.ts';

interface Entry {
  name: string;
  path: string;
  stat: FileStat;
}

const HALF_YEAR_MS = 15_778_476_000;

function owner(ctx: CommandContext, id: number, file: string): string {
  const rows = ctx.os.fs.exists(file) ? ctx.os.fs.read(file).split('\n') : [];
  const row = rows.find((line) => line.split(':')[2] === String(id));
  return row?.split(':')[0] ?? String(id);
}

function mode({ type, mode: bits }: FileStat): string {
  const text = [...'rwxrwxrwx'].map((letter, i) => (bits & (1 << (8 - i)) ? letter : '-'));
  if (bits & 0o1000) text[8] = bits & 1 ? 't' : 'T';
  return (type === 'dir' ? 'd' : type === 'symlink' ? 'l' : '-') + text.join('');
}

export function humanSize(bytes: number): string {
  if (bytes < 1024) return String(bytes);
  let size = bytes;
  let unit = -1;
  while (size >= 1024) {
    size /= 1024;
    unit++;
  }
  const shown = size < 10 ? (Math.ceil(size * 10) / 10).toFixed(1) : String(Math.ceil(size));
  return `${shown}${'KMGTP'[unit]}`;
}

function when(ctx: CommandContext, ms: number, full: boolean): string {
  const date = new Date(ms);
  const time = `${two(date.getUTCHours())}:${two(date.getUTCMinutes())}`;
  if (full)
    return `${date.getUTCFullYear()}-${two(date.getUTCMonth() + 1)}-${two(date.getUTCDate())} ${time}:${two(date.getUTCSeconds())}.${String(ms % 1000).padStart(3, '0')}000000 +0000`;
  const recent = Math.abs(ctx.th.nowMs - ms) < HALF_YEAR_MS;
  return `${MONTHS[date.getUTCMonth()]} ${String(date.getUTCDate()).padStart(2)} ${recent ? time : ` ${date.getUTCFullYear()}`}`;
}

const LONG: Record<string, string> = {
  all: 'a',
  'almost-all': 'A',
  directory: 'd',
  'human-readable': 'h',
  recursive: 'R',
  reverse: 'r',
  color: 'G',
  'full-time': 'J',
  classify: 'F',
  'time-style': 'K',
  'group-directories-first': 'Q',
};

/** GNU ls into a pipe or file: one name a line. */
function* ls(ctx: CommandContext): Task<number> {
  const { flags, rest } = gnuOptions('ls', ctx.args, 'laA1dhRrtSFinsCgoUXqQG?JK:pv', LONG, { code: 2 });
  if (flags.has('J') || flags.has('g') || flags.has('o') || flags.has('n')) flags.add('l');
  let code = 0;
  const files: Entry[] = [];
  const dirs: string[] = [];
  for (const name of rest.length > 0 ? rest : ['.']) {
    try {
      const path = ctx.path(name);
      const stat = ctx.os.fs.stat(path, { lstat: flags.has('l') || flags.has('d') });
      if (stat.type === 'dir' && !flags.has('d')) dirs.push(name);
      else files.push({ name, path, stat });
    } catch (error) {
      if (!(error instanceof FsError)) throw error;
      ctx.err(`cannot access '${name}': ${errnoText(error)}`);
      code = 2;
    }
  }
  const sorted = sort(flags, files);
  if (sorted.length > 0) show(ctx, flags, sorted);
  dirs.sort();
  if (flags.has('r')) dirs.reverse();
  const titled = files.length > 0 || dirs.length > 1 || flags.has('R') || code !== 0;
  let spaced = files.length > 0;
  for (const dir of dirs) {
    if (!directory(ctx, flags, dir, titled && (rest.length > 1 || flags.has('R')), spaced)) code = 2;
    spaced = true;
  }
  yield* ctx.th.sync();
  return code;
}

function directory(ctx: CommandContext, flags: Set<string>, dir: string, titled: boolean, spaced: boolean): boolean {
  const path = ctx.path(dir);
  const base = path === '/' ? '' : path;
  let names: string[];
  try {
    names = ctx.os.fs.list(path);
  } catch (error) {
    if (!(error instanceof FsError)) throw error;
    ctx.err(`cannot open directory '${dir}': ${errnoText(error)}`);
    return false;
  }
  if (titled) ctx.out(`${spaced ? '\n' : ''}${dir}:\n`);
  const hidden = flags.has('a') ? ['.', '..'] : [];
  const shown = [...hidden, ...names.filter((name) => flags.has('a') || flags.has('A') || !name.startsWith('.'))];
  const entries = shown.flatMap((name): Entry[] => {
    try {
      const full = ctx.path(`${base}/${name}`);
      return [{ name, path: full, stat: ctx.os.fs.stat(full, { lstat: true }) }];
    } catch (error) {
      if (error instanceof FsError) return [];
      throw error;
    }
  });
  const sorted = sort(flags, entries);
  if (flags.has('l')) ctx.out(`total ${blocks(flags, sorted)}\n`);
  show(ctx, flags, sorted);
  if (!flags.has('R')) return true;
  for (const { name, stat } of sorted)
    if (stat.type === 'dir' && name !== '.' && name !== '..')
      directory(ctx, flags, `${dir.replace(/\/$/, '')}/${name}`, true, true);
  return true;
}

function blocks(flags: Set<string>, entries: readonly Entry[]): string {
  const kb = entries.reduce(
    (sum, { stat }) => sum + (stat.type === 'symlink' ? 0 : Math.ceil(stat.size / 4096) * 4),
    0,
  );
  return flags.has('h') ? (kb === 0 ? '0' : humanSize(kb * 1024)) : String(kb);
}

function sort(flags: Set<string>, entries: Entry[]): Entry[] {
  const byName = (a: Entry, b: Entry): number => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0);
  const sorted = [...entries];
  if (!flags.has('U')) sorted.sort(byName);
  if (flags.has('t')) sorted.sort((a, b) => b.stat.mtimeMs - a.stat.mtimeMs || byName(a, b));
  if (flags.has('S')) sorted.sort((a, b) => b.stat.size - a.stat.size || byName(a, b));
  return flags.has('r') ? sorted.reverse() : sorted;
}

function mark(flags: Set<string>, { stat }: Entry): string {
  if (stat.type === 'dir') return flags.has('F') || flags.has('p') ? '/' : '';
  if (!flags.has('F')) return '';
  return stat.type === 'symlink' ? '@' : stat.mode & 0o111 ? '*' : '';
}

function show(ctx: CommandContext, flags: Set<string>, entries: readonly Entry[]): void {
  if (!flags.has('l')) {
    const names = entries.map((entry) => entry.name + mark(flags, entry));
    const { terminal } = ctx.os.stdout;
    ctx.out(terminal && !flags.has('1') ? snugColumns(names, terminal.columns) : names.map((n) => `${n}\n`).join(''));
    return;
  }
  const who = (id: number, file: string): string => (flags.has('n') ? String(id) : owner(ctx, id, file));
  const rows = entries.map(({ stat, name, path }) => ({
    name,
    path,
    stat,
    links: stat.type === 'dir' ? '2' : '1',
    user: who(stat.uid, '/etc/passwd'),
    group: who(stat.gid, '/etc/group'),
    size: flags.has('h') ? humanSize(stat.size) : String(stat.size),
  }));
  const width = (pick: (row: (typeof rows)[number]) => string): number =>
    Math.max(0, ...rows.map((row) => pick(row).length));
  const [links, user, group, size] = [
    width((r) => r.links),
    width((r) => r.user),
    width((r) => r.group),
    width((r) => r.size),
  ];
  for (const row of rows) {
    const target = row.stat.type === 'symlink' ? ` -> ${ctx.os.fs.readlink(row.path)}` : mark(flags, row);
    const people = `${flags.has('g') ? '' : `${row.user.padEnd(user)} `}${flags.has('o') ? '' : `${row.group.padEnd(group)} `}`;
    ctx.out(
      `${mode(row.stat)} ${row.links.padStart(links)} ${people}${row.size.padStart(size)} ${when(ctx, row.stat.mtimeMs, flags.has('J'))} ${row.name}${target}\n`,
    );
  }
}

export const lsCommands: Record<string, Command> = { ls };
