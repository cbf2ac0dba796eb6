import { execFile, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, describe, expect, it } from 'vitest';
import { report } from '../../scripts/compare/report.ts';
import { clusterUp, type Run, runAgent } from '../../scripts/compare/runs.ts';

/** Samples of what `npm run compare-clouds` does with all problems, and with a real cluster. */
const folder = mkdtempSync(join(tmpdir(), 'clouds-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const env = { ...process.env, AIOPSLAB_HOME: folder };
const program = async (...args: string[]): Promise<{ code: number; out: string }> => {
  try {
    return { code: 0, out: (await promisify(execFile)(process.execPath, ['dist/main.js', ...args], { env })).stdout };
  } catch (error) {
    const failed = error as { code: number; stdout: string; stderr: string };
    return { code: failed.code, out: failed.stdout + failed.stderr };
  }
};

/** A cluster of its own in another process, under its kubeconfig. */
async function served<T>(name: string, extras: string[], body: (kubeconfig: string) => Promise<T>): Promise<T> {
  const kubeconfig = join(folder, name);
  const cluster = await clusterUp(kubeconfig, 20, extras);
  try {
    return await body(kubeconfig);
  } finally {
    await cluster.stop();
  }
}

const verdicts = (runs: readonly Run[]): [string, boolean][] => runs.map(({ outcome, success }) => [outcome, success]);

describe.concurrent('sessions on a cluster in another process', () => {
  it('end as those in this one, and leave nothing behind', async () => {
    const shop = 'corner_shop_selector_typo-localization-1';
    await served('shop', [], async (kubeconfig) => {
      const there = await runAgent(shop, 'reference', join(folder, 'there'), kubeconfig);
      const here = await runAgent(shop, 'reference', join(folder, 'here'));
      expect([verdicts(here), verdicts(there)]).toEqual([[['scored', true]], [['scored', true]]]);
      const { text, agreed } = report([
        { name: 'embedded', runs: here },
        { name: 'cluster up', runs: there },
      ]);
      expect(agreed).toBe(true);
      expect(text).toContain(`| ${shop} | reference | success | success |`);
      const { code, out } = await program('doctor', '--cluster', kubeconfig, '--json');
      const states = (JSON.parse(out) as { check: string; state: string; detail: string }[]).map(
        ({ check, state, detail }) => [check, state, check === 'namespaces of sessions' ? detail : ''],
      );
      expect(states).toEqual([
        ['the API server', 'ok', ''],
        ['permissions', 'ok', ''],
        ['the default storage class', 'ok', ''],
        ['namespaces of sessions', 'ok', 'free'],
        ['a busybox pod that looks up a name', 'ok', ''],
        ['Prometheus', 'ok', ''],
        ['Chaos Mesh', 'lacking', ''],
      ]);
      expect(code).toBe(0);
    });
  }, 240_000);

  it('take with them what they made when they are interrupted', async () => {
    await served('interrupted', [], async (kubeconfig) => {
      const args = ['run', '--problems', 'corner_shop_node_tainted-detection-1', '--cluster', kubeconfig];
      const child = spawn(process.execPath, ['dist/main.js', ...args], { env, stdio: 'ignore' });
      const ended = new Promise((resolve) => child.once('exit', resolve));
      const namespaces = async (): Promise<string> => {
        const { out } = await program('doctor', '--cluster', kubeconfig, '--json');
        return JSON.parse(out).find((one: { check: string }) => one.check === 'namespaces of sessions').detail;
      };
      while ((await namespaces()) === 'free') await new Promise((resolve) => setTimeout(resolve, 500));
      child.kill('SIGINT');
      expect(await ended).toBe(130);
      expect(await namespaces()).toBe('free');
    });
  }, 240_000);

  it('disturb the network through Chaos Mesh', async () => {
    await served('hotel', ['chaos-mesh'], async (kubeconfig) => {
      const runs = await runAgent('network_loss_hotel_res-detection-1', 'reference', join(folder, 'loss'), kubeconfig);
      expect(verdicts(runs)).toEqual([['scored', true]]);
    });
  }, 240_000);
});

describe('--cluster', () => {
  it('says what is wrong with it', async () => {
    const missing = await program('run', '--problems', 'noop*', '--cluster', join(folder, 'nowhere'), '--json');
    expect(missing.out).toContain('the kubeconfig cannot be read: ENOENT');
    const both = await program('run', '--problems', 'noop*', '--cluster', 'a', '--kubeconfig', 'b');
    expect(both).toEqual({
      code: 2,
      out: 'error: --cluster stands alone\nleave --kubeconfig and --context out\n',
    });
    const stepped = await program('serve', '--clock', 'stepped', '--cluster', 'a');
    expect(stepped).toEqual({
      code: 2,
      out: 'error: the time of a real cluster goes with the wall clock, it cannot be stepped\nleave --clock out, or --cluster\n',
    });
  });
});
