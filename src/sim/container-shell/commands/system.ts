import { FsError } from '../../process/vfs.ts';
import { type Command, type CommandContext, CommandError, getopt, value } from '../command.ts';
import { evenColumns } from '../entries.ts';
import { MONTHS, strftime, two } from './strftime.ts';

/** Commands that show the machine: files' details, processes, time, memory. */

function modeText(type: string, mode: number): string {
  const bits = [...'rwxrwxrwx'].map((letter, i) => (mode & (1 << (8 - i)) ? letter : '-'));
  if (mode & 0o1000) bits[8] = mode & 1 ? 't' : 'T';
  return (type === 'dir' ? 'd' : type === 'symlink' ? 'l' : '-') + bits.join('');
}

function owner(uid: number): string {
  return uid === 0 ? 'root' : uid === 65534 ? 'nobody' : String(uid);
}

function shortDate(ms: number): string {
  const date = new Date(ms);
  return `${MONTHS[date.getUTCMonth()]} ${String(date.getUTCDate()).padStart(2)} ${two(date.getUTCHours())}:${two(date.getUTCMinutes())}`;
}

function* ls(ctx: CommandContext) {
  const { flags, rest } = getopt(ctx.args, 'la1AhRtrdSFinsC', { all: 'a', color: 'C' });
  const { fs } = ctx.os;
  let code = 0;
  const files: string[] = [];
  const dirs: string[] = [];
  for (const name of rest.length > 0 ? rest : ['.']) {
    try {
      const stat = fs.stat(ctx.path(name), { lstat: flags.has('l') });
      (stat.type === 'dir' && !flags.has('d') ? dirs : files).push(name);
    } catch (error) {
      if (!(error instanceof FsError)) throw error;
      ctx.err(`${name}: No such file or directory`);
      code = 1;
    }
  }
  files.sort();
  dirs.sort();
  listing(
    ctx,
    flags,
    files.map((name) => [name, ctx.path(name)] as const),
  );
  for (const [i, dir] of dirs.entries())
    listDir(ctx, flags, dir, files.length > 0 || dirs.length > 1 || flags.has('R'), i > 0 || files.length > 0);
  yield* ctx.th.sync();
  return code;
}

function listDir(ctx: CommandContext, flags: Set<string>, dir: string, titled: boolean, spaced: boolean): void {
  const path = ctx.path(dir);
  if (titled) ctx.out(`${spaced ? '\n' : ''}${dir}:\n`);
  const hidden = flags.has('a') ? ['.', '..'] : [];
  const names = [
    ...hidden,
    ...ctx.os.fs.list(path).filter((name) => flags.has('a') || flags.has('A') || !name.startsWith('.')),
  ];
  if (flags.has('l')) ctx.out(`total ${names.length * 4}\n`);
  const base = path === '/' ? '' : path;
  listing(
    ctx,
    flags,
    names.map((name) => [name, ctx.path(`${base}/${name}`)] as const),
  );
  if (!flags.has('R')) return;
  for (const name of names) {
    if (name !== '.' && name !== '..' && ctx.os.fs.stat(`${base}/${name}`, { lstat: true }).type === 'dir')
      listDir(ctx, flags, `${dir.replace(/\/$/, '')}/${name}`, true, true);
  }
}

function listing(ctx: CommandContext, flags: Set<string>, entries: readonly (readonly [string, string])[]): void {
  const rows = entries.map(([name, path]) => ({ name, path, stat: ctx.os.fs.stat(path, { lstat: true }) }));
  if (flags.has('t')) rows.sort((a, b) => b.stat.mtimeMs - a.stat.mtimeMs);
  if (flags.has('S')) rows.sort((a, b) => b.stat.size - a.stat.size);
  if (flags.has('r')) rows.reverse();
  const { terminal } = ctx.os.stdout;
  if (terminal && !flags.has('l') && !flags.has('1')) {
    const names = rows.map(({ name }) => name);
    ctx.out(evenColumns(names, terminal.columns));
    return;
  }
  for (const { name, path, stat } of rows) {
    if (!flags.has('l')) {
      ctx.out(`${name}\n`);
      continue;
    }
    const target = stat.type === 'symlink' ? ` -> ${ctx.os.fs.readlink(path)}` : '';
    const size =
      flags.has('h') && stat.size >= 1024
        ? `${(stat.size / 1024).toFixed(1)}K`
        : String(stat.type === 'dir' ? 4096 : stat.size);
    ctx.out(
      `${modeText(stat.type, stat.mode)}    ${stat.type === 'dir' ? 2 : 1} ${owner(stat.uid).padEnd(8)} ${owner(stat.gid).padEnd(8)} ${size.padStart(9)} ${shortDate(stat.mtimeMs)} ${name}${target}\n`,
    );
  }
}

