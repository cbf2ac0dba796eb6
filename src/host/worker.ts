import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Worker } from '../cli/env.ts';

/** Simulated work makes many objects that live shortly: collecting them less often saves about a tenth of the time. */
const YOUNG_GENERATION = '--max-semi-space-size=64';

/** Starts this program as a child that answers each line of its stdin with a line on its stdout. */
export function startWorker(program: string, args: string[]): Worker {
  const child = spawn(process.execPath, [YOUNG_GENERATION, program, ...args], { stdio: ['pipe', 'pipe', 'inherit'] });
  const waiting: { resolve(line: string): void; reject(error: Error): void }[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => waiting.shift()?.resolve(line));
  child.on('exit', (code) => {
    for (const { reject } of waiting.splice(0)) reject(new Error(`a worker ended with code ${code}`));
  });
  return {
    ask: (line) =>
      new Promise((resolve, reject) => {
        waiting.push({ resolve, reject });
        child.stdin.write(`${line}\n`);
      }),
    end: () => child.stdin.end(),
  };
}
