import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { Load } from './load/load.ts';
import { positive } from './positive.ts';

interface Options {
  clients: number;
  watches: number;
  objects: number;
  seconds: number;
}

const { clients, watches, objects, seconds } = new Command('npm run load --')
  .description("load a served cluster in a process of its own; print latencies, errors and the server's memory")
  .option('--clients <n>', 'clients at once', positive, 200)
  .option('--watches <n>', 'open watches', positive, 50)
  .option('--objects <n>', 'objects in the cluster', positive, 10_000)
  .option('--seconds <n>', 'how long', positive, 60)
  .parse()
  .opts<Options>();
const MEMORY_MIB_MAX = 1024;

const folder = mkdtempSync(join(tmpdir(), 'load-'));
const kubeconfig = join(folder, 'kubeconfig');
const server = spawn(
  process.execPath,
  ['--import', 'tsx', 'src/main.ts', 'cluster', 'up', '--kubeconfig', kubeconfig],
  { stdio: ['ignore', 'pipe', 'inherit'] },
);
await new Promise<void>((resolve, reject) => {
  server.stdout.on('data', (chunk) => String(chunk).includes('ready ') && resolve());
  server.on('exit', (code) => reject(new Error(`cluster up ended with ${code}`)));
});
const config = JSON.parse(readFileSync(kubeconfig, 'utf8')) as { clusters: { cluster: { server: string } }[] };

/** Resident memory of the server in MiB; Linux only, 0 elsewhere. */
function memory(): number {
  try {
    return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${server.pid}/status`, 'utf8'))?.[1] ?? 0) / 1024;
  } catch {
    return 0;
  }
}

let most = 0;
const sampling = setInterval(() => {
  most = Math.max(most, memory());
}, 250);
const result = await new Load({
  base: config.clusters[0]?.cluster.server ?? '',
  clients,
  watches,
  objects,
  seconds,
  now: () => performance.now(),
}).run();
clearInterval(sampling);
server.kill('SIGTERM');
rmSync(folder, { recursive: true, force: true });
const { requests, errors, p50, p99, events } = result;
console.error(
  `${clients} clients, ${watches} watches, ${objects} objects, ${seconds} s:\n` +
    `${requests} requests (${Math.round(requests / seconds)} a second), p50 ${p50.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms, ` +
    `${events} watch events, ${errors.length} errors, at most ${Math.round(most)} MiB`,
);
for (const error of errors.slice(0, 5)) console.error(error);
process.exitCode = errors.length > 0 || most > MEMORY_MIB_MAX ? 1 : 0;