function* stat(ctx: CommandContext) {
  const options = getopt(ctx.args, 'c:Lft');
  for (const name of options.rest) {
    const info = ctx.os.fs.stat(ctx.path(name));
    const values: Record<string, string> = {
      n: name,
      s: String(info.size),
      a: info.mode.toString(8),
      A: modeText(info.type, info.mode),
      U: owner(info.uid),
      G: owner(info.gid),
      u: String(info.uid),
      g: String(info.gid),
      Y: String(Math.floor(info.mtimeMs / 1000)),
      F: info.type === 'dir' ? 'directory' : 'regular file',
    };
    const format = value(options, 'c');
    if (format !== undefined)
      ctx.out(`${format.replace(/%([a-zA-Z])/g, (whole, letter: string) => values[letter] ?? whole)}\n`);
    else
      ctx.out(
        `  File: ${name}\n  Size: ${info.size}\t${values['F']}\nAccess: (${info.mode.toString(8).padStart(4, '0')}/${values['A']})  Uid: (${info.uid}/${values['U']})   Gid: (${info.gid}/${values['G']})\n`,
      );
  }
  yield* ctx.th.sync();
  return 0;
}

function* find(ctx: CommandContext) {
  const split = ctx.args.findIndex((arg) => arg.startsWith('-') || arg === '!');
  const roots = split < 0 ? ctx.args : ctx.args.slice(0, split);
  const tests = split < 0 ? [] : ctx.args.slice(split);
  type Rule = (path: string, name: string, type: string, size: number) => boolean;
  /** Found is what meets all rules of one alternative (`-o` begins the next). */
  const alternatives: Rule[][] = [[]];
  let negated = false;
  const rules = {
    push(rule: Rule): void {
      const not = negated;
      alternatives.at(-1)?.push((...entry) => rule(...entry) !== not);
      negated = false;
    },
  };
  let depthMax = Number.POSITIVE_INFINITY;
  let depthMin = 0;
  for (let i = 0; i < tests.length; i++) {
    const test = tests[i] as string;
    const pattern = (): RegExp =>
      new RegExp(
        `^${(tests[++i] ?? '')
          .replace(/[.+^${}()|\\]/g, '\\$&')
          .replace(/\*/g, '.*')
          .replace(/\?/g, '.')}$`,
        test.startsWith('-i') ? 'i' : '',
      );
    if (test === '-name' || test === '-iname') {
      const source = pattern();
      rules.push((_, name) => source.test(name));
    } else if (test === '-path') {
      const source = pattern();
      rules.push((path) => source.test(path));
    } else if (test === '-type') {
      const wanted = { f: 'file', d: 'dir', l: 'symlink' }[tests[++i] ?? ''];
      rules.push((_, __, type) => type === wanted);
    } else if (test === '-maxdepth') depthMax = Number(tests[++i]);
    else if (test === '-mindepth') depthMin = Number(tests[++i]);
    else if (test === '-empty') rules.push((_, __, ___, size) => size === 0);
    else if (test === '-o') alternatives.push([]);
    else if (test === '!' || test === '-not') negated = !negated;
    else if (test !== '-print' && test !== '-a') throw new CommandError(`unrecognized: ${test}`);
  }
  let code = 0;
  const visit = (path: string, depth: number): void => {
    const full = ctx.path(path);
    const info = ctx.os.fs.stat(full, { lstat: true });
    const name = path.split('/').pop() ?? '';
    if (depth >= depthMin && alternatives.some((all) => all.every((rule) => rule(path, name, info.type, info.size))))
      ctx.out(`${path}\n`);
    if (info.type === 'dir' && depth < depthMax)
      for (const entry of ctx.os.fs.list(full)) visit(`${path.replace(/\/$/, '')}/${entry}`, depth + 1);
  };
  for (const root of roots.length > 0 ? roots : ['.']) {
    try {
      visit(root, 0);
    } catch (error) {
      if (!(error instanceof FsError)) throw error;
      ctx.err(`${root}: No such file or directory`);
      code = 1;
    }
  }
  yield* ctx.th.sync();
  return code;
}

