import {
  type ByteString,
  type CustomCommand,
  defineCommand,
  type ExecResult,
  type ResolvedCommandContext,
} from 'just-bash';
import type { Cluster } from '../../cluster/cluster.ts';
import type { Prng } from '../../core/prng.ts';
import type { Client } from '../kubectl/client.ts';
import { runKubectl } from '../kubectl/index.ts';
import type { ShellNetwork } from '../network.ts';
import { scriptCommands } from '../script/commands.ts';
import type { ShellState } from '../script/state.ts';
import { type ClockTime, DeadlineReached } from '../time.ts';
import { advice } from './advice.ts';
import { curl, nc, wget } from './curl.ts';
import { date } from './date.ts';
import { bc, diff, paste } from './filters.ts';
import { hostCommands } from './host.ts';
import { jobCommands } from './jobs.ts';
import { type JqEngine, jq } from './jq.ts';
import { truncate, uniq, wc } from './text.ts';
import { sleep, timeout, watch } from './time.ts';
import { xargs } from './xargs.ts';

/** What the shell's commands share. */
export interface CommandSetup {
  cluster: Cluster;
  client: Client;
  network: ShellNetwork;
  time: ClockTime;
  rng: Prng;
  state: ShellState;
  /** Ends the script that `timeout` runs; returns the way back. */
  stopInner: () => () => void;
  kubectlCostMs: number;
  jq?: JqEngine;
}

export type CommandBody = (args: string[], ctx: ResolvedCommandContext, setup: CommandSetup) => Promise<ExecResult>;

export function result(stdout: string, stderr = '', exitCode = 0): ExecResult {
  return { stdout, stderr, exitCode };
}

const kubectl: CommandBody = async (args, ctx, setup) => {
  await setup.time.sleep(setup.kubectlCostMs, ctx.signal);
  const { cluster, client, time, rng } = setup;
  const done = await runKubectl(
    { cluster, client, time, rng, fs: ctx.fs, cwd: ctx.cwd, env: ctx.env, stdin: utf8(ctx.stdin), signal: ctx.signal },
    args,
  );
  return result(done.stdout, done.stderr, done.exitCode);
};

/** Standard input comes as bytes in a string. */
export function utf8(bytes: ByteString): string {
  return Buffer.from(String(bytes), 'latin1').toString('utf8');
}

const COMMANDS: Record<string, CommandBody> = {
  kubectl,
  k: kubectl,
  sleep,
  timeout,
  watch,
  date,
  xargs,
  diff,
  paste,
  bc,
  curl,
  wget,
  nc,
  uniq,
  wc,
  truncate,
  ...hostCommands,
  ...jobCommands,
  ...scriptCommands,
  ...advice,
};

/** Commands that take time: once a deadline has passed the next of them ends what it stands in. */
const TIMED = new Set(['kubectl', 'k', 'sleep', 'timeout', 'watch', 'curl', 'wget', 'nc']);

/** Runs a body; a deadline that it met ends it quietly, as a signal would. */
function guarded(
  body: CommandBody,
  setup: CommandSetup,
  takesTime: boolean,
): (args: string[], ctx: ResolvedCommandContext) => Promise<ExecResult> {
  return async (args, ctx) => {
    if (takesTime && setup.time.expired) {
      setup.time.stopExpired();
      return result('', '', 124);
    }
    try {
      return await body(args, ctx, setup);
    } catch (error) {
      if (!(error instanceof DeadlineReached)) throw error;
      setup.time.stopExpired();
      return result('', '', 124);
    }
  };
}

export function shellCommands(setup: CommandSetup): CustomCommand[] {
  return Object.entries(setup.jq ? { ...COMMANDS, jq } : COMMANDS).map(([name, body]) =>
    defineCommand(name, guarded(body, setup, TIMED.has(name)), { trusted: true }),
  );
}

/** Gives a command that was made elsewhere the deadlines of this shell: it speaks to the cluster, so it takes time. */
export function underDeadline(command: CustomCommand, setup: CommandSetup): CustomCommand {
  if (!('execute' in command)) return command;
  const body: CommandBody = (args, ctx) => command.execute(args, ctx as never);
  return { ...command, execute: guarded(body, setup, true) as typeof command.execute };
}
