import { ProcessExit, type Writable } from '../../process/os.ts';
import { Cancelled, Signal, type Task, type Thread } from '../../process/task.ts';
import { Capture, Input, ShellPipe } from '../streams.ts';
import type { CommandNode, Pipeline, Script, Statement } from './ast.ts';
import { spawnBackground } from './background.ts';
import { runCompound, withRedirections } from './compound.ts';
import { parseScript } from './parse.ts';
import { BreakLoop, ExitShell, type Job, ReturnFunction, type Shell, ShellError, StackOverflow } from './shell.ts';
import { runSimple } from './simple.ts';

export function* runScript(sh: Shell, script: Script): Task<number> {
  return yield* runStatements(sh, script.statements);
}

export function* runStatements(sh: Shell, statements: readonly Statement[]): Task<number> {
  for (const [i, statement] of statements.entries()) {
    // A stray token ends the line before any of it runs.
    const next = statements[i + 1];
    yield* runStatement(sh, next?.deferredError ? next : statement);
  }
  return sh.lastStatus;
}

function* runStatement(sh: Shell, statement: Statement): Task<void> {
  sh.statementLine(statement);
  if (statement.deferredError) {
    const { token } = statement.deferredError;
    throw new ShellError(
      sh.flavor === 'bash'
        ? `syntax error near unexpected token \`${token}'${statement.sourceText?.startsWith('\n') ? statement.sourceText : ''}`
        : sh.flavor === 'dash'
          ? `Syntax error: "${token}" unexpected`
          : `syntax error: unexpected "${token}"`,
    );
  }
  if (statement.background) {
    yield* runBackground(sh, { ...statement, background: false });
    return;
  }
  for (const [i, pipeline] of statement.pipelines.entries()) {
    const operator = i === 0 ? ';' : statement.operators[i - 1];
    if (operator === '&&' && sh.lastStatus !== 0) continue;
    if (operator === '||' && sh.lastStatus === 0) continue;
    const checked = i === statement.pipelines.length - 1;
    if (!checked) sh.unchecked++;
    try {
      yield* runPipeline(sh, pipeline);
    } finally {
      if (!checked) sh.unchecked--;
    }
    if (!checked || sh.lastStatus === 0 || pipeline.negated || sh.unchecked > 0) continue;
    if (sh.functionDepth === 0 || sh.options.has('E')) yield* runPseudoTrap(sh, 'ERR');
    if (sh.options.has('e')) throw new ExitShell(sh.lastStatus);
  }
}

/** `time pipeline` in bash's three lines, or POSIX's. Only waiting takes time here. */
function* runTimed(sh: Shell, pipeline: Pipeline): Task<void> {
  const startUs = sh.th.nowUs;
  try {
    yield* runPipeline(sh, { ...pipeline, timed: false });
  } finally {
    yield* sh.th.sync();
    const seconds = (sh.th.nowUs - startUs) / 1e6;
    const text = pipeline.timePosix
      ? `real ${seconds.toFixed(2)}\nuser 0.00\nsys 0.00\n`
      : `\nreal\t${Math.floor(seconds / 60)}m${(seconds % 60).toFixed(3)}s\nuser\t0m0.000s\nsys\t0m0.000s\n`;
    sh.say(text);
  }
}

function* runPipeline(sh: Shell, pipeline: Pipeline): Task<void> {
  if (pipeline.timed && sh.flavor === 'bash') return yield* runTimed(sh, pipeline);
  if (pipeline.negated) sh.unchecked++;
  try {
    if (pipeline.commands.length === 1) {
      sh.lastStatus = yield* runCommand(sh, pipeline.commands[0] as CommandNode);
      if (pipeline.commands[0]?.type === 'SimpleCommand') sh.pipeStatus = [sh.lastStatus];
    } else sh.lastStatus = yield* runPiped(sh, pipeline);
  } finally {
    if (pipeline.negated) sh.unchecked--;
  }
  if (pipeline.negated) sh.lastStatus = sh.lastStatus === 0 ? 1 : 0;
  yield* runPendingTraps(sh);
}