function* ps(ctx: CommandContext) {
  const full = ctx.args.some((arg) => /^-?[ef]*f|^-?aux$/.test(arg));
  if (full && ctx.os.fs.exists('/bin/bash')) {
    ctx.out('UID          PID    PPID  C STIME TTY          TIME CMD\n');
    for (const { pid, ppid, argv, user, startedMs } of ctx.os.processes()) {
      const start = new Date(startedMs);
      ctx.out(
        `${user.padEnd(8)} ${String(pid).padStart(7)} ${String(ppid).padStart(7)}  0 ${two(start.getUTCHours())}:${two(start.getUTCMinutes())} ?        00:00:00 ${argv.join(' ')}\n`,
      );
    }
  } else {
    ctx.out('PID   USER     COMMAND\n');
    for (const { pid, user, argv } of ctx.os.processes())
      ctx.out(`${String(pid).padStart(5)} ${user.padEnd(8)} ${argv.join(' ')}\n`);
  }
  yield* ctx.th.sync();
  return 0;
}

function* date(ctx: CommandContext) {
  const options = getopt(ctx.args, 'ud:s:IRr:', { date: 'd', utc: 'u', 'iso-8601': 'I' });
  const given = value(options, 'd');
  const ms =
    given === undefined
      ? ctx.th.nowMs
      : given.startsWith('@')
        ? Number(given.slice(1)) * 1000
        : Date.parse(/Z$|[+-]\d\d:?\d\d$/.test(given) ? given : `${given.replace(' ', 'T')}Z`);
  if (Number.isNaN(ms)) throw new CommandError(`invalid date '${given}'`);
  const format = options.rest[0]?.startsWith('+')
    ? options.rest[0].slice(1)
    : options.flags.has('I')
      ? '%F'
      : '%a %b %e %H:%M:%S UTC %Y';
  ctx.out(`${strftime(format, ms)}\n`);
  yield* ctx.th.sync();
  return 0;
}

function meminfo(ctx: CommandContext): Record<string, number> {
  const text = ctx.os.fs.exists('/proc/meminfo') ? ctx.os.fs.read('/proc/meminfo') : '';
  return Object.fromEntries(
    [...text.matchAll(/^(\w+):\s+(\d+)/gm)].map((match) => [match[1] as string, Number(match[2])]),
  );
}

function* free(ctx: CommandContext) {
  const unit = ctx.args.includes('-m') ? 1024 : ctx.args.includes('-g') ? 1024 * 1024 : 1;
  const info = meminfo(ctx);
  const { MemTotal = 0, MemFree = 0, MemAvailable = 0, Buffers = 0, Cached = 0 } = info;
  const row = (cells: number[]): string => cells.map((cell) => String(Math.floor(cell / unit)).padStart(12)).join('');
  ctx.out(
    `              total        used        free      shared  buff/cache   available\nMem:   ${row([MemTotal, MemTotal - MemAvailable, MemFree, 0, Buffers + Cached, MemAvailable])}\nSwap:  ${row([0, 0, 0])}\n`,
  );
  yield* ctx.th.sync();
  return 0;
}

function* top(ctx: CommandContext) {
  const info = meminfo(ctx);
  const { MemTotal = 0, MemFree = 0, Buffers = 0, Cached = 0 } = info;
  ctx.out(
    `Mem: ${MemTotal - MemFree}K used, ${MemFree}K free, 0K shrd, ${Buffers}K buff, ${Cached}K cached\nCPU:   2% usr   1% sys   0% nic  97% idle   0% io   0% irq   0% sirq\nLoad average: 0.42 0.38 0.35 1/300 ${ctx.os.pid}\n  PID  PPID USER     STAT   VSZ %VSZ %CPU COMMAND\n`,
  );
  for (const { pid, ppid, user, argv } of ctx.os.processes())
    ctx.out(
      `${String(pid).padStart(5)} ${String(ppid).padStart(5)} ${user.padEnd(8)} ${pid === ctx.os.pid ? 'R' : 'S'}     4404   0%   0% ${argv.join(' ')}\n`,
    );
  yield* ctx.th.sync();
  return 0;
}

