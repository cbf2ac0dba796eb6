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
  short: string;
  usage: string;
  flags: import('./flags.ts').FlagSpec[];
  /** False when flags end at the first argument (exec). */
  interspersed?: boolean;
  aliases?: string[];
  run?(call: Call): VerbResult;
  subcommands?: Verb[];
}
