import type { Task } from '../../process/task.ts';
import { FsError } from '../../process/vfs.ts';
import { type Command, type CommandContext, CommandError, errnoText, value } from '../command.ts';
import { DISK_KB } from '../commands/system.ts';
import { gnuOptions } from './options.ts';

/** df as coreutils have it. */

const LONG = {
  all: 'a',
  'human-readable': 'h',
  si: 'H',
  inodes: 'i',
  'print-type': 'T',
  type: 't',
  'exclude-type': 'x',
  portability: 'P',
  local: 'l',
  total: '0',
};

/** File systems without blocks of their own. */
const PSEUDO = new Set(['proc', 'sysfs', 'cgroup2', 'devpts', 'mqueue']);
const INODES = 16_777_216;
const INODES_USED = 412_655;

interface Volume {
  source: string;
  type: string;
  at: string;
  /** In KiB, or inodes. */
  size: number;
  used: number;
}

function volumes(ctx: CommandContext, inodes: boolean): Volume[] {
  const memoryKb = Number(/MemTotal:\s+(\d+)/.exec(ctx.os.fs.read('/proc/meminfo'))?.[1] ?? 0);
  return ctx.os.fs
    .read('/proc/mounts')
    .split('\n')
    .filter(Boolean)
    .map((line) => {
      const [source = '', at = '', type = '', options = ''] = line.split(' ');
      const base = { source, at, type };
      if (PSEUDO.has(type)) return { ...base, size: 0, used: 0 };
      if (inodes) return { ...base, size: INODES, used: type === 'tmpfs' ? 1 : INODES_USED };
      const memory = at === '/dev' ? 65_536 : Number(/size=(\d+)k/.exec(options)?.[1] ?? memoryKb);
      return { ...base, ...(type === 'tmpfs' ? { size: memory, used: 0 } : DISK_KB) };
    });
}

/** The smallest number that is no less, with a unit: `3.1G`, `252G`. */
function human(kb: number, base: number): string {
  let size = kb * 1024;
  if (size < base) return String(size);
  let unit = -1;
  while (size >= base && unit < 4) {
    size /= base;
    unit++;
  }
  const shown = size < 10 ? (Math.ceil(size * 10) / 10).toFixed(1) : String(Math.ceil(size));
  return (shown === '10.0' ? '10' : shown) + (base === 1000 ? 'kMGTP' : 'KMGTP')[unit];
}

function* df(ctx: CommandContext): Task<number> {
  const options = gnuOptions('df', ctx.args, 'ahHiTt:x:PlkmB:0', LONG);
  const { flags } = options;
  yield* ctx.th.sync();
  const inodes = flags.has('i');
  const all = volumes(ctx, inodes);
  let code = 0;
  let shown = all.filter(({ size }) => flags.has('a') || size > 0);
  if (options.rest.length > 0) {
    shown = [];
    for (const name of options.rest) {
      try {
        const path = ctx.path(name);
        ctx.os.fs.stat(path);
        const over = all.filter(({ at }) => at === '/' || path === at || path.startsWith(`${at}/`));
        shown.push(over.sort((a, b) => a.at.length - b.at.length).at(-1) as Volume);
      } catch (error) {
        if (!(error instanceof FsError)) throw error;
        ctx.err(`${name}: ${errnoText(error)}`);
        code = 1;
      }
    }
  }
  const [only, never] = [options.values.get('t'), options.values.get('x')];
  shown = shown.filter(({ type }) => (!only || only.includes(type)) && !never?.includes(type));
  if (shown.length === 0) {
    if (code === 0) throw new CommandError('no file systems processed');
    return code;
  }
  ctx.out(rendered(shown, options.flags, value(options, 'B')));
  return code;
}

function rendered(shown: readonly Volume[], flags: ReadonlySet<string>, block: string | undefined): string {
  const inodes = flags.has('i');
  const scaled = flags.has('h') || flags.has('H');
  const unit =
    flags.has('m') || block === 'M' || block === '1M' ? 1024 : block === 'G' || block === '1G' ? 1024 ** 2 : 1;
  const cell = (value: number): string => {
    if (scaled) return inodes ? human(value / 1024, 1000) : human(value, flags.has('H') ? 1000 : 1024);
    return String(Math.ceil(value / (inodes ? 1 : unit)));
  };
  const blocks = scaled
    ? 'Size'
    : flags.has('P')
      ? '1024-blocks'
      : unit === 1024
        ? '1M-blocks'
        : unit === 1
          ? '1K-blocks'
          : '1G-blocks';
  const titles = inodes
    ? ['Inodes', 'IUsed', 'IFree', 'IUse%']
    : [blocks, 'Used', scaled ? 'Avail' : 'Available', flags.has('P') ? 'Capacity' : 'Use%'];
  const total: Volume = {
    ...{ source: 'total', type: '-', at: '-' },
    size: shown.reduce((sum, { size }) => sum + size, 0),
    used: shown.reduce((sum, { used }) => sum + used, 0),
  };
  const typed = flags.has('T');
  const rows = (flags.has('0') ? [...shown, total] : shown).map(({ source, type, at, size, used }) => {
    const percent = size === 0 ? '-' : `${Math.ceil((used * 100) / size)}%`;
    return [source, ...(typed ? [type] : []), cell(size), cell(used), cell(size - used), percent, at];
  });
  const table = [['Filesystem', ...(typed ? ['Type'] : []), ...titles, 'Mounted on'], ...rows];
  const left = typed ? 2 : 1;
  const widths = table[0]!.map((_, i) =>
    Math.max(...table.map((row) => row[i]!.length), i === 0 ? 14 : i >= left && i < left + 3 ? 5 : 0),
  );
  return table
    .map((row) => {
      const cells = row.map((text, i) =>
        i === row.length - 1 ? text : i < left ? text.padEnd(widths[i]!) : text.padStart(widths[i]!),
      );
      return `${cells.join(' ')}\n`;
    })
    .join('');
}

export const dfCommands: Record<string, Command> = { df };