/** Sizes of the disk behind the images, in KiB: a node's is the same for all its containers. */
export const DISK_KB = { size: 101_430_960, used: 18_402_116 };

function* df(ctx: CommandContext) {
  const { rest } = getopt(ctx.args, 'khmTPai');
  const memoryKb = Number(/MemTotal:\s+(\d+)/.exec(ctx.os.fs.read('/proc/meminfo'))?.[1] ?? 0);
  const mounts = ctx.os.fs
    .read('/proc/mounts')
    .split('\n')
    .filter(Boolean)
    .map((line) => line.split(' ') as [string, string, string, string])
    .filter(([, , type]) => type !== 'proc' && type !== 'sysfs');
  const wanted = rest.map((name) => {
    const path = ctx.path(name);
    ctx.os.fs.stat(path);
    const over = mounts.filter(([, at]) => at === '/' || path === at || path.startsWith(`${at}/`));
    return over.sort((a, b) => a[1].length - b[1].length).at(-1) ?? (mounts[0] as (typeof mounts)[number]);
  });
  ctx.out('Filesystem           1K-blocks      Used Available Use% Mounted on\n');
  for (const [source, at, type, options] of rest.length > 0 ? wanted : mounts) {
    const limit = /size=(\d+)k/.exec(options)?.[1];
    const memory = at === '/dev' ? 65_536 : Number(limit ?? memoryKb);
    const { size, used } = type === 'tmpfs' ? { size: memory, used: 0 } : DISK_KB;
    const percent = `${Math.ceil((used * 100) / Math.max(1, size))}%`;
    ctx.out(
      `${source.padEnd(20)} ${String(size).padStart(9)} ${String(used).padStart(9)} ${String(size - used).padStart(9)} ${percent.padStart(4)} ${at}\n`,
    );
  }
  yield* ctx.th.sync();
  return 0;
}

/** A command that only prints something. */
function prints(text: (ctx: CommandContext) => string): Command {
  return function* (ctx) {
    ctx.out(text(ctx));
    yield* ctx.th.sync();
    return 0;
  };
}

function uname({ args, os }: CommandContext): string {
  const kernel = /version (\S+)/.exec(os.fs.exists('/proc/version') ? os.fs.read('/proc/version') : '')?.[1] ?? '6.1.0';
  const all: [string, string][] = [
    ['s', 'Linux'],
    ['n', os.hostname],
    ['r', kernel],
    ['v', '#1 SMP PREEMPT_DYNAMIC'],
    ['m', 'x86_64'],
    ['o', 'GNU/Linux'],
  ];
  const flags = args.join('').replaceAll('-', '') || 's';
  return `${all
    .filter(([flag]) => flags.includes('a') || flags.includes(flag))
    .map(([, text]) => text)
    .join(' ')}\n`;
}

/** `-f` is what the address means to the resolver first, which asks /etc/hosts. */
function hostName({ args, os }: CommandContext): string {
  if (args.includes('-i')) return os.address;
  if (!args.includes('-f')) return os.hostname;
  const hosts = os.fs.exists('/etc/hosts') ? os.fs.read('/etc/hosts') : '';
  const line = hosts.split('\n').find((text) => text.split(/\s+/).slice(1).includes(os.hostname));
  return line?.split(/\s+/)[1] ?? os.hostname;
}

function mountList({ args, os }: CommandContext): string {
  const options = getopt(args, 'at:o:rw');
  if (options.rest.length > 0) throw new CommandError(`permission denied (are you root?)`);
  const only = value(options, 't')?.split(',');
  const table = os.fs.read('/proc/mounts').split('\n').filter(Boolean);
  return table
    .map((line) => line.split(' '))
    .filter(([, , type = '']) => only === undefined || only.includes(type))
    .map(([source, path, type, how]) => `${source} on ${path} type ${type} (${how})\n`)
    .join('');
}

