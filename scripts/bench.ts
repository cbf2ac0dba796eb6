import { cpus, loadavg, totalmem } from 'node:os';
import { Argument, Command } from 'commander';
import { httpOperations } from './bench/http.ts';
import { kubectlVerbs } from './bench/kubectl.ts';
import { openSessions, spawnToInitialize } from './bench/processes.ts';
import { simulatedRequests } from './bench/requests.ts';
import type { Measure, Row } from './bench/row.ts';
import { episodes, shellCommands, startProblem } from './bench/sessions.ts';
import { positive } from './positive.ts';

interface Options {
  sessions: number;
  real?: string;
}

const MEASURES: Record<string, Measure> = {
  start: spawnToInitialize,
  problem: startProblem,
  shell: shellCommands,
  kubectl: () => kubectlVerbs(options.real),
  http: () => httpOperations(options.real),
  episodes,
  requests: simulatedRequests,
  memory: () => openSessions(options.sessions),
};

const program = new Command('npm run bench --')
  .description('print the figures of the design that this version reaches, as medians, with the machine; needs a build')
  .addArgument(new Argument('[measurements...]', 'which (default: all)').choices(Object.keys(MEASURES)))
  .option('--sessions <n>', 'sessions that are opened to measure memory', positive, 100)
  .option('--real <kubeconfig>', 'a real cluster to measure beside ours')
  .parse();
const options = program.opts<Options>();

const load = loadavg()[0]?.toFixed(1);
const machine = `${cpus().length} × ${cpus()[0]?.model.trim()}, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.versions.node}, load ${load}`;
console.error(machine);
const rows: Row[] = [];
for (const name of program.args.length > 0 ? program.args : Object.keys(MEASURES)) {
  for (const row of await (MEASURES[name] as Measure)()) {
    rows.push(row);
    console.error(`${row.what}: ${row.value}${row.target === '' ? '' : `  (${row.target})`}`);
  }
}
process.stdout.write(`${JSON.stringify({ machine, rows }, null, 2)}\n`);
