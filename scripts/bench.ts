// Prints the figures of the design that this version reaches, as medians, with the machine and yardsticks beside them. Needs a build
// (npm run build). Arguments choose measurements by name; `--sessions N` says how many sessions are opened for the memory,
// `--real KUBECONFIG` names a real cluster to measure beside ours.
import { cpus, loadavg, totalmem } from 'node:os';
import { parseArgs } from 'node:util';
import { httpOperations } from './bench/http.ts';
import { kubectlVerbs } from './bench/kubectl.ts';
import { openSessions, spawnToInitialize } from './bench/processes.ts';
import { simulatedRequests } from './bench/requests.ts';
import type { Measure, Row } from './bench/row.ts';
import { episodes, shellCommands, startProblem } from './bench/sessions.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { sessions: { type: 'string', default: '100' }, real: { type: 'string' } },
});

const MEASURES: Record<string, Measure> = {
  start: spawnToInitialize,
  problem: startProblem,
  shell: shellCommands,
  kubectl: () => kubectlVerbs(values.real),
  http: () => httpOperations(values.real),
  episodes,
  requests: simulatedRequests,
  memory: () => openSessions(Number(values.sessions)),
};

const unknown = positionals.filter((name) => !(name in MEASURES));
if (unknown.length > 0)
  throw new Error(`no measurement ${unknown.join(', ')}; there are ${Object.keys(MEASURES).join(', ')}`);

const load = loadavg()[0]?.toFixed(1);
const machine = `${cpus().length} × ${cpus()[0]?.model.trim()}, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.versions.node}, load ${load}`;
console.error(machine);
const rows: Row[] = [];
for (const name of positionals.length > 0 ? positionals : Object.keys(MEASURES)) {
  for (const row of await (MEASURES[name] as Measure)()) {
    rows.push(row);
    console.error(`${row.what}: ${row.value}${row.target === '' ? '' : `  (${row.target})`}`);
  }
}
process.stdout.write(`${JSON.stringify({ machine, rows }, null, 2)}\n`);
