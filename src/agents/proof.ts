import { deployApp } from '../apps/index.ts';
import { KubeClient } from '../cluster/client.ts';
import { profiles } from '../evaluators/application.ts';
import { evaluateMitigation, takeBaseline } from '../evaluators/mitigation.ts';
import { differences, takeSnapshot } from '../evaluators/snapshot.ts';
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
  const failed: string[] = [];
  const expect = (what: string, holds: boolean, detail = ''): void => {
    if (!holds) failed.push(detail === '' ? what : `${what}: ${detail}`);
  };
  const succeeded = async (agent: Agent): Promise<SessionResult> => drill(agent, problem, seed);

  const first = await succeeded(reference);
  expect('the reference solution succeeds', first.verdict.success, first.verdict.evidence.join('; '));
  const second = await succeeded(reference);
  expect('the same seed gives the same transcript', first.transcript_sha256 === second.transcript_sha256);
  const idle = await succeeded(noop);
  expect('doing nothing fails', !idle.verdict.success && idle.outcome === 'scored', idle.verdict.evidence.join('; '));
  if (problem.task === 'mitigation') {
    for (const [index, repair] of problem.repairs.entries()) {
      if (index === 0) continue;
      const result = await succeeded(referenceWith(index));
      expect(`the repair “${repair.name}” succeeds`, result.verdict.success, result.verdict.evidence.join('; '));
    }
  }
  if (problem.task === 'mitigation' || problem.task === 'incident') {
    for (const cheat of Object.values(cheats)) {
      const result = await succeeded(cheat);
      expect(`the cheat ${cheat.name} fails`, !result.verdict.success && result.outcome === 'scored');
    }
  }
  if (problem.expected.detection === 'No') {
    const result = await succeeded(cheats.alwaysYes);
    expect('always saying Yes fails', !result.verdict.success);
  }
  if (problem.fault) await proveFault(problem, seed, deps, expect);
  return { problem_id: problem.id, ok: failed.length === 0, failed };
}

/** Healthy passes → fault fails → recovery passes and restores the state. */
async function proveFault(
  problem: Problem,
  seed: string,
  deps: Pick<ManagerDeps, 'createCloud' | 'loadApp'>,
  expect: (what: string, holds: boolean, detail?: string) => void,
): Promise<void> {
  const definition = deps.loadApp(problem.application);
  const { cluster } = await deps.createCloud(seed, definition);
  try {
    const kube = new KubeClient(cluster);
    const app = await deployApp(cluster, definition, { wait: true });
    await startBackgroundLoad(cluster, app);
    await cluster.clock.sleep(60_000);
    const baseline = await takeBaseline(kube, app);
    const judge = () => evaluateMitigation(kube, app, baseline, 0);
    const healthy = await judge();
    expect('a healthy application passes', healthy.success, healthy.evidence.join('; '));
    const undo = await problem.fault?.inject({ cluster, kube, app });
    await runLoad(cluster, app, problem.load);
    const broken = await judge();
    expect('the fault fails', !broken.success);
    await problem.fault?.recover({ cluster, kube, app }, undo);
    const recovered = await judge();
    expect('recovering the fault passes', recovered.success, recovered.evidence.join('; '));
    const profile = profiles[app.name];
    const left = profile ? differences(baseline.snapshot, await takeSnapshot(kube, app, profile)) : ['no profile'];
    expect('recovery restores the state', left.length === 0, left.join(', '));
  } finally {
    await cluster.close();
  }
}
