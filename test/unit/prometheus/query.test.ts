import { describe, expect, it } from 'vitest';
import { evaluate } from '../../../src/sim/images/prometheus/evaluate.ts';
import { parseQuery } from '../../../src/sim/images/prometheus/parse.ts';
import { Tsdb } from '../../../src/sim/images/prometheus/tsdb.ts';

/** Two counters that grow by 1/s and 2/s, one of which restarts at 150 s, and a gauge. */
function database(): Tsdb {
  const db = new Tsdb();
  const add = (name: string, pod: string, value: (s: number) => number): void => {
    const series = db.add(name, { pod, namespace: 'n' });
    for (let s = 0; s <= 300; s += 15) series.append(s * 1000, value(s));
  };
  add('requests_total', 'a', (s) => s);
  add('requests_total', 'b', (s) => (s < 150 ? 2 * s : 2 * (s - 150)));
  add('memory', 'a', (s) => (s < 200 ? 10 : 30));
  return db;
}

const at = (query: string, seconds: number): unknown => evaluate(parseQuery(query), database(), seconds * 1000);

describe('queries', () => {
  it('selects the last sample that is not older than five minutes', () => {
    expect(at('memory', 190)).toEqual([{ labels: { __name__: 'memory', pod: 'a', namespace: 'n' }, value: 10 }]);
    expect(at('memory', 700)).toEqual([]);
    expect(at('memory offset 2m', 300)).toMatchObject([{ value: 10 }]);
  });

  it('matches labels by equality and anchored regular expressions', () => {
    expect(at('requests_total{pod="a"}', 60)).toMatchObject([{ value: 60 }]);
    expect(at('requests_total{pod!="a"}', 60)).toMatchObject([{ value: 120 }]);
    expect(at('requests_total{pod=~"a|b",namespace=~"n.*"}', 60)).toHaveLength(2);
    expect(at('requests_total{pod=~"x"}', 60)).toEqual([]);
  });

  it('computes rates over counter resets', () => {
    expect(at('rate(requests_total{pod="a"}[1m])', 300)).toEqual([{ labels: { pod: 'a', namespace: 'n' }, value: 1 }]);
    const [restarted] = at('increase(requests_total{pod="b"}[5m])', 300) as { value: number }[];
    // (300 − 30 + 270 lost at the restart) over 285 s, extrapolated to the left-open range of 300 s.
    expect(restarted?.value).toBeCloseTo((540 * 300) / 285, 6);
    expect(at('irate(requests_total{pod="b"}[1m])', 300)).toMatchObject([{ value: 2 }]);
  });

  it('aggregates, compares and calculates', () => {
    expect(at('sum(rate(requests_total[1m]))', 120)).toEqual([{ labels: {}, value: 3 }]);
    expect(at('max by (pod) (requests_total)', 60)).toEqual([
      { labels: { pod: 'a' }, value: 60 },
      { labels: { pod: 'b' }, value: 120 },
    ]);
    expect(at('requests_total > 100', 60)).toMatchObject([{ value: 120 }]);
    expect(at('2 + 3 * 4', 0)).toBe(14);
    expect(at('max_over_time(memory[5m]) - min_over_time(memory[5m])', 300)).toMatchObject([{ value: 20 }]);
  });

  it.each([
    ['', 'no expression found in input'],
    ['rate(memory)', 'expected type range vector in call to function "rate"'],
    ['histogram_quantile(0.9, memory)', 'function "histogram_quantile" is not supported by this server'],
    ['memory{pod}', 'unexpected "}" in label matching'],
    ['sum(', 'unexpected end of input'],
    ['memory €', 'unexpected character'],
  ])('refuses %j in words', (query, words) => {
    expect(() => at(query, 0)).toThrow(words);
  });
});
