import { NetError, type NetNamespace, type Network, type ServerConn } from '../net/net.ts';
import type { World } from '../world.ts';
import type { Cgroup } from './cgroup.ts';
import type { ProcessFs } from './memory-fs.ts';
import {
  type Child,
  type ExitStatus,
  ProcessExit,
  type ProcessInfo,
  type Program,
  type Readable,
  type SignalName,
  type SpawnOptions,
  type Writable,
} from './os.ts';
import { OsImpl } from './os-impl.ts';
import { Cancelled, Signal, type Task, Thread } from './task.ts';
import type { Terminal } from './terminal.ts';

/** What a process needs of its container; keeps the two classes from importing each other. */
export interface ProcessHost {
  readonly world: World;
  readonly network: Network;
  readonly ns: NetNamespace;
  readonly cgroup: Cgroup;
  readonly options: {
    hostname: string;
    streamName: string;
    uid: number;
    gid?: number;
    groups?: readonly number[];
    machine: { slowdown?: (nowUs: number) => number };
  };
  spawn(parent: Process, argv: readonly string[], options: SpawnOptions): Child;
  replace(process: Process, argv: readonly string[], options: SpawnOptions): void;
  reap(process: Process, status: ExitStatus): void;
  outOfMemory(): void;
  process(pid: number): Process | undefined;
  processes(): ProcessInfo[];
}

export interface ProcessOptions {
  pid: number;
  ppid: number;
  argv: readonly string[];
  program: Program;
  env: Record<string, string>;
  cwd: string;
  fs: ProcessFs;
  stdin: Readable;
  stdout: Writable;
  stderr: Writable;
  /** Whose ^C reaches it; its children inherit it. */
  terminal?: Terminal;
  /** Process 1 of the container: signals without a handler are ignored. */
  isInit: boolean;
}

export const SIGNAL_NUMBERS: Record<SignalName, number> = {
  SIGHUP: 1,
  SIGINT: 2,
  SIGKILL: 9,
  SIGUSR1: 10,
  SIGUSR2: 12,
  SIGTERM: 15,
};

/** One process: its threads, handlers, sockets and end. */
export class Process implements Child {
  readonly exited = new Signal();
  readonly startedMs: number;
  status: ExitStatus | undefined;
  cwd: string;
  readonly main: Thread;
  #options: ProcessOptions;
  /** Called when the process ends, in the order given: sockets, mostly. */
  readonly #cleanups = new Set<() => void>();
  readonly #threads = new Set<Thread>();
  readonly #handlers = new Map<SignalName, () => void>();
  readonly #endsOn = new Map<SignalName, number>();

  constructor(
    readonly host: ProcessHost,
    options: ProcessOptions,
  ) {
    this.#options = options;
    this.startedMs = host.world.nowMs;
    this.cwd = options.cwd;
    this.main = new Thread(host.world);
    if (options.terminal) this.atEnd(options.terminal.enter(this));
  }

  get options(): ProcessOptions {
    return this.#options;
  }
  get pid(): number {
    return this.options.pid;
  }
  get env(): Record<string, string> {
    return this.options.env;
  }
  get stdout(): Writable {
    return this.options.stdout;
  }
  get stderr(): Writable {
    return this.options.stderr;
  }

  get info(): ProcessInfo {
    const { pid, ppid, argv } = this.options;
    const user = this.host.options.uid === 0 ? 'root' : String(this.host.options.uid);
    return { pid, ppid, argv, user, startedMs: this.startedMs };
  }

  /** Runs main until its first wait. */
  begin(): void {
    const os = new OsImpl(this);
    this.#threads.add(this.main);
    this.main.start(this.#guard(this.#runMain(os)));
  }

  *#runMain(os: OsImpl): Task<void> {
    const code = yield* this.options.program(os);
    this.end({ code: code & 255 });
  }

  /** exec(2): another program, streams and environment under the same pid; handlers and memory of the old one go. */
  become(options: ProcessOptions): void {
    this.#options = options;
    this.cwd = options.cwd;
    this.#handlers.clear();
    this.#endsOn.clear();
    this.host.cgroup.setMemory(this.pid, 0);
  }

