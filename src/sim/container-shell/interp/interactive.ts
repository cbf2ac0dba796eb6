import type { Task } from '../../process/task.ts';
import type { Terminal } from '../../process/terminal.ts';
import type { Script } from './ast.ts';
import { endedJobs } from './builtins-jobs.ts';
import { isUnfinished, parseScript } from './parse.ts';
import { defaultPrompt, promptText } from './prompt.ts';
import { exitCodeOf, runScript } from './run.ts';
import { ExitShell, type Shell, ShellError } from './shell.ts';

const SIGINT_CODE = 130;
const SYNTAX_CODE = 2;
/** Complaints of a text that ends too early: more of it is asked for. */
const ENDS_EARLY = /end of file|unexpected EOF|nterminated quoted/;

/** A shell at a terminal: prompts, line editing, history, ^C that ends the command and not the shell. The result is its exit code. */
export function* runInteractive(sh: Shell, terminal: Terminal): Task<number> {
  sh.interactive = true;
  if (sh.flavor === 'bash') sh.zero = sh.zero.split('/').pop() as string;
  if (!sh.vars.has('PS1')) sh.set('PS1', defaultPrompt(sh));
  if (!sh.vars.has('PS2')) sh.set('PS2', '> ');
  const session = new Interactive(sh, terminal);
  const history: string[] = [];
  let text = '';
  for (;;) {
    if (text === '') session.tellOfJobs();
    const typed = yield* terminal.readLine(sh.th, promptText(sh, text === '' ? 'PS1' : 'PS2'), history);
    session.lines++;
    if (typed.kind === 'interrupt') {
      text = '';
      sh.lastStatus = SIGINT_CODE;
      continue;
    }
    if (typed.kind === 'end') {
      sh.say(sh.flavor === 'bash' ? 'exit\n' : '\n');
      return sh.lastStatus;
    }
    if (typed.text.trim() !== '') history.push(typed.text);
    text += `${typed.text}\n`;
    const script = session.parse(text);
    if (script === 'unfinished') continue;
    text = '';
    if (script && script.statements.length > 0) {
      const exit = yield* session.run(script);
      if (exit !== undefined) return exit;
    }
  }
}

class Interactive {
  /** Lines typed so far, by which dash numbers its complaints. */
  lines = 0;
  #stop: (() => void) | undefined;

  constructor(
    readonly sh: Shell,
    readonly terminal: Terminal,
  ) {
    sh.os.on('SIGINT', () => this.#interrupt());
  }

  parse(text: string): Script | 'unfinished' | undefined {
    const { sh } = this;
    const typedLines = text.split('\n').length - 1;
    const padding = sh.flavor === 'dash' ? '\n'.repeat(this.lines - typedLines) : '';
    sh.line = this.lines - typedLines + 1;
    try {
      const script = parseScript(sh, padding + text);
      return isUnfinished(script, text) ? 'unfinished' : script;
    } catch (error) {
      if (!(error instanceof ShellError)) throw error;
      if (ENDS_EARLY.test(error.message)) return 'unfinished';
      sh.line = this.lines;
      sh.complain(error.message);
      sh.lastStatus = SYNTAX_CODE;
      return undefined;
    }
  }

  /** Runs what was typed; the exit code when the shell is over. */
  *run(script: Script): Task<number | undefined> {
    // The shell becomes another program, which its main thread has to run.
    if (isExec(script)) return yield* this.#body(script);
    const { sh } = this;
    const { os } = sh;
    const { main } = os;
    let exit: number | undefined;
    const self = this;
    const thread = os.thread(function* (th) {
      th.spend(Math.max(0, main.nowUs - th.nowUs));
      sh.th = th;
      exit = yield* self.#body(script);
    });
    let interrupted = false;
    this.#stop = () => {
      interrupted = true;
      for (const fork of [...sh.forks.live]) if (!sh.jobThreads.has(fork)) fork.cancel();
      thread.cancel();
    };
    try {
      while (!thread.finished) yield* main.wait(thread.done);
    } finally {
      this.#stop = undefined;
      main.spend(Math.max(0, thread.nowUs - main.nowUs));
      sh.th = main;
    }
    if (interrupted) {
      sh.unwind();
      sh.lastStatus = SIGINT_CODE;
      sh.say('\n');
    }
    return exit;
  }

  *#body(script: Script): Task<number | undefined> {
    const { sh } = this;
    try {
      yield* runScript(sh, script);
      return undefined;
    } catch (error) {
      const code = exitCodeOf(sh, error);
      sh.unwind();
      sh.lastStatus = code;
      if (!(error instanceof ExitShell)) return undefined;
      if (sh.flavor === 'bash' && !sh.options.has('e')) sh.say('exit\n');
      return code;
    }
  }

  tellOfJobs(): void {
    for (const line of endedJobs(this.sh)) this.sh.say(`${line}\n`);
  }

  /** ^C: what runs in the foreground has had the signal already; what handles it, such as another shell, is waited for. */
  #interrupt(): void {
    if (!this.terminal.hasChildOf(this.sh.os.pid)) this.#stop?.();
  }
}

/** `exec command`: without a command it is only about redirections. */
function isExec(script: Script): boolean {
  const [statement, next] = script.statements;
  const [command] = statement?.pipelines[0]?.commands ?? [];
  if (next || command?.type !== 'SimpleCommand' || command.args.length === 0) return false;
  const [name] = command.name?.parts ?? [];
  return name?.type === 'Literal' && name.value === 'exec';
}
