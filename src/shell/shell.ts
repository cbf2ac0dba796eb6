import {
  Bash,
  type BashExecResult,
  type CommandName,
  type CustomCommand,
  getCommandNames,
  type IFileSystem,
  InMemoryFs,
} from 'just-bash';
import type { Cluster } from '../cluster/cluster.ts';
import { limits as coreLimits } from '../core/limits.ts';
import { Prng } from '../core/prng.ts';
import { type Ambient, withAmbient } from './ambient.ts';
import { type CommandSetup, shellCommands, underDeadline } from './commands/index.ts';
import type { JqEngine } from './commands/jq.ts';
import { stop, stopInner, withoutStopNotice } from './interpreter.ts';
import { Client } from './kubectl/client.ts';
import { defaultConfig, KUBECONFIG_PATH } from './kubectl/config.ts';
import { noNetwork, type ShellNetwork } from './network.ts';
import { splitDeclarations } from './script/arithmetic.ts';
import type { ShellScript } from './script/ast.ts';
import { endScript, guardStatements } from './script/ending.ts';
import { rewriteScript } from './script/rewrite.ts';
import { ShellState, withoutOwnTrace } from './script/state.ts';
import { ClockTime } from './time.ts';
import { timedOnClock } from './timed.ts';

export interface ShellResult {
  stdout: string;
  stderr: string;
  exitCode: number;
  /** The command met its time limit; what it had printed is kept. */
  timedOut: boolean;
  /** Output was cut at the limit. */
  truncated: boolean;
}

export interface AgentShell {
  /** Runs a command line in the session's shell; variables and the working directory last as in one shell. */
  exec(command: string, options?: { timeoutMs?: number; signal?: AbortSignal }): Promise<ShellResult>;
  /** The session's files, for exports of telemetry. */
  readonly fs: IFileSystem;
}

export interface ShellLimits {
  outputCharsMax: number;
  commandCharsMax: number;
  timeoutMs: number;
  /** Commands and loop iterations of one call. */
  stepsMax: number;
}

export interface ShellOptions {
  cluster: Cluster;
  /** Further commands, e.g. helm. */
  extraCommands?: CustomCommand[];
  limits?: Partial<ShellLimits>;
  network?: ShellNetwork;
  /** Seed of RANDOM, shuf, mktemp. */
  seed?: string | number;
  /** Virtual time that one kubectl call takes by itself. */
  kubectlCostMs?: number;
  /** The real jq; without it the interpreter's own, which knows less, is used. */
  jq?: JqEngine;
}

/** All but sqlite3, which runs in a thread of its own, with the host's time and chance. */
const INTERPRETERS_OWN = getCommandNames().filter((name) => name !== 'sqlite3') as CommandName[];

const HOME = '/home/agent';
const ENVIRONMENT = {
  HOME,
  USER: 'agent',
  LOGNAME: 'agent',
  SHELL: '/bin/bash',
  TERM: 'dumb',
  LANG: 'C.UTF-8',
  HOSTNAME: 'control-plane',
};
const DIRECTORIES = ['/tmp', '/var/tmp', '/etc', HOME, `${HOME}/.kube`, '/root'];

const DEFAULTS: ShellLimits = {
  outputCharsMax: 1_000_000,
  commandCharsMax: coreLimits.shellCommandCharsMax,
  timeoutMs: coreLimits.shellTimeoutSecondsDefault * 1000,
  stepsMax: 10_000,
};

function initialFiles(): Record<string, string> {
  return {
    [`${HOME}/${KUBECONFIG_PATH}`]: defaultConfig(),
    '/etc/hostname': 'control-plane\n',
    '/etc/hosts': '127.0.0.1\tlocalhost\n',
    '/etc/os-release':
      'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nNAME="Debian GNU/Linux"\nVERSION_ID="12"\nID=debian\n',
    '/etc/passwd': `root:x:0:0:root:/root:/bin/bash\nagent:x:1000:1000::${HOME}:/bin/bash\n`,
  };
}

/** Words that the interpreter uses for its own ceilings, turned into the shell's. */
function sayLimits(stderr: string): string {
  return stderr
    .replace(/,? ?increase executionLimits\.\w+/g, '')
    .replace(/too many commands executed \(>(-?\d+)\)/, 'limit reached: more than $1 commands in one call')
    .replace(/too many iterations \((\d+)\)/, 'limit reached: more than $1 iterations');
}