/** `sysctl a.b` and `sysctl -n a.b`: what the files of /proc/sys say. */
function sysctl({ args, os }: CommandContext): string {
  const options = getopt(args, 'nNqew');
  return options.rest
    .map((name) => {
      if (name.includes('='))
        throw new CommandError(`error setting key '${name.split('=')[0]}': Read-only file system`);
      const path = `/proc/sys/${name.replaceAll('.', '/')}`;
      if (!os.fs.exists(path)) throw new CommandError(`error: '${name}' is an unknown key`);
      return options.flags.has('n') ? os.fs.read(path) : `${name} = ${os.fs.read(path)}`;
    })
    .join('');
}

function id({ args, os }: CommandContext): string {
  const name = owner(os.uid);
  const flag = args.join('');
  if (flag.includes('G')) return `${os.groups.join(' ')}\n`;
  if (flag.includes('g')) return `${flag.includes('n') ? owner(os.gid) : os.gid}\n`;
  if (flag.includes('u')) return `${flag.includes('n') ? name : os.uid}\n`;
  const named = (number: number): string => (number === 0 ? '0(root)' : String(number));
  return `uid=${named(os.uid)} gid=${named(os.gid)} groups=${os.groups.map(named).join(',')}\n`;
}

function basename({ args }: CommandContext): string {
  const base = (args[0] ?? '').replace(/\/+$/, '').split('/').pop() || '/';
  return `${args[1] && base !== args[1] && base.endsWith(args[1]) ? base.slice(0, -args[1].length) : base}\n`;
}

function dirname({ args }: CommandContext): string {
  const path = (args[0] ?? '').replace(/\/+$/, '');
  const at = path.lastIndexOf('/');
  return `${at < 0 ? '.' : path.slice(0, at) || '/'}\n`;
}

function* expr(ctx: CommandContext) {
  const [a = '', operator, b = ''] = ctx.args;
  yield* ctx.th.sync();
  if (a === 'length' && operator !== undefined) ctx.out(`${operator.length}\n`);
  else if (operator === undefined) ctx.out(`${a}\n`);
  else if (operator === ':') {
    const match = new RegExp(`^${b.replace(/\\([()])/g, '$1')}`).exec(a);
    ctx.out(`${match ? (match[1] ?? match[0].length) : b.includes('\\(') ? '' : 0}\n`);
  } else {
    const numbers = [a, b].every((text) => /^-?\d+$/.test(text));
    if (!numbers && '+-*/%'.includes(operator)) throw new CommandError('non-numeric argument', 2);
    const [x, y] = [Number(a), Number(b)];
    if ((operator === '/' || operator === '%') && y === 0) throw new CommandError('division by zero', 2);
    const left = numbers ? x : a;
    const right = numbers ? y : b;
    const table: Record<string, number> = {
      '+': x + y,
      '-': x - y,
      '*': x * y,
      '/': Math.trunc(x / y),
      '%': x % y,
      '=': left === right ? 1 : 0,
      '!=': left !== right ? 1 : 0,
      '<': left < right ? 1 : 0,
      '>': left > right ? 1 : 0,
      '<=': left <= right ? 1 : 0,
      '>=': left >= right ? 1 : 0,
    };
    const result = table[operator];
    if (result === undefined) throw new CommandError('syntax error', 2);
    ctx.out(`${result}\n`);
    return result === 0 ? 1 : 0;
  }
  return 0;
}

export const systemCommands: Record<string, Command> = {
  ls,
  stat,
  find,
  ps,
  date,
  free,
  top,
  df,
  expr,
  uname: prints(uname),
  id: prints(id),
  whoami: prints((ctx) => `${owner(ctx.os.uid)}\n`),
  hostname: prints((ctx) => `${hostName(ctx)}\n`),
  mount: prints(mountList),
  sysctl: prints(sysctl),
  pwd: prints((ctx) => `${ctx.os.cwd}\n`),
  basename: prints(basename),
  dirname: prints(dirname),
  nproc: prints(
    (ctx) =>
      `${(ctx.os.fs.exists('/proc/cpuinfo') ? ctx.os.fs.read('/proc/cpuinfo') : '').split('processor').length - 1}\n`,
  ),
  uptime: prints(() => ' 09:00:00 up 1 day,  load average: 0.42, 0.38, 0.35\n'),
};
