import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { deployApp, loadApp } from '../../src/apps/index.ts';
import { EmbeddedCluster } from '../../src/cluster/embedded.ts';
import { packageAssets } from '../../src/host/assets.ts';
import { createJq } from '../../src/host/jq.ts';
import { type AgentShell, createShell } from '../../src/shell/index.ts';
import { createSimulation } from '../../src/sim/simulation.ts';
import { normalise } from '../real-clients/lib/normalise.ts';
import { accepted } from './accepted.ts';
import { lines } from './lines.ts';
import { NAMESPACE, SEED, SETTLE_MS } from './world.ts';

interface Recorded {
  line: string;
  stdout: string;
  stderr: string;
  code: number;
}

const recorded: Recorded[] = JSON.parse(readFileSync(new URL('recorded.json', import.meta.url), 'utf8'));
const simulation = createSimulation({ seed: SEED });
let shell: AgentShell;

beforeAll(async () => {
  const cluster = new EmbeddedCluster(simulation);
  const root = fileURLToPath(new URL('../../', import.meta.url));
  await deployApp(cluster, loadApp('hotel-reservation', packageAssets(root)), { wait: true });
  shell = createShell({ cluster, seed: SEED, jq: createJq() });
  simulation.world.advance(5_000);
}, 60_000);

/** A line as if in a shell of its own, in the home of all. */
async function answer(line: string) {
  await shell.exec(`set +eux +o pipefail; shopt -u nullglob; cd; export NS=${NAMESPACE}`);
  const { stdout, stderr, exitCode } = await shell.exec(line, { timeoutMs: 120_000 });
  simulation.world.advance(SETTLE_MS);
  return normalise({ stdout, stderr, code: exitCode });
}

it('has a recording of each line', () => {
  expect(recorded.map(({ line }) => line)).toEqual(lines);
});

describe('lines answer as in bash with the real kubectl', () => {
  it.each(recorded)('$line', async ({ line, ...want }) => {
    const have = await answer(line);
    const reason = accepted[line];
    if (reason) expect(have, `no longer differs: ${reason}`).not.toEqual(want);
    else expect(have).toEqual(want);
  });
});
