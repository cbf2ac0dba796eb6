import type { SignalName } from '../../process/os.ts';
import { Signal, type Task } from '../../process/task.ts';
import type { Builtin } from './builtins.ts';
import { type Job, type Shell, ShellError } from './shell.ts';

const SIGNALS: Record<string, SignalName> = {
  '1': 'SIGHUP',
  '2': 'SIGINT',
  '9': 'SIGKILL',
  '10': 'SIGUSR1',
  '12': 'SIGUSR2',
  '15': 'SIGTERM',
};

/** `TERM`, `SIGTERM` or `15`; undefined when it is none that the simulated kernel knows. */
export function signalName(text: string): SignalName | undefined {
  const name = text.toUpperCase().replace(/^(SIG)?/, 'SIG');
  if (Object.values(SIGNALS).includes(name as SignalName)) return name as SignalName;
  if (name === 'SIGQUIT' || text === '3') return 'SIGTERM';
  return SIGNALS[text];
}

function* wait(sh: Shell, args: string[]): Task<number> {
  sh.rested();
  yield* sh.th.sync();
  if (args.length === 0) {
    for (const job of sh.jobs) {
      const code = yield* waitJob(sh, job);
      if (code !== undefined) return code;
    }
    sh.jobs = [];
    return 0;
  }
  let status = 0;
  for (const arg of args.filter((word) => word !== '-n')) {
    const job = sh.jobs.find((candidate) => String(candidate.pid) === arg || arg === '%1');
    if (!job) {
      if (sh.flavor === 'bash') sh.complain(`pid ${arg} is not a child of this shell`, 'wait');
      status = 127;
      continue;
    }
    const interrupted = yield* waitJob(sh, job);
    if (interrupted !== undefined) return interrupted;
    status = job.status ?? 0;
  }
  return status;
}

/** Waits for the job; a trapped signal ends the wait with 128 + its number. */
function* waitJob(sh: Shell, job: Job): Task<number | undefined> {
  const either = new Signal();
  const offs = [job.done.subscribe(() => either.fire()), sh.interrupted.subscribe(() => either.fire())];
  try {
    while (job.status === undefined) {
      if (sh.pendingTraps.length > 0) {
        const code = Number(Object.entries(SIGNALS).find(([, name]) => name === sh.pendingTraps[0])?.[0] ?? 15);
        return 128 + code;
      }
      yield* sh.th.wait(either);
    }
    sh.mourn(job.signal);
    job.signal = undefined;
    return undefined;
  } finally {
    for (const off of offs) off();
  }
}

function* kill(sh: Shell, args: string[]): Task<number> {
  if (args[0] === '-l') {
    sh.out('HUP INT QUIT KILL USR1 USR2 TERM\n');
    return 0;
  }
  let signal: SignalName | undefined = 'SIGTERM';
  let rest = args;
  let probe = false;
  if (rest[0]?.startsWith('-') && rest[0] !== '--') {
    const text = rest[0] === '-s' ? (rest[1] ?? '') : rest[0].slice(1);
    rest = rest.slice(rest[0] === '-s' ? 2 : 1);
    probe = text === '0';
    signal = probe ? 'SIGTERM' : signalName(text);
    if (!signal)
      throw new ShellError(
        sh.flavor === 'bash' ? `${text}: invalid signal specification` : `bad signal name '${text}'`,
        1,
        false,
      );
  }
  if (rest.length === 0) {
    if (sh.flavor === 'ash') sh.fds.get(2)?.output?.write(`${sh.zero}: you need to specify whom to kill\n`);
    else if (sh.flavor === 'bash')
      sh.fds
        .get(2)
        ?.output?.write(
          'kill: usage: kill [-s sigspec | -n signum | -sigspec] pid | jobspec ... or kill -l [sigspec]\n',
        );
    else sh.complain('kill: Usage: kill [-s sigspec | -signum | -sigspec] [pid | job]... or\nkill -l [exitstatus]');
    return sh.flavor === 'ash' ? 1 : 2;
  }
  let code = 0;
  for (const target of rest.filter((word) => word !== '--')) {
    if (target.startsWith('%')) {
      const job = sh.jobs[Number(target.slice(1)) - 1];
      if (!job)
        throw new ShellError(
          sh.flavor === 'dash' ? `No such job: ${target}` : `${target}: no such job`,
          sh.flavor === 'bash' ? 1 : 2,
          false,
        );
      job.kill(signal as SignalName);
      continue;
    }
    const pid = Number(target);
    const job = sh.jobs.find((candidate) => candidate.pid === pid);
    const hit = probe
      ? job?.status === undefined && (job !== undefined || sh.os.processes().some((process) => process.pid === pid))
      : (job?.kill(signal as SignalName) ?? sh.os.kill(pid, signal as SignalName));
    if (hit) continue;
    code = 1;
    if (sh.flavor === 'ash') sh.fds.get(2)?.output?.write(`${sh.zero}: can't kill pid ${target}: No such process\n`);
    else sh.complain(sh.flavor === 'bash' ? `(${target}) - No such process` : 'No such process\n', 'kill');
  }
  return code;
}

function* trap(sh: Shell, args: string[]): Task<number> {
  const words = args[0] === '--' ? args.slice(1) : args;
  if (words.length === 0 || words[0] === '-p') {
    for (const [name, text] of sh.traps) sh.out(`trap -- '${text.replaceAll("'", "'\\''")}' ${name}\n`);
    return 0;
  }
  const resets = words.length === 1 || words[0] === '-';
  for (const condition of words.length === 1 ? words : words.slice(1)) {
    const isExit = condition === 'EXIT' || condition === '0';
    const ignored = ['ERR', 'DEBUG', 'RETURN', 'PIPE', 'SIGPIPE', 'QUIT', 'SIGQUIT', 'ALRM', 'CHLD', 'WINCH'];
    const signal = isExit ? undefined : signalName(condition);
    if (!isExit && !signal && !ignored.includes(condition))
      throw new ShellError(`${condition}: invalid signal specification`, 1, false);
    const key = isExit ? 'EXIT' : (signal ?? condition);
    if (resets) sh.traps.delete(key);
    else sh.traps.set(key, words[0] as string);
    if (signal && signal !== 'SIGKILL') install(sh, signal, resets);
  }
  return 0;
}

function install(sh: Shell, signal: SignalName, reset: boolean): void {
  if (reset) {
    if (sh.os.pid !== 1) sh.os.on(signal, () => sh.os.exit(signal === 'SIGINT' ? 130 : 143));
    else sh.os.on(signal, () => {});
    return;
  }
  sh.os.on(signal, () => {
    sh.pendingTraps.push(signal);
    sh.interrupted.fire();
  });
}

function* jobs(sh: Shell): Task<number> {
  for (const [i, job] of sh.jobs.entries()) {
    if (job.status === undefined) sh.out(`[${i + 1}]+  Running                 ${job.pid}\n`);
  }
  return 0;
}

export const jobBuiltins: Record<string, Builtin> = { wait, kill, trap, jobs };
