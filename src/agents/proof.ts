import { deployApp } from '../apps/index.ts';
import { KubeClient } from '../cluster/client.ts';
import { afterIncident, evaluateMitigation, takeBaseline } from '../evaluators/mitigation.ts';
import { profileOf } from '../evaluators/profiles.ts';
import { differences, takeSnapshot } from '../evaluators/snapshot.ts';
import type { Fault } from '../faults/fault.ts';
import type { Problem } from '../problems/problem.ts';
import type { ManagerDeps } from '../session/manager.ts';
import type { SessionResult } from '../session/store.ts';
import { runLoad, startBackgroundLoad } from '../workload/index.ts';
import type { Agent } from './agent.ts';
import * as cheats from './cheats.ts';
import { noop } from './noop.ts';
import { reference, referenceWith } from './reference.ts';

/** Runs one agent on one problem; supplied by the front, which knows MCP. */
export type Drill = (agent: Agent, problem: Problem, seed: string) => Promise<SessionResult>;

export interface Proof {
  problem_id: string;
  ok: boolean;
  /** What did not hold, one line each. */
  failed: string[];
}

class Findings {
  readonly failed: string[] = [];

  expect(what: string, holds: boolean, detail = ''): void {
    if (!holds) this.failed.push(detail === '' ? what : `${what}: ${detail}`);
  }
}

/**
 * A problem exists only with its proof: healthy passes, the fault fails, every listed repair passes, undoing the fault restores the
 * state, doing nothing fails, each cheat fails, and the same seed gives the same transcript.
 */
export async function prove(
  problem: Problem,
  seed: string,
  deps: Pick<ManagerDeps, 'createCloud' | 'loadApp'>,
  drill: Drill,
): Promise<Proof> {
  const findings = new Findings();
  const succeeded = async (agent: Agent): Promise<SessionResult> => drill(agent, problem, seed);

  const first = await succeeded(reference);
  findings.expect('the reference solution succeeds', first.verdict.success, first.verdict.evidence.join('; '));
  const second = await succeeded(reference);
  findings.expect('the same seed gives the same transcript', first.transcript_sha256 === second.transcript_sha256);
  const idle = await succeeded(noop);
  findings.expect(
    'doing nothing fails',
    !idle.verdict.success && idle.outcome === 'scored',
    idle.verdict.evidence.join('; '),
  );
  if (problem.task === 'mitigation') {
    for (const [index, repair] of problem.repairs.entries()) {
      if (index === 0) continue;
      const result = await succeeded(referenceWith(index));
      findings.expect(
        `the repair “${repair.name}” succeeds`,
        result.verdict.success,
        result.verdict.evidence.join('; '),
      );
    }
  }
  if (problem.task === 'mitigation' || problem.task === 'incident') {
    for (const cheat of Object.values(cheats)) {
      const result = await succeeded(cheat);
      findings.expect(`the cheat ${cheat.name} fails`, !result.verdict.success && result.outcome === 'scored');
    }
  }
  if (problem.expected.detection === 'No') {
    const result = await succeeded(cheats.alwaysYes);
    findings.expect('always saying Yes fails', !result.verdict.success);
  }
  const failed = [...findings.failed, ...(await faultFindings(problem, seed, deps))];
  return { problem_id: problem.id, ok: failed.length === 0, failed };
}

/** What was found of a fault, by seed: the problems of one fault differ in their tasks only, so it is proven once. */
const provenFaults = new WeakMap<Fault, Map<string, Promise<string[]>>>();

function faultFindings(
  problem: Problem,
  seed: string,
  deps: Pick<ManagerDeps, 'createCloud' | 'loadApp'>,
): Promise<string[]> {
  if (!problem.fault) return Promise.resolve([]);
  const bySeed = provenFaults.get(problem.fault) ?? new Map<string, Promise<string[]>>();
  provenFaults.set(problem.fault, bySeed);
  const known = bySeed.get(seed) ?? proveFault(problem, seed, deps);
  bySeed.set(seed, known);
  return known;
}

/** Healthy passes → fault fails → recovery passes and restores the state. */
async function proveFault(
  problem: Problem,
  seed: string,
  deps: Pick<ManagerDeps, 'createCloud' | 'loadApp'>,
): Promise<string[]> {
  const findings = new Findings();
  const definition = await deps.loadApp(problem.application);
  const { cluster } = await deps.createCloud(seed, definition);
  try {
    const kube = new KubeClient(cluster);
    const app = await deployApp(cluster, definition, { wait: true });
    await startBackgroundLoad(cluster, app);
    await cluster.clock.sleep(60_000);
    const baseline = await takeBaseline(kube, app);
    let expected = baseline;
    const judge = () => evaluateMitigation(kube, app, expected, 0);
    const healthy = await judge();
    findings.expect('a healthy application passes', healthy.success, healthy.evidence.join('; '));
    const undo = await problem.fault?.inject({ cluster, kube, app });
    await runLoad(cluster, app, problem.load);
    expected = await afterIncident(kube, baseline);
    const broken = await judge();
    findings.expect('the fault fails', !broken.success);
    await problem.fault?.recover({ cluster, kube, app }, undo);
    const recovered = await judge();
    findings.expect('recovering the fault passes', recovered.success, recovered.evidence.join('; '));
    const left = differences(baseline.snapshot, await takeSnapshot(kube, app, profileOf(app)));
    findings.expect('recovery restores the state', left.length === 0, left.join(', '));
    return findings.failed;
  } finally {
    await cluster.close();
  }
}
