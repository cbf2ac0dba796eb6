// Runs command lines or the corpora of this suite with both clients and prints what differs: tsx test/real-clients/try.ts CORPUS [PATTERN]
import { existsSync } from 'node:fs';
import { accepted } from './lib/accepted.ts';
import { type Corpus, comparable, type Step, settleMs } from './lib/corpus.ts';
import { normalise } from './lib/normalise.ts';
import { type Outcome, Twin } from './lib/twin.ts';

const [name = '', pattern = ''] = process.argv.slice(2);
const file = new URL(`./kubectl/${name}.ts`, import.meta.url);
if (!existsSync(file)) throw new Error(`no corpus ${name}`);
const { corpus } = (await import(file.href)) as { corpus: Corpus };
const twin = await Twin.start(corpus.name, corpus);
for (const [path, text] of Object.entries(corpus.files ?? {})) await twin.write(path, text);

const lines = ({ stdout, stderr, code }: Outcome): string[] => [
  ...stdout.split('\n').map((line) => `out|${line}`),
  ...stderr.split('\n').map((line) => `err|${line}`),
  `code ${code}`,
];

/** The lines that only one of them has, in order. */
function difference(want: string[], have: string[]): string {
  let [from, to] = [0, 0];
  while (from < want.length && want[from] === have[from]) from++;
  while (to < want.length - from && to < have.length - from && want.at(-1 - to) === have.at(-1 - to)) to++;
  const cut = (list: string[], sign: string): string[] => list.slice(from, list.length - to).map((l) => `${sign} ${l}`);
  return [...cut(want, '-').slice(0, 5), ...cut(have, '+').slice(0, 5)].join('\n');
}

let [equal, count] = [0, 0];
for (const one of corpus.steps) {
  const step: Step = typeof one === 'string' ? { run: one } : one;
  if (corpus.shared && pattern && !new RegExp(pattern).test(step.run)) continue;
  const { real, ours } = await twin.both(step.run, settleMs(step, corpus));
  const [want, have] = [comparable(step, normalise(real)), comparable(step, normalise(ours))];
  const same = JSON.stringify(want) === JSON.stringify(have);
  const known = accepted.some((one) => one.command.test(step.run));
  count++;
  if (same) equal++;
  if (same !== known && (corpus.shared || !pattern || new RegExp(pattern).test(step.run))) continue;
  console.log(`\n$ ${step.run}\n${same ? 'no longer differs' : difference(lines(want), lines(have))}`);
}
console.log(`\n${corpus.name}: ${equal} of ${count} equal`);
await twin.stop();
process.exit();
