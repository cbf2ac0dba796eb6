import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Json } from './manifests.ts';
import { ApiException, type ClientLibrary } from './python-client.ts';

/** The interpreter that has the package; another one is named by AIOPSLAB_PYTHON. */
const PYTHON = process.env['AIOPSLAB_PYTHON'] ?? 'python3';

/** Why Python's client cannot be used here; undefined when it can. */
export function pythonMissing(): string | undefined {
  const done = spawnSync(PYTHON, ['-c', 'import kubernetes'], { encoding: 'utf8' });
  if (done.error) return `${PYTHON} is not there (AIOPSLAB_PYTHON names another)`;
  return done.status === 0 ? undefined : `${PYTHON} has no package kubernetes (pip install kubernetes==30.1.0)`;
}

/** The real package in a process of its own. */
export class PythonClient implements ClientLibrary {
  calls = 0;
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string>;

  private constructor(kubeconfig: string) {
    this.#child = spawn(PYTHON, [join(import.meta.dirname, 'bridge.py')], {
      env: { ...process.env, KUBECONFIG: kubeconfig },
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    this.#lines = createInterface({ input: this.#child.stdout as NodeJS.ReadableStream })[Symbol.asyncIterator]();
  }

  static async start(kubeconfig: string): Promise<PythonClient> {
    const client = new PythonClient(kubeconfig);
    await client.#answer();
    return client;
  }

  async call(method: string, args: unknown[], keywords: Record<string, unknown> = {}): Promise<Json> {
    this.calls++;
    this.#child.stdin?.write(`${JSON.stringify({ method, args, keywords })}\n`);
    const { value, status, body, error } = await this.#answer();
    if (status !== undefined) throw new ApiException(status, body);
    if (error !== undefined) throw new Error(error);
    return value;
  }

  async #answer(): Promise<Json> {
    const { value, done } = await this.#lines.next();
    if (done) throw new Error('Python has ended');
    return JSON.parse(value);
  }

  async close(): Promise<void> {
    this.#child.stdin?.end();
    await new Promise((resolve) => this.#child.once('exit', resolve));
  }
}
