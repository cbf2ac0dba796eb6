import {
  exitCodeOf,
  Input,
  newShell,
  parseScript,
  runExitTrap,
  runScript,
  type Shell,
} from '../../sim/container-shell/interp/index.ts';
import type { Program, Writable } from '../../sim/process/os.ts';
import { Signal, type Thread } from '../../sim/process/task.ts';

/** One command line for the shell and what came of it. */
export interface Line {
  text: string;
  stdout: Writable;
  stderr: Writable;
  /** Set when it is over. */
  code: number | undefined;
}

/**
 * The one bash of a session: it reads a command line, runs it to its end and waits for the next. Variables, functions, options, the
 * directory and background jobs stay; traps belong to the line that set them, as does `set -e`, which would have ended the shell.
 */
export class AgentBash {
  #shell: Shell | undefined;
  #line: Line | undefined;
  #thread: Thread | undefined;
  readonly #wake = new Signal();

  readonly program: Program = (os) => {
    const self = this;
    return (function* () {
      const sh = newShell(os, 'bash');
      sh.zero = 'bash';
      sh.source = 'command';
      sh.lasting = true;
      self.#shell = sh;
      for (;;) {
        const line = self.#line;
        if (!line || line.code !== undefined) {
          yield* os.main.wait(self.#wake);
          continue;
        }
        const thread = os.thread(function* (th) {
          sh.th = th;
          line.code = yield* self.#run(sh, line);
        });
        self.#thread = thread;
        while (!thread.finished) yield* os.main.wait(thread.done);
        line.code ??= 143;
      }
    })();
  };

  *#run(sh: Shell, line: Line) {
    sh.begin();
    sh.fds = new Map([
      [0, { input: Input.text('') }],
      [1, { output: line.stdout }],
      [2, { output: line.stderr }],
    ]);
    let code: number;
    try {
      code = yield* runScript(sh, parseScript(sh, line.text));
    } catch (error) {
      code = exitCodeOf(sh, error);
    }
    code = yield* runExitTrap(sh, code);
    sh.traps.clear();
    sh.options.delete('e');
    return code;
  }

  get pid(): number {
    return this.#shell?.os.pid ?? 0;
  }

  get cwd(): string {
    return this.#shell?.cwd ?? '/';
  }

  /** Processes that the shell runs beside the line: they outlive it. */
  get backgroundPids(): Set<number> {
    return new Set((this.#shell?.jobs ?? []).filter((job) => job.status === undefined).map((job) => job.pid));
  }

  start(line: Line): void {
    this.#line = line;
    this.#wake.fire();
  }

  /** Ends the running line where it stands. */
  cut(): void {
    this.#thread?.cancel();
  }
}
