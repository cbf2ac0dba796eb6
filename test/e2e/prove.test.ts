import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const run = promisify(execFile);

interface Listed {
  id: string;
  application: string;
}

interface Proof {
  problem_id: string;
  ok: boolean;
  failed: string[];
}

/** One of each kind of task; `npm run prove` takes all of the corner shop's. */
const SHOP_SAMPLE = [
  'corner_shop_claim_lost-healthy-1',
  'corner_shop_quota_exceeded-detection-1',
  'corner_shop_scaled_to_zero-localization-1',
  'corner_shop_wrong_config_value-analysis-1',
  'corner_shop_wrong_target_port-mitigation-1',
];

async function program(...args: string[]): Promise<string> {
  const options = { maxBuffer: 1 << 24 };
  const done = await run(process.execPath, ['dist/main.js', ...args], options).catch((error: unknown) => error);
  return (done as { stdout: string }).stdout;
}

/** A problem exists only with its proof: all of HotelReservation, on every push. */
it('every problem is proven', async () => {
  const listed = JSON.parse(await program('problems', '--json')) as Listed[];
  const hotel = listed.filter(({ application }) => application === 'hotel-reservation').map(({ id }) => id);
  expect(hotel).toHaveLength(62);
  expect(listed).toHaveLength(62 + 14 * 6);
  const wanted = [...hotel, ...SHOP_SAMPLE];
  const stdout = await program('prove', '--problems', wanted.join(','), '--json', '--parallel', '2');
  const proofs = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Proof);
  expect(proofs.filter((proof) => !proof.ok)).toEqual([]);
  expect(proofs).toHaveLength(wanted.length);
}, 1_300_000);
