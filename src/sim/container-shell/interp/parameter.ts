import type { Task } from '../../process/task.ts';
import { unescapeText } from '../printf.ts';
import { arithmetic } from './arith.ts';
import type { ParameterExpansion, ParameterOperation } from './ast.ts';
import { expandPattern, expandSingle, expandText, type Segment, segmentsOf } from './expand.ts';
import { type PatternChar, patternSource } from './pattern.ts';
import { elementsOf, type Shell, ShellError } from './shell.ts';

/** `$x`, `${x…}` as segments of the word. */
export function* parameterSegments(sh: Shell, part: ParameterExpansion, inQuotes: boolean): Task<Segment[]> {
  const { parameter, operation } = part;
  const list = listOf(sh, parameter);
  if (list && (operation === null || !isWordOperation(operation))) {
    const values: string[] = [];
    if (operation?.type === 'Length') return [one(String(list.length), inQuotes)];
    if (operation?.type === 'Substring') {
      const all = parameter === '@' || parameter === '*' ? [sh.zero, ...list] : list;
      const offset = yield* arithmetic(sh, operation.offset);
      const length = operation.length ? yield* arithmetic(sh, operation.length) : undefined;
      values.push(...all.slice(offset, length === undefined ? undefined : offset + length));
    } else for (const value of list) values.push(operation ? yield* transform(sh, value, operation) : value);
    return spread(sh, parameter, values, inQuotes);
  }
  const value = list ? (list.length > 0 ? list.join(' ') : undefined) : yield* parameterValue(sh, parameter);
  if (operation === null) {
    if (value === undefined) checkSet(sh, parameter);
    return [one(value ?? '', inQuotes)];
  }
  if (isWordOperation(operation)) return yield* wordOperation(sh, parameter, value, operation, inQuotes, list);
  if (operation.type === 'ArrayKeys' || operation.type === 'VarNamePrefix' || operation.type === 'Indirection') {
    return yield* indirect(sh, parameter, value, operation, inQuotes);
  }
  if (value === undefined && operation.type !== 'Length') checkSet(sh, parameter);
  return [one(yield* transform(sh, value ?? '', operation), inQuotes)];
}

type WordOperation = Extract<
  ParameterOperation,
  { type: 'DefaultValue' | 'AssignDefault' | 'ErrorIfUnset' | 'UseAlternative' }
>;

function isWordOperation(operation: ParameterOperation): operation is WordOperation {
  return ['DefaultValue', 'AssignDefault', 'ErrorIfUnset', 'UseAlternative'].includes(operation.type);
}

function one(text: string, inQuotes: boolean): Segment {
  return { text, quoted: inQuotes, split: !inQuotes };
}

function spread(sh: Shell, parameter: string, values: string[], inQuotes: boolean): Segment[] {
  if (inQuotes && (parameter === '*' || parameter.endsWith('[*]'))) {
    return [one(values.join((sh.get('IFS') ?? ' ')[0] ?? ''), true)];
  }
  return values.flatMap((value, i): Segment[] => (i === 0 ? [one(value, inQuotes)] : ['break', one(value, inQuotes)]));
}

function listOf(sh: Shell, parameter: string): string[] | undefined {
  if (parameter === '@' || parameter === '*') return sh.params;
  const array = /^(\w+)\[[@*]\]$/.exec(parameter);
  if (!array) return undefined;
  const special = specialList(sh, array[1] as string);
  if (special) return special;
  const direct = sh.vars.get(array[1] as string);
  const variable = direct?.reference === undefined ? direct : sh.vars.get(direct.reference);
  if (variable?.elements) return elementsOf(variable).map(([, value]) => value);
  return variable?.value === undefined ? [] : [variable.value];
}

/** Arrays that bash keeps itself. */
function specialList(sh: Shell, name: string): string[] | undefined {
  if (sh.flavor !== 'bash') return undefined;
  if (name === 'PIPESTATUS') return sh.pipeStatus.map(String);
  if (name === 'DIRSTACK') return [sh.cwd, ...sh.directories];
  if (name === 'FUNCNAME') return sh.functionNames.length > 0 ? [...sh.functionNames].reverse() : undefined;
  if (name === 'BASH_SOURCE') return [sh.zero];
  if (name === 'BASH_VERSINFO') return ['5', '2', '15', '1', 'release', 'x86_64-pc-linux-gnu'];
  return undefined;
}

