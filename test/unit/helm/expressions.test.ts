import { describe, expect, test } from 'vitest';
import { loadChart } from '../../../src/helm/chart.ts';
import { RenderError, renderChart } from '../../../src/helm/engine.ts';
import { coalesceValues } from '../../../src/helm/values.ts';
import { chartOf, EXPRESSIONS } from './expressions/index.ts';
import { readFile } from './read-folder.ts';

interface Case {
  template: string;
  out?: string;
  error?: string;
}

/** Expressions whose result differs, each with its reason. */
const ACCEPTED: Record<string, string> = {
  '{{ fromYaml "a: &x 1\\nb: *x\\nc: !!str 5" | toJson }} {{ fromYaml "y: yes\\nn: no\\no: off\\ni: 0o17\\nj: 017\\nk: 0x1f\\nl: 1_000\\nm: 1:30\\nq: .5\\nr: 1e3\\ns: ~" | toJson }}':
    'numbers in the octal form of YAML 1.2 stay texts',
  '{{ fromYaml "1: a\\ntrue: b\\n1.5: c\\nnull: d" | toJson }}': 'a null may be a key',
};

function rendered(template: string): Omit<Case, 'template'> {
  const chart = loadChart(chartOf(template));
  const release = { name: 'r', namespace: 'default', revision: 1, isInstall: true, isUpgrade: false };
  try {
    const all = renderChart(chart, { release, values: coalesceValues(chart, {}), nowMs: Date.UTC(2026, 0, 1) });
    return { out: `${(all['c/templates/NOTES.txt'] ?? '').trim()}\n` };
  } catch (error) {
    if (error instanceof RenderError) return { error: error.message };
    throw error;
  }
}

describe('expressions print what the real helm prints', () => {
  const { cases } = JSON.parse(readFile('test/unit/helm/recordings/functions.json')) as { cases: Case[] };

  test('each has a recording', () => {
    expect(cases.map((one) => one.template)).toEqual(EXPRESSIONS);
  });

  test.each(cases.map((one) => [one.template, one] as const))('%s', (_, { template, ...recorded }) => {
    if (ACCEPTED[template]) expect(rendered(template), 'no longer differs').not.toEqual(recorded);
    else expect(rendered(template)).toEqual(recorded);
  });
});
