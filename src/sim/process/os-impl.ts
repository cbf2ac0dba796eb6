import type { Prng } from '../../core/prng.ts';
import type { Conn, Listener, PeerAddress, Server, ServerConn, Transport } from '../net/net.ts';
import {
  type Child,
  type Os,
  ProcessExit,
  type ProcessInfo,
  type Readable,
  type SignalName,
  type SpawnOptions,
  type Writable,
} from './os.ts';
import type { Process } from './process.ts';
import type { Task, Thread } from './task.ts';
import type { Vfs } from './vfs.ts';

/** The system calls of one process. */
export class OsImpl implements Os {
  readonly #process: Process;
  #rng: Prng | undefined;

  constructor(process: Process) {
    this.#process = process;
  }

  get pid(): number {
    return this.#process.pid;
  }
  get argv(): readonly string[] {
    return this.#process.options.argv;
  }
  get env(): Readonly<Record<string, string>> {
    return this.#process.env;
  }
  get cwd(): string {
    return this.#process.cwd;
  }
  set cwd(path: string) {
    this.#process.cwd = path;
  }
  get hostname(): string {
    return this.#process.host.options.hostname;
  }
  get gid(): number {
    return this.#process.host.options.gid ?? 0;
  }

  get groups(): readonly number[] {
    const groups = new Set([this.gid, ...(this.#process.host.options.groups ?? [])]);
    return [...groups].sort((a, b) => a - b);
  }

  get uid(): number {
    return this.#process.host.options.uid;
  }
  get fs(): Vfs {
    return this.#process.options.fs;
  }
  get main(): Thread {
    return this.#process.main;
  }
  get rng(): Prng {
    this.#rng ??= this.#process.host.world.rng(`process/${this.#process.host.options.streamName}/${this.pid}`);
    return this.#rng;
  }
  get stdin(): Readable {
    return this.#process.options.stdin;
  }
  get stdout(): Writable {
    return this.#process.stdout;
  }
  get stderr(): Writable {
    return this.#process.stderr;
  }
  get address(): string {
    return this.#process.host.ns.ip;
  }

  thread(body: (th: Thread) => Task<void>): Thread {
    return this.#process.thread(body);
  }

  exit(code: number): never {
    const exit = new ProcessExit(code & 255);
    this.#process.crash(exit);
    throw exit;
  }

  on(signal: SignalName, handler: () => void): void {
    this.#process.on(signal, handler);
  }
  endsOnSignal(signal: SignalName, exitCode: number): void {
    this.#process.endsOnSignal(signal, exitCode);
  }

  spawn(argv: readonly string[], options: SpawnOptions = {}): Child {
    return this.#process.host.spawn(this.#process, argv, options);
  }
  replace(argv: readonly string[], options: SpawnOptions = {}): Task<number> {
    return this.#process.replace(argv, options);
  }
  processes(): ProcessInfo[] {
    return this.#process.host.processes();
  }
  kill(pid: number, signal: SignalName): boolean {
    const target = this.#process.host.process(pid);
    target?.kill(signal);
    return target !== undefined;
  }

  listen(port: number, server: Server, options?: { transport?: Transport; host?: string }): Listener {
    const { host } = this.#process;
    const process = this.#process;
    const open = new Set<ServerConn>();
    const listener = host.network.listen(
      host.ns,
      port,
      {
        open(conn) {
          open.add(conn);
          server.open?.(conn);
        },
        close(conn) {
          open.delete(conn);
          server.close?.(conn);
        },
        handle: (th, message, conn) => process.serve(server.handle(th, message, conn), conn),
      },
      options,
    );
    const forget = process.atEnd(() => {
      listener.close();
      for (const conn of [...open]) conn.close();
    });
    return {
      port: listener.port,
      close() {
        forget();
        listener.close();
      },
    };
  }

  *dial(
    th: Thread,
    hostName: string,
    port: number,
    options?: { timeoutMs?: number; transport?: Transport },
  ): Task<Conn> {
    const { host } = this.#process;
    const conn = yield* host.network.dial(th, host.ns, hostName, port, options);
    const forget = this.#process.atEnd(() => conn.close());
    conn.closed.subscribe(forget);
    return conn;
  }

  resolve(th: Thread, hostName: string): Task<string[]> {
    return this.#process.host.network.resolve(th, this.#process.host.ns, hostName);
  }
  listeners(): PeerAddress[] {
    return this.#process.host.network.listeners(this.#process.host.ns);
  }

  slowdown(nowUs: number): number {
    return this.#process.host.options.machine.slowdown?.(nowUs) ?? 1;
  }

  useCpu(us: number, overUs?: number): number {
    return this.#process.host.cgroup.useCpu(us, overUs);
  }
  setThreads(count: number): void {
    this.#process.host.cgroup.setThreads(this.pid, count);
  }
  setMemory(bytes: number): void {
    if (this.#process.status) return;
    if (!this.#process.host.cgroup.setMemory(this.pid, bytes)) return;
    this.#process.host.outOfMemory();
    // The killed process does not run another instruction.
    throw new ProcessExit(137);
  }
}
