// Prints the numbers of the design that this version reaches, with the machine and medians. Needs a build (npm run build).
import { execFileSync, spawn } from 'node:child_process';
import { cpus, totalmem } from 'node:os';
import { reference } from '../src/agents/reference.ts';
import { loadApp } from '../src/apps/index.ts';
import { silentLogger } from '../src/core/log.ts';
import { packageAssets } from '../src/host/assets.ts';
import { createCloud } from '../src/host/cloud.ts';
import { drill } from '../src/mcp/drill.ts';
import { SessionManager } from '../src/session/manager.ts';
import { MemoryStore } from '../src/session/store.ts';

const assets = packageAssets('.');
const PROBLEM = 'misconfig_app_hotel_res-mitigation-1';

interface Row {
  what: string;
  value: string;
  target: string;
}

const median = (values: number[]): number => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] as number;
const ms = (value: number): string => `${value < 10 ? value.toFixed(2) : Math.round(value)} ms`;

function createManager(): SessionManager {
  let count = 0;
  return new SessionManager({
    createCloud,
    loadApp: (name) => loadApp(name, assets),
    store: new MemoryStore(),
    wall: { now: () => performance.now(), sleep: async () => {} },
    owner: { pid: process.pid },
    newId: () => `bench-${++count}`,
    versions: {},
    log: silentLogger,
    agent: 'reference',
  });
}

async function startProblem(): Promise<Row> {
  const took: number[] = [];
  for (let i = 0; i < 7; i++) {
    const manager = createManager();
    const start = performance.now();
    await manager.open({ problemId: PROBLEM, seed: String(i) });
    took.push(performance.now() - start);
    await manager.close();
  }
  return {
    what: `start_problem, p50 of ${took.length} (first ${ms(took[0] as number)})`,
    value: ms(median(took)),
    target: '≤ 500 ms',
  };
}

async function kubectlGetPods(): Promise<Row> {
  const manager = createManager();
  const session = await manager.open({ problemId: PROBLEM, seed: '1' });
  const took: number[] = [];
  for (let i = 0; i < 60; i++) {
    const start = performance.now();
    await session.view().execShell('kubectl get pods -n test-hotel-reservation', { timeoutS: 25 });
    took.push(performance.now() - start);
  }
  await manager.close();
  return { what: 'exec_shell "kubectl get pods", p50 of 60', value: ms(median(took)), target: '≤ 3 ms' };
}

async function episodes(): Promise<Row> {
  const took: number[] = [];
  for (let i = 0; i < 7; i++) {
    const start = performance.now();
    const result = await drill(
      createManager(),
      reference,
      { problemId: PROBLEM, seed: String(i) },
      { version: 'bench', log: silentLogger },
    );
    if (!result.verdict.success) throw new Error('the reference failed');
    took.push(performance.now() - start);
  }
  const perSecond = 1000 / median(took);
  return {
    what: 'reference episodes, one process, median',
    value: `${perSecond.toFixed(2)} per second`,
    target: '≥ 2 per second',
  };
}

async function simulatedRequests(): Promise<Row> {
  const app = loadApp('hotel-reservation', assets);
  const { cluster } = await createCloud('1', app);
  const { deployApp } = await import('../src/apps/index.ts');
  const { runLoad } = await import('../src/workload/index.ts');
  const deployed = await deployApp(cluster, app, { wait: true });
  await cluster.clock.sleep(10_000);
  await runLoad(cluster, deployed, { rate: 1000, seconds: 60 });
  const rates: number[] = [];
  for (let i = 0; i < 5; i++) {
    const start = performance.now();
    await cluster.clock.sleep(10_000);
    rates.push(10_000 / ((performance.now() - start) / 1000));
  }
  return {
    what: 'simulated requests (mixed load, about 11 spans each), median of 5',
    value: `${Math.round(median(rates))} per second`,
    target: '≥ 100,000 per second',
  };
}

async function spawnToInitialize(): Promise<Row> {
  const took: number[] = [];
  for (let i = 0; i < 9; i++) took.push(await oneSpawn());
  return { what: 'server spawn to initialize answer, p50 of 9', value: ms(median(took)), target: '≤ 300 ms' };
}

function oneSpawn(): Promise<number> {
  return new Promise((resolve, reject) => {
    const start = performance.now();
    const child = spawn(process.execPath, ['dist/main.js', 'serve'], { stdio: ['pipe', 'pipe', 'ignore'] });
    child.on('error', reject);
    child.stdout.once('data', () => {
      resolve(performance.now() - start);
      child.stdin.end();
    });
    const params = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'bench', version: '1' } };
    child.stdin.write(`${JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'initialize', params })}\n`);
  });
}

/** What Node itself costs on this machine: the yardstick of the spawn figure. */
function bareNode(): Row {
  const took = Array.from({ length: 9 }, () => {
    const start = performance.now();
    execFileSync(process.execPath, ['-e', '0']);
    return performance.now() - start;
  });
  return { what: 'yardstick: node -e 0, p50 of 9', value: ms(median(took)), target: '' };
}

const machine = `${cpus().length} × ${cpus()[0]?.model.trim()}, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.versions.node}`;
console.error(machine);
const rows: Row[] = [];
for (const measure of [spawnToInitialize, bareNode, startProblem, kubectlGetPods, episodes, simulatedRequests]) {
  const row = await measure();
  rows.push(row);
  console.error(`${row.what}: ${row.value}`);
}
process.stdout.write(`${JSON.stringify({ machine, rows }, null, 2)}\n`);
