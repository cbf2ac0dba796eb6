// Records scenarios on a real cluster: tsx test/fidelity/record.ts --kubeconfig FILE --kubectl PATH [--filter TEXT] [--check] [--parallel N]
// --check plays again and reports recordings that would change instead of writing them.
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { parseArgs } from 'node:util';
import { compare } from './lib/compare.ts';
import { play } from './lib/play.ts';
import { loadRecording, loadScenarios, recordingPath, type Scenario } from './lib/scenario.ts';
import { realTarget } from './lib/target.ts';

const { values } = parseArgs({
  options: {
    kubeconfig: { type: 'string' },
    kubectl: { type: 'string', default: 'kubectl' },
    filter: { type: 'string', default: '' },
    check: { type: 'boolean', default: false },
    missing: { type: 'boolean', default: false },
    parallel: { type: 'string', default: '4' },
  },
});
if (!values.kubeconfig) throw new Error('--kubeconfig is needed: a real cluster to record from');
const target = realTarget(values.kubeconfig, values.kubectl);
const version = JSON.parse((await target.request('GET', '/version')).body).gitVersion;
const queue = loadScenarios(values.filter).filter((scenario) => !values.missing || !loadRecording(scenario.id));
let changed = 0;

async function record(scenario: Scenario): Promise<void> {
  try {
    const steps = await play(scenario, target);
    const before = loadRecording(scenario.id);
    if (values.check) {
      const differences = before ? compare(before.steps, steps) : [];
      if (!before || differences.length > 0) changed++;
      for (const { index, step, expected, actual } of differences) {
        console.log(
          `${scenario.id}#${index} ${step}\n  recorded ${JSON.stringify(expected)}\n  now      ${JSON.stringify(actual)}`,
        );
      }
      return;
    }
    const path = recordingPath(scenario.id);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, `${JSON.stringify({ source: `Kubernetes ${version}`, steps }, null, 1)}\n`);
    console.log(`recorded ${scenario.id}: ${steps.length} steps`);
  } catch (error) {
    changed++;
    console.error(`${scenario.id}: ${error instanceof Error ? error.stack : error}`);
  }
}

async function worker(): Promise<void> {
  for (let scenario = queue.shift(); scenario; scenario = queue.shift()) await record(scenario);
}
await Promise.all(Array.from({ length: Number(values.parallel) }, worker));
if (values.check) console.log(changed === 0 ? 'recordings are unchanged' : `${changed} recordings differ`);
process.exit(changed === 0 ? 0 : 1);
