import { StacklessError } from '../../core/errors.ts';
import type { Prng } from '../../core/prng.ts';
import type { Conn, Listener, PeerAddress, Server, Transport } from '../net/net.ts';
import type { Signal, Task, Thread } from './task.ts';
import type { Terminal } from './terminal.ts';
import type { Vfs } from './vfs.ts';

/** What a program is: its main function, run as process 1 of a container, by `exec`, a probe or a shell. */
export type Program = (os: Os) => Task<number>;

export type SignalName = 'SIGTERM' | 'SIGINT' | 'SIGHUP' | 'SIGUSR1' | 'SIGUSR2' | 'SIGKILL';

/** Throw it (or call {@link Os.exit}) to end the process from any of its threads. */
export class ProcessExit extends StacklessError {
  override readonly name = 'ProcessExit';
  constructor(readonly code: number) {
    super(`exit ${code}`);
  }
}

/** A readable end; text arrives in pieces. */
export interface Readable {
  /** The terminal that it is (isatty). */
  readonly terminal?: Terminal;
  /** Next piece, or undefined at the end of input. */
  read(th: Thread): Task<string | undefined>;
}

export interface Writable {
  readonly terminal?: Terminal;
  write(text: string): void;
  close(): void;
}

export interface ExitStatus {
  code: number;
  /** Set when a signal ended it (code is then 128 + number). */
  signal?: SignalName;
  /** Out of memory. */
  oomKilled?: boolean;
}

export interface Child {
  readonly pid: number;
  readonly exited: Signal;
  readonly status: ExitStatus | undefined;
  kill(signal: SignalName): void;
}

export interface SpawnOptions {
  cwd?: string;
  env?: Record<string, string>;
  stdin?: Readable;
  stdout?: Writable;
  stderr?: Writable;
  /** The keyboard's ^C does not reach it. */
  background?: boolean;
}

/** Why a command could not be started, in exec's terms. */
export class SpawnError extends StacklessError {
  override readonly name = 'SpawnError';
  constructor(
    /** `ENOTDIR` is about the working directory, which `command` then names. */
    readonly code: 'ENOENT' | 'EACCES' | 'EISDIR' | 'ENOTDIR',
    readonly command: string,
  ) {
    super(`${command}: ${code}`);
  }
}

/** One row of ps. */
export interface ProcessInfo {
  pid: number;
  ppid: number;
  argv: readonly string[];
  user: string;
  startedMs: number;
}

/**
 * All that a process sees of the world. Nothing in it knows of pods, faults or problems: args, env, files, clock,
 * randomness, standard streams, sockets, signals, and the counters of its cgroup.
 */
export interface Os {
  readonly pid: number;
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  cwd: string;
  readonly hostname: string;
  readonly uid: number;
  readonly gid: number;
  /** All groups in ascending order, the primary one included. */
  readonly groups: readonly number[];
  readonly fs: Vfs;
  /** The thread that runs main. */
  readonly main: Thread;
  /** Random stream of this process. */
  readonly rng: Prng;
  readonly stdin: Readable;
  readonly stdout: Writable;
  readonly stderr: Writable;

  /** Starts a further thread; it ends with the process. A {@link ProcessExit} or crash in it ends the process. */
  thread(body: (th: Thread) => Task<void>): Thread;
  /** Ends the process; never returns. */
  exit(code: number): never;
  /** Without a handler SIGTERM, SIGINT, SIGHUP end the process (PID 1 ignores them unless `defaultSignals`). */
  on(signal: SignalName, handler: () => void): void;
  /**
   * Go, Java and mongod install handlers of their own; shells as PID 1 do not. A program that ends by default on
   * SIGTERM even as PID 1 says so here, with its exit code.
   */
  endsOnSignal(signal: SignalName, exitCode: number): void;
  /** Starts a program found in this container's files (PATH search for names without a slash). Throws {@link SpawnError}. */
  spawn(argv: readonly string[], options?: SpawnOptions): Child;
  /**
   * exec(2): the process goes on under its pid as another program, without the handlers of the old one; other threads live on.
   * Only main may call it. The result is the new program's exit code, with which main must end. Throws {@link SpawnError}.
   */
  replace(argv: readonly string[], options?: SpawnOptions): Task<number>;
  processes(): ProcessInfo[];
  kill(pid: number, signal: SignalName): boolean;

  /** Sockets of the pod's network namespace. All throw NetError. */
  listen(port: number, server: Server, options?: { transport?: Transport; host?: string }): Listener;
  dial(th: Thread, host: string, port: number, options?: { timeoutMs?: number; transport?: Transport }): Task<Conn>;
  /** Addresses of a host name, as getaddrinfo gives them. */
  resolve(th: Thread, host: string): Task<string[]>;
  /** The pod's own address. */
  readonly address: string;
  /** Open ports of the network namespace (for netstat, ss). */
  listeners(): PeerAddress[];

  /** How much longer work takes at that time (µs since the epoch) than on an idle machine; 1 is as long. */
  slowdown(nowUs: number): number;
  /**
   * CPU time used, in µs: counts towards the cgroup's usage and its throttling. Gives the µs that a throttled caller has to wait;
   * with `overUs` the time was used little by little in that long a past.
   */
  useCpu(us: number, overUs?: number): number;
  /** How many threads the process has as the kernel counts them; 1 when it says nothing. */
  setThreads(count: number): void;
  /** Sets the process's resident memory in bytes; over the cgroup's limit the kernel kills (OOM). */
  setMemory(bytes: number): void;
}
