import { type Child, type SignalName, SpawnError } from '../../process/os.ts';
import { SIGNAL_NUMBERS } from '../../process/process.ts';
import type { Task } from '../../process/task.ts';
import { FsError } from '../../process/vfs.ts';
import { type Command, type CommandContext, CommandError, errnoText, value } from '../command.ts';
import { signalName } from '../interp/builtins-jobs.ts';
import { Input } from '../streams.ts';
import { gnuOptions } from './options.ts';

/** Commands that run others, in coreutils' and findutils' words. */

/** A number with s, m, h or d, in ms. */
function duration(name: string, text: string): number {
  const match = /^((?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?)([smhd]?)$/i.exec(text);
  if (!match && !/^(inf|infinity)$/i.test(text))
    throw new CommandError(
      `invalid time interval ‘${text}’\nTry '${name} --help' for more information.`,
      name === 'timeout' ? 125 : 1,
    );
  if (!match) return FOREVER_MS;
  const unit = { '': 1000, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }[(match[2] ?? '') as 's'];
  return Math.min(FOREVER_MS, Number(match[1]) * unit);
}

const FOREVER_MS = 365 * 86_400_000;

function* sleep(ctx: CommandContext): Task<number> {
  if (ctx.args.length === 0) throw new CommandError("missing operand\nTry 'sleep --help' for more information.");
  let total = 0;
  for (const arg of ctx.args) total += duration('sleep', arg);
  yield* ctx.th.sleep(total);
  return 0;
}

const spawnWords = (error: SpawnError): string =>
  error.code === 'ENOENT'
    ? 'No such file or directory'
    : error.code === 'EISDIR'
      ? 'Permission denied'
      : 'Permission denied';

interface Streams {
  stdin?: Input;
  env?: Record<string, string>;
}

/** Starts a program; what could not be started is said as `message 'name': reason`. */
function start(
  ctx: CommandContext,
  argv: readonly string[],
  message: (name: string, why: string) => string,
  streams: Streams = {},
): Child | number {
  try {
    const { stdin = ctx.stdin, env = { ...ctx.os.env } } = streams;
    return ctx.os.spawn(argv, { cwd: ctx.os.cwd, env, stdin, stdout: ctx.os.stdout, stderr: ctx.os.stderr });
  } catch (error) {
    if (!(error instanceof SpawnError)) throw error;
    ctx.err(message(argv[0] ?? '', spawnWords(error)));
    return error.code === 'ENOENT' ? 127 : 126;
  }
}

/** Waits; whoever ends this command ends the child with it. */
function* until(ctx: CommandContext, child: Child): Task<number> {
  try {
    while (!child.status) yield* ctx.th.wait(child.exited);
  } finally {
    if (!child.status) child.kill('SIGKILL');
  }
  return child.status.code;
}

const failedToRun = (name: string, why: string): string => `failed to run command ‘${name}’: ${why}`;

function* timeout(ctx: CommandContext): Task<number> {
  const long = { signal: 's', 'kill-after': 'k', 'preserve-status': 'p', foreground: 'f', verbose: 'v' };
  const options = gnuOptions('timeout', ctx.args, 's:k:pfv', long, { code: 125, stopAtOperand: true });
  const [limit, ...argv] = options.rest;
  if (limit === undefined || argv.length === 0) {
    ctx.os.stderr.write(`Try 'timeout --help' for more information.\n`);
    return 125;
  }
  const given = value(options, 's') ?? 'TERM';
  const signal = signalName(given);
  if (!signal) throw new CommandError(`${given}: invalid signal\nTry 'timeout --help' for more information.`, 125);
  const ms = duration('timeout', limit);
  const grace = value(options, 'k');
  const child = start(ctx, argv, failedToRun);
  if (typeof child === 'number') return child;
  try {
    yield* waitUpTo(ctx, child, ms === 0 ? FOREVER_MS : ms);
    if (child.status) return child.status.code;
    const say = (name: SignalName): void => {
      if (options.flags.has('v')) ctx.err(`sending signal ${name.slice(3)} to command ‘${argv[0]}’`);
    };
    say(signal);
    end(ctx, child, signal);
    let killed = signal === 'SIGKILL';
    yield* waitUpTo(ctx, child, grace === undefined ? FOREVER_MS : duration('timeout', grace));
    if (!child.status) {
      say('SIGKILL');
      end(ctx, child, 'SIGKILL');
      killed = true;
      yield* waitUpTo(ctx, child, FOREVER_MS);
    }
    if (killed) return 137;
    return options.flags.has('p') ? codeOf(child) : 124;
  } finally {
    if (!child.status) end(ctx, child, 'SIGKILL');
  }
}

const codeOf = (child: Child): number => child.status?.code ?? 0;

/** The signal goes to the whole group: the child and what it has started. */
function end(ctx: CommandContext, child: Child, signal: SignalName): void {
  const all = ctx.os.processes();
  const group = [child.pid];
  for (const pid of group) group.push(...all.filter((process) => process.ppid === pid).map((process) => process.pid));
  child.kill(signal);
  // who ignores a signal hands that on to its children
  if (child.status) for (const pid of group.slice(1)) ctx.os.kill(pid, signal);
}

function* waitUpTo(ctx: CommandContext, child: Child, ms: number): Task<void> {
  const untilUs = ctx.th.nowUs + ms * 1000;
  while (!child.status && ctx.th.nowUs < untilUs) yield* ctx.th.wait(child.exited, (untilUs - ctx.th.nowUs) / 1000);
}

function* nohup(ctx: CommandContext): Task<number> {
  if (ctx.args.length === 0) throw new CommandError("missing operand\nTry 'nohup --help' for more information.", 125);
  const child = start(ctx, ctx.args, failedToRun);
  return typeof child === 'number' ? child : yield* until(ctx, child);
}

const XARGS = {
  'no-run-if-empty': 'r',
  verbose: 't',
  'max-args': 'n',
  'max-lines': 'L',
  replace: 'I',
  null: '0',
  'max-procs': 'P',
  delimiter: 'd',
  'arg-file': 'a',
  'max-chars': 's',
};

function* xargs(ctx: CommandContext): Task<number> {
  const given = ctx.args.map((arg) => (arg === '-i' ? '-I{}' : arg));
  const options = gnuOptions('xargs', given, 'rtn:I:0P:L:d:a:s:xE:p', XARGS, { stopAtOperand: true });
  const argv = options.rest.length > 0 ? options.rest : ['echo'];
  const file = value(options, 'a');
  let text: string;
  if (file === undefined) text = yield* ctx.stdin.readAll(ctx.th);
  else {
    try {
      text = ctx.os.fs.read(ctx.path(file));
    } catch (error) {
      if (error instanceof FsError) throw new CommandError(`Cannot open input file ‘${file}’: ${errnoText(error)}`);
      throw error;
    }
  }
  const groups = batches(ctx, options, text, argv);
  const places = Math.max(1, Number(value(options, 'P') ?? 1) || groups.length);
  let code = 0;
  const running: Child[] = [];
  for (const group of groups) {
    if (options.flags.has('t')) ctx.os.stderr.write(`${group.join(' ')}\n`);
    const child = start(ctx, group, (name, why) => `${name}: ${why}`, { stdin: Input.text('') });
    if (typeof child === 'number') return child;
    running.push(child);
    while (running.filter((one) => !one.status).length >= places) {
      const busy = running.find((one) => !one.status) as Child;
      yield* until(ctx, busy);
    }
    const broken = running.find((one) => one.status?.code === 255);
    if (broken) {
      ctx.err(`${group[0]}: exited with status 255; aborting`);
      return 124;
    }
  }
  for (const child of running) {
    const status = yield* until(ctx, child);
    if (status !== 0) code = 123;
  }
  return code;
}

function batches(
  ctx: CommandContext,
  options: ReturnType<typeof gnuOptions>,
  text: string,
  argv: readonly string[],
): string[][] {
  const replace = value(options, 'I');
  if (replace !== undefined && options.flags.has('n'))
    ctx.err(
      'warning: options --max-args and --replace/-I/-i are mutually exclusive, ignoring previous --max-args value',
    );
  const delimiter = options.flags.has('0') ? '\0' : delimiterOf(value(options, 'd'));
  const perLine = value(options, 'L');
  if (replace !== undefined || perLine !== undefined) {
    const rows = text
      .split(delimiter ?? '\n')
      .map((line) => (delimiter === undefined ? line.trimStart() : line))
      .filter((line) => line !== '');
    if (replace !== undefined)
      return rows.map((line) => argv.map((word) => word.replaceAll(replace, unquoted(ctx, line).join(' '))));
    const size = Math.max(1, Number(perLine));
    const out: string[][] = [];
    for (let i = 0; i < rows.length; i += size)
      out.push([...argv, ...rows.slice(i, i + size).flatMap((line) => words(ctx, line))]);
    return out;
  }
  const items =
    delimiter === undefined
      ? words(ctx, text)
      : text.split(delimiter).filter((item, i, all) => item !== '' || i < all.length - 1);
  if (items.length === 0) return options.flags.has('r') ? [] : [[...argv]];
  const size = Math.max(1, Number(value(options, 'n') ?? items.length));
  const out: string[][] = [];
  for (let i = 0; i < items.length; i += size) out.push([...argv, ...items.slice(i, i + size)]);
  return out;
}

function delimiterOf(text: string | undefined): string | undefined {
  return text?.replace(
    /\\([nt0\\])/,
    (_, letter: string) => ({ n: '\n', t: '\t', '0': '\0', '\\': '\\' })[letter] ?? '',
  );
}

/** -I takes a line as one item; quotes in it still count. */
function unquoted(ctx: CommandContext, line: string): string[] {
  return [
    words(
      ctx,
      line.replace(/[ \t]+/g, (blanks) => blanks.replace(/./g, (blank) => `\\${blank}`)),
    ).join(' '),
  ];
}

/** Blank-separated items with xargs' quoting. */
function words(ctx: CommandContext, text: string): string[] {
  const open = /^(?:[^"'\\]|\\[\s\S]|"[^"\n]*"|'[^'\n]*')*(["'])/.exec(text);
  const quote = open && /^(?:[^"'\\]|\\[\s\S]|"[^"\n]*"|'[^'\n]*')*$/.test(text) ? undefined : open?.[1];
  if (quote) {
    const kind = quote === '"' ? 'double' : 'single';
    throw new CommandError(
      `unmatched ${kind} quote; by default quotes are special to ${ctx.name} unless you use the -0 option`,
    );
  }
  return [...text.matchAll(/(?:"[^"\n]*"|'[^'\n]*'|\\[\s\S]|[^\s"'\\])+/g)].map((match) =>
    match[0].replace(/"([^"]*)"|'([^']*)'|\\([\s\S])/g, (_, a?: string, b?: string, c?: string) => a ?? b ?? c ?? ''),
  );
}

/** `watch`: without a terminal each round's screen follows the last. */
function* watch(ctx: CommandContext): Task<number> {
  const long = {
    interval: 'n',
    'no-title': 't',
    differences: 'd',
    errexit: 'e',
    exec: 'x',
    chgexit: 'g',
    color: 'c',
    beep: 'b',
  };
  const options = gnuOptions('watch', ctx.args, 'n:td?exgcbp', long, { stopAtOperand: true });
  const seconds = Math.max(0.1, Number(value(options, 'n') ?? 2));
  if (options.rest.length === 0 || !(seconds > 0)) {
    ctx.os.stderr.write('\nUsage:\n watch [options] command\n');
    return 1;
  }
  const line = options.rest.join(' ');
  const argv = options.flags.has('x') ? options.rest : ['/bin/sh', '-c', line];
  for (;;) {
    if (!options.flags.has('t')) {
      const title = `Every ${seconds.toFixed(1)}s: ${line}`;
      const place = `${ctx.os.hostname}: ${new Date(ctx.th.nowMs).toUTCString().replace(/^(\w+), (\d+) (\w+) (\d+) ([\d:]+) GMT$/, '$1 $3 $2 $5 $4')}`;
      ctx.out(`${title}${' '.repeat(Math.max(1, 80 - title.length - place.length))}${place}\n\n`);
    }
    const child = start(ctx, argv, failedToRun, { stdin: Input.text('') });
    if (typeof child === 'number') return child;
    const code = yield* until(ctx, child);
    if (options.flags.has('e') && code !== 0) return code;
    ctx.out('\n');
    yield* ctx.th.sleep(seconds * 1000);
  }
}

const statusOf = (signal: SignalName): number => 128 + SIGNAL_NUMBERS[signal];

/** /usr/bin/time: only waiting takes time here. */
function* time(ctx: CommandContext): Task<number> {
  const options = gnuOptions(
    'time',
    ctx.args,
    'pvf:o:a',
    { portability: 'p', verbose: 'v', format: 'f' },
    { stopAtOperand: true },
  );
  const startUs = ctx.th.nowUs;
  const child = start(ctx, options.rest, (name, why) => `cannot run ${name}: ${why}`);
  if (typeof child === 'number') return child;
  const code = yield* until(ctx, child);
  yield* ctx.th.sync();
  const seconds = (ctx.th.nowUs - startUs) / 1e6;
  ctx.os.stderr.write(
    options.flags.has('p')
      ? `real ${seconds.toFixed(2)}\nuser 0.00\nsys 0.00\n`
      : `0.00user 0.00system 0:${seconds.toFixed(2).padStart(5, '0')}elapsed 0%CPU (0avgtext+0avgdata 2048maxresident)k\n0inputs+0outputs (0major+100minor)pagefaults 0swaps\n`,
  );
  return child.status?.signal ? statusOf(child.status.signal) : code;
}

export const processCommands: Record<string, Command> = { sleep, timeout, nohup, xargs, watch, time };