export function* runCommand(sh: Shell, node: CommandNode): Task<number> {
  yield* sh.step();
  if (node.type === 'SimpleCommand') return yield* runSimple(sh, node);
  if (node.type === 'FunctionDef') {
    sh.functions.set(node.name, node);
    return 0;
  }
  return yield* runCompound(sh, node);
}

function* runPiped(sh: Shell, pipeline: Pipeline): Task<number> {
  const { commands } = pipeline;
  const parts: { thread: Thread; status: { code: number } }[] = [];
  let upstream: ShellPipe | undefined;
  for (const [i, command] of commands.entries()) {
    const input = upstream;
    const output = i < commands.length - 1 ? new ShellPipe() : undefined;
    const status = { code: 0 };
    const thread = sh.branch(function* (th) {
      th.spend(Math.max(0, sh.th.nowUs - th.nowUs));
      const child = sh.fork(th);
      if (input) child.fds.set(0, { input: new Input(input) });
      if (output) {
        child.fds.set(1, { output });
        if (pipeline.pipeStderr?.[i]) child.fds.set(2, { output });
      }
      try {
        status.code = yield* runSubshell(child, () => runCommand(child, command));
      } finally {
        output?.close();
        input?.closeReader();
      }
    });
    parts.push({ thread, status });
    upstream = output;
  }
  sh.rested();
  try {
    for (const { thread } of parts) while (!thread.finished) yield* sh.th.wait(thread.done);
  } finally {
    if (sh.lasting) for (const { thread } of parts) thread.cancel();
  }
  const codes = parts.map(({ status }) => status.code);
  sh.pipeStatus = codes;
  const failed = codes.filter((code) => code !== 0).at(-1);
  return sh.options.has('pipefail') ? (failed ?? 0) : (codes.at(-1) ?? 0);
}

/** A trap that is no signal: ERR after a command that failed, DEBUG before each. It does not see itself. */
export function* runPseudoTrap(sh: Shell, name: 'ERR' | 'DEBUG'): Task<void> {
  const trap = sh.traps.get(name);
  if (trap === undefined || sh.inTrap) return;
  const status = sh.lastStatus;
  sh.inTrap = true;
  try {
    yield* runScript(sh, parseScript(sh, trap));
  } finally {
    sh.inTrap = false;
  }
  sh.lastStatus = status;
}

/** Runs the body of a subshell to its exit status; its EXIT trap runs at the end. */
export function* runSubshell(sh: Shell, body: () => Task<number>): Task<number> {
  let code = 0;
  try {
    code = yield* body();
  } catch (error) {
    code = exitCodeOf(sh, error);
  }
  return yield* runExitTrap(sh, code);
}

/** What an error means for the shell that it ends; anything that is no shell matter is thrown on. */
export function exitCodeOf(sh: Shell, error: unknown): number {
  if (error instanceof ExitShell || error instanceof ReturnFunction) return error.code;
  if (error instanceof BreakLoop) return 0;
  if (error instanceof StackOverflow) return crashed(sh);
  if (error instanceof ShellError) {
    sh.complain(error.message, error.builtin);
    return error.code;
  }
  if (error instanceof ProcessExit && !(error instanceof Cancelled)) return error.code;
  throw error;
}

const SIGSEGV_CODE = 139;

/** A subshell's parent tells of its death; the shell itself dies without a word, and no trap runs. */
function crashed(sh: Shell): number {
  sh.traps.delete('EXIT');
  if (!sh.isSubshell) return sh.os.exit(SIGSEGV_CODE);
  if (sh.flavor === 'bash') sh.complain(`${nextSubshellPid(sh)} Segmentation fault`);
  else sh.say('Segmentation fault\n');
  return SIGSEGV_CODE;
}

