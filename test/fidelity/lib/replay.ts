import { compare, type StepDifference } from './compare.ts';
import { embeddedTarget } from './embedded-target.ts';
import { httpTarget } from './http-target.ts';
import { play } from './play.ts';
import { loadAccepted, loadRecording, loadScenarios } from './scenario.ts';

export interface ReplayedScenario {
  scenario: string;
  differences: (StepDifference & { accepted?: string })[];
  /** Set when the scenario could not be played at all. */
  failure?: string;
}

export interface Replay {
  total: number;
  equal: number;
  accepted: number;
  /** Accepted differences that are no more. */
  stale: string[];
  scenarios: ReplayedScenario[];
}

/** Plays every recorded scenario on an embedded cluster of its own, in memory with our kubectl or over HTTP with the real one. */
export async function replay(filter = '', over: 'memory' | 'http' = 'memory', every = 1): Promise<Replay> {
  const reasons = loadAccepted(over);
  const used = new Set<string>();
  const outcome: Replay = { total: 0, equal: 0, accepted: 0, stale: [], scenarios: [] };
  const played = new Set<string>();
  for (const scenario of loadScenarios(filter).filter((_, at) => at % every === 0)) {
    const recording = loadRecording(scenario.id);
    if (!recording) continue;
    played.add(scenario.id);
    outcome.total += recording.steps.length;
    const target = await (over === 'http' ? httpTarget(scenario.id) : embeddedTarget(scenario.id));
    try {
      const differences = compare(recording.steps, await play(scenario, target)).map((difference) => {
        const key = [`${scenario.id}#${difference.index}`, `${scenario.id}#*`].find(
          (name) => reasons[name] !== undefined,
        );
        if (key) used.add(key);
        return { ...difference, accepted: key && reasons[key] };
      });
      outcome.equal += recording.steps.length - differences.length;
      outcome.accepted += differences.filter((difference) => difference.accepted).length;
      if (differences.length > 0) outcome.scenarios.push({ scenario: scenario.id, differences });
    } catch (error) {
      outcome.scenarios.push({
        scenario: scenario.id,
        differences: [],
        failure: error instanceof Error ? error.message : String(error),
      });
    } finally {
      await target.close();
    }
  }
  // Over HTTP the real kubectl runs, and what ours does not carry out is no difference.
  if (over === 'http') return outcome;
  outcome.stale = Object.keys(reasons).filter((key) => played.has(key.split('#')[0] as string) && !used.has(key));
  return outcome;
}
