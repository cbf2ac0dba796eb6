import { expect, it } from 'vitest';
import { replay } from './lib/replay.ts';
import { loadRecording, loadScenarios } from './lib/scenario.ts';

it('every scenario has its recording', () => {
  const missing = loadScenarios().filter((scenario) => !loadRecording(scenario.id));
  expect(missing.map((scenario) => scenario.id)).toEqual([]);
});

it('the embedded cluster behaves as recorded on a real Kubernetes; what differs has a reason', async () => {
  const outcome = await replay();
  const unexplained = outcome.scenarios.flatMap(({ scenario, differences, failure }) => [
    ...(failure ? [`${scenario}: ${failure}`] : []),
    ...differences.filter(({ accepted }) => !accepted).map(({ index, step }) => `${scenario}#${index} ${step}`),
  ]);
  expect(unexplained).toEqual([]);
  expect(outcome.stale).toEqual([]);
  expect(outcome.total).toBeGreaterThanOrEqual(1_200);
  expect(outcome.equal / outcome.total).toBeGreaterThanOrEqual(0.95);
}, 300_000);