export function* runExitTrap(sh: Shell, code: number): Task<number> {
  const trap = sh.traps.get('EXIT');
  if (trap === undefined) return code;
  sh.traps.delete('EXIT');
  sh.lastStatus = code;
  try {
    yield* runScript(sh, parseScript(sh, trap));
    return code;
  } catch (error) {
    return exitCodeOf(sh, error);
  }
}

/** Runs handlers of signals that arrived since the last command. */
export function* runPendingTraps(sh: Shell): Task<void> {
  for (let signal = sh.pendingTraps.shift(); signal; signal = sh.pendingTraps.shift()) {
    const trap = sh.traps.get(signal);
    if (!trap) continue;
    const status = sh.lastStatus;
    yield* runScript(sh, parseScript(sh, trap));
    sh.lastStatus = status;
  }
}

/** `$(< file)`: the redirection of a script that is nothing else. */
function onlyInput(script: Script) {
  const [statement, next] = script.statements;
  const command = statement?.pipelines.length === 1 && !next ? statement.pipelines[0]?.commands[0] : undefined;
  if (command?.type !== 'SimpleCommand' || command.name || command.assignments.length > 0) return undefined;
  const [redirection, more] = command.redirections;
  return redirection?.operator === '<' && !more ? redirection : undefined;
}

function* nothing(): Task<string> {
  return '';
}

/** Output of a script as `$( )` takes it; sets `$?`. */
export function* captureScript(sh: Shell, script: Script): Task<string> {
  const file = onlyInput(script);
  if (file && sh.flavor !== 'ash') {
    let text = '';
    sh.lastStatus = yield* withRedirections(sh, [file], function* () {
      text = (yield* sh.fds.get(0)?.input?.readAll(sh.th) ?? nothing()) ?? '';
      return 0;
    });
    return text;
  }
  const capture = new Capture();
  const child = sh.fork(sh.th);
  if (sh.flavor === 'bash' && !sh.shopts.has('inherit_errexit')) child.options.delete('e');
  child.fds.set(1, { output: capture as Writable });
  sh.os.useCpu(200);
  sh.lastStatus = yield* runSubshell(child, () => runScript(child, script));
  return capture.text;
}

function* runBackground(sh: Shell, statement: Statement): Task<void> {
  sh.lastStatus = 0;
  const only = statement.pipelines.length === 1 ? statement.pipelines[0] : undefined;
  const command = only?.commands.length === 1 && !only.negated ? only.commands[0] : undefined;
  if (command?.type === 'SimpleCommand' && (yield* spawnBackground(sh, command))) return;
  const job: Omit<Job, 'number' | 'text'> = {
    pid: nextSubshellPid(sh),
    done: new Signal(),
    status: undefined,
    kill: () => false,
  };
  const thread = sh.branch(function* (th) {
    // Its first step comes after the shell's next wait: the parent goes on first.
    yield* th.sleep(0.2);
    const child = sh.fork(th);
    child.background = true;
    child.fds.set(0, { input: Input.text('') });
    job.status = yield* runSubshell(child, () => runStatements(child, [statement]));
    job.done.fire();
  });
  sh.jobThreads.add(thread);
  thread.done.subscribe(() => sh.jobThreads.delete(thread));
  job.kill = (signal) => {
    if (job.status !== undefined) return false;
    job.status = 128 + (signal === 'SIGKILL' ? 9 : signal === 'SIGINT' ? 2 : 15);
    thread.cancel();
    job.done.fire();
    return true;
  };
  sh.addJob(job, statement.sourceText ?? '');
}

/** Subshells are threads here; their pid only has to be free. */
function nextSubshellPid(sh: Shell): number {
  const taken = [...sh.os.processes().map((process) => process.pid), ...sh.jobs.map((job) => job.pid)];
  return Math.max(...taken) + 1_000;
}
