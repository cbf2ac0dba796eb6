import { quote } from '../template/format.ts';
import { FunctionError, typedList, type Value } from '../template/value.ts';
import { translate } from './regexp-parser.ts';
import { type FunctionTable, fn } from './table.ts';

const compiled = new Map<string, RegExp>();
const COMPILED_MAX = 256;

/** A Go regular expression for JavaScript, with the flags `gu`; throws FunctionError in Go's words. */
export function goRegex(source: string): RegExp {
  let expression = compiled.get(source);
  if (!expression) {
    const body = translate(source);
    try {
      expression = new RegExp(body, 'gu');
    } catch (error) {
      throw new FunctionError(`regular expression ${source} is not supported: ${(error as Error).message}`);
    }
    if (compiled.size >= COMPILED_MAX) compiled.clear();
    compiled.set(source, expression);
  }
  expression.lastIndex = 0;
  return expression;
}

/** regexp.MustCompile panics with more words than Compile returns. */
function mustCompile(source: string): RegExp {
  try {
    return goRegex(source);
  } catch (error) {
    const shown = /[`\n\x00-\x08\x0b-\x1f\x7f]/.test(source) ? quote(source) : `\`${source}\``;
    throw new FunctionError(`regexp: Compile(${shown}): ${(error as Error).message}`);
  }
}

/** All matches, at most `count` of them (all when negative); an empty one right after another does not count. */
function matches(expression: RegExp, text: string, count: number): RegExpExecArray[] {
  const out: RegExpExecArray[] = [];
  let end = -1;
  expression.lastIndex = 0;
  while (count < 0 || out.length < count) {
    const match = expression.exec(text);
    if (!match) break;
    const after = match.index + match[0].length;
    if (match[0] !== '' || match.index !== end) out.push(match);
    end = after;
    if (match[0] === '') {
      const code = text.codePointAt(expression.lastIndex);
      expression.lastIndex += code !== undefined && code > 0xffff ? 2 : 1;
      if (after >= text.length) break;
    }
  }
  return out;
}

/** Go's replacement template: `$1`, `${1}`, `${name}`, `$$`. */
function expand(template: string, match: RegExpExecArray): string {
  return template.replace(/\$(\$|\{(\w+)\}|(\w+))/g, (_, all: string, braced?: string, bare?: string) => {
    if (all === '$') return '$';
    const name = braced ?? bare ?? '';
    return (/^\d+$/.test(name) ? match[Number(name)] : match.groups?.[name]) ?? '';
  });
}

function replaceAll(expression: RegExp, text: string, replacement: (match: RegExpExecArray) => string): string {
  let out = '';
  let end = 0;
  for (const match of matches(expression, text, -1)) {
    out += text.slice(end, match.index) + replacement(match);
    end = match.index + match[0].length;
  }
  return out + text.slice(end);
}

function findAll(expression: RegExp, text: string, count: bigint): Value {
  const found = matches(expression, text, Number(count)).map((match) => match[0]);
  return typedList('[]string', found, found.length === 0);
}

function split(source: string, expression: RegExp, text: string, count: bigint): Value {
  if (count === 0n) return typedList('[]string', [], true);
  if (source !== '' && text === '') return typedList('[]string', ['']);
  const out: string[] = [];
  let [start, end] = [0, 0];
  for (const match of matches(expression, text, Number(count))) {
    if (count > 0n && out.length === Number(count) - 1) break;
    end = match.index;
    const after = match.index + match[0].length;
    if (after !== 0) out.push(text.slice(start, end));
    start = after;
  }
  if (end !== text.length) out.push(text.slice(start));
  return typedList('[]string', out);
}

function matchesOrNot(source: string, text: string): boolean {
  try {
    return goRegex(source).test(text);
  } catch {
    return false;
  }
}

type Compile = (source: string) => RegExp;

/** sprig's functions in their two forms, which differ in how they report a wrong expression. */
function family(prefix: string, compile: Compile): FunctionTable {
  const name = (text: string): string => (prefix ? prefix + text[0]?.toUpperCase() + text.slice(1) : text);
  return {
    [name('regexFind')]: fn('string string', (p: string, s: string) => compile(p).exec(s)?.[0] ?? ''),
    [name('regexFindAll')]: fn('string string int', (p: string, s: string, n: bigint) => findAll(compile(p), s, n)),
    [name('regexReplaceAll')]: fn('string string string', (p: string, s: string, r: string) =>
      replaceAll(compile(p), s, (match) => expand(r, match)),
    ),
    [name('regexReplaceAllLiteral')]: fn('string string string', (p: string, s: string, r: string) =>
      replaceAll(compile(p), s, () => r),
    ),
    [name('regexSplit')]: fn('string string int', (p: string, s: string, n: bigint) => split(p, compile(p), s, n)),
  };
}

export const regexpFunctions: FunctionTable = {
  ...family('', mustCompile),
  ...family('must', goRegex),
  regexMatch: fn('string string', matchesOrNot),
  mustRegexMatch: fn('string string', (p: string, s: string) => goRegex(p).test(s)),
  regexQuoteMeta: fn('string', (s: string) => s.replace(/[\\.+*?()|[\]{}^$]/g, '\\$&')),
};
