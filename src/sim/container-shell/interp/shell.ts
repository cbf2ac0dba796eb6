import { StacklessError } from '../../../core/errors.ts';
import { limits } from '../../../core/limits.ts';
import type { Child, Os, SignalName, Writable } from '../../process/os.ts';
import { Signal, type Task, type Thread } from '../../process/task.ts';
import { absolute } from '../command.ts';
import type { Input } from '../streams.ts';
import type { CommandNode, FunctionDef, Script, Statement } from './ast.ts';

/** Which shell it is: busybox ash, Debian's dash, GNU bash. They differ in words and in what they know. */
export type Flavor = 'ash' | 'dash' | 'bash';

export interface Variable {
  value: string | undefined;
  /** Elements of an array by index or key, in order. */
  elements?: Map<string, string>;
  exported: boolean;
  readonly: boolean;
  /** `declare -i`, `-l`, `-u`: what is assigned becomes this. */
  integer?: boolean;
  letters?: 'lower' | 'upper';
  /** `declare -n`: stands for the variable of that name. */
  reference?: string;
}

function shaped({ letters }: Variable, value: string): string {
  return letters === 'lower' ? value.toLowerCase() : letters === 'upper' ? value.toUpperCase() : value;
}

/** Values of an array: by index in order, by key as they came. */
export function elementsOf(variable: Variable): [key: string, value: string][] {
  const all = [...(variable.elements ?? [])];
  return variable.value === 'assoc' ? all : all.sort(([a], [b]) => Number(a) - Number(b));
}

/** A file descriptor. */
export interface Fd {
  input?: Input;
  output?: Writable;
  /** Closes a pipe that was opened for one command. */
  end?(): void;
  /** What reads the pipe; the command is not over before it. */
  beside?: Thread;
}

export interface Job {
  pid: number;
  /** As `jobs` counts. */
  number: number;
  /** The command as it was typed. */
  text: string;
  done: Signal;
  status: number | undefined;
  /** What it died of. */
  signal?: SignalName;
  kill(signal: SignalName): boolean;
}

export class BreakLoop extends StacklessError {
  constructor(
    readonly kind: 'break' | 'continue',
    public depth: number,
  ) {
    super(kind);
  }
}

export class ReturnFunction extends StacklessError {
  constructor(readonly code: number) {
    super('return');
  }
}

/** Ends this shell (or subshell). */
export class ExitShell extends StacklessError {
  constructor(readonly code: number) {
    super('exit');
  }
}

/** An error that ends a non-interactive shell (POSIX 2.8.1): the message is printed, then the shell exits. */
export class ShellError extends StacklessError {
  /** The builtin that failed. */
  builtin: string | undefined;
  constructor(
    message: string,
    readonly code = 2,
    /** Only the command fails. */
    readonly fatal = true,
  ) {
    super(message);
  }
}

/** Functions called each other until the stack was full: the (sub)shell dies of SIGSEGV. */
export class StackOverflow extends StacklessError {
  constructor() {
    super('Segmentation fault');
  }
}

/** µs of CPU that a builtin costs, and what each further step costs once a script ran away without any wait. */
const STEP_US = 15;
const RUNAWAY_STEP_US = 50_000;
/** Steps without a wait after which a line that an agent typed counts as running away. */
const LINE_STEPS_MAX = 20_000;
/** Subshells that one process may have, as ulimit -u has it. */
const FORKS_MAX = 400;
/** How far a shell's clock may run ahead of the world before it really waits. */
const SLICE_US = 20_000;

/** Variables of bash that are computed at each use, whatever is assigned. */
const COMPUTED = new Set(['SECONDS', 'RANDOM', 'SRANDOM', 'EPOCHSECONDS', 'EPOCHREALTIME', 'BASHPID']);

const DEATHS: Partial<Record<SignalName, string>> = {
  SIGHUP: 'Hangup',
  SIGKILL: 'Killed',
  SIGTERM: 'Terminated',
  SIGUSR1: 'User defined signal 1',
  SIGUSR2: 'User defined signal 2',
};

