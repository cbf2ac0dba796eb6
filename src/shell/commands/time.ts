import { withoutStopNotice } from '../interpreter.ts';
import type { CommandBody } from './index.ts';
import { result } from './index.ts';

/** coreutils' durations: a number with s, m, h or d. Milliseconds. */
export function coreDuration(text: string): number | undefined {
  const match = /^((?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?)([smhd]?)$/i.exec(text);
  if (!match) return text === 'infinity' ? Number.POSITIVE_INFINITY : undefined;
  return Number(match[1]) * { '': 1000, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }[match[2] as 's']!;
}

export const sleep: CommandBody = async (args, ctx, { time }) => {
  if (args.length === 0) return result('', "sleep: missing operand\nTry 'sleep --help' for more information.\n", 1);
  let total = 0;
  for (const arg of args) {
    const ms = coreDuration(arg);
    if (ms === undefined)
      return result('', `sleep: invalid time interval ‘${arg}’\nTry 'sleep --help' for more information.\n`, 1);
    total += ms;
  }
  await time.sleep(total, ctx.signal);
  return result('');
};

/** Quotes a word for the shell. */
export function quote(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

export const timeout: CommandBody = async (args, ctx, setup) => {
  const rest = [...args];
  let preserve = false;
  while (rest[0]?.startsWith('-')) {
    const flag = rest.shift()!;
    if (flag === '--preserve-status' || flag === '-p') preserve = true;
    else if (flag === '-k' || flag === '-s' || flag === '--signal' || flag === '--kill-after') rest.shift();
    else if (!/^(-k|-s|--kill-after=|--signal=|--foreground|-f|-v|--verbose)/.test(flag))
      return result('', `timeout: unrecognized option '${flag}'\nTry 'timeout --help' for more information.\n`, 125);
  }
  const [limit, ...command] = rest;
  if (limit === undefined || command.length === 0)
    return result('', "Try 'timeout --help' for more information.\n", 125);
  const ms = coreDuration(limit);
  if (ms === undefined)
    return result('', `timeout: invalid time interval ‘${limit}’\nTry 'timeout --help' for more information.\n`, 125);
  const until = setup.time.now() + (ms === 0 ? Number.POSITIVE_INFINITY : ms);
  const outer = setup.time.deadline;
  let goOn: (() => void) | undefined;
  const run = () =>
    ctx.exec!(command.map(quote).join(' '), {
      cwd: ctx.cwd,
      stdin: String(ctx.stdin),
      stdinKind: 'bytes',
      signal: ctx.signal,
    });
  const done = await setup.time.within(
    until - setup.time.now(),
    () => {
      goOn ??= setup.stopInner();
    },
    run,
  );
  goOn?.();
  const over = setup.time.now() >= until && until <= outer;
  return result(
    done.stdout,
    goOn ? withoutStopNotice(done.stderr) : done.stderr,
    over && !preserve ? 124 : done.exitCode,
  );
};

/** `watch -n 2 cmd`: each round's screen after the other, until the call's time is over. */
export const watch: CommandBody = async (args, ctx, { time }) => {
  let interval = 2000;
  let title = true;
  const rest = [...args];
  while (rest[0]?.startsWith('-')) {
    const flag = rest.shift()!;
    if (flag === '-n' || flag === '--interval') interval = Number(rest.shift()) * 1000;
    else if (flag.startsWith('-n')) interval = Number(flag.slice(2)) * 1000;
    else if (flag === '-t' || flag === '--no-title') title = false;
    else if (!/^-[dbecgx]+$|^--(differences|errexit|exec|chgexit)$/.test(flag))
      return result('', `watch: invalid option -- '${flag.replace(/^-+/, '')}'\n`, 1);
  }
  if (rest.length === 0 || !(interval > 0)) return result('', 'Usage:\n watch [options] command\n', 1);
  const command = rest.join(' ');
  let out = '';
  while (!time.expired) {
    const done = await ctx.exec!(command, { cwd: ctx.cwd, signal: ctx.signal });
    const head = title
      ? `Every ${(interval / 1000).toFixed(1)}s: ${command}\t${new Date(time.now()).toISOString()}\n\n`
      : '';
    out += `${head}${done.stdout}${done.stderr}\n`;
    if (out.length > 200_000) break;
    const left = time.deadline - time.now();
    if (left <= interval) {
      if (Number.isFinite(left) && left > 0) await time.sleep(left, ctx.signal);
      break;
    }
    await time.sleep(interval, ctx.signal);
  }
  return result(out, '', 124);
};
