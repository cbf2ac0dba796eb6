import type { IFileSystem } from 'just-bash';
import type { Cluster } from '../../cluster/cluster.ts';
import type { Prng } from '../../core/prng.ts';
import type { ShellTime } from '../time.ts';
import type { Client } from './client.ts';
import type { Flags, ParsedArgs } from './flags.ts';

/** What one call of kubectl sees of its surroundings. */
export interface KubectlHost {
  cluster: Cluster;
  client: Client;
  fs: IFileSystem;
  cwd: string;
  env: ReadonlyMap<string, string>;
  stdin: string;
  time: ShellTime;
  rng: Prng;
  signal?: AbortSignal;
  /** Runs a program of this machine with the command's own input and output: its exit code; undefined when it cannot be started. */
  runProgram?(argv: string[]): Promise<number | undefined>;
  /** Gets the output as it is made. */
  sink?: { out(text: string): void; err(text: string): void };
}

/** One running verb: parsed flags, output, and the namespace in force. */
export interface Call extends KubectlHost {
  flags: Flags;
  args: string[];
  dashAt: ParsedArgs['dashAt'];
  /** `kubectl rollout status`: used in hints. */
  command: string;
  namespace: string;
  /** True when -n was given. */
  namespaceGiven: boolean;
  out(text: string): void;
  err(text: string): void;
  /** Everything written so far; verbs that stream end early with it. */
  readonly stdout: string;
}

/** Result of a verb; a number is the exit code, nothing means 0. */
// biome-ignore lint/suspicious/noConfusingVoidType: a verb that simply ends returns nothing
export type VerbResult = Promise<number | void>;

export interface Verb {
  name: string;
  flags: import('./flags.ts').FlagSpec[];
  /** False when flags end at the first argument (exec). */
  interspersed?: boolean;
  aliases?: string[];
  /** How a group of commands ends when none of them follows: its help on stderr with exit code 1 unless said, `lenient` takes any word. */
  group?: 'out' | 'lenient';
  run?(call: Call): VerbResult;
  subcommands?: Verb[];
  /** Why the command itself is not carried out here, and what does instead. */
  refused?: string;
}
