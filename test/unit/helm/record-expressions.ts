// Records the expressions with the real helm: npx tsx test/unit/helm/record-expressions.ts PATH_TO_HELM
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chartOf, EXPRESSIONS } from './expressions/index.ts';

const [helm = 'helm'] = process.argv.slice(2);
const folder = mkdtempSync(join(tmpdir(), 'helm-expressions-'));

/** What NOTES.txt becomes is printed as it is. */
function record(template: string): { template: string; out: string } | { template: string; error: string } {
  for (const [name, text] of Object.entries(chartOf(template))) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  const args = ['install', 'r', folder, '--dry-run=client', '--hide-secret=false'];
  const done = spawnSync(helm, args, { encoding: 'utf8', env: { KUBECONFIG: '/nonexistent', TZ: 'UTC' } });
  if (done.status === 0)
    return { template, out: done.stdout.slice(done.stdout.indexOf('NOTES:\n') + 'NOTES:\n'.length) };
  return { template, error: done.stderr.replace(/^(level=.*\n)*Error: INSTALLATION FAILED: /, '').replace(/\n$/, '') };
}

const cases = EXPRESSIONS.map(record);
rmSync(folder, { recursive: true });
const source = spawnSync(helm, ['version', '--short'], { encoding: 'utf8' }).stdout.trim();
const lines = cases.map((one) => `  ${JSON.stringify(one)}`).join(',\n');
const target = fileURLToPath(new URL('recordings/functions.json', import.meta.url));
writeFileSync(target, `{"source": "helm ${source}", "cases": [\n${lines}\n]}\n`);
