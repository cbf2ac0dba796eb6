import type { ProcessInfo } from '../../process/os.ts';
import type { Task } from '../../process/task.ts';
import { type Command, type CommandContext, CommandError, value } from '../command.ts';
import { strftime, two } from '../commands/strftime.ts';
import { gnuOptions } from './options.ts';

/** procps and iproute2: what runs on the machine, and what listens. */

const nameOf = ({ argv }: ProcessInfo): string => (argv[0] ?? '').split('/').pop() ?? '';

function clock(ms: number): string {
  const at = new Date(ms);
  return `${two(at.getUTCHours())}:${two(at.getUTCMinutes())}`;
}

const COLUMNS: Record<string, { title: string; width: number; right?: boolean; show(row: ProcessInfo): string }> = {
  pid: { title: 'PID', width: 7, right: true, show: (row) => String(row.pid) },
  ppid: { title: 'PPID', width: 7, right: true, show: (row) => String(row.ppid) },
  user: { title: 'USER', width: 8, show: (row) => row.user },
  uid: { title: 'UID', width: 5, right: true, show: (row) => (row.user === 'root' ? '0' : row.user) },
  cmd: { title: 'CMD', width: 0, show: (row) => row.argv.join(' ') },
  args: { title: 'COMMAND', width: 0, show: (row) => row.argv.join(' ') },
  command: { title: 'COMMAND', width: 0, show: (row) => row.argv.join(' ') },
  comm: { title: 'COMMAND', width: 15, show: nameOf },
  tty: { title: 'TT', width: 8, show: () => '?' },
  stat: { title: 'STAT', width: 4, show: () => 'S' },
  time: { title: 'TIME', width: 8, right: true, show: () => '00:00:00' },
  start: { title: 'STARTED', width: 8, right: true, show: (row) => strftime('%H:%M:%S', row.startedMs) },
  lstart: { title: 'STARTED', width: 24, right: true, show: (row) => strftime('%a %b %e %H:%M:%S %Y', row.startedMs) },
  pcpu: { title: '%CPU', width: 4, right: true, show: () => '0.0' },
  pmem: { title: '%MEM', width: 4, right: true, show: () => '0.0' },
  rss: { title: 'RSS', width: 5, right: true, show: () => '3200' },
  vsz: { title: 'VSZ', width: 6, right: true, show: () => '4404' },
};
const ALIASES: Record<string, string> = { '%cpu': 'pcpu', '%mem': 'pmem', s: 'stat', state: 'stat', cputime: 'time' };

function* ps(ctx: CommandContext): Task<number> {
  const words = ctx.args.join(' ');
  const at = ctx.args.findIndex((arg) => /^-?[a-zA-Z]*o$|^--format$/.test(arg));
  const given =
    ctx.args.find((arg) => arg.startsWith('--format='))?.slice(9) ?? (at >= 0 ? ctx.args[at + 1] : undefined);
  const all = /(^|\s)-?[a-zA-Z]*[eAax]/.test(words);
  const one = ctx.args.findIndex((arg) => /^-p$|^--pid$/.test(arg));
  const pids = one >= 0 ? (ctx.args[one + 1] ?? '').split(',').map(Number) : undefined;
  const rows = ctx.os.processes().filter(({ pid }) => (pids ? pids.includes(pid) : all || pid > 1));
  yield* ctx.th.sync();
  if (given !== undefined) return custom(ctx, given, rows, /--no-headers|(^|\s)h(\s|$)/.test(words));
  if (/(^|\s)-?[a-z]*u[a-z]*/.test(words.replace(/^-[ef]+$/, '')) && !words.startsWith('-')) {
    ctx.out('USER         PID %CPU %MEM    VSZ   RSS TTY      STAT START   TIME COMMAND\n');
    for (const row of rows)
      ctx.out(
        `${row.user.padEnd(8)} ${String(row.pid).padStart(7)}  0.0  0.0   4404  3200 ?        ${row.pid === ctx.os.pid ? 'R ' : 'S '}  ${clock(row.startedMs)}   0:00 ${row.argv.join(' ')}\n`,
      );
    return 0;
  }
  if (/(^|\s)-[a-zA-Z]*f/.test(words)) {
    ctx.out('UID          PID    PPID  C STIME TTY          TIME CMD\n');
    for (const row of rows)
      ctx.out(
        `${row.user.padEnd(8)} ${String(row.pid).padStart(7)} ${String(row.ppid).padStart(7)}  0 ${clock(row.startedMs)} ?        00:00:00 ${row.argv.join(' ')}\n`,
      );
    return 0;
  }
  ctx.out('    PID TTY          TIME CMD\n');
  for (const row of rows) ctx.out(`${String(row.pid).padStart(7)} ?        00:00:00 ${nameOf(row)}\n`);
  return 0;
}

