import type { CustomCommand } from 'just-bash';
import type { Cluster } from '../../cluster/cluster.ts';
import { readable } from '../../core/bytes.ts';
import { Prng } from '../../core/prng.ts';
import { Container } from '../../sim/process/container.ts';
import { fileNode, ProcessFs } from '../../sim/process/memory-fs.ts';
import type { Child, Program, Writable } from '../../sim/process/os.ts';
import { World } from '../../sim/world.ts';
import type { JqEngine } from '../commands/jq.ts';
import { Client } from '../kubectl/client.ts';
import type { ShellNetwork } from '../network.ts';
import { AgentBash, type Line } from './agent-bash.ts';
import { MachineClock } from './clock.ts';
import { MachineFiles } from './files.ts';
import { embedded } from './hosted.ts';
import { ENVIRONMENT, HOME, HOSTNAME, machineImage } from './image.ts';
import { MachineNetwork } from './network.ts';
import { furnish } from './setup.ts';

export interface MachineOptions {
  cluster: Cluster;
  network: ShellNetwork;
  seed: string | number;
  kubectlCostMs: number;
  jq: JqEngine | undefined;
  extraCommands: readonly CustomCommand[];
}

const BASH = '/opt/bash';
const DIRECTORIES = ['/tmp', '/var/tmp', '/etc', '/opt', '/usr/local/share', HOME, `${HOME}/.kube`, '/root'];
const MACHINE = { memoryBytes: 8 * 2 ** 30, cpus: 2, kernel: '6.1.0-18-amd64' };
const UPTIME_MS = 86_400_000;

/** Keeps what fits; the rest is dropped without stopping who writes. */
class Sink implements Writable {
  text = '';
  cut = false;
  constructor(readonly limit: number) {}

  write(text: string): void {
    if (this.cut) return;
    this.text += text;
    if (this.text.length <= this.limit) return;
    this.cut = true;
    this.text = this.text.slice(0, this.limit);
  }

  close(): void {}
}

export interface MachineResult {
  stdout: string;
  stderr: string;
  exitCode: number;
  timedOut: boolean;
  truncated: boolean;
}

/**
 * The agent's machine: processes, pipes, files, a loopback network. It is made of what containers are made of, in a small world of
 * its own on the cluster's time, so that it stands beside any cluster.
 */
export class Machine {
  readonly files: MachineFiles;
  readonly #clock: MachineClock;
  readonly #container: Container;
  readonly #bash = new AgentBash();
  #process: Child;
  #fault: { error: unknown } | undefined;

  constructor(options: MachineOptions) {
    const { cluster, seed, kubectlCostMs, jq } = options;
    const world = new World({ seed: `${seed}/shell`, epochMs: cluster.clock.now() });
    this.#clock = new MachineClock(cluster, world);
    furnish(world, {
      ...{ cluster, kubectlCostMs, jq, clock: this.#clock, network: options.network },
      client: new Client(cluster),
      rng: new Prng(`${seed}/shell`),
      extra: new Map(options.extraCommands.map((command) => [command.name, command])),
      fault: (error) => {
        this.#fault ??= { error };
      },
    });
    this.#container = new Container({
      world,
      network: new MachineNetwork(options.network, () => this.#clock),
      ns: {
        ip: '172.18.0.2',
        nodeName: HOSTNAME,
        dns: { nameservers: ['10.96.0.10'], searches: [], ndots: 1 },
        hosts: new Map([[HOSTNAME, '172.18.0.2']]),
      },
      image: machineImage,
      hostname: HOSTNAME,
      streamName: 'shell',
      env: ENVIRONMENT,
      workingDir: HOME,
      uid: 0,
      limits: { cpuShares: 1024 },
      mounts: new Map(),
      machine: { ...MACHINE, bootMs: world.nowMs - UPTIME_MS },
    });
    for (const directory of DIRECTORIES) this.#container.fs.mkdir(directory, true, 0o755, 0, 0);
    const servers = (options.network.nameservers ?? []).map((ip) => `nameserver ${ip}\n`).join('');
    this.#container.fs.put('/etc/resolv.conf', fileNode(this.#container.fs.owner, `${servers}options ndots:0\n`), 1);
    this.files = new MachineFiles(new ProcessFs(this.#container.fs, 1, 0));
    this.#install(BASH, this.#bash.program);
    for (const { name } of options.extraCommands) this.#install(`/usr/local/bin/${name}`, embedded(name));
    this.#container.start(['sleep', 'infinity'], {});
    this.#process = this.#startBash();
  }

  #startBash(): Child {
    const child = this.#container.exec([BASH], { cwd: HOME, env: ENVIRONMENT });
    const process = this.#container.process(child.pid);
    process?.become({ ...process.options, argv: ['bash'] });
    return child;
  }

  #install(path: string, program: Program): void {
    const { fs } = this.#container;
    fs.put(path, { ...fileNode(fs.owner, '', 0o755, this.#container.world.nowMs), program }, 1);
  }

  /** Runs a command line. Throws what is a fault of ours. */
  async exec(
    command: string,
    limits: { timeoutMs: number; outputCharsMax: number; signal?: AbortSignal },
  ): Promise<MachineResult> {
    const [stdout, stderr] = [new Sink(limits.outputCharsMax), new Sink(limits.outputCharsMax)];
    const line: Line = { text: command, stdout, stderr, code: undefined };
    this.#clock.catchUp();
    const deadlineMs = this.#clock.nowMs() + limits.timeoutMs;
    // a shell that crashed (endless recursion) is followed by a new one
    if (this.#process.status) this.#process = this.#startBash();
    this.#bash.start(line);
    let finished = false;
    try {
      finished = await this.#clock.run(
        () => line.code !== undefined || this.#process.status !== undefined || this.#broken,
        deadlineMs,
        limits.signal,
      );
    } finally {
      if (!finished) this.#cut();
    }
    this.#assertSound();
    const exitCode = finished ? (this.#process.status?.code ?? line.code ?? 1) : 124;
    // a new shell must not find the line that the last one died of
    line.code ??= exitCode;
    return {
      stdout: readable(stdout.text),
      stderr: readable(stderr.text),
      exitCode,
      timedOut: !finished,
      truncated: stdout.cut,
    };
  }

  /** The time is over: whatever the line runs is killed; what was sent to the background goes on. */
  #cut(): void {
    const kept = this.#bash.backgroundPids;
    this.#bash.cut();
    for (const { pid, ppid } of this.#container.processes()) {
      if (pid === 1 || pid === this.#bash.pid || kept.has(pid) || kept.has(ppid)) continue;
      this.#container.process(pid)?.kill('SIGKILL');
    }
    this.#clock.catchUp();
  }

  get #broken(): boolean {
    return this.#fault !== undefined || this.#container.world.internalErrors.length > 0;
  }

  #assertSound(): void {
    if (this.#fault) throw this.#fault.error;
    const [error] = this.#container.world.internalErrors;
    if (error) throw error;
  }
}
