import { type ChildProcess, spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/** One session as `run` left it. */
export interface Run {
  problem: string;
  agent: string;
  outcome: string;
  success: boolean;
  evidence: string[];
  wallS: number;
  virtualS: number;
  /** Tool calls with their answers. */
  steps: { call: string; answer: string }[];
}

const PROGRAM = 'dist/main.js';

/** Runs an agent on problems, on simulated clusters or on the one of a kubeconfig, and reads what it left in `out`. */
export async function runAgent(problems: string, agent: string, out: string, cluster?: string): Promise<Run[]> {
  const args = ['run', '--problems', problems, '--agent', agent, '--out', out, '--json'];
  const child = spawn(process.execPath, [PROGRAM, ...args, ...(cluster === undefined ? [] : ['--cluster', cluster])], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const lines: { problem_id: string; outcome: string; reason?: string }[] = [];
  for await (const line of createInterface({ input: child.stdout })) lines.push(JSON.parse(line));
  const found = new Map(readRuns(out, agent).map((run) => [run.problem, run]));
  return lines.map(
    ({ problem_id, outcome, reason }) =>
      found.get(problem_id) ?? {
        problem: problem_id,
        agent,
        outcome,
        success: false,
        evidence: [reason ?? ''],
        wallS: 0,
        virtualS: 0,
        steps: [],
      },
  );
}

/** Sessions of an agent in a directory, the newest of each problem. */
export function readRuns(out: string, agent: string): Run[] {
  const runs = new Map<string, Run & { start: number }>();
  for (const id of readdirSync(out)) {
    const text = readOr(join(out, id, 'result.json'));
    if (text === undefined) continue;
    const result = JSON.parse(text);
    const known = runs.get(result.problem_id);
    if (result.agent !== agent || (known && known.start > result.start_time)) continue;
    runs.set(result.problem_id, {
      start: result.start_time,
      problem: result.problem_id,
      agent,
      outcome: result.outcome,
      success: result.verdict.success,
      evidence: result.verdict.evidence,
      wallS: result.wall_ms / 1000,
      virtualS: result.virtual_s,
      steps: stepsOf(readOr(join(out, id, 'transcript.jsonl')) ?? ''),
    });
  }
  return [...runs.values()];
}

function stepsOf(transcript: string): Run['steps'] {
  const steps: Run['steps'] = [];
  for (const line of transcript.split('\n')) {
    if (line === '') continue;
    const { role, tool, content } = JSON.parse(line);
    if (role === 'env') (steps.at(-1) as Run['steps'][number]).answer = content;
    else steps.push({ call: tool === 'exec_shell' ? JSON.parse(content).command : `${tool} ${content}`, answer: '' });
  }
  return steps;
}

function readOr(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

/** `cluster up` in another process; resolves when it serves. */
export async function clusterUp(
  kubeconfig: string,
  speed: number,
  extras: readonly string[],
): Promise<{ stop(): Promise<void> }> {
  const args = ['cluster', 'up', '--clock', 'wall', '--speed', String(speed), '--kubeconfig', kubeconfig];
  if (extras.length > 0) args.push('--with', ...extras);
  const child: ChildProcess = spawn(process.execPath, [PROGRAM, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const ready = new Promise<void>((resolve) => {
    child.stdout?.on('data', (data: Buffer) => data.toString().includes('ready ') && resolve());
  });
  await Promise.race([ready, ended.then(() => Promise.reject(new Error('cluster up ended before it served')))]);
  return {
    stop: () => {
      child.kill('SIGTERM');
      return ended;
    },
  };
}
