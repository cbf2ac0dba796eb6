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
  const words = args.filter((word) => !/^-[nfp]+$/.test(word));
  if (args.includes('-n')) return yield* waitNext(sh, words);
  if (words.length === 0) {
    for (const job of sh.jobs) {
      const code = yield* waitJob(sh, job);
      if (code !== undefined) return code;
    }
    sh.jobs = [];
    return 0;
  }
  let status = 0;
  for (const word of words) {
    const job = sh.findJob(word);
    const known = job ? undefined : sh.waited.get(word);
    if (known !== undefined) {
      status = known;
      continue;
    }
    if (!job) {
      if (sh.flavor === 'bash')
        sh.complain(word.startsWith('%') ? `${word}: no such job` : `pid ${word} is not a child of this shell`, 'wait');
      status = 127;
      continue;
    }
    const interrupted = yield* waitJob(sh, job);
    if (interrupted !== undefined) return interrupted;
    status = job.status ?? 0;
    sh.jobs = sh.jobs.filter((other) => other !== job);
    sh.waited.set(String(job.pid), status);
  }
  return status;
}

/** `wait -n`: the next of the jobs that ends. */
function* waitNext(sh: Shell, words: readonly string[]): Task<number> {
  const wanted = words.length === 0 ? sh.jobs : words.flatMap((word) => sh.findJob(word) ?? []);
  if (wanted.length === 0) return 127;
  const any = new Signal();
  const offs = wanted.map((job) => job.done.subscribe(() => any.fire()));
  try {
    for (;;) {
      const over = wanted.find((job) => job.status !== undefined);
      if (over) {
        sh.jobs = sh.jobs.filter((job) => job !== over);
        return over.status ?? 0;
      }
      yield* sh.th.wait(any);
    }
  } finally {
    for (const off of offs) off();
  }
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

const NAMES = (
  'EXIT HUP INT QUIT ILL TRAP ABRT BUS FPE KILL USR1 SEGV USR2 PIPE ALRM TERM STKFLT CHLD CONT STOP TSTP TTIN TTOU URG ' +
  'XCPU XFSZ VTALRM PROF WINCH IO PWR SYS'
).split(' ');

/** `kill -l` of bash, five to a line. */
function signalTable(): string {
  return NAMES.slice(1)
    .map((name, i) => `${String(i + 1).padStart(2)}) SIG${name}${(i + 1) % 5 === 0 ? '\n' : '\t'}`)
    .join('');
}

function* kill(sh: Shell, args: string[]): Task<number> {
  if (args[0] === '-l') {
    if (sh.flavor !== 'bash') sh.out('HUP INT QUIT KILL USR1 USR2 TERM\n');
    else if (args[1] === undefined) sh.out(signalTable());
    else {
      const number = Number(args[1]) % 128;
      sh.out(
        `${/^\d+$/.test(args[1]) ? (NAMES[number] ?? '') : NAMES.indexOf(args[1].toUpperCase().replace(/^SIG/, ''))}\n`,
      );
    }
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
    if (sh.flavor === 'ash') sh.say(`${sh.zero}: you need to specify whom to kill\n`);
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
      const job = sh.findJob(target);
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
    if (sh.flavor === 'ash') sh.say(`${sh.zero}: can't kill pid ${target}: No such process\n`);
    else sh.complain(sh.flavor === 'bash' ? `(${target}) - No such process` : 'No such process\n', 'kill');
  }
  return code;
}

function* trap(sh: Shell, args: string[]): Task<number> {
  const words = args[0] === '--' ? args.slice(1) : args;
  if (words.length === 0 || words[0] === '-p') {
    const wanted = words.slice(1).map((word) => word.toUpperCase().replace(/^(SIG)?(?!EXIT|ERR|DEBUG)/, 'SIG'));
    for (const [name, text] of sh.traps)
      if (wanted.length === 0 || wanted.includes(name)) sh.out(`trap -- '${text.replaceAll("'", "'\\''")}' ${name}\n`);
    return 0;
  }
  const resets = words.length === 1 || words[0] === '-';
  for (const condition of words.length === 1 ? words : words.slice(1)) {
    const isExit = condition === 'EXIT' || condition === '0';
    const ignored = ['ERR', 'DEBUG', 'RETURN', 'PIPE', 'SIGPIPE', 'QUIT', 'SIGQUIT', 'ALRM', 'CHLD', 'WINCH'];
    const signal = isExit ? undefined : signalName(condition);
    if (!isExit && !signal && !ignored.includes(condition))
      throw new ShellError(`${condition}: invalid signal specification`, 1, false);
    const key = isExit
      ? 'EXIT'
      : (signal ?? condition.replace(/^SIG/, '').replace(/^(PIPE|QUIT|ALRM|CHLD|WINCH)$/, 'SIG$1'));
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

/** The current job and the one before it are marked. */
function markOf({ jobs }: Shell, job: Job): string {
  return job === jobs.at(-1) ? '+' : job === jobs.at(-2) ? '-' : ' ';
}

function* jobs(sh: Shell, args: string[]): Task<number> {
  const alive = sh.jobs.filter((job) => job.status === undefined);
  for (const job of args.includes('-r') ? alive : sh.jobs) {
    if (args.includes('-p')) {
      sh.out(`${job.pid}\n`);
      continue;
    }
    const mark = markOf(sh, job);
    const state = job.status === undefined ? 'Running' : job.status === 0 ? 'Done' : `Exit ${job.status}`;
    const pid = args.includes('-l') ? `${String(job.pid).padStart(5)} ` : ' ';
    sh.out(`[${job.number}]${mark} ${pid}${state.padEnd(23)} ${job.text}${job.status === undefined ? ' &' : ''}\n`);
  }
  sh.jobs = alive;
  return 0;
}

/** Lines about the jobs that have ended since the last time, in each shell's layout. */
export function endedJobs(sh: Shell): string[] {
  const lines = sh.jobs.flatMap((job) => {
    if (job.status === undefined) return [];
    const mark = markOf(sh, job);
    const failed = sh.flavor === 'bash' ? `Exit ${job.status}` : `Done(${job.status})`;
    const state = job.status === 0 ? 'Done' : failed;
    const text = job.text.replace(/\s*&$/, '');
    if (sh.flavor === 'bash') return [`[${job.number}]${mark}  ${state.padEnd(24)}${text}`];
    return [`[${job.number}]${sh.flavor === 'dash' ? ` ${mark} ` : `${mark}  `}${state.padEnd(27)}${text}`];
  });
  sh.jobs = sh.jobs.filter((job) => job.status === undefined);
  return lines;
}

export const jobBuiltins: Record<string, Builtin> = { wait, kill, trap, jobs };
