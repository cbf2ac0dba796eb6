// Records the chart cases with the real helm: npx tsx test/unit/helm/record-charts.ts PATH_TO_HELM
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { CHART_CASES } from './chart-cases.ts';

const [helm = 'helm'] = process.argv.slice(2);
const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const cases = CHART_CASES.map((command) => {
  const [, ...args] = command.split(' ');
  const done = spawnSync(helm, args, { cwd: here('fixtures'), encoding: 'utf8', env: { KUBECONFIG: '/nonexistent' } });
  return { command, stdout: done.stdout, stderr: done.stderr, exitCode: done.status };
});
const version = spawnSync(helm, ['version', '--short'], { encoding: 'utf8' }).stdout.trim();
writeFileSync(here('recordings/charts.json'), `${JSON.stringify({ source: `helm ${version}`, cases }, null, 2)}\n`);
