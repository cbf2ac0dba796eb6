import { describe, expect, it } from 'vitest';
import { createShell } from '../../../src/shell/shell.ts';
import { fakeCluster } from '../../support/fake-cluster.ts';

async function run(command: string, timeoutMs = 25_000) {
  const cluster = fakeCluster();
  const start = cluster.clock.now();
  const { stdout, stderr, exitCode } = await createShell({ cluster, seed: 7 }).exec(command, { timeoutMs });
  return { stdout, stderr, exitCode, seconds: Math.floor((cluster.clock.now() - start) / 1000) };
}

describe('pipes and jobs on the cluster’s time', () => {
  it.each<[string, string, number]>([
    ['while true; do echo x; sleep 5; done | head -2', 'x\nx\n', 10],
    ['yes | head -2', 'y\ny\n', 0],
    ['seq 1 1000000 | grep -m1 77', '77\n', 0],
    ['sleep 3 & sleep 2 & wait; date +%T', '09:00:03\n', 3],
    ['(sleep 1; echo late) & echo early; wait', 'early\nlate\n', 1],
    ['echo a > f; (sleep 2; echo b >> f) & timeout 5 tail -f f; echo $?', 'a\nb\n124\n', 5],
    ['timeout 3 watch -t -n 2 echo x; echo $?', 'x\n\nx\n\n124\n', 3],
    ['sleep 9 & kill $!; wait $!; echo $?', '143\n', 0],
    ['time -p sleep 0.5 2>&1; sleep 0.05m; date +%T', 'real 0.50\nuser 0.00\nsys 0.00\n09:00:03\n', 3],
  ])('%s', async (command, stdout, seconds) => {
    const { stderr, ...rest } = await run(command);
    const out = /^time/.test(command) ? stderr + rest.stdout : rest.stdout;
    expect({ stdout: out, exitCode: rest.exitCode, seconds: rest.seconds }).toEqual({ stdout, exitCode: 0, seconds });
  });
});

it('fails the call when a program of ours is wrong, instead of telling the agent', async () => {
  const cluster = fakeCluster();
  cluster.request = async () => {
    throw new TypeError('ours');
  };
  await expect(createShell({ cluster }).exec('kubectl get pods || echo hidden')).rejects.toThrow('ours');
});

it('gives the same bytes for the same seed', async () => {
  const script =
    'echo $RANDOM; shuf -i 1-99 -n 3; mktemp; for i in 1 2 3; do (sleep 0.$i; echo $i $RANDOM) & done; wait; ps -ef';
  expect(await run(script)).toEqual(await run(script));
});
