import { reference } from '../../src/agents/reference.ts';
import { loadApp } from '../../src/apps/index.ts';
import { silentLogger } from '../../src/core/log.ts';
import { packageAssets } from '../../src/host/assets.ts';
import { createCloud } from '../../src/host/cloud.ts';
import { drill } from '../../src/mcp/drill.ts';
import { SessionManager } from '../../src/session/manager.ts';
import { MemoryStore } from '../../src/session/store.ts';
import { median, ms, quantile, type Row, timed } from './row.ts';

const assets = packageAssets('.');
const PROBLEM = 'misconfig_app_hotel_res-mitigation-1';

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

export async function startProblem(): Promise<Row[]> {
  const took: number[] = [];
  for (let i = 0; i < 7; i++) {
    const manager = createManager();
    took.push(...(await timed(1, () => manager.open({ problemId: PROBLEM, seed: String(i) }))));
    await manager.close();
  }
  const what = `start_problem, p50 of ${took.length} (first ${ms(took[0] as number)})`;
  return [{ what, value: ms(median(took)), target: '≤ 500 ms' }];
}

export async function shellCommands(): Promise<Row[]> {
  const manager = createManager();
  const session = await manager.open({ problemId: PROBLEM, seed: '1' });
  const view = session.view();
  const exec = async (command: string, expected: RegExp): Promise<number[]> => {
    const run = () => view.execShell(command, { timeoutS: 25 });
    const { stdout } = await run();
    if (!expected.test(stdout)) throw new Error(`${command} answered ${stdout}`);
    return timed(200, run);
  };
  const pods = await exec('kubectl get pods -n test-hotel-reservation', /frontend-/);
  const nothing = await exec('echo hi', /hi/);
  await manager.close();
  return [
    {
      what: `exec_shell "kubectl get pods", p50 of ${pods.length} (p99 ${ms(quantile(pods, 0.99))})`,
      value: ms(median(pods)),
      target: '≤ 3 ms',
    },
    { what: 'yardstick: exec_shell "echo hi", p50', value: ms(median(nothing)), target: '' },
  ];
}

export async function episodes(): Promise<Row[]> {
  const took = await timed(7, async (i) => {
    const env = { version: 'bench', log: silentLogger };
    const result = await drill(createManager(), reference, { problemId: PROBLEM, seed: String(i) }, env);
    if (!result.verdict.success) throw new Error('the reference failed');
  });
  const value = `${(1000 / median(took)).toFixed(2)} per second`;
  return [{ what: 'reference episodes, one process, median of 7', value, target: '≥ 2 per second' }];
}