/** The value of a parameter; undefined when it is unset. */
function* parameterValue(sh: Shell, parameter: string): Task<string | undefined> {
  const special = specialValue(sh, parameter);
  if (special !== undefined) return special;
  if (/^\d+$/.test(parameter)) return parameter === '0' ? sh.zero : sh.params[Number(parameter) - 1];
  const element = /^(\w+)\[(.*)\]$/s.exec(parameter);
  if (element) {
    const list = specialList(sh, element[1] as string);
    if (list) return list.at(yield* arithmeticText(sh, element[2] as string));
    const direct = sh.vars.get(element[1] as string);
    const variable = direct?.reference === undefined ? direct : sh.vars.get(direct.reference);
    const key = yield* elementKey(sh, element[1] as string, element[2] as string);
    return variable?.elements ? variable.elements.get(key) : key === '0' ? variable?.value : undefined;
  }
  const reference = sh.vars.get(parameter)?.reference;
  if (reference !== undefined) return yield* parameterValue(sh, reference);
  return specialList(sh, parameter)?.[0] ?? sh.get(parameter);
}

/** The value of a text that is an expression. */
export function* arithmeticText(sh: Shell, text: string): Task<number> {
  return Number(yield* expandText(sh, `$((${text}))`));
}

/** The key that a subscript names: text for associative arrays, a number else (negative ones count from the end). */
export function* elementKey(sh: Shell, name: string, subscript: string): Task<string> {
  const direct = sh.vars.get(name);
  const variable = direct?.reference === undefined ? direct : sh.vars.get(direct.reference);
  const associative = variable?.elements !== undefined && variable.value === 'assoc';
  if (associative) return (yield* expandText(sh, subscript)).replace(/^(["'])(.*)\1$/s, '$2');
  const index = Number(yield* expandText(sh, `$((${subscript}))`));
  if (index >= 0) return String(index);
  const last = Math.max(-1, ...[...(variable?.elements?.keys() ?? [])].map(Number));
  return String(last + 1 + index);
}

/** Sets a variable or an element of an array: `name`, `name[subscript]`. */
export function* setReference(sh: Shell, given: string, text: string, append = false): Task<void> {
  const subscripted = /^(\w+)\[(.*)\]$/s.exec(given);
  const name = sh.vars.get(subscripted?.[1] ?? given)?.reference ?? subscripted?.[1] ?? given;
  const variable = sh.vars.get(name);
  const sum = (old: string | undefined): Task<string> => joined(sh, variable?.integer ?? false, old, text, append);
  if (!subscripted && !variable?.elements) {
    sh.set(name, yield* sum(sh.get(name)));
    return;
  }
  if (variable?.readonly) throw new ShellError(`${name}: readonly variable`, 1);
  const elements =
    variable?.elements ?? new Map<string, string>(variable?.value === undefined ? [] : [['0', variable.value]]);
  if (!variable?.elements) sh.vars.set(name, { value: undefined, elements, exported: false, readonly: false });
  const key = subscripted ? yield* elementKey(sh, name, subscripted[2] as string) : '0';
  elements.set(key, yield* sum(elements.get(key)));
}

function* joined(sh: Shell, integer: boolean, old: string | undefined, text: string, append: boolean): Task<string> {
  if (!integer) return append ? (old ?? '') + text : text;
  return yield* expandText(sh, `$((${append ? `${old || 0}+(${text})` : text || 0}))`);
}

function specialValue(sh: Shell, parameter: string): string | undefined {
  switch (parameter) {
    case '?':
      return String(sh.lastStatus);
    case '$':
      return String(sh.os.pid);
    case '!':
      return sh.lastBackground === undefined ? '' : String(sh.lastBackground);
    case '#':
      return String(sh.params.length);
    case '-':
      return flagsOf(sh);
    case 'LINENO':
      return String(sh.line);
    case 'RANDOM':
      return sh.flavor === 'dash' ? undefined : String(sh.os.rng.int(32768));
    case 'PPID':
      return String(sh.os.processes().find((process) => process.pid === sh.os.pid)?.ppid ?? 0);
    case 'UID':
    case 'EUID':
      return sh.flavor === 'bash' ? String(sh.os.uid) : undefined;
    default:
      return sh.flavor === 'bash' ? bashValue(sh, parameter) : undefined;
  }
}

/** Variables that bash computes at each use. */
function bashValue(sh: Shell, parameter: string): string | undefined {
  const { nowMs, nowUs } = sh.th;
  switch (parameter) {
    case 'SECONDS':
      return String(Math.floor((nowMs - (sh.secondsFromMs ?? startOf(sh))) / 1000));
    case 'EPOCHSECONDS':
      return String(Math.floor(nowMs / 1000));
    case 'EPOCHREALTIME':
      return `${Math.floor(nowMs / 1000)}.${String(Math.floor(nowUs) % 1_000_000).padStart(6, '0')}`;
    case 'SRANDOM':
      return String(sh.os.rng.int(2 ** 32));
    case 'BASH_SUBSHELL':
      return String(sh.subshellDepth);
    case 'BASHPID':
      return String(sh.os.pid + sh.subshellDepth);
    case 'BASH_VERSION':
      return '5.2.15(1)-release';
    case 'BASH':
      return '/bin/bash';
    case 'OSTYPE':
      return 'linux-gnu';
    case 'HOSTTYPE':
      return 'x86_64';
    case 'MACHTYPE':
      return 'x86_64-pc-linux-gnu';
    default:
      return undefined;
  }
}

/** `$-`: options in the order of bash's table, `c` for a command line. */
function flagsOf(sh: Shell): string {
  if (sh.flavor !== 'bash') return [...sh.options].filter((option) => option.length === 1).join('');
  const on = [...'abefhkmnptuvxBCEHPT'].filter((letter) => sh.options.has(letter) || letter === 'h' || letter === 'B');
  return on.join('') + (sh.interactive ? 'i' : '') + (sh.source === 'command' ? 'c' : '');
}

function startOf(sh: Shell): number {
  return sh.os.processes().find((process) => process.pid === sh.os.pid)?.startedMs ?? sh.th.nowMs;
}

function checkSet(sh: Shell, parameter: string): void {
  if (!sh.options.has('u') || parameter === '!' || parameter === '@' || parameter === '*') return;
  if (sh.flavor === 'bash') throw new ShellError(`${parameter}: unbound variable`, sh.options.has('e') ? 1 : 127);
  throw new ShellError(`${parameter}: parameter not set`);
}

function* wordOperation(
  sh: Shell,
  parameter: string,
  value: string | undefined,
  operation: WordOperation,
  inQuotes: boolean,
  list: string[] | undefined,
): Task<Segment[]> {
  const absent = value === undefined || (operation.checkEmpty && value === '');
  const kept = (): Segment[] => (list ? spread(sh, parameter, list, inQuotes) : [one(value ?? '', inQuotes)]);
  if (operation.type === 'UseAlternative') return absent ? [] : yield* segmentsOf(sh, operation.word.parts, inQuotes);
  if (!absent) return kept();
  if (operation.type === 'DefaultValue') {
    const segments = yield* segmentsOf(sh, operation.word.parts, inQuotes);
    return segments.map((segment) => (segment === 'break' || segment.quoted ? segment : { ...segment, split: true }));
  }
  if (operation.type === 'AssignDefault') {
    const text = yield* expandSingle(sh, operation.word);
    yield* setReference(sh, parameter, text);
    return [one(text, inQuotes)];
  }
  const text = operation.word ? yield* expandSingle(sh, operation.word) : '';
  const standard = operation.checkEmpty ? 'parameter null or not set' : 'parameter not set';
  throw new ShellError(`${parameter}: ${text || standard}`, sh.flavor === 'bash' ? 127 : 2);
}

function* indirect(
  sh: Shell,
  parameter: string,
  value: string | undefined,
  operation: Extract<ParameterOperation, { type: 'ArrayKeys' | 'VarNamePrefix' | 'Indirection' }>,
  inQuotes: boolean,
): Task<Segment[]> {
  if (sh.flavor !== 'bash') throw badSubstitution(sh, parameter);
  if (operation.type === 'ArrayKeys') {
    const variable = sh.vars.get(operation.array);
    const keys = variable?.elements
      ? elementsOf(variable).map(([key]) => key)
      : variable?.value === undefined
        ? []
        : ['0'];
    return spread(sh, operation.star ? '*' : '@', keys, inQuotes);
  }
  if (operation.type === 'VarNamePrefix') {
    const names = [...sh.vars.keys()].filter((name) => name.startsWith(operation.prefix)).sort();
    return spread(sh, operation.star ? '*' : '@', names, inQuotes);
  }
  const target: ParameterExpansion = {
    type: 'ParameterExpansion',
    parameter: value ?? '',
    operation: operation.innerOp ?? null,
  };
  return yield* parameterSegments(sh, target, inQuotes);
}

function badSubstitution(sh: Shell, text: string): ShellError {
  if (sh.flavor === 'bash') return new ShellError(`\${${text}}: bad substitution`, 1);
  return new ShellError(sh.flavor === 'dash' ? 'Bad substitution' : 'syntax error: bad substitution');
}

/** Operations on the text of a value. */
function* transform(sh: Shell, value: string, operation: ParameterOperation): Task<string> {
  switch (operation.type) {
    case 'Length':
      return String([...value].length);
    case 'PatternRemoval':
      return removePattern(value, yield* expandPattern(sh, operation.pattern), operation.side, operation.greedy);
    case 'Substring': {
      if (sh.flavor === 'dash') throw badSubstitution(sh, '');
      const offset = yield* arithmetic(sh, operation.offset);
      const length = operation.length ? yield* arithmetic(sh, operation.length) : undefined;
      const start = offset < 0 ? Math.max(0, value.length + offset) : offset;
      return value.slice(start, length === undefined ? undefined : length < 0 ? length : start + length);
    }
    case 'PatternReplacement': {
      if (sh.flavor === 'dash') throw badSubstitution(sh, '');
      const source = patternSource(yield* expandPattern(sh, operation.pattern));
      const anchored = operation.anchor === 'start' ? `^${source}` : operation.anchor === 'end' ? `${source}$` : source;
      const replacement = operation.replacement ? yield* expandSingle(sh, operation.replacement) : '';
      if (source === '') return value;
      return value.replace(new RegExp(anchored, operation.all ? 'g' : ''), () => replacement);
    }
    case 'CaseModification': {
      if (sh.flavor !== 'bash') throw badSubstitution(sh, '');
      const change = (text: string): string =>
        operation.direction === 'upper' ? text.toUpperCase() : text.toLowerCase();
      const only = operation.pattern && new RegExp(`^${patternSource(yield* expandPattern(sh, operation.pattern))}$`);
      const one = (char: string): string => (!only || only.test(char) ? change(char) : char);
      return operation.all ? [...value].map(one).join('') : one(value.slice(0, 1)) + value.slice(1);
    }
    case 'Transform':
      if (sh.flavor === 'bash' && operation.operator === 'Q') return `'${value.replaceAll("'", "'\\''")}'`;
      if (sh.flavor === 'bash' && operation.operator === 'U') return value.toUpperCase();
      if (sh.flavor === 'bash' && operation.operator === 'L') return value.toLowerCase();
      if (sh.flavor === 'bash' && operation.operator === 'u') return value.slice(0, 1).toUpperCase() + value.slice(1);
      if (sh.flavor === 'bash' && operation.operator === 'E') return unescapeText(value).text;
      throw badSubstitution(sh, `@${operation.operator}`);
    default:
      throw badSubstitution(sh, 'text' in operation ? operation.text : '');
  }
}

function removePattern(value: string, pattern: PatternChar[], side: 'prefix' | 'suffix', greedy: boolean): string {
  if (side === 'prefix') {
    return value.replace(new RegExp(`^(?:${patternSource(pattern, { shortest: !greedy })})`), '');
  }
  const whole = new RegExp(`^(?:${patternSource(pattern)})$`);
  for (let i = 0; i <= value.length; i++) {
    const at = greedy ? i : value.length - i;
    if (whole.test(value.slice(at))) return value.slice(0, at);
  }
  return value;
}
