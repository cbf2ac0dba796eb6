/**
 * Random template expressions, rendered by the real helm and by ours: npm run helm:expressions -- [--count N] [--seed S]. Those that
 * the real helm takes are rendered many at a time, those that it refuses one by one.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { Prng } from '../../../src/core/prng.ts';
import { loadChart } from '../../../src/helm/chart.ts';
import { RenderError, renderChart } from '../../../src/helm/engine.ts';
import { allFunctions } from '../../../src/helm/functions/index.ts';
import { coalesceValues } from '../../../src/helm/values.ts';
import { chartOf } from '../../unit/helm/expressions/index.ts';
import { clientFolder } from '../lib/binaries.ts';

const { values: options } = parseArgs({
  options: {
    count: { type: 'string', default: '500' },
    seed: { type: 'string', default: '1' },
    helm: { type: 'string' },
  },
});
const helm = options.helm ?? join(clientFolder(), 'helm');
const random = new Prng(`helm expressions ${options.seed}`);
const pick = <T>(items: readonly T[]): T => items[random.int(items.length)] as T;

/** Functions whose results chance, time or the order of Go's maps decide, or that only fail. */
const LEFT_OUT =
  /^(rand|gen|uuid|shuffle|bcrypt|htpasswd|encrypt|now|ago|derive|keys|values|date|html.*Date|dateInZone|date_in_zone|durationRound|fail|call|buildCustom|getHost|js|toToml|fromToml|lookup|env|expandenv|tpl|include|required)/;
const NAMES = [...allFunctions({ nowMs: 0, random }).keys()].filter((name) => !LEFT_OUT.test(name)).sort();

const ATOMS = (
  '1|0|-3|2.5|1e6|"abc"|""|"a b-c_D"|"3"|"1.2.3"|"^1.0"|"x,y,z"|","|"aGk="|"[a-z]+"|"{\\"a\\": 1}"|"a: [1, b]"|true|false|nil|' +
  '.Values.name|.Values.count|.Values.ratio|.Values.flag|.Values.nothing|.Values.list|.Values.nums|.Values.mixed|.Values.map|' +
  '.Values.nested|.Values.text|.Values.uni|.Values.version|.Values.url|.Values.emptyMap|.Values.emptyList|.Values.missing|' +
  '(list 1 "a" nil)|(dict "a" 1 "b" (list 2))|(until 3)|(splitList "," "p,q")|(int64 7)|.Release.Revision|.Chart|.Values.big'
).split('|');

function expression(depth: number): string {
  const argument = (): string => (depth > 0 && random.chance(0.3) ? `(${expression(depth - 1)})` : pick(ATOMS));
  const count = pick([0, 1, 1, 1, 2, 2, 2, 3, 3]);
  const call = `${pick(NAMES)} ${Array.from({ length: count }, argument).join(' ')}`.trim();
  if (!random.chance(0.35)) return call;
  return `${argument()} | ${call}`;
}

const work = mkdtempSync(join(tmpdir(), 'helm-random-'));

function real(template: string): { out?: string; error?: string } {
  for (const [name, text] of Object.entries(chartOf(template))) {
    mkdirSync(dirname(join(work, name)), { recursive: true });
    writeFileSync(join(work, name), text);
  }
  const args = ['install', 'r', work, '--dry-run=client'];
  const done = spawnSync(helm, args, {
    encoding: 'utf8',
    env: { KUBECONFIG: '/nonexistent', TZ: 'UTC' },
    maxBuffer: 1 << 28,
  });
  if (done.status === 0) return { out: done.stdout.slice(done.stdout.indexOf('NOTES:\n') + 'NOTES:\n'.length).trim() };
  return { error: done.stderr.replace(/^(level=.*\n)*Error: INSTALLATION FAILED: /, '').replace(/\n$/, '') };
}

function ours(template: string): { out?: string; error?: string } {
  const chart = loadChart(chartOf(template));
  const release = { name: 'r', namespace: 'default', revision: 1, isInstall: true, isUpgrade: false };
  try {
    const all = renderChart(chart, { release, values: coalesceValues(chart, {}), nowMs: Date.UTC(2026, 0, 1) });
    return { out: (all['c/templates/NOTES.txt'] ?? '').trim() };
  } catch (error) {
    if (error instanceof RenderError) return { error: error.message };
    return { error: `BROKEN ${(error as Error).stack}` };
  }
}

const wanted = Array.from({ length: Number(options.count) }, () => `{{ ${expression(2)} }}`);
const differing: string[] = [];
const compare = (template: string): void => {
  const [want, have] = [real(template), ours(template)];
  if (JSON.stringify(want) !== JSON.stringify(have))
    differing.push(`${template}\n  real ${JSON.stringify(want)}\n  ours ${JSON.stringify(have)}`);
};
const taken = wanted.filter((template) => ours(template).error === undefined);
for (let at = 0; at < taken.length; at += 50) {
  const some = taken.slice(at, at + 50);
  const whole = some.map((template) => `<${template}>\n`).join('');
  // only where the lot differs is it looked at one by one
  if (real(whole).out !== ours(whole).out) for (const template of some) compare(template);
}
for (const template of wanted) if (!taken.includes(template)) compare(template);
rmSync(work, { recursive: true });
for (const text of differing) console.log(text);
console.log(
  `${wanted.length} expressions, ${wanted.length - taken.length} of them refused: ${differing.length} differ`,
);
process.exitCode = differing.length > 0 ? 1 : 0;
