import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { kubectlPage } from '../../../scripts/kubectl-page.ts';
import type { Verb } from '../../../src/shell/kubectl/context.ts';
import { helpFlags } from '../../../src/shell/kubectl/help.ts';
import { goSort } from '../../../src/shell/kubectl/printers/go-sort.ts';
import { verbs } from '../../../src/shell/kubectl/verbs/index.ts';

it('keeps docs/kubectl.md up to date', () => {
  const page = readFileSync(new URL('../../../docs/kubectl.md', import.meta.url), 'utf8');
  expect(page, 'run: npx tsx scripts/kubectl-page.ts').toBe(kubectlPage());
});

it('declares flags as the real help does', () => {
  const wrong: string[] = [];
  const check = (list: Verb[], path: string): void => {
    for (const verb of list) {
      const command = `${path} ${verb.name}`;
      const real = new Map(helpFlags(command).map((flag) => [flag.name, flag]));
      for (const { name, short, type } of verb.flags) {
        const known = real.get(name);
        if (known && (known.short !== short || (known.type === 'bool') !== (type === 'bool')))
          wrong.push(`${command} --${name}`);
      }
      check(verb.subcommands ?? [], command);
    }
  };
  check(verbs, 'kubectl');
  expect(wrong).toEqual([]);
});

it('leaves equal items where Go leaves them', () => {
  // hashes of the order in which go1.26's sort.Sort leaves pseudo-random keys with many ties
  const order = (n: number, m: number): number => {
    let x = 1;
    const items = Array.from({ length: n }, (_, id) => {
      x = (Math.imul(x, 1664525) + 1013904223) >>> 0;
      return { key: (x >>> 16) % m, id };
    });
    return goSort(items, (a, b) => a.key < b.key).reduce((hash, { id }) => (Math.imul(hash, 31) + id) >>> 0, 7);
  };
  expect([order(10, 3), order(40, 3), order(100, 1), order(399, 19)]).toEqual(RECORDED);
});

const RECORDED = [1194628342, 971719027, 1926378681, 4192791754];
