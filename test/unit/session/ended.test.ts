import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import { loadApp } from '../../../src/apps/index.ts';
import { silentLogger } from '../../../src/core/log.ts';
import { packageAssets } from '../../../src/host/assets.ts';
import { createCloud } from '../../../src/host/cloud.ts';
import { SessionManager } from '../../../src/session/manager.ts';
import { MemoryStore } from '../../../src/session/store.ts';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

const assets = packageAssets(new URL('../../..', import.meta.url).pathname);

test('an ended session lets its world go and stays readable', { timeout: 60_000 }, async () => {
  const worlds: WeakRef<object>[] = [];
  const manager = new SessionManager({
    async createCloud(seed, app) {
      const cloud = await createCloud(seed, app);
      worlds.push(new WeakRef(cloud.cluster), new WeakRef(cloud.shell));
      return cloud;
    },
    loadApp: (name) => loadApp(name, assets),
    store: new MemoryStore(),
    wall: { now: () => 0, sleep: async () => {} },
    owner: { pid: 1 },
    newId: () => 'id',
    versions: {},
    log: silentLogger,
    agent: 'nobody',
  });
  await manager.open({ problemId: 'noop_detection_hotel_reservation-1', seed: '1' });
  await manager.perform('id', 'exec_shell', { args: { command: 'echo hi' } }, async (view) => ({
    text: (await view.execShell('echo hi', { timeoutS: 5 })).stdout,
  }));
  const { virtual_time } = await manager.describe('id');
  await manager.end('id');

  const left = (): number => worlds.filter((world) => world.deref() !== undefined).length;
  // What hangs together through finalizers goes in several rounds.
  for (let round = 0; round < 10 && left() > 0; round++) {
    await new Promise((resolve) => setTimeout(resolve, 10));
    collectGarbage();
  }
  expect(left()).toBe(0);
  const session = manager.find('id');
  expect(await manager.describe('id')).toMatchObject({ state: 'aborted', virtual_time, steps: 1 });
  expect(session.transcriptText().split('\n')).toHaveLength(3);
  expect(session.end()).toEqual({ session_id: 'id', outcome: 'aborted', results: {} });
  expect(session.exports()).toEqual([]);
  await expect(session.readExport('/tmp/x.csv')).rejects.toThrow('no telemetry was exported');
  await expect(manager.perform('id', 'exec_shell', { args: {} }, async () => ({ text: '' }))).rejects.toThrow(
    'this session is aborted; it takes no more calls',
  );
});
