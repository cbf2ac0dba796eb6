import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { unavailable } from '../real-clients/lib/binaries.ts';
import * as families from './lib/families.ts';
import type { Revision } from './lib/manifests.ts';
import { Orchestrator } from './lib/orchestrator.ts';
import { PythonClient, pythonMissing } from './lib/python-bridge.ts';
import { type ClientLibrary, RawClient } from './lib/python-client.ts';
import { type ServedCluster, serveCluster } from './lib/served.ts';

const root = join(import.meta.dirname, '../..');
const SPEED = 20;
const noPython = pythonMissing();

type Verdict = boolean | 'throws';
interface Run {
  problem: string;
  family: families.Family;
  revision?: Revision;
  agent: 'noop' | 'reference';
  /** One of several where the moment decides: whether the first bad pod by name has containers at all. */
  verdict: Verdict | Verdict[];
  /** Part of the usual tests; all runs take some minutes (`npm run test:aiopslab`). */
  sample?: true;
}

/** As measured on a real cluster. */
const RUNS: Run[] = [
  { problem: 'misconfig_app', family: families.misconfigApp, agent: 'noop', verdict: true, sample: true },
  { problem: 'misconfig_app', family: families.misconfigApp, agent: 'reference', verdict: true },
  { problem: 'noop', family: families.noFault, agent: 'noop', verdict: true },
  { problem: 'revoke_auth', family: families.revokeAuth, agent: 'noop', verdict: false },
  { problem: 'revoke_auth', family: families.revokeAuth, agent: 'reference', verdict: true, sample: true },
  { problem: 'user_unregistered', family: families.userUnregistered, agent: 'noop', verdict: false },
  { problem: 'user_unregistered', family: families.userUnregistered, agent: 'reference', verdict: true },
  { problem: 'wrong_bin_usage', family: families.wrongBinary, agent: 'noop', verdict: false },
  { problem: 'wrong_bin_usage', family: families.wrongBinary, agent: 'reference', verdict: true, sample: true },
  { problem: 'redeploy_without_PV', family: families.redeploy, agent: 'noop', verdict: true },
  {
    problem: 'redeploy_without_PV',
    family: families.redeploy,
    revision: '2025',
    agent: 'noop',
    verdict: ['throws', false],
  },
  { problem: 'redeploy_without_PV', family: families.redeploy, revision: '2025', agent: 'reference', verdict: true },
];

async function play({ family, agent }: Run, run: Orchestrator): Promise<Verdict> {
  await run.setUp();
  await family.inject(run);
  await run.startWorkload(family.load);
  if (agent === 'reference') {
    for (const line of family.repair) {
      if (line === 'sleep-5') await run.sleep(5);
      else expect(await run.shell(line)).toMatchObject({ code: 0 });
    }
  }
  const verdict = await family.passes(run).catch((error): Verdict => {
    if (error instanceof TypeError) return 'throws';
    throw error;
  });
  await family.recover(run);
  await run.tearDown();
  return verdict;
}

describe.skipIf(unavailable !== undefined)(`AIOpsLab's runs, with real kubectl and helm ${unavailable ?? ''}`, () => {
  let served: ServedCluster;
  let folder: string;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'aiopslab-runs-'));
    served = await serveCluster(root, join(folder, 'kubeconfig'), ['--clock', 'wall', '--speed', String(SPEED)]);
  });
  afterAll(async () => {
    expect(await served?.stop()).toBe(0);
    rmSync(folder, { recursive: true, force: true });
  });

  const runs = (start: () => Promise<ClientLibrary>) => async (_: string, one: Run) => {
    const client = await start();
    const { kubeconfig } = served;
    const revision = one.revision ?? 'edited';
    const run = new Orchestrator({
      client,
      kubeconfig,
      folder: mkdtempSync(join(folder, 'run-')),
      root,
      revision,
      speed: SPEED,
    });
    expect([one.verdict].flat()).toContain(await play(one, run));
    await client.close();
  };

  const all = process.env['AIOPSLAB_RUNS'] === 'all';
  const sample = RUNS.filter((one) => all || one.sample).map((one): [string, Run] => {
    const manifests = one.revision ? ` with the manifests of ${one.revision}` : '';
    return [`${one.problem}${manifests}, ${one.agent}: ${one.verdict}`, one];
  });
  describe('requests as its client library sends them', () => {
    it.each(sample)(
      '%s',
      runs(async () => {
        const config = JSON.parse(readFileSync(served.kubeconfig, 'utf8'));
        return new RawClient(config.clusters[0].cluster.server, config.users[0].user.token);
      }),
    );
  });

  describe.skipIf(noPython !== undefined)(`Python's package kubernetes ${noPython ?? ''}`, () => {
    it.each(sample)(
      '%s',
      runs(() => PythonClient.start(served.kubeconfig)),
    );
  });
});
