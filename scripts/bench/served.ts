import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/** Runs against `cluster up` in another process, by its kubeconfig. */
export async function served<T>(run: (kubeconfig: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'aiopslab-bench-'));
  const kubeconfig = join(folder, 'kubeconfig');
  const args = ['dist/main.js', 'cluster', 'up', '--kubeconfig', kubeconfig];
  const server = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  try {
    for await (const line of createInterface({ input: server.stdout })) if (line.startsWith('ready ')) break;
    return await run(kubeconfig);
  } finally {
    server.kill('SIGTERM');
    rmSync(folder, { recursive: true, force: true });
  }
}
