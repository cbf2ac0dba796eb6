import { SpawnError } from '../../process/os.ts';
import { Signal, type Task } from '../../process/task.ts';
import { type Command, type CommandContext, CommandError, getopt, spawnText, value } from '../command.ts';
import { signalName } from '../interp/builtins-jobs.ts';
import { TestError, testExpression } from '../interp/test-expression.ts';
import { formatPrintf, unescapeText } from '../printf.ts';
import { isTerminal } from './terminal.ts';

const UNITS: Record<string, number> = { s: 1, m: 60, h: 3600, d: 86400 };

export function seconds(text: string): number {
  const match = /^(\d+(?:\.\d*)?|\.\d+)([smhd]?)$/.exec(text);
  if (!match) throw new CommandError(`invalid number '${text}'`);
  return Number(match[1]) * (UNITS[match[2] || 's'] as number);
}

function* sleep(ctx: CommandContext): Task<number> {
  if (ctx.args.length === 0) throw new CommandError('missing operand');
  if (ctx.args[0] === 'infinity') for (;;) yield* ctx.th.sleep(365 * 86_400_000);
  let total = 0;
  for (const arg of ctx.args) total += seconds(arg);
  yield* ctx.th.sleep(total * 1000);
  return 0;
}

function* echo(ctx: CommandContext): Task<number> {
  const flags = ctx.args.findIndex((arg) => !/^-[neE]+$/.test(arg));
  const options = (flags < 0 ? ctx.args : ctx.args.slice(0, flags)).join('');
  const text = (flags < 0 ? [] : ctx.args.slice(flags)).join(' ');
  ctx.out((options.includes('e') ? unescapeText(text).text : text) + (options.includes('n') ? '' : '\n'));
  return 0;
}

function* printf(ctx: CommandContext): Task<number> {
  const result = formatPrintf(ctx.args[0] ?? '', ctx.args.slice(1));
  ctx.out(result.text);
  for (const arg of result.invalid) ctx.err(`invalid number '${arg}'`);
  return result.invalid.length > 0 ? 1 : 0;
}

function* test(ctx: CommandContext): Task<number> {
  try {
    const args = ctx.name === '[' ? ctx.args.slice(0, -1) : ctx.args;
    const { os } = ctx;
    const where = { os, cwd: os.cwd, flavor: 'ash' as const, isTerminal: (fd: string) => isTerminal(os, fd) };
    return testExpression(where, args) ? 0 : 1;
  } catch (error) {
    if (!(error instanceof TestError)) throw error;
    ctx.err(error.message);
    return 2;
  }
}

function exits(code: number): Command {
  return function* () {
    return code;
  };
}

function* yes(ctx: CommandContext): Task<number> {
  const line = `${ctx.args.join(' ') || 'y'}\n`;
  const block = line.repeat(Math.max(1, Math.floor(4096 / line.length)));
  for (;;) {
    ctx.out(block);
    ctx.os.useCpu(900);
    yield* ctx.th.sleep(1);
  }
}

function* env(ctx: CommandContext): Task<number> {
  const vars: Record<string, string> = { ...ctx.os.env };
  let i = 0;
  for (; i < ctx.args.length; i++) {
    const arg = ctx.args[i] as string;
    if (arg === '-i' || arg === '-') for (const name in vars) delete vars[name];
    else if (arg === '-u') delete vars[ctx.args[++i] ?? ''];
    else if (arg.includes('=')) vars[arg.slice(0, arg.indexOf('='))] = arg.slice(arg.indexOf('=') + 1);
    else break;
  }
  if (i < ctx.args.length) return yield* run(ctx, ctx.args.slice(i), vars);
  for (const [name, text] of Object.entries(vars)) ctx.out(`${name}=${text}\n`);
  return 0;
}

/** Runs a program with this command's streams and waits for it. */
export function* run(
  ctx: CommandContext,
  argv: string[],
  vars: Record<string, string> = { ...ctx.os.env },
): Task<number> {
  const child = start(ctx, argv, vars);
  if (!child) return lastSpawnCode;
  while (!child.status) yield* ctx.th.wait(child.exited);
  return child.status.code;
}

const lastSpawnCode = 127;

export function start(ctx: CommandContext, argv: string[], vars: Record<string, string>) {
  try {
    return ctx.os.spawn(argv, {
      cwd: ctx.os.cwd,
      env: vars,
      stdin: ctx.stdin,
      stdout: ctx.os.stdout,
      stderr: ctx.os.stderr,
    });
  } catch (error) {
    if (!(error instanceof SpawnError)) throw error;
    ctx.err(`can't execute '${argv[0]}': ${spawnText(error)}`);
    return undefined;
  }
}

function* printenv(ctx: CommandContext): Task<number> {
  if (ctx.args.length === 0) {
    for (const [name, text] of Object.entries(ctx.os.env)) ctx.out(`${name}=${text}\n`);
    return 0;
  }
  let code = 0;
  for (const name of ctx.args) {
    if (ctx.os.env[name] === undefined) code = 1;
    else ctx.out(`${ctx.os.env[name]}\n`);
  }
  return code;
}

