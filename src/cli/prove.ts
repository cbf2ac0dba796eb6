import { prove as proveProblem } from '../agents/proof.ts';
import { drill } from '../mcp/drill.ts';
import { findProblem, matchProblems } from '../problems/index.ts';
import { MemoryStore } from '../session/store.ts';
import type { CliEnv } from './env.ts';
import { runJobs } from './jobs.ts';

interface ProofLine {
  problem_id: string;
  ok: boolean;
  failed: string[];
  wall_ms: number;
}

/** Proves every matching problem. Exit code 1 when one is not ok. */
export async function prove(
  env: CliEnv,
  options: { problems: string; seed: string; parallel: number; json: boolean },
): Promise<number> {
  const jobs = matchProblems(options.problems).map((problem) =>
    JSON.stringify({ problemId: problem.id, seed: options.seed }),
  );
  let bad = 0;
  await runJobs(
    env,
    jobs,
    { parallel: options.parallel, workerArgs: ['prove-worker'], here: proveWorker(env) },
    (answer, index) => {
      const line = JSON.parse(answer) as ProofLine;
      if (!line.ok) bad++;
      if (options.json) env.out(`${answer}\n`);
      else
        env.out(
          `${line.ok ? 'ok    ' : 'FAILED'}  ${line.problem_id}  ${line.wall_ms} ms\n${line.failed.map((text) => `        ${text}\n`).join('')}`,
        );
      env.note(`${index + 1}/${jobs.length}`);
    },
  );
  if (!options.json) env.out(`${jobs.length - bad} of ${jobs.length} problems proven\n`);
  return bad === 0 ? 0 : 1;
}

/** One job of {@link prove}, as a worker does it. */
export function proveWorker(env: CliEnv): (job: string) => Promise<string> {
  return async (job) => {
    const { problemId, seed } = JSON.parse(job) as { problemId: string; seed: string };
    const startMs = env.wallNow();
    const proof = await proveProblem(findProblem(problemId), seed, env.cloud, (agent, problem, drillSeed) => {
      const manager = env.createManager({ agent: agent.name, store: new MemoryStore() });
      return drill(manager, agent, { problemId: problem.id, seed: drillSeed }, env);
    });
    return JSON.stringify({ ...proof, wall_ms: Math.round(env.wallNow() - startMs) });
  };
}
