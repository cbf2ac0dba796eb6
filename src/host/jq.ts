import { createRequire } from 'node:module';
import { Worker } from 'node:worker_threads';
import type { JqEngine, JqOutcome } from '../shell/index.ts';

/** Wall time after which a filter counts as endless. */
const LIMIT_MS = 5_000;

/**
 * Runs in the worker. jq-web drops what was printed before an error, so that is asked for again with the error caught; it also
 * drops the last newline.
 */
const PROGRAM = `
const { parentPort, workerData } = require('node:worker_threads');
console.warn = () => {};
const ready = require(workerData.path);
async function run(input, filter, flags) {
  const jq = await ready;
  const join = flags.includes('--join-output') || flags.includes('--raw-output0');
  const end = (text) => (text === undefined || text === '' ? (text ?? '') : join ? text : text + '\\n');
  try {
    return { stdout: end(jq.raw(input, filter, [...flags])), stderr: '', exitCode: 0 };
  } catch (error) {
    const stderr = error.stderr ? error.stderr + '\\n' : 'jq: error: ' + error.message + '\\n';
    const exitCode = error.exitCode ?? 5;
    let stdout = '';
    if (exitCode === 5) {
      try { stdout = end(jq.raw(input, 'try (' + filter + ') catch empty', [...flags])); } catch {}
    }
    return { stdout, stderr, exitCode };
  }
}
parentPort.on('message', async ({ input, filter, flags }) => parentPort.postMessage(await run(input, filter, flags)));
`;

/** The worker and the one answer that is awaited from it. */
class JqWorker {
  readonly #worker: Worker;
  #settle: { resolve(outcome: JqOutcome): void; reject(error: Error): void } | undefined;

  constructor(path: string) {
    this.#worker = new Worker(PROGRAM, { eval: true, workerData: { path } });
    this.#worker.on('message', (outcome: JqOutcome) => this.#settle?.resolve(outcome));
    this.#worker.on('error', (error) => this.#settle?.reject(error));
    this.#worker.unref();
  }

  run(input: string, filter: string, flags: string[]): Promise<JqOutcome> {
    return new Promise((resolve, reject) => {
      this.#settle = { resolve, reject };
      this.#worker.postMessage({ input, filter, flags });
    });
  }

  stop(): void {
    void this.#worker.terminate();
  }
}

/** The real jq (WebAssembly) in a worker of its own: an endless filter is stopped with the worker. One at a time. */
export function createJq(): JqEngine {
  const path = createRequire(import.meta.url).resolve('jq-web');
  let worker: JqWorker | undefined;
  let queue: Promise<unknown> = Promise.resolve();
  const ask = async (input: string, filter: string, flags: string[]): Promise<JqOutcome> => {
    worker ??= new JqWorker(path);
    let timer: NodeJS.Timeout | undefined;
    const tooLong = new Promise<undefined>((resolve) => {
      timer = setTimeout(() => resolve(undefined), LIMIT_MS);
    });
    try {
      const outcome = await Promise.race([worker.run(input, filter, flags), tooLong]);
      if (outcome) return outcome;
    } finally {
      clearTimeout(timer);
    }
    worker.stop();
    worker = undefined;
    return {
      stdout: '',
      stderr: `jq: limit reached: the filter ran longer than ${LIMIT_MS / 1000} s\n`,
      exitCode: 124,
    };
  };
  return (input, filter, flags) => {
    const next = queue.then(() => ask(input, filter, flags));
    queue = next.catch(() => {});
    return next;
  };
}