/** The state of one shell execution environment. */
export class Shell {
  vars = new Map<string, Variable>();
  functions = new Map<string, FunctionDef>();
  params: string[] = [];
  /** Letters of `set`, and `pipefail`. */
  options = new Set<string>();
  fds = new Map<number, Fd>();
  traps = new Map<string, string>();
  pendingTraps: SignalName[] = [];
  inTrap = false;
  readonly interrupted = new Signal();
  lastStatus = 0;
  lastBackground: number | undefined;
  jobs: Job[] = [];
  scopes: Map<string, Variable | undefined>[] = [];
  functionDepth = 0;
  sourceDepth = 0;
  loopDepth = 0;
  /** Above 0 where errexit does not apply (conditions, negations). */
  unchecked = 0;
  line = 1;
  /** Subshells of this process that live, shared by all of them. */
  /** What this shell and its children have forked and what still runs of it. */
  forks = { live: new Set<Thread>() };
  /** Those of them that are jobs. */
  readonly jobThreads = new Set<Thread>();
  /** A part of the shell's process that real shells fork. */
  isSubshell = false;
  subshellDepth = 0;
  /** Statuses of jobs that were waited for, by pid: bash tells them again. */
  readonly waited = new Map<string, number>();
  /** Statuses of the last pipeline's commands. */
  pipeStatus: number[] = [0];
  aliases = new Map<string, string>();
  /** Aliases that are being expanded: their own names in them are commands. */
  openAliases = new Set<string>();
  shopts = new Set<string>();
  /** Of pushd, without the current one. */
  directories: string[] = [];
  /** Functions that run, the innermost last. */
  functionNames: string[] = [];
  /** Files of process substitutions that the running command reads. */
  substitutions: { path: string; reader: Script | undefined }[] = [];
  /** $SECONDS counts from here (epoch ms). */
  secondsFromMs: number | undefined;
  /** Runs line after line: what a line left open (loops, functions, children) ends with it. */
  lasting = false;
  /** It sits at a terminal. */
  interactive = false;
  /** A job: the keyboard's ^C does not reach it and what it starts. */
  background = false;
  /** The last command of `-c`: the shell becomes it instead of waiting for it. */
  tail: CommandNode | undefined;
  cwd: string;
  #steps = 0;

  constructor(
    readonly os: Os,
    public th: Thread,
    readonly flavor: Flavor,
    public zero: string,
    /** How errors name the place: `-c`, a script file, or standard input. */
    public source: 'command' | 'file' | 'stdin',
  ) {
    this.cwd = os.cwd;
  }

  /** A copy for a subshell, with its own thread. */
  fork(th: Thread): Shell {
    const copy = new Shell(this.os, th, this.flavor, this.zero, this.source);
    for (const [name, variable] of this.vars) {
      copy.vars.set(name, { ...variable, elements: variable.elements && new Map(variable.elements) });
    }
    copy.isSubshell = true;
    copy.forks = this.forks;
    copy.lasting = this.lasting;
    copy.background = this.background;
    copy.subshellDepth = this.subshellDepth + 1;
    copy.functions = new Map(this.functions);
    copy.params = [...this.params];
    copy.options = new Set(this.options);
    copy.fds = new Map(this.fds);
    copy.lastStatus = this.lastStatus;
    copy.lastBackground = this.lastBackground;
    copy.jobs = [...this.jobs];
    copy.functionDepth = this.functionDepth;
    copy.loopDepth = this.loopDepth;
    copy.directories = [...this.directories];
    copy.functionNames = [...this.functionNames];
    copy.aliases = new Map(this.aliases);
    copy.shopts = new Set(this.shopts);
    copy.secondsFromMs = this.secondsFromMs;
    copy.pipeStatus = this.pipeStatus;
    copy.sourceDepth = this.sourceDepth;
    copy.unchecked = this.unchecked;
    copy.line = this.line;
    copy.cwd = this.cwd;
    return copy;
  }

  /** A new line of a shell that lasts. */
  begin(): void {
    this.lastStatus = 0;
    this.unwind();
    this.line = 1;
    this.traps = new Map();
    this.pendingTraps = [];
    this.jobs = this.jobs.filter((job) => job.status === undefined);
    this.rested();
  }

  /** Leaves the loops and functions that a cut line was in. */
  unwind(): void {
    this.unchecked = 0;
    this.loopDepth = 0;
    this.functionDepth = 0;
    this.sourceDepth = 0;
    this.scopes = [];
  }

  get(name: string): string | undefined {
    const variable = this.vars.get(name);
    return variable?.elements ? variable.elements.get('0') : variable?.value;
  }

  /** What a job word (`%1`, `%%`, `%name`, a pid) means. */
  findJob(word: string): Job | undefined {
    if (!word.startsWith('%')) return this.jobs.find((job) => String(job.pid) === word);
    const spec = word.slice(1);
    if (spec === '' || spec === '%' || spec === '+') return this.jobs.at(-1);
    if (spec === '-') return this.jobs.at(-2);
    return /^\d+$/.test(spec)
      ? this.jobs.find((job) => job.number === Number(spec))
      : this.jobs.find((job) => job.text.startsWith(spec));
  }

  set(name: string, value: string, exported?: boolean): void {
    if (this.flavor === 'bash' && COMPUTED.has(name)) {
      if (name === 'SECONDS') this.secondsFromMs = this.th.nowMs - (Number.parseInt(value, 10) || 0) * 1000;
      return;
    }
    const known = this.vars.get(name);
    if (known?.readonly) {
      throw new ShellError(
        this.flavor === 'bash' ? `${name}: readonly variable` : `${name}: is read only`,
        this.flavor === 'bash' ? 1 : 2,
      );
    }
    if (known?.elements) known.elements.set('0', value);
    else if (known) {
      known.value = shaped(known, value);
      if (exported) known.exported = true;
    } else {
      this.vars.set(name, { value, exported: exported ?? this.options.has('a'), readonly: false });
    }
  }

