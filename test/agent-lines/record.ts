/**
 * Records what bash with the real kubectl answers to lines.txt on a served cluster. Run by hand: `npx tsx test/agent-lines/record.ts`. Needs
 * bash, jq and the GNU tools.
 */
import { writeFileSync } from 'node:fs';
import { normalise } from '../real-clients/lib/normalise.ts';
import { Twin } from '../real-clients/lib/twin.ts';
import { lines } from './lines.ts';
import { NAMESPACE, SEED, SETTLE_MS } from './world.ts';

async function record(): Promise<void> {
  const twin = await Twin.start(SEED);
  await twin.export('NS', NAMESPACE);
  const recorded = [];
  for (const line of lines) {
    const { stdout, stderr, code } = await twin.real(line);
    twin.settle(SETTLE_MS);
    recorded.push({ line, ...normalise({ stdout, stderr: stderr.replaceAll('/bin/bash: ', 'bash: '), code }) });
  }
  await twin.stop();
  writeFileSync(new URL('recorded.json', import.meta.url), `${JSON.stringify(recorded, null, 1)}\n`);
}

void record();