function custom(ctx: CommandContext, format: string, rows: readonly ProcessInfo[], bare: boolean): number {
  const columns = format.split(/[,\s]+/).map((word) => {
    const [name = '', title] = word.split('=');
    const column = COLUMNS[ALIASES[name] ?? name];
    if (!column) throw new CommandError(`unknown user-defined format specifier "${name}"`);
    return title === undefined ? column : { ...column, title };
  });
  const line = (cell: (column: (typeof columns)[number]) => string): string =>
    columns
      .map((column, i) => {
        const text = cell(column);
        if (column.right) return text.padStart(column.width);
        return i === columns.length - 1 ? text : text.padEnd(column.width);
      })
      .join(' ');
  if (!bare && columns.some(({ title }) => title !== '')) ctx.out(`${line(({ title }) => title)}\n`);
  for (const row of rows) ctx.out(`${line((column) => column.show(row))}\n`);
  return 0;
}

function memory(ctx: CommandContext): Record<string, number> {
  const text = ctx.os.fs.read('/proc/meminfo');
  const rows = [...text.matchAll(/^(\w+):\s+(\d+)/gm)].map((match) => [match[1] as string, Number(match[2])] as const);
  return Object.fromEntries(rows);
}

function upSince(ctx: CommandContext): string {
  const seconds = Math.floor(Number(ctx.os.fs.read('/proc/uptime').split(' ')[0]));
  const days = Math.floor(seconds / 86_400);
  const minutes = Math.floor(seconds / 60) % 60;
  const hours = Math.floor(seconds / 3600) % 24;
  const short = hours > 0 ? `${String(hours).padStart(2)}:${two(minutes)}` : `${minutes} min`;
  return `${days > 0 ? `${days} day${days === 1 ? '' : 's'}, ` : ''}${short}`;
}

const load = (ctx: CommandContext): string => ctx.os.fs.read('/proc/loadavg').split(' ').slice(0, 3).join(', ');

function* uptime(ctx: CommandContext): Task<number> {
  yield* ctx.th.sync();
  ctx.out(` ${strftime('%T', ctx.th.nowMs)} up ${upSince(ctx)},  0 users,  load average: ${load(ctx)}\n`);
  return 0;
}

/** Batch mode only: there is no terminal to draw on. */
function* top(ctx: CommandContext): Task<number> {
  const options = gnuOptions('top', ctx.args, 'bn:d:p:u:o:cHi', { 'batch-mode': 'b', iterations: 'n', delay: 'd' });
  if (!options.flags.has('b')) throw new CommandError('failed tty get');
  const rounds = Number(value(options, 'n') ?? Number.POSITIVE_INFINITY);
  const delayMs = Number(value(options, 'd') ?? 3) * 1000;
  for (let round = 0; round < rounds; round++) {
    if (round > 0) {
      yield* ctx.th.sleep(delayMs);
      ctx.out('\n');
    }
    screen(ctx);
  }
  return 0;
}

