import { describe, expect, it } from 'vitest';
import { createJq } from '../../../src/host/jq.ts';

const jq = createJq();

describe('the real jq', () => {
  it.each([
    [
      '{"items":[{"a":1,"b":2},{"a":3}]}',
      'del(.items[].a, .items[].b)',
      ['--compact-output'],
      '{"items":[{},{}]}\n',
      0,
    ],
    ['null', '.', [], 'null\n', 0],
    ['{"a":1}{"a":2}', '.a', [], '1\n2\n', 0],
    ['["x","y"]', '.[]', ['--raw-output'], 'x\ny\n', 0],
    ['["x","y"]', '.[]', ['--join-output'], 'xy', 0],
    ['1', '$x', ['--arg', 'x', 'b c'], '"b c"\n', 0],
    ['[]', '.[]', [], '', 0],
  ])('%s | %s', async (input, filter, flags, stdout, exitCode) => {
    expect(await jq(input, filter, flags)).toEqual({ stdout, stderr: '', exitCode });
  });

  it('keeps what was printed before an error', async () => {
    const done = await jq('[1,{"a":2}]', '.[] | . + 1', []);
    expect(done).toMatchObject({ stdout: '2\n', exitCode: 5 });
    expect(done.stderr).toContain('object ({"a":2}) and number (1) cannot be added');
  });

  it('says what is wrong with input and filter', async () => {
    expect(await jq('{"a":', '.', [])).toMatchObject({ stdout: '', exitCode: 5 });
    expect(await jq('1', 'foo', [])).toMatchObject({ stdout: '', exitCode: 3 });
  });

  it('stops an endless filter and goes on afterwards', async () => {
    expect(await jq('1', 'def f: f; f', [])).toMatchObject({ exitCode: 124 });
    expect(await jq('{"a":7}', '.a', [])).toEqual({ stdout: '7\n', stderr: '', exitCode: 0 });
  }, 20_000);
});
