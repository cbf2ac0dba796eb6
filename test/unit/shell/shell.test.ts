import { describe, expect, it } from 'vitest';
import { createShell } from '../../../src/shell/shell.ts';
import { fakeCluster } from '../../support/fake-cluster.ts';

async function run(command: string, timeoutMs = 25_000) {
  const cluster = fakeCluster();
  const shell = createShell({ cluster, seed: 7 });
  const start = cluster.clock.now();
  const result = await shell.exec(command, { timeoutMs });
  return { ...result, elapsedMs: cluster.clock.now() - start };
}

describe('time', () => {
  it('sleeps and tells the date on the virtual clock', async () => {
    expect(await run('date; sleep 90; date +%T', 100_000)).toEqual({
      stdout: 'Thu Jan 15 09:00:00 UTC 2026\n09:01:30\n',
      stderr: '',
      exitCode: 0,
      timedOut: false,
      truncated: false,
      elapsedMs: 90_001,
    });
  });
  it('keeps what was printed before the limit and starts nothing after it', async () => {
    expect(await run('for i in 1 2 3 4; do echo $i; sleep 2; done; echo end', 5000)).toEqual({
      stdout: '1\n2\n3\n',
      stderr: '',
      exitCode: 124,
      timedOut: true,
      truncated: false,
      elapsedMs: 5000,
    });
  });
  it('ends timeout with 124 and goes on', async () => {
    expect(await run('timeout 3 sleep 60; echo $?')).toMatchObject({ stdout: '124\n', exitCode: 0, elapsedMs: 3000 });
  });
  it.each([
    ['5 minutes ago', '2026-01-15T08:55:00'],
    ['yesterday', '2026-01-14T09:00:00'],
    ['@0', '1970-01-01T00:00:00'],
    ['2026-01-02 03:04:05', '2026-01-02T03:04:05'],
    ['-1 hour', '2026-01-15T08:00:00'],
  ])('reads date -d %s', async (text, expected) => {
    expect((await run(`date -d "${text}" +%FT%T`)).stdout).toBe(`${expected}\n`);
  });
});

describe('repaired commands', () => {
  it.each([
    ['printf "a b\\nc\\n" | xargs -I{} echo "<{}>"', '<a b>\n<c>\n'],
    ['printf "1 2 3" | xargs -n1 echo x', 'x 1\nx 2\nx 3\n'],
    ['seq 3 | paste -sd+', '1+2+3\n'],
    ['seq 3 | paste -sd+ | bc', '6\n'],
    ['echo "scale=2; 10/3" | bc', '3.33\n'],
    ['diff <(echo a) <(echo b)', '1c1\n< a\n---\n> b\n'],
    ['mktemp | wc -c', '20\n'],
  ])('%s', async (command, stdout) => {
    expect((await run(command)).stdout.replace(/^ +/gm, '')).toBe(stdout);
  });
  it('says that a program is missing as bash does', async () => {
    expect(await run('docker ps')).toMatchObject({
      stdout: '',
      stderr: 'bash: line 1: docker: command not found\n',
      exitCode: 127,
    });
  });
});

describe('isolation and limits', () => {
  it('keeps variables, directory and files from call to call', async () => {
    const shell = createShell({ cluster: fakeCluster() });
    await shell.exec('cd /tmp; X=5; echo hi > f');
    expect((await shell.exec('pwd; echo $X; cat f')).stdout).toBe('/tmp\n5\nhi\n');
  });
  it('lets a runaway loop run into the limit of the call, and the process breathe meanwhile', async () => {
    let turns = 0;
    const beat = setInterval(() => turns++, 5);
    const cluster = fakeCluster();
    const sleep = cluster.clock.sleep;
    cluster.clock.sleep = async (ms) => {
      await new Promise((resolve) => setImmediate(resolve));
      await sleep(ms);
    };
    const result = await createShell({ cluster }).exec('while true; do :; done', { timeoutMs: 25_000 });
    clearInterval(beat);
    expect(result).toEqual({ stdout: '', stderr: '', exitCode: 124, timedOut: true, truncated: false });
    expect(turns).toBeGreaterThan(5);
  });
  it('sees no host files and no host environment', async () => {
    expect((await run('ls /work /root/.ssh; env | grep -c -i path=')).stdout).toBe('1\n');
  });
  it('draws the same numbers for the same seed', async () => {
    expect((await run('shuf -i 1-1000 -n 3; mktemp')).stdout).toBe((await run('shuf -i 1-1000 -n 3; mktemp')).stdout);
  });
});
