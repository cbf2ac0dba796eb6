/**
 * Compares `helm template` of any chart folders with the real helm, over the values files that lie beside them and random ones of
 * their own defaults: npm run helm:charts -- [--count N] [--seed S] [--show] CHART_FOLDER...
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { parse, stringify } from 'yaml';
import { Prng } from '../../../src/core/prng.ts';
import { createShell, defineHelmCommand } from '../../../src/shell/index.ts';
import { fakeCluster } from '../../support/fake-cluster.ts';
import { clientFolder } from '../lib/binaries.ts';

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    count: { type: 'string', default: '10' },
    seed: { type: 'string', default: '1' },
    show: { type: 'boolean', default: false },
    helm: { type: 'string' },
  },
});
const helm = options.helm ?? join(clientFolder(), 'helm');
const work = mkdtempSync(join(tmpdir(), 'helm-charts-'));
const HOME = '/home/agent';

interface Done {
  stdout: string;
  stderr: string;
  code: number;
}

const pick = <T>(random: Prng, items: readonly T[]): T => items[random.int(items.length)] as T;

/** Another value of the same kind, or what people put there. */
function changed(value: unknown, random: Prng): unknown {
  if (typeof value === 'boolean') return !value;
  if (typeof value === 'number') return value + 1 + random.int(5);
  if (typeof value === 'string') return pick(random, ['', 'other', 'with-dash', '1.2.3', 'true', '12']);
  if (Array.isArray(value))
    return value.length > 0 ? [] : pick<unknown>(random, [['a', 'b'], [{ name: 'x', value: 'y' }]]);
  if (value === null) return pick<unknown>(random, ['set', 3, true, { a: 'b' }]);
  return { ...(value as object), [pick(random, ['app', 'extra', 'example.com/key'])]: 'added' };
}

/** A values file that changes a few of the chart's defaults. */
function randomValues(defaults: unknown, random: Prng): Record<string, unknown> {
  const out: Record<string, unknown> = {};
  const rate = 0.05 + random.float() * 0.2;
  const visit = (node: Record<string, unknown>, into: Record<string, unknown>): void => {
    for (const [key, value] of Object.entries(node)) {
      if (typeof value === 'object' && value !== null && !Array.isArray(value) && Object.keys(value).length > 0) {
        const inner: Record<string, unknown> = {};
        visit(value as Record<string, unknown>, inner);
        if (Object.keys(inner).length > 0) into[key] = inner;
      } else if (random.float() < rate) into[key] = random.float() < 0.05 ? null : changed(value, random);
    }
  };
  visit((defaults ?? {}) as Record<string, unknown>, out);
  return out;
}

function valuesFiles(chart: string, random: Prng): string[] {
  const files: string[] = [];
  for (const [folder, pattern] of [
    [join(chart, 'ci'), /\.ya?ml$/],
    [chart, /^values-.*\.ya?ml$/],
  ] as const) {
    if (existsSync(folder))
      files.push(
        ...readdirSync(folder)
          .filter((name) => pattern.test(name))
          .map((name) => join(folder, name)),
      );
  }
  const own = join(chart, 'values.yaml');
  const defaults = existsSync(own) ? parse(readFileSync(own, 'utf8')) : {};
  for (let i = 0; i < Number(options.count); i++) {
    const path = join(work, `${basename(chart)}-${i}.yaml`);
    writeFileSync(path, stringify(randomValues(defaults, random)));
    files.push(path);
  }
  return files;
}

function real(args: readonly string[]): Done {
  const done = spawnSync(helm, args, { encoding: 'utf8', env: { HOME: work, TZ: 'UTC' }, maxBuffer: 1 << 28 });
  return { stdout: done.stdout, stderr: done.stderr, code: done.status ?? -1 };
}

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

const cluster = fakeCluster();
const shell = createShell({ cluster, extraCommands: [defineHelmCommand({ cluster })] });

async function put(path: string, data: Buffer): Promise<void> {
  await shell.fs.mkdir(path.slice(0, path.lastIndexOf('/')), { recursive: true });
  await shell.fs.writeFile(path, data);
}

async function ours(command: string): Promise<Done> {
  const done = await shell.exec(command, { timeoutMs: 600_000 });
  return { stdout: done.stdout, stderr: done.stderr, code: done.exitCode };
}

const stable = ({ stdout, stderr, code }: Done): string => {
  const problems = stderr.includes('specifications of the schema') ? stderr.split('\n').sort().join('\n') : stderr;
  return `${code}\n${problems}\n${stdout}`;
};

/** Lines in which two runs of the real helm differ are chance's. */
function withoutChance(text: string, one: string, other: string): string {
  const [a, b] = [one.split('\n'), other.split('\n')];
  if (one === other || a.length !== b.length) return text;
  return text
    .split('\n')
    .map((line, i) => (a[i] === b[i] ? line : '(chance)'))
    .join('\n');
}

let different = 0;
let equal = 0;
for (const chart of positionals.map((path) => resolve(path))) {
  const name = basename(chart);
  for (const file of filesBelow(chart)) await put(`${HOME}/${name}${file.slice(chart.length)}`, readFileSync(file));
  const random = new Prng(`${options.seed}/${name}`);
  for (const file of [undefined, ...valuesFiles(chart, random)]) {
    if (file) await put(`${HOME}/values.yaml`, readFileSync(file));
    const run = (): Done => real(['template', 'rel', chart, '-n', 'prod', ...(file ? ['-f', file] : [])]);
    const [want, again] = [run(), run()];
    const have = await ours(`helm template rel ./${name} -n prod${file ? ' -f values.yaml' : ''}`);
    const steady = (done: Done): string =>
      withoutChance(stable(done), stable(want), stable(again)).replaceAll(chart, `./${name}`);
    if (steady(want) === steady(have)) {
      equal++;
      continue;
    }
    different++;
    console.log(`DIFFERS ${name} ${file ?? 'defaults'} (exit ${want.code} / ${have.code})`);
    if (!options.show) continue;
    writeFileSync(join(work, 'real'), steady(want));
    writeFileSync(join(work, 'ours'), steady(have));
    const diff = spawnSync('diff', ['-u', join(work, 'real'), join(work, 'ours')], {
      encoding: 'utf8',
      maxBuffer: 1 << 28,
    });
    console.log(diff.stdout.split('\n').slice(0, 40).join('\n'));
  }
}
rmSync(work, { recursive: true });
console.log(`${equal} equal, ${different} different`);
process.exitCode = different > 0 ? 1 : 0;
