import type { CustomCommand, IFileSystem } from 'just-bash';
import type { Cluster } from '../cluster/cluster.ts';
import { limits as coreLimits } from '../core/limits.ts';
import { Prng } from '../core/prng.ts';
import { type Ambient, withAmbient } from './ambient.ts';
import type { JqEngine } from './commands/jq.ts';
import { Machine } from './machine/machine.ts';
import { noNetwork, type ShellNetwork } from './network.ts';

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

const DEFAULTS: ShellLimits = {
  outputCharsMax: 1_000_000,
  commandCharsMax: coreLimits.shellCommandCharsMax,
  timeoutMs: coreLimits.shellTimeoutSecondsDefault * 1000,
};

/** A bash of its own: no host file, process, environment or network is in reach; time is the cluster's. */
export function createShell(options: ShellOptions): AgentShell {
  const bounds = { ...DEFAULTS, ...options.limits };
  const { cluster, seed = 0, network = noNetwork, kubectlCostMs = 50, jq, extraCommands = [] } = options;
  const machine = new Machine({ cluster, seed, network, kubectlCostMs, jq, extraCommands });
  // A stream of its own: how often the text tools draw from it depends on what else the process runs.
  const chance = new Prng(`${seed}/shell/interpreter`);
  const ambient: Ambient = { now: () => cluster.clock.now(), random: () => chance.float() };
  const exec = async (
    command: string,
    call: { timeoutMs?: number; signal?: AbortSignal } = {},
  ): Promise<ShellResult> => {
    if (command.length > bounds.commandCharsMax)
      return {
        stdout: '',
        stderr: `bash: command is longer than ${bounds.commandCharsMax} characters\n`,
        exitCode: 126,
        timedOut: false,
        truncated: false,
      };
    const { timeoutMs = bounds.timeoutMs, signal } = call;
    const { outputCharsMax } = bounds;
    const result = await machine.exec(command, { timeoutMs, signal, outputCharsMax });
    return { ...result, stdout: result.truncated ? `${result.stdout}\n` : result.stdout };
  };
  return {
    exec: (command, call) => withAmbient(ambient, () => exec(command, call)),
    fs: machine.files as IFileSystem,
  };
}
