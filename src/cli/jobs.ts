import type { CliEnv } from './env.ts';

/**
 * Runs jobs in order, or on `parallel` worker processes of this program. Jobs and answers are lines of JSON; answers are handed
 * out in the order of the jobs, whatever finishes first.
 */
export async function runJobs(
  env: CliEnv,
  jobs: readonly string[],
  options: { parallel: number; workerArgs: string[]; here(job: string): Promise<string> },
  onAnswer: (answer: string, index: number) => void,
): Promise<void> {
  if (options.parallel <= 1) {
    for (const [index, job] of jobs.entries()) onAnswer(await options.here(job), index);
    return;
  }
  const answers = new Map<number, string>();
  let next = 0;
  let reported = 0;
  const worker = async (): Promise<void> => {
    const child = env.startWorker(options.workerArgs);
    try {
      for (let index = next++; index < jobs.length; index = next++) {
        answers.set(index, await child.ask(jobs[index] as string));
        for (let ready = answers.get(reported); ready !== undefined; ready = answers.get(reported)) {
          onAnswer(ready, reported++);
        }
      }
    } finally {
      child.end();
    }
  };
  await Promise.all(Array.from({ length: Math.min(options.parallel, jobs.length) }, worker));
}
