// Load on a served cluster in a process of its own: 200 clients, 50 watches, 10,000 objects, 60 s. Prints latencies and the server's memory.
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Load } from './load/load.ts';

const { values } = parseArgs({
  options: {
    clients: { type: 'string', default: '200' },
    watches: { type: 'string', default: '50' },
    objects: { type: 'string', default: '10000' },
    seconds: { type: 'string', default: '60' },
  },
});
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
const number = (text: string): number => Number(text);
const result = await new Load({
  base: config.clusters[0]?.cluster.server ?? '',
  clients: number(values.clients),
  watches: number(values.watches),
  objects: number(values.objects),
  seconds: number(values.seconds),
  now: () => performance.now(),
}).run();
clearInterval(sampling);
server.kill('SIGTERM');
rmSync(folder, { recursive: true, force: true });
const { requests, errors, p50, p99, events } = result;
console.error(
  `${values.clients} clients, ${values.watches} watches, ${values.objects} objects, ${values.seconds} s:\n` +
    `${requests} requests (${Math.round(requests / number(values.seconds))} a second), p50 ${p50.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms, ` +
    `${events} watch events, ${errors.length} errors, at most ${Math.round(most)} MiB`,
);
for (const error of errors.slice(0, 5)) console.error(error);
process.exitCode = errors.length > 0 || most > MEMORY_MIB_MAX ? 1 : 0;
