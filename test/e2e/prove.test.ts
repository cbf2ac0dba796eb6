import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const run = promisify(execFile);

/** A problem exists only with its proof: all of them, on every push. */
it('every problem is proven', async () => {
  const { stdout } = await run(process.execPath, ['dist/main.js', 'prove', '--json', '--parallel', '2'], {
    maxBuffer: 1 << 24,
  }).catch((error: { stdout: string }) => error);
  const proofs = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { problem_id: string; ok: boolean; failed: string[] });
  expect(proofs.filter((proof) => !proof.ok)).toEqual([]);
  expect(proofs).toHaveLength(62);
}, 1_300_000);
