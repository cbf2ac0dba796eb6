import { describe, expect, it } from 'vitest';
import { humanDuration } from '../../../src/kube/duration.ts';
import { goYaml } from '../../../src/kube/go-yaml.ts';
import { goTemplate } from '../../../src/shell/kubectl/printers/gotemplate.ts';
import { goJson } from '../../../src/shell/kubectl/printers/json.ts';
import { jsonPath } from '../../../src/shell/kubectl/printers/jsonpath.ts';
import { tableWriter } from '../../../src/shell/kubectl/tabwriter.ts';
import { threeWay } from '../../../src/shell/kubectl/three-way.ts';

describe('yaml', () => {
  it.each([
    ['yes', '"yes"\n'],
    ['1', '"1"\n'],
    ['a: b', "'a: b'\n"],
    ['it', 'it\n'],
    ['', '""\n'],
    ['2026-01-15T09:00:00Z', '"2026-01-15T09:00:00Z"\n'],
    ['a\nb\n', '|\n  a\n  b\n'],
    ['- x', "'- x'\n"],
  ])('%j', (value, text) => {
    expect(goYaml({ k: value })).toBe(`k: ${text}`);
  });
  it('puts lists at the indent of their key', () => {
    expect(goYaml({ b: [{ c: 1, d: [] }, 'x'], a: {} })).toBe('a: {}\nb:\n- c: 1\n  d: []\n- x\n');
  });
});

describe('jsonpath', () => {
  const list = {
    items: [
      { name: 'a', n: 1, c: [{ type: 'Ready', status: 'True' }] },
      { name: 'b', n: 2 },
    ],
  };
  it.each([
    ['{.items[*].name}', 'a b'],
    ['{range .items[*]}{.name}{"\\t"}{.n}{"\\n"}{end}', 'a\t1\nb\t2\n'],
    ['{.items[?(@.n>1)].name}', 'b'],
    ['{.items[0].c[?(@.type=="Ready")].status}', 'True'],
    ['{.items[-1:].name}', 'b'],
    ['{..name}', 'a b'],
    ['{.items[0].c}', '[{"status":"True","type":"Ready"}]'],
    ['{.nope}', ''],
  ])('%s', (template, text) => {
    expect(jsonPath(template)(list)).toBe(text);
  });
});

describe('others', () => {
  it('escapes HTML in JSON as Go does', () => {
    expect(goJson({ b: '<&>', a: [] }, 4)).toBe('{\n    "a": [],\n    "b": "\\u003c\\u0026\\u003e"\n}');
  });
  it('runs go templates', () => {
    expect(
      goTemplate('{{range $i, $x := .items}}{{if gt $i 0}},{{end}}{{$x.name}}{{end}}')({
        items: [{ name: 'a' }, { name: 'b' }],
      }),
    ).toBe('a,b');
  });
  it.each([
    [5e3, '5s'],
    [125e3, '2m5s'],
    [3600e3 * 3, '3h'],
    [864e5 * 3, '3d'],
  ])('age %d', (ms, text) => {
    expect(humanDuration(ms)).toBe(text);
  });
  it('pads columns', () => {
    const writer = tableWriter();
    writer.write('NAME\tAGE\nlonger-name\t5s\n');
    expect(writer.take()).toBe('NAME          AGE\nlonger-name   5s\n');
  });
  it('merges containers by name and deletes what the manifest dropped', () => {
    const spec = (containers: object[]) => ({ spec: { template: { spec: { containers } } } });
    const patch = threeWay(
      spec([
        { name: 'a', image: '1' },
        { name: 'b', image: '1' },
      ]),
      spec([{ name: 'a', image: '2' }]),
      spec([
        { name: 'a', image: '1', x: 1 },
        { name: 'b', image: '1' },
      ]),
      { ref: 'api.apps.v1.Deployment' },
      () => {},
    );
    expect(patch).toEqual(
      spec([]) && {
        spec: {
          template: {
            spec: {
              containers: [
                { name: 'a', image: '2' },
                { $patch: 'delete', name: 'b' },
              ],
              '$setElementOrder/containers': [{ name: 'a' }],
            },
          },
        },
      },
    );
  });
});
