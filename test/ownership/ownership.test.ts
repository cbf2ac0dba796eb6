import { isDeepStrictEqual } from 'node:util';
import { expect, it } from 'vitest';
import { EmbeddedCluster } from '../../src/cluster/embedded.ts';
import { createSimulation } from '../../src/sim/simulation.ts';
import { loadSequences } from './lib/recording.ts';
import { playSequence } from './lib/sequence.ts';

const NAMESPACE = 'ownership';

it('several managers leave the objects and the managedFields that they leave on a real API server', async () => {
  const recorded = loadSequences();
  const cluster = new EmbeddedCluster(createSimulation({ seed: 'ownership' }));
  const json = { 'content-type': 'application/json' };
  const send = (method: string, path: string, body?: string, headers: Record<string, string> = json) =>
    cluster.request({ method, path, body, headers: body === undefined ? {} : headers });
  await send('POST', '/api/v1/namespaces', JSON.stringify({ metadata: { name: NAMESPACE } }));
  const differences: unknown[] = [];
  for (const [number, expected] of recorded.entries()) {
    const outcomes = JSON.parse(JSON.stringify(await playSequence(number, NAMESPACE, send)));
    const at = expected.findIndex((outcome, step) => !isDeepStrictEqual(outcome, outcomes[step]));
    if (at >= 0) differences.push({ number, at, real: expected[at], ours: outcomes[at] });
  }
  await cluster.close();
  expect(recorded.length).toBeGreaterThanOrEqual(500);
  expect(differences.slice(0, 2)).toEqual([]);
  expect(differences.length).toBe(0);
}, 120_000);
