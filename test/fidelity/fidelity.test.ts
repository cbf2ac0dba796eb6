import { expect, it } from 'vitest';
import { unavailable } from '../real-clients/lib/binaries.ts';
import { type Replay, replay } from './lib/replay.ts';
import { loadRecording, loadScenarios } from './lib/scenario.ts';

const EVERY_OVER_HTTP = 12;

it('every scenario has its recording', () => {
  const missing = loadScenarios().filter((scenario) => !loadRecording(scenario.id));
  expect(missing.map((scenario) => scenario.id)).toEqual([]);
});

it('the embedded cluster behaves as recorded on a real Kubernetes; what differs has a reason', async () => {
  const outcome = await replay();
  expect(unexplained(outcome)).toEqual([]);
  expect(outcome.stale).toEqual([]);
  expect(outcome.total).toBeGreaterThanOrEqual(3_000);
  expect(outcome.equal / outcome.total).toBeGreaterThanOrEqual(0.98);
}, 300_000);

/** All scenarios go over HTTP with `npm run fidelity:http`. */
it.skipIf(unavailable)(
  `the served cluster does so with the real kubectl${unavailable ? ` (${unavailable})` : ''}`,
  async () => {
    const outcome = await replay('', 'http', EVERY_OVER_HTTP);
    expect(unexplained(outcome)).toEqual([]);
    expect(outcome.equal / outcome.total).toBeGreaterThanOrEqual(0.98);
  },
  300_000,
);

function unexplained(outcome: Replay): string[] {
  return outcome.scenarios.flatMap(({ scenario, differences, failure }) => [
    ...(failure ? [`${scenario}: ${failure}`] : []),
    ...differences.filter(({ accepted }) => !accepted).map(({ index, step }) => `${scenario}#${index} ${step}`),
  ]);
}