function* timeout(ctx: CommandContext): Task<number> {
  const options = getopt(ctx.args, 's:k:', { signal: 's', 'kill-after': 'k' }, true);
  const [limit = '', ...argv] = options.rest;
  const child = start(ctx, argv, { ...ctx.os.env });
  if (!child) return lastSpawnCode;
  const untilUs = ctx.th.nowUs + seconds(limit) * 1e6;
  while (!child.status && ctx.th.nowUs < untilUs) yield* ctx.th.wait(child.exited, (untilUs - ctx.th.nowUs) / 1000);
  if (child.status) return child.status.code;
  const signal = signalName(value(options, 's') ?? 'TERM') ?? 'SIGTERM';
  child.kill(signal);
  const grace = value(options, 'k');
  if (grace !== undefined) yield* ctx.th.wait(child.exited, seconds(grace) * 1000);
  if (!child.status && grace !== undefined) child.kill('SIGKILL');
  while (!child.status) yield* ctx.th.wait(child.exited);
  if (ctx.os.fs.exists('/bin/bash')) return signal === 'SIGKILL' ? 137 : 124;
  // busybox's timeout is the command's own process: whoever waits for it sees the signal.
  ctx.os.kill(ctx.os.pid, signal);
  yield* ctx.th.sleep(1);
  return 143;
}

function* nohup(ctx: CommandContext): Task<number> {
  return yield* run(ctx, ctx.args);
}

function* kill(ctx: CommandContext): Task<number> {
  let signal = signalName('TERM');
  let code = 0;
  for (const arg of ctx.args) {
    if (arg.startsWith('-')) {
      signal = signalName(arg.slice(1));
      if (!signal) throw new CommandError(`bad signal name '${arg.slice(1)}'`);
    } else if (!ctx.os.kill(Number(arg), signal as NonNullable<typeof signal>)) {
      ctx.err(`can't kill pid ${arg}: No such process`);
      code = 1;
    }
  }
  return code;
}

function* pkill(ctx: CommandContext): Task<number> {
  let signal = signalName('TERM') as NonNullable<ReturnType<typeof signalName>>;
  let full = false;
  let counts = false;
  let pattern = '';
  for (const arg of ctx.args) {
    if (arg === '-f') full = true;
    else if (arg === '-c') counts = true;
    else if (arg.startsWith('-')) signal = signalName(arg.slice(1)) ?? signal;
    else pattern = arg;
  }
  const hits = ctx.os.processes().filter((process) => {
    if (process.pid === ctx.os.pid) return false;
    const text = full ? process.argv.join(' ') : ((process.argv[0] ?? '').split('/').pop() ?? '');
    return ctx.name === 'pidof' || ctx.name === 'killall' ? text === pattern : new RegExp(pattern).test(text);
  });
  if (ctx.name === 'pgrep' && counts) ctx.out(`${hits.length}\n`);
  else if (ctx.name === 'pgrep') for (const hit of hits) ctx.out(`${hit.pid}\n`);
  else if (ctx.name === 'pidof') ctx.out(hits.length > 0 ? `${hits.map((hit) => hit.pid).join(' ')}\n` : '');
  else for (const hit of hits) ctx.os.kill(hit.pid, signal);
  if (ctx.name === 'killall' && hits.length === 0) ctx.err(`${pattern}: no process killed`);
  return hits.length > 0 ? 0 : 1;
}

function* xargs(ctx: CommandContext): Task<number> {
  const options = getopt(ctx.args, 'rtn:I:0P:L:', { 'no-run-if-empty': 'r' }, true);
  const argv = options.rest.length > 0 ? options.rest : ['echo'];
  const text = yield* ctx.stdin.readAll(ctx.th);
  const replace = value(options, 'I');
  const items = options.flags.has('0')
    ? text.split('\0').filter(Boolean)
    : replace !== undefined
      ? text
          .split('\n')
          .map((line) => line.trim())
          .filter(Boolean)
      : [...text.matchAll(/"([^"]*)"|'([^']*)'|\S+/g)].map((match) => match[1] ?? match[2] ?? match[0]);
  const groups: string[][] = [];
  const size = replace !== undefined ? 1 : Number(value(options, 'n') ?? 1000);
  for (let i = 0; i < items.length; i += size) groups.push(items.slice(i, i + size));
  if (groups.length === 0 && !options.flags.has('r') && replace === undefined) groups.push([]);
  let code = 0;
  for (const group of groups) {
    const words =
      replace === undefined ? [...argv, ...group] : argv.map((word) => word.replaceAll(replace, group[0] ?? ''));
    const status = yield* run(ctx, words);
    if (status === 127) return 127;
    if (status !== 0) code = 123;
  }
  return code;
}

function* watch(ctx: CommandContext): Task<number> {
  const options = getopt(ctx.args, 'n:t', {}, true);
  const over = new Signal();
  for (;;) {
    yield* run(ctx, ['/bin/sh', '-c', options.rest.join(' ')]);
    yield* ctx.th.wait(over, Number(value(options, 'n') ?? 2) * 1000);
  }
}

export const processCommands: Record<string, Command> = {
  sleep,
  echo,
  printf,
  test,
  '[': test,
  true: exits(0),
  false: exits(1),
  yes,
  env,
  printenv,
  timeout,
  nohup,
  /** `busybox APPLET …` */
  busybox: nohup,
  kill,
  pkill,
  pgrep: pkill,
  pidof: pkill,
  killall: pkill,
  xargs,
  watch,
};
