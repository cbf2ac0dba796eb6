import type { ImageDef } from '../images/image.ts';
import type { NetNamespace, Network } from '../net/net.ts';
import type { World } from '../world.ts';
import { Cgroup, type CgroupLimits } from './cgroup.ts';
import { resolveExecutable } from './exec-path.ts';
import { imageRoot } from './image-root.ts';
import { mountKernelFiles } from './kernel-files.ts';
import { ContainerFs, type Mount, ProcessFs } from './memory-fs.ts';
import type { Child, ExitStatus, ProcessInfo, Readable, SignalName, SpawnOptions, Writable } from './os.ts';
import { SpawnError } from './os.ts';
import { noInput, noOutput } from './pipe.ts';
import { Process } from './process.ts';
import { Signal } from './task.ts';
import type { Terminal } from './terminal.ts';

export interface ContainerOptions {
  world: World;
  network: Network;
  /** The pod's network namespace. */
  ns: NetNamespace;
  image: ImageDef;
  hostname: string;
  /** Names the random stream, so that it must be unique and stable, e.g. `<ns>/<pod>/<container>/<attempt>`. */
  streamName: string;
  env: Record<string, string>;
  workingDir: string;
  uid: number;
  /** Primary group; root's when absent. */
  gid?: number;
  /** Supplementary groups. */
  groups?: readonly number[];
  readOnlyRoot?: boolean;
  limits: CgroupLimits;
  /** Kernel parameters of the pod's namespaces, by name. */
  sysctls?: Readonly<Record<string, string>>;
  /** By path in the container. */
  mounts: ReadonlyMap<string, Mount>;
  /** What the node's memory and processors look like in /proc. */
  machine: {
    memoryBytes: number;
    cpus: number;
    bootMs: number;
    kernel: string;
    /** How much longer work takes at that time (µs) than on an idle machine; absent: never longer. */
    slowdown?: (nowUs: number) => number;
  };
}

/**
 * One instance of a container: a process table over files, a cgroup and a network namespace. It runs until its process 1
 * ends or it is killed, and never again.
 */
export class Container {
  readonly world: World;
  readonly network: Network;
  readonly ns: NetNamespace;
  readonly fs: ContainerFs;
  readonly cgroup: Cgroup;
  readonly exited = new Signal();
  readonly options: ContainerOptions;
  startedMs = 0;
  finishedMs = 0;
  /** Set when process 1 has ended. */
  status: ExitStatus | undefined;
  #nextPid = 1;
  readonly #processes = new Map<number, Process>();

  constructor(options: ContainerOptions) {
    this.options = options;
    this.world = options.world;
    this.network = options.network;
    this.ns = options.ns;
    this.cgroup = new Cgroup(options.world, options.limits);
    this.fs = new ContainerFs(imageRoot(options.image), () => this.world.nowMs, { readOnlyRoot: options.readOnlyRoot });
    mountKernelFiles(this);
    for (const [path, mount] of options.mounts) this.fs.mount(path, mount);
    this.#makeWorkingDir();
  }

  get running(): boolean {
    return this.startedMs > 0 && this.status === undefined;
  }

  /** Starts process 1. Throws SpawnError when the command cannot be run. */
  start(argv: readonly string[], streams: { stdin?: Readable; stdout?: Writable; stderr?: Writable }): void {
    const { workingDir } = this.options;
    if (this.fs.find(workingDir, 0, true)?.node.type !== 'dir') throw new SpawnError('ENOTDIR', workingDir);
    const options = { cwd: this.options.workingDir, env: this.options.env, ...streams };
    const child = this.#launch(0, argv, options, false, streams.stdin?.terminal);
    this.startedMs = this.world.nowMs;
    child.begin();
  }

  /** Starts a further process from outside, as `kubectl exec` and probes do. Throws SpawnError. */
  exec(argv: readonly string[], options: SpawnOptions = {}): Child {
    const terminal = options.stdin?.terminal ?? options.stdout?.terminal;
    const defaults = { cwd: this.options.workingDir, env: this.options.env };
    const child = this.#launch(0, argv, { ...defaults, ...options }, true, terminal);
    child.begin();
    return child;
  }

  /** As `exec`, for a process of this container (fork and exec). */
  spawn(parent: Process, argv: readonly string[], options: SpawnOptions): Child {
    const inherited = { cwd: parent.cwd, env: { ...parent.env }, stdout: parent.stdout, stderr: parent.stderr };
    const terminal = options.background ? undefined : parent.options.terminal;
    const child = this.#launch(parent.pid, argv, { ...inherited, ...options }, true, terminal);
    child.begin();
    return child;
  }

  /** exec(2) for a process of this container. */
  replace(process: Process, argv: readonly string[], options: SpawnOptions): void {
    const old = process.options;
    const env = options.env ?? old.env;
    const cwd = options.cwd ?? process.cwd;
    const found = resolveExecutable(old.fs, argv, env, cwd);
    const { stdin = old.stdin, stdout = old.stdout, stderr = old.stderr } = options;
    process.become({ ...old, argv: found.argv, program: found.program, env, cwd, stdin, stdout, stderr });
  }

  #launch(
    ppid: number,
    argv: readonly string[],
    options: SpawnOptions,
    ownSignals: boolean,
    terminal?: Terminal,
  ): Process {
    const pid = this.#nextPid;
    const env = options.env ?? {};
    const cwd = options.cwd ?? '/';
    const files = new ProcessFs(this.fs, pid, this.options.uid, this.options.gid);
    const found = resolveExecutable(files, argv, env, cwd);
    this.#nextPid++;
    const process = new Process(this, {
      pid,
      ppid,
      argv: found.argv,
      program: found.program,
      env,
      cwd,
      fs: files,
      stdin: options.stdin ?? noInput,
      stdout: options.stdout ?? noOutput,
      stderr: options.stderr ?? noOutput,
      terminal,
      isInit: pid === 1 && !ownSignals,
    });
    this.#processes.set(pid, process);
    return process;
  }

  /** A process has ended: its entry goes; when it was process 1 the whole container ends with it. */
  reap(process: Process, status: ExitStatus): void {
    this.#processes.delete(process.pid);
    this.cgroup.setMemory(process.pid, 0);
    if (process.pid !== 1 || this.status) return;
    this.status = status;
    this.finishedMs = this.world.nowMs;
    for (const other of [...this.#processes.values()]) other.end({ code: 137, signal: 'SIGKILL' });
    this.world.touch();
    this.exited.fire();
  }

  /** A signal to process 1 from outside the container (the runtime): SIGKILL always works. */
  signal(signal: SignalName): void {
    const init = this.#processes.get(1);
    if (!init) return;
    if (signal === 'SIGKILL') init.end({ code: 137, signal: 'SIGKILL' });
    else init.deliver(signal);
  }

  /** The kernel's OOM killer takes the whole cgroup (memory.oom.group, as the kubelet sets it). */
  outOfMemory(): void {
    this.cgroup.oomEvents++;
    const all = [...this.#processes.values()];
    for (const process of all) process.end({ code: 137, signal: 'SIGKILL', oomKilled: true });
  }

  process(pid: number): Process | undefined {
    return this.#processes.get(pid);
  }

  processes(): ProcessInfo[] {
    return [...this.#processes.values()].map((p) => p.info);
  }

  #makeWorkingDir(): void {
    if (!this.fs.find(this.options.workingDir, 0, true)) this.fs.mkdir(this.options.workingDir, true, 0o755, 0, 0);
  }
}
