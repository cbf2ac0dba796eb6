import type { ByteString, ExecResult, ResolvedCommandContext } from 'just-bash';
import type { Cluster } from '../../cluster/cluster.ts';
import { ofLatin } from '../../core/bytes.ts';
import type { Prng } from '../../core/prng.ts';
import type { Client } from '../kubectl/client.ts';
import type { ShellNetwork } from '../network.ts';
import type { ShellTime } from '../time.ts';
import type { JqEngine } from './jq.ts';

/** What a command sees of the shell that it runs in. */
export interface CommandSetup {
  cluster: Cluster;
  client: Client;
  network: ShellNetwork;
  time: ShellTime;
  rng: Prng;
  jq?: JqEngine;
}

/** A command that takes all of its input and gives all of its output at once. */
export type CommandBody = (args: string[], ctx: ResolvedCommandContext, setup: CommandSetup) => Promise<ExecResult>;

export function result(stdout: string, stderr = '', exitCode = 0): ExecResult {
  return { stdout, stderr, exitCode };
}

/** Standard input comes as bytes in a string. */
export function utf8(bytes: ByteString): string {
  return ofLatin(String(bytes));
}
