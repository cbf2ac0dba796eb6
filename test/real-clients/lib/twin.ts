import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { deployApp, loadApp } from '../../../src/apps/index.ts';
import { EmbeddedCluster } from '../../../src/cluster/embedded.ts';
import { packageAssets } from '../../../src/host/assets.ts';
import { wallClock } from '../../../src/host/wall-clock.ts';
import { writeKubeconfig } from '../../../src/http/kubeconfig.ts';
import { type ServedCluster, serveCluster } from '../../../src/http/serve-cluster.ts';
import { type AgentShell, createShell, defineHelmCommand, type ShellNetwork } from '../../../src/shell/index.ts';
import { createSimulation, type Simulation } from '../../../src/sim/simulation.ts';
import { clientFolder } from './binaries.ts';

export interface Outcome {
  stdout: string;
  stderr: string;
  code: number;
}

const TOKEN = 'operator';
const CALL_LIMIT_MS = 20_000;
/** A client's time-outs are real seconds, in which a served cluster of stepped time lives through ten. */
const REAL_PATIENCE = '3s';
const OUR_PATIENCE = '30s';
const AGENT_HOME = '/home/agent';
const KUBECONFIG = '.kube/config';

export interface TwinOptions {
  /** One cluster for both sides: for commands that change nothing. */
  shared?: boolean;
  /** Without HotelReservation. */
  empty?: boolean;
  /** With metrics-server, and time for its first samples. */
  metrics?: boolean;
  /** What the agent's helm reaches beside the cluster. */
  network?: ShellNetwork;
}

/**
 * Two clusters of the same seed with HotelReservation: the real clients work on one over HTTP, the agent's shell on the other
 * through the seam. The same commands in the same order keep them alike; time is brought level after each.
 */
export class Twin {
  #faults: unknown[] = [];
  readonly #variables: Record<string, string> = {};
  /** The real clients' home folder. */
  readonly home = mkdtempSync(join(tmpdir(), 'real-clients-'));
  readonly #real: Simulation;
  readonly #ours: Simulation;
  readonly #shell: AgentShell;
  readonly #served: ServedCluster;

  private constructor(real: Simulation, ours: Simulation, shell: AgentShell, served: ServedCluster) {
    this.#real = real;
    this.#ours = ours;
    this.#shell = shell;
    this.#served = served;
  }

  static async start(seed: string, options: TwinOptions = {}): Promise<Twin> {
    const app = loadApp('hotel-reservation', packageAssets(fileURLToPath(new URL('../../../', import.meta.url))));
    const make = (): Simulation => createSimulation({ seed, metricsServer: options.metrics });
    const ours = make();
    const real = options.shared ? ours : make();
    const cluster = new EmbeddedCluster(ours);
    for (const one of options.empty ? [] : new Set([ours, real]))
      await deployApp(new EmbeddedCluster(one), app, { wait: true });
    const shell = createShell({ cluster, seed, extraCommands: [defineHelmCommand({ cluster, ...options })] });
    const faults: unknown[] = [];
    const served = await serveCluster({
      handler: real.api.handler,
      world: real.world,
      clock: 'stepped',
      token: TOKEN,
      port: 0,
      timers: wallClock,
      userOfToken: (text) => real.api.userOfToken(text),
      onError: (error) => faults.push(error),
    });
    const twin = new Twin(real, ours, shell, served);
    twin.#faults = faults;
    await twin.write(KUBECONFIG, writeKubeconfig({ url: served.url, token: TOKEN }));
    await shell.exec(`export PATIENCE=${OUR_PATIENCE}`);
    twin.settle(options.metrics ? 90_000 : 5_000);
    return twin;
  }

  /** Sets a variable on both sides. */
  async export(name: string, value: string): Promise<void> {
    this.#variables[name] = value;
    await this.#shell.exec(`export ${name}='${value}'`);
  }

  /** Lets both worlds run to the same moment, `ms` after the later one's. */
  settle(ms: number): void {
    const untilMs = Math.max(this.#real.world.nowMs, this.#ours.world.nowMs) + ms;
    for (const { world } of [this.#real, this.#ours]) world.advance(untilMs - world.nowMs);
  }

  /** Sends an object to the cluster of the agent's shell; the answer's status code. */
  async post(path: string, object: unknown): Promise<number> {
    const headers = { 'content-type': 'application/json' };
    const cluster = new EmbeddedCluster(this.#ours);
    return (await cluster.request({ method: 'POST', path, headers, body: JSON.stringify(object) })).status;
  }

  /** Puts a file into both homes. */
  async write(path: string, text: string): Promise<void> {
    const full = join(this.home, path);
    mkdirSync(dirname(full), { recursive: true });
    writeFileSync(full, text);
    await this.#shell.fs.mkdir(dirname(`${AGENT_HOME}/${path}`), { recursive: true });
    await this.#shell.fs.writeFile(`${AGENT_HOME}/${path}`, text);
  }

  /** Copies a folder that a real client made into the shell's home. */
  async share(path: string): Promise<void> {
    for (const entry of readdirSync(join(this.home, path), { recursive: true, withFileTypes: true })) {
      if (!entry.isFile()) continue;
      const full = join(entry.parentPath, entry.name);
      await this.write(full.slice(this.home.length + 1), readFileSync(full, 'utf8'));
    }
  }

  /** One command line with the real clients. */
  real(command: string): Promise<Outcome> {
    const env = {
      HOME: this.home,
      PATH: `${clientFolder()}:/usr/bin:/bin`,
      TZ: 'UTC',
      LC_ALL: 'C.UTF-8',
      PATIENCE: REAL_PATIENCE,
      ...this.#variables,
    };
    return new Promise((resolve) => {
      const child = execFile(
        '/bin/bash',
        ['-c', command],
        { cwd: this.home, env, timeout: CALL_LIMIT_MS, maxBuffer: 64 * 1024 * 1024 },
        (error, stdout, stderr) => {
          const text = (part: string): string => part.replaceAll(this.home, AGENT_HOME);
          resolve({ stdout: text(stdout), stderr: text(stderr), code: error ? Number(error.code ?? 124) : 0 });
        },
      );
      child.stdin?.end();
    });
  }

  /** The same command line in the agent's shell. */
  async ours(command: string): Promise<Outcome> {
    const { stdout, stderr, exitCode } = await this.#shell.exec(command, { timeoutMs: 120_000 });
    return { stdout, stderr, code: exitCode };
  }

  /** Both, one after the other, then level in time. */
  async both(command: string, settleMs: number): Promise<{ real: Outcome; ours: Outcome }> {
    const [real, ours] = [await this.real(command), await this.ours(command)];
    this.settle(settleMs);
    if (this.#faults.length > 0) throw this.#faults[0];
    return { real, ours };
  }

  async stop(): Promise<void> {
    await this.#served.close();
    rmSync(this.home, { recursive: true, force: true });
  }
}
