import { describe, expect, it } from 'vitest';
import { CelSyntaxError, celValue, compileFailure, Expression } from '../../../src/sim/api/cel/index.ts';

const SELF = celValue({
  size: 5,
  ratio: 0.5,
  name: 'pair',
  'a-b': 'dashed',
  flags: { on: true },
  parts: [
    { name: 'one', qty: 1 },
    { name: 'two', qty: 2 },
  ],
});

/** Outcomes follow cel-go and Kubernetes' libraries. */
const TRUE = [
  '1 + 2 * 3 == 7',
  '7 / 2 == 3 && -7 / 2 == -3 && 7 % 3 == 1',
  'self.size >= 5 && self.ratio < 1.0',
  '"abc".startsWith("a") && "abc".contains("b") && "abc".matches("^[a-c]+$")',
  'self.parts.all(p, p.qty > 0) && self.parts.exists(p, p.name == "two")',
  'self.parts.exists_one(p, p.qty == 2)',
  'self.parts.map(p, p.qty).sum() == 3',
  'self.parts.filter(p, p.qty > 1).size() == 1',
  'self.parts.map(p, p.qty > 1, p.name) == ["two"]',
  'has(self.size) && !has(self.nothing)',
  'self.a__dash__b == "dashed"',
  '"on" in self.flags && !("off" in self.flags)',
  'self.flags.all(k, k == "on")',
  'size(self.name) == 4 && self.name.size() == 4',
  'self.size in [1, 5] ? true : false',
  'false && self.nothing || true',
  'true || self.nothing == 1',
  'duration("1h") > duration("59m") && timestamp("2026-01-01T00:00:00Z") < timestamp("2026-01-02T00:00:00Z")',
  'timestamp("2026-01-02T03:04:05Z").getHours() == 3',
  'type(self.size) == int && type(self.name) == string && type(self.ratio) == double',
  'string(self.size) == "5" && int("7") == 7 && double("1.5") == 1.5',
  'quantity("1Gi").isGreaterThan(quantity("1000Mi"))',
  '"a,b".split(",") == ["a", "b"] && ["a", "b"].join("-") == "a-b"',
  '"abc".substring(1) == "bc" && "abcb".indexOf("b") == 1 && "abcb".lastIndexOf("b") == 3',
  '[3, 1, 2].max() == 3 && ![3, 1].isSorted()',
  'r"\\d" == "\\\\d" && \'it\\\'s\' == "it\'s"',
  '{"a": 1}["a"] == 1 && {"a": 1}.a == 1',
  '0x10 == 16 && 1e3 == 1000.0',
  '1 == 1.0',
];

const ERRORS: [expression: string, message: string][] = [
  ['self.nothing == 1', 'no such key: nothing'],
  ['1 / 0 == 1', 'division by zero'],
  ['[1][3] == 1', 'index out of bounds: 3'],
  ['"a" + 1 == 2', 'no such overload: _+_(string, int)'],
  ['9223372036854775807 + 1 > 0', 'integer overflow'],
];

const REFUSED: [expression: string, message: string][] = [
  [
    'nope == 1',
    "compilation failed: ERROR: <input>:1:1: undeclared reference to 'nope' (in container '')\n | nope == 1\n | ^",
  ],
  [
    'self.nope(1)',
    "compilation failed: ERROR: <input>:1:10: undeclared reference to 'nope' (in container '')\n | self.nope(1)\n | .........^",
  ],
  [
    'self.min <=',
    "compilation failed: ERROR: <input>:1:12: Syntax error: mismatched input '<EOF>' expecting {'[', '{', '(', '.', '-', '!', 'true', 'false', 'null', NUM_FLOAT, NUM_INT, NUM_UINT, STRING, BYTES, IDENTIFIER}\n | self.min <=\n | ...........^",
  ],
];

describe('expressions', () => {
  for (const text of TRUE) it(text, () => expect(new Expression(text, ['self']).evaluate({ self: SELF })).toBe(true));

  for (const [text, message] of ERRORS)
    it(`fails: ${text}`, () => {
      expect(() => new Expression(text, ['self']).evaluate({ self: SELF })).toThrow(message);
    });

  for (const [text, message] of REFUSED)
    it(`refuses: ${text}`, () => {
      let shown = '';
      try {
        new Expression(text, ['self']);
      } catch (error) {
        if (error instanceof CelSyntaxError) shown = compileFailure(text, error);
      }
      expect(shown).toBe(message);
    });

  it('ends what would go on too long', () => {
    const list = `[${Array.from({ length: 40 }, (_, i) => i).join(',')}]`;
    const deep = `${list}.all(a, ${list}.all(b, ${list}.all(c, ${list}.all(d, a >= 0))))`;
    expect(() => new Expression(deep, []).evaluate({})).toThrow('actual cost limit exceeded');
    expect(() => new Expression('('.repeat(5_000), [])).toThrow('recursion limit');
  });
});