function screen(ctx: CommandContext): void {
  const { MemTotal = 0, MemFree = 0, MemAvailable = 0, Buffers = 0, Cached = 0 } = memory(ctx);
  const mib = (kb: number): string => (kb / 1024).toFixed(1).padStart(8);
  const rows = ctx.os.processes();
  const cache = Buffers + Cached;
  ctx.out(
    `top - ${strftime('%T', ctx.th.nowMs)} up ${upSince(ctx)},  0 users,  load average: ${load(ctx)}\n` +
      `Tasks: ${String(rows.length).padStart(3)} total,   1 running, ${String(rows.length - 1).padStart(3)} sleeping,   0 stopped,   0 zombie\n` +
      '%Cpu(s):  2.0 us,  1.0 sy,  0.0 ni, 97.0 id,  0.0 wa,  0.0 hi,  0.0 si,  0.0 st\n' +
      `MiB Mem : ${mib(MemTotal)} total, ${mib(MemFree)} free, ${mib(MemTotal - MemFree - cache)} used, ${mib(cache)} buff/cache\n` +
      `MiB Swap: ${mib(0)} total, ${mib(0)} free, ${mib(0)} used. ${mib(MemAvailable)} avail Mem\n\n` +
      '    PID USER      PR  NI    VIRT    RES    SHR S  %CPU  %MEM     TIME+ COMMAND\n',
  );
  for (const row of rows)
    ctx.out(
      `${String(row.pid).padStart(7)} ${row.user.padEnd(8)}  20   0    4404   3200   2800 ${row.pid === ctx.os.pid ? 'R' : 'S'}   0.0   0.0   0:00.00 ${nameOf(row)}\n`,
    );
}

function* free(ctx: CommandContext): Task<number> {
  const { flags } = gnuOptions('free', ctx.args, 'bkmghtws:c:', {
    bytes: 'b',
    kibi: 'k',
    mebi: 'm',
    gibi: 'g',
    human: 'h',
    total: 't',
  });
  const { MemTotal = 0, MemFree = 0, MemAvailable = 0, Buffers = 0, Cached = 0 } = memory(ctx);
  yield* ctx.th.sync();
  const show = (kb: number): string => {
    if (flags.has('h')) {
      const units = ['Ki', 'Mi', 'Gi', 'Ti'];
      let size = kb;
      let unit = 0;
      while (size >= 1024) {
        size /= 1024;
        unit++;
      }
      return kb === 0 ? '0B' : `${size < 10 ? size.toFixed(1) : Math.round(size)}${units[unit]}`;
    }
    const divisor = flags.has('m') ? 1024 : flags.has('g') ? 1024 ** 2 : flags.has('b') ? 1 / 1024 : 1;
    return String(Math.floor(kb / divisor));
  };
  const row = (name: string, cells: number[]): string =>
    `${name.padEnd(8)}${cells.map((cell) => show(cell).padStart(12)).join('')}\n`;
  const cache = Buffers + Cached;
  ctx.out('               total        used        free      shared  buff/cache   available\n');
  ctx.out(row('Mem:', [MemTotal, MemTotal - MemAvailable, MemFree, 0, cache, MemAvailable]));
  ctx.out(row('Swap:', [0, 0, 0]));
  return 0;
}

function* ss(ctx: CommandContext): Task<number> {
  const { flags } = gnuOptions('ss', ctx.args, 'tulnpaxsieHmor46', {
    ...{ tcp: 't', udp: 'u', listening: 'l', numeric: 'n', processes: 'p', all: 'a', unix: 'x', 'no-header': 'H' },
  });
  yield* ctx.th.sync();
  const both = !flags.has('t') && !flags.has('u');
  const rows = ctx.os.listeners().filter(({ transport = 'tcp' }) => both || flags.has(transport === 'udp' ? 'u' : 't'));
  const net = both || (flags.has('t') && flags.has('u'));
  if (!flags.has('H'))
    ctx.out(
      `${net ? 'Netid ' : ''}State  Recv-Q Send-Q Local Address:Port  Peer Address:Port${flags.has('p') ? 'Process' : ''}\n`,
    );
  if (!flags.has('l') && !flags.has('a')) return 0;
  for (const { ip, port, transport = 'tcp' } of rows) {
    const state = transport === 'udp' ? 'UNCONN' : 'LISTEN';
    ctx.out(
      `${net ? `${transport.padEnd(5)} ` : ''}${state} 0      ${transport === 'udp' ? '0     ' : '4096  '} ${`${ip}:${port}`.padStart(18)}       0.0.0.0:*   \n`,
    );
  }
  return 0;
}

export const machineCommands: Record<string, Command> = { ps, top, free, uptime, ss };
