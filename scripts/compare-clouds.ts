import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Command } from 'commander';
import { type CloudRuns, report } from './compare/report.ts';
import { clusterUp, readRuns, runAgent } from './compare/runs.ts';
import { positive } from './positive.ts';

interface Options {
  problems: string;
  agents: string;
  cluster?: string;
  speed: number;
  with: string[];
  recorded?: string;
  out: string;
}

const values = new Command('npm run compare-clouds --')
  .description(
    'let the same agents work on the same problems on simulated clusters in process, on `cluster up` in another process and, ' +
      'where one is given, on a real cluster; write a page that compares them; fail when verdicts differ',
  )
  .option('--problems <globs>', 'which problems', 'corner_shop*-mitigation-1')
  .option('--agents <names>', 'which agents, comma-separated', 'reference')
  .option('--cluster <kubeconfig[:context]>', 'the real cluster')
  .option('--speed <n>', 'virtual seconds per second of `cluster up`', positive, 20)
  .option('--with <extras...>', 'what `cluster up` installs, e.g. chaos-mesh for network and kill faults', [])
  .option(
    '--recorded <dir>',
    'take the sessions of the real cluster that `run --out` has left here, instead of running them',
  )
  .option('--out <file>', 'the page', 'compare-clouds.md')
  .parse()
  .opts<Options>();

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
const served = await clusterUp(kubeconfig, values.speed, values.with);
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
