import { findAgent } from '../agents/index.ts';
import { UserError } from '../core/errors.ts';
import { drill } from '../mcp/drill.ts';
import { findProblem, matchProblems } from '../problems/index.ts';
import type { SessionManager } from '../session/manager.ts';
import type { SessionResult } from '../session/store.ts';
import { type CliEnv, type ClusterOptions, targetOf } from './env.ts';
import { runJobs } from './jobs.ts';

export interface RunOptions extends ClusterOptions {
  problems: string;
  agent: string;
  seed: string;
  repeat: number;
  parallel: number;
  out?: string;
  json: boolean;
}

/** One line of `run --json`. */
interface RunLine {
  problem_id: string;
  task: string;
  agent: string;
  seed: string;
  outcome: string;
  success: boolean;
  steps: number;
  wall_ms: number;
  virtual_s: number;
  transcript_sha256: string;
  results: Record<string, unknown>;
  /** Why it is not scored. */
  reason?: string;
}

/** Scripted evaluation: every matching problem with a built-in agent. Exit code 0 when every session was scored. */
export async function run(env: CliEnv, options: RunOptions): Promise<number> {
  findAgent(options.agent);
  if (targetOf(options) && options.parallel > 1)
    throw new UserError('INVALID_ARGUMENT', 'sessions on one cluster run one after the other', 'leave --parallel out');
  const jobs = matchProblems(options.problems).flatMap((problem) =>
    Array.from({ length: options.repeat }, (_, i) =>
      JSON.stringify({ problemId: problem.id, seed: seedOf(options, i) }),
    ),
  );
  const workerArgs = ['run-worker', '--agent', options.agent, ...(options.out ? ['--out', options.out] : [])];
  let scored = 0;
  let succeeded = 0;
  await runJobs(
    env,
    jobs,
    { parallel: options.parallel, workerArgs, here: runWorker(env, options) },
    (answer, index) => {
      const line = JSON.parse(answer) as RunLine;
      if (line.outcome === 'scored') scored++;
      if (line.success) succeeded++;
      if (options.json) env.out(`${answer}\n`);
      else
        env.out(
          `${line.success ? 'success' : line.outcome === 'scored' ? 'failure' : line.outcome}  ${line.problem_id}  ${line.steps} steps  ${line.wall_ms} ms\n`,
        );
      env.note(`${index + 1}/${jobs.length}`);
    },
  );
  if (!options.json) env.out(`${succeeded} of ${jobs.length} succeeded, ${jobs.length - scored} not scored\n`);
  return scored === jobs.length ? 0 : 1;
}

/** One job of {@link run}, as a worker does it. */
export function runWorker(
  env: CliEnv,
  options: Pick<RunOptions, 'agent' | 'out' | keyof ClusterOptions>,
): (job: string) => Promise<string> {
  const agent = findAgent(options.agent);
  const store = env.diskStore(options.out);
  const target = targetOf(options);
  let current: SessionManager | undefined;
  // On a cluster of other people's nothing may stay behind.
  if (target) env.onInterrupt(() => void (current?.close() ?? Promise.resolve()).then(() => env.exit(130)));
  return async (job) => {
    const { problemId, seed } = JSON.parse(job) as { problemId: string; seed: string };
    const manager = env.createManager({ agent: agent.name, store, target });
    current = manager;
    try {
      return JSON.stringify(toLine(await drill(manager, agent, { problemId, seed }, env)));
    } catch (error) {
      env.log.error({ problemId, seed, error: String(error), stack: (error as Error).stack }, 'a session failed');
      return JSON.stringify(voidLine(problemId, agent.name, seed, error));
    }
  };
}

/** A session that failed on our side voids itself and nothing else: the run goes on. */
function voidLine(problemId: string, agent: string, seed: string, error: unknown): RunLine {
  return {
    problem_id: problemId,
    task: findProblem(problemId).task,
    agent,
    seed,
    outcome: 'void',
    success: false,
    steps: 0,
    wall_ms: 0,
    virtual_s: 0,
    transcript_sha256: '',
    results: {},
    reason: error instanceof Error ? error.message : String(error),
  };
}

function seedOf(options: RunOptions, repetition: number): string {
  return repetition === 0 ? options.seed : `${options.seed}.${repetition}`;
}

function toLine(result: SessionResult): RunLine {
  const { problem_id, task, agent, seed, outcome, steps, wall_ms, virtual_s, transcript_sha256, results, verdict } =
    result;
  return {
    problem_id,
    task,
    agent,
    seed,
    outcome,
    success: verdict.success,
    steps,
    wall_ms,
    virtual_s,
    transcript_sha256,
    results,
    ...(outcome === 'scored' ? {} : { reason: verdict.evidence[0] }),
  };
}