  *replace(argv: readonly string[], options: SpawnOptions): Task<number> {
    this.host.replace(this, argv, options);
    return yield* this.options.program(new OsImpl(this));
  }

  /** Starts a further thread of this process. */
  thread(body: (th: Thread) => Task<void>): Thread {
    const thread = new Thread(this.host.world);
    this.#threads.add(thread);
    thread.done.subscribe(() => this.#threads.delete(thread));
    return thread.start(this.#guard(body(thread)));
  }

  *#guard(task: Task<void>): Task<void> {
    try {
      yield* task;
    } catch (error) {
      if (error instanceof Cancelled) throw error;
      this.crash(error);
    }
  }

  /** What a thread, a handler of a signal or of a request threw. */
  crash(error: unknown): void {
    if (error instanceof ProcessExit) {
      this.end({ code: error.code });
      return;
    }
    const killed = exhaustion(error);
    if (killed) {
      this.end(killed);
      return;
    }
    this.host.world.reportInternalError(
      `program ${this.options.argv.join(' ')} of ${this.host.options.streamName}`,
      error,
    );
    this.end({ code: 255 });
  }

  /** Ends the process at once, from inside or outside. */
  end(status: ExitStatus): void {
    if (this.status) return;
    this.status = status;
    for (const cleanup of [...this.#cleanups]) cleanup();
    this.#cleanups.clear();
    for (const thread of [...this.#threads]) {
      try {
        thread.cancel();
      } catch (error) {
        // A `finally` block of the program that calls exit, or that is broken.
        if (!(error instanceof ProcessExit)) this.host.world.reportInternalError('clean-up of a program', error);
      }
    }
    this.#threads.clear();
    this.host.reap(this, status);
    this.exited.fire();
  }

  /** Child: a signal from the parent. */
  kill(signal: SignalName): void {
    if (signal === 'SIGKILL') {
      if (!this.options.isInit) this.end({ code: 137, signal });
    } else this.deliver(signal);
  }

  deliver(signal: SignalName): void {
    if (this.status) return;
    const handler = this.#handlers.get(signal);
    const code = this.#endsOn.get(signal);
    if (handler) {
      try {
        handler();
      } catch (error) {
        this.crash(error);
      }
    } else if (code !== undefined) this.end({ code });
    else if (!this.options.isInit) this.end({ code: 128 + SIGNAL_NUMBERS[signal], signal });
  }

  on(signal: SignalName, handler: () => void): void {
    this.#handlers.set(signal, handler);
  }

  endsOnSignal(signal: SignalName, exitCode: number): void {
    this.#endsOn.set(signal, exitCode);
  }

  /** Registers what must be undone when the process ends; returns how to forget it. */
  atEnd(cleanup: () => void): () => void {
    if (this.status) {
      cleanup();
      return () => {};
    }
    this.#cleanups.add(cleanup);
    return () => this.#cleanups.delete(cleanup);
  }

  /**
   * A request's handler runs on the client's thread: what it throws ends this process and resets the connection. A reset that it throws
   * itself is its answer to what it does not understand, and ends the connection only.
   */
  *serve<T>(body: Task<T>, conn: ServerConn): Task<T> {
    try {
      return yield* body;
    } catch (error) {
      if (error instanceof Cancelled) throw error;
      if (error instanceof NetError && error.code === 'ECONNRESET') conn.close();
      else this.crash(error);
      throw new NetError('ECONNRESET', { syscall: 'read' });
    }
  }
}

/**
 * A script that makes its memory grow without end, or calls itself without end, meets the engine's ceiling where a real process meets the
 * machine's: the kernel kills it. That is the script's doing, not a mistake of ours.
 */
function exhaustion(error: unknown): ExitStatus | undefined {
  if (!(error instanceof RangeError)) return undefined;
  if (/^Invalid (?:string|array) length/.test(error.message)) return { code: 137, signal: 'SIGKILL' };
  return /^Maximum call stack/.test(error.message) ? { code: 139 } : undefined;
}
