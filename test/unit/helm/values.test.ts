import { expect, test } from 'vitest';
import { loadChart } from '../../../src/helm/chart.ts';
import { applySet, applySetJson, applySetString } from '../../../src/helm/set-flags.ts';
import { fromJson, toJson } from '../../../src/helm/template/value.ts';
import { coalesceValues } from '../../../src/helm/values.ts';
import { emitYaml } from '../../../src/helm/yaml/emit.ts';

function set(...items: string[]): unknown {
  const values = {};
  for (const item of items) applySet(values, item);
  return toJson(fromJson(values));
}

test('--set builds tables, lists and typed leaves', () => {
  expect(set('a.b=1,c={x,2},d[1].e=true', 'f=null', 'g=01', 'h=a\\,b', 'i=')).toEqual({
    a: { b: 1 },
    c: ['x', 2],
    d: [null, { e: true }],
    f: null,
    g: '01',
    h: 'a,b',
    i: '',
  });
});

test('--set-string and --set-json', () => {
  const values = {};
  applySetString(values, 'a=1');
  applySetJson(values, 'b={"c":[1,2]}');
  expect(values).toEqual({ a: '1', b: { c: [1, 2] } });
});

test.each([
  ['a', 'failed parsing --set data: key "a" has no value'],
  ['a={1', "failed parsing --set data: list must terminate with '}'"],
  ['a[x]=1', 'failed parsing --set data: error parsing index: strconv.Atoi: parsing "x": invalid syntax'],
])('--set %s is refused', (item, message) => {
  expect(() => set(item)).toThrow(message);
});

test('a null deletes a default', () => {
  const chart = loadChart({
    'Chart.yaml': 'apiVersion: v2\nname: c\nversion: 0.1.0\n',
    'values.yaml': 'a: {b: 1, c: 2}\nd: 3\n',
  });
  expect(coalesceValues(chart, { a: { b: null }, d: null, e: 5 })).toEqual({ a: { c: 2 }, e: 5 });
});

test('YAML is written as go-yaml writes it', () => {
  const value = fromJson({
    b: [{ x: '1', y: [] }, [1, 2]],
    a10: 'a: b',
    a9: 'multi\nline\n',
    n: null,
    e: '',
    big: 1e6,
    long: `${'word '.repeat(20)}end`,
    open: 'no newline\nat end',
  });
  expect(emitYaml(value)).toBe(
    [
      'a9: |',
      '  multi',
      '  line',
      "a10: 'a: b'",
      'b:',
      '- x: "1"',
      '  "y": []',
      '- - 1',
      '  - 2',
      'big: 1000000',
      'e: ""',
      'long: word word word word word word word word word word word word word word word word',
      '  word word word word end',
      '"n": null',
      'open: |-',
      '  no newline',
      '  at end',
      '',
    ].join('\n'),
  );
});
