// The same problems with the same agents on simulated clusters in process, on `cluster up` in another process and, where one is
// given, on a real cluster; a page compares them. Fails when verdicts differ.
//   npm run compare-clouds -- [--problems GLOBS] [--agents a,b] [--cluster FILE[:CONTEXT]] [--speed N] [--with EXTRA]
//     [--out FILE]
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { type CloudRuns, report } from './compare/report.ts';
import { clusterUp, readRuns, runAgent } from './compare/runs.ts';

const { values } = parseArgs({
  options: {
    problems: { type: 'string', default: 'corner_shop*-mitigation-1' },
    agents: { type: 'string', default: 'reference' },
    cluster: { type: 'string' },
    /** Virtual seconds per second of `cluster up`. */
    speed: { type: 'string', default: '20' },
    /** What `cluster up` installs as well, e.g. chaos-mesh for the network and kill faults. */
    with: { type: 'string', multiple: true, default: [] },
    out: { type: 'string', default: 'compare-clouds.md' },
    /** Sessions of the real cluster that an earlier run has left here, instead of running them again. */
    recorded: { type: 'string' },
  },
});

const agents = values.agents.split(',');
const work = mkdtempSync(join(tmpdir(), 'compare-clouds-'));

async function all(name: string, cluster?: string): Promise<CloudRuns> {
  const out = join(work, name.replaceAll(' ', '-'));
  mkdirSync(out);
  const runs = [];
  for (const agent of agents) runs.push(...(await runAgent(values.problems, agent, out, cluster)));
  process.stderr.write(`${name}: ${runs.filter((run) => run.success).length} of ${runs.length} succeeded\n`);
  return { name, runs };
}

const clouds: CloudRuns[] = [];
if (values.recorded !== undefined) {
  const directory = values.recorded;
  clouds.push({ name: 'real cluster', runs: agents.flatMap((agent) => readRuns(directory, agent)) });
} else if (values.cluster !== undefined) {
  clouds.push(await all('real cluster', values.cluster));
}
clouds.push(await all('embedded'));
const kubeconfig = join(work, 'kubeconfig');
const served = await clusterUp(kubeconfig, Number(values.speed), values.with);
try {
  clouds.push(await all('cluster up', kubeconfig));
} finally {
  await served.stop();
}
const { text, agreed } = report(clouds);
mkdirSync(dirname(join(process.cwd(), values.out)), { recursive: true });
writeFileSync(values.out, text);
process.stderr.write(`${values.out}: verdicts ${agreed ? 'agree' : 'differ'}\n`);
process.exitCode = agreed ? 0 : 1;