/** A bash of its own: no host file, process, environment or network is in reach; time is the cluster's. */
export function createShell(options: ShellOptions): AgentShell {
  const bounds = { ...DEFAULTS, ...options.limits };
  const time = new ClockTime(options.cluster);
  const rng = new Prng(`${options.seed ?? 0}/shell`);
  // A stream of its own: how often the interpreter draws from it for itself depends on what else the process runs.
  const chance = new Prng(`${options.seed ?? 0}/shell/interpreter`);
  const ambient: Ambient = { now: () => time.now(), random: () => chance.float() };
  const fs = withAmbient(ambient, () => new InMemoryFs(initialFiles()));
  const state = new ShellState(time.now(), HOME);
  const client = new Client(options.cluster);
  const setup: CommandSetup = {
    cluster: options.cluster,
    client,
    network: options.network ?? noNetwork,
    time,
    rng,
    state,
    stopInner: () => () => undefined,
    kubectlCostMs: options.kubectlCostMs ?? 50,
    jq: options.jq,
  };
  const ready = withAmbient(ambient, async () => {
    for (const directory of DIRECTORIES) await fs.mkdir(directory, { recursive: true });
  });

  const timed = timedOnClock(() => time.now());

  const commands = [
    ...shellCommands(setup),
    timed.command,
    ...(options.extraCommands ?? []).map((command) => underDeadline(command, setup)),
  ];

  function newBash(timeoutMs: number, signal: AbortSignal | undefined): Bash {
    const executionLimits = {
      maxCommandCount: bounds.stepsMax,
      maxLoopIterations: bounds.stepsMax,
      maxOutputSize: 32 * 1024 * 1024,
      maxFileSystemBytes: 256 * 1024 * 1024,
      maxExecutionTimeMs: timeoutMs + 60_000,
    };
    const bash = new Bash({
      fs,
      cwd: state.cwd,
      env: state.kept ? {} : ENVIRONMENT,
      executionLimits,
      sleep: (ms) => time.sleep(ms, signal),
      commands: INTERPRETERS_OWN,
      processInfo: { pid: 4242, ppid: 1, uid: 1000, gid: 1000 },
      customCommands: commands,
    });
    bash.registerTransformPlugin(timed.plugin);
    let outermost = true;
    bash.registerTransformPlugin({
      name: 'session',
      transform: ({ ast }) => {
        prepare(ast as unknown as ShellScript, outermost);
        outermost = false;
        return { ast };
      },
    });
    return bash;
  }

  /** Makes a script read the session's clock; the outermost one also takes up and hands on the shell's state. */
  function prepare(script: ShellScript, outermost: boolean): void {
    const functions = rewriteScript(script);
    endScript(script, outermost ? 'call' : 'shell', state.functionNames.length > 0);
    if (!outermost) {
      if (time.depth > 1) guardStatements(script);
      return;
    }
    script.statements = [...state.restore(), ...script.statements];
    for (const [name, node] of functions) state.functions.set(name, node);
  }

  /** `set -e` and errors of expansion leave without the script's ending: its EXIT trap runs now. */
  async function leftEarly(bash: Bash, result: BashExecResult): Promise<void> {
    const body = state.traps[0]!.get('EXIT')!;
    state.traps = [new Map()];
    const done = await bash.exec(`(exit ${result.exitCode}); ${body}`, { env: result.env, rawScript: true });
    result.stdout += done.stdout;
    result.stderr += done.stderr;
  }

  async function execWithin(
    command: string,
    call: { timeoutMs?: number; signal?: AbortSignal } = {},
  ): Promise<ShellResult> {
    await ready;
    if (command.length > bounds.commandCharsMax)
      return {
        stdout: '',
        stderr: `bash: command is longer than ${bounds.commandCharsMax} characters\n`,
        exitCode: 126,
        timedOut: false,
        truncated: false,
      };
    const timeoutMs = call.timeoutMs ?? bounds.timeoutMs;
    const until = time.now() + timeoutMs;
    const bash = newBash(timeoutMs, call.signal);
    state.begin();
    setup.stopInner = () => stopInner(bash);
    const result = await time.within(
      timeoutMs,
      () => stop(bash),
      () => bash.exec(splitDeclarations(command), { signal: call.signal, rawScript: true }),
    );
    if (!state.saved && state.traps[0]?.has('EXIT')) await leftEarly(bash, result);
    if (!state.saved && result.env?.PWD) state.cwd = result.env.PWD;
    const timedOut = time.now() >= until;
    const stderr = sayLimits(withoutOwnTrace(timedOut ? withoutStopNotice(result.stderr) : result.stderr));
    const cut = result.stdout.length > bounds.outputCharsMax;
    return {
      stdout: cut ? `${result.stdout.slice(0, bounds.outputCharsMax)}\n` : result.stdout,
      stderr: stderr.slice(0, bounds.outputCharsMax),
      exitCode: timedOut ? 124 : result.exitCode,
      timedOut,
      truncated: cut,
    };
  }
  return { exec: (command, call) => withAmbient(ambient, () => execWithin(command, call)), fs: stamped(fs, ambient) };
}

/** The same files for whoever writes them from outside of the shell: their times are the session's too. */
function stamped(fs: InMemoryFs, ambient: Ambient): IFileSystem {
  return new Proxy<IFileSystem>(fs, {
    get(target, name) {
      const member = Reflect.get(target, name) as unknown;
      if (typeof member !== 'function') return member;
      return (...args: unknown[]) => withAmbient(ambient, () => Reflect.apply(member, target, args) as unknown);
    },
  });
}