  /** Environment of children. */
  environment(): Record<string, string> {
    const env: Record<string, string> = {};
    for (const [name, variable] of this.vars) {
      if (variable.exported && variable.value !== undefined) env[name] = variable.value;
    }
    return env;
  }

  path(path: string): string {
    return absolute(this.cwd, path);
  }

  out(text: string): void {
    this.fds.get(1)?.output?.write(text);
  }

  /** A message of the shell itself, with the prefix that this shell uses. `builtin` names the failing builtin. */
  complain(message: string, builtin?: string): void {
    const syntax = /^(syntax error|unexpected EOF)/.test(message);
    const prefix = this.#prefix(builtin, syntax);
    const [first, ...rest] = syntax ? message.split('\n') : [message];
    // At a terminal the line that the others would show is there already.
    const shown = this.interactive ? [] : rest;
    this.say(`${[first, ...shown].map((line) => prefix + line).join('\n')}\n`);
  }

  #prefix(builtin: string | undefined, syntax: boolean): string {
    const command = builtin === undefined ? '' : `${builtin}: `;
    if (this.flavor === 'bash' && syntax && this.source === 'command') return `${this.zero}: -c: line ${this.line}: `;
    if (this.flavor === 'bash' && this.interactive) return `${this.zero}: ${command}`;
    if (this.flavor === 'bash') return `${this.zero}: line ${this.line}: ${command}`;
    if (this.flavor === 'dash') return `${this.zero}: ${this.line}: ${command}`;
    const line = this.source === 'file' ? `line ${this.line}: ` : builtin === undefined ? '' : 'line 0: ';
    return `${this.zero}: ${command}${line}`;
  }

  /** Text on standard error as it is. */
  say(text: string): void {
    this.fds.get(2)?.output?.write(text);
  }

  isTerminal(fd: string): boolean {
    const { input, output } = this.fds.get(Number(fd)) ?? {};
    return (input?.terminal ?? output?.terminal) !== undefined;
  }

  /**
   * Charges one step. The shell's clock may run a little ahead; then it waits. A script that never waits by itself becomes a
   * busy process: after the limit each step costs so much CPU time that the world gets on.
   */
  *step(): Task<void> {
    const { th } = this;
    const most = this.lasting ? LINE_STEPS_MAX : limits.containerShellStepsMax;
    const cost = ++this.#steps > most ? RUNAWAY_STEP_US : STEP_US;
    this.os.useCpu(cost);
    th.spend(cost);
    if (th.nowUs - th.world.nowUs > SLICE_US) {
      yield* th.sync();
    }
  }

  /** The script waited for something: it does not run away. */
  rested(): void {
    this.#steps = 0;
  }

  statementLine(statement: Statement): void {
    const command = statement.pipelines[0]?.commands[0];
    if (command?.line) this.line = command.line;
  }

  *waitChild(child: Child): Task<number> {
    this.rested();
    yield* this.th.sync();
    try {
      while (!child.status) yield* this.th.wait(child.exited);
    } finally {
      // the line was cut: its children go with it
      if (this.lasting && !child.status) child.kill('SIGKILL');
    }
    this.mourn(child.status.signal);
    return child.status.code;
  }

  /** ash and dash say how a child died of a signal; bash does so for few, in lines that name its pid. */
  mourn(signal: SignalName | undefined): void {
    const word = this.flavor === 'bash' ? undefined : signal && DEATHS[signal];
    if (word) this.say(`${word}\n`);
  }

  /** Runs a part of the shell that real shells fork on a thread of its own. */
  branch(body: (th: Thread) => Task<void>): Thread {
    const { live } = this.forks;
    if (live.size >= FORKS_MAX) {
      // A fork bomb: the kernel would run out of memory and kill what eats it.
      for (const other of [...live]) if (other !== this.th) other.cancel();
      throw new ShellError('fork: Cannot allocate memory', 254);
    }
    const thread = this.os.thread(body);
    if (thread.finished) return thread;
    live.add(thread);
    thread.done.subscribe(() => live.delete(thread));
    return thread;
  }

  addJob(job: Omit<Job, 'number' | 'text'>, text: string): void {
    const number = Math.max(0, ...this.jobs.map((other) => other.number)) + 1;
    this.jobs.push(Object.assign(job, { number, text }));
    this.lastBackground = job.pid;
    if (this.interactive && this.flavor === 'bash') this.say(`[${number}] ${job.pid}\n`);
  }
}
