import { StacklessError } from '../../../core/errors.ts';
import type { Task } from '../../process/task.ts';
import { posixRegExp } from '../regex.ts';
import type { Condition, Word } from './ast.ts';
import { shopt } from './builtins-bash.ts';
import { expandPattern, expandSingle, segmentsOf } from './expand.ts';
import { arithmeticText } from './parameter.ts';
import { matches, type PatternChar } from './pattern.ts';
import type { Shell } from './shell.ts';
import { binaryTest, unaryTest } from './test-expression.ts';

/** `[[ … ]]` */
export function* evaluateCondition(sh: Shell, node: Condition): Task<boolean> {
  switch (node.type) {
    case 'CondAnd':
      return (yield* evaluateCondition(sh, node.left)) && (yield* evaluateCondition(sh, node.right));
    case 'CondOr':
      return (yield* evaluateCondition(sh, node.left)) || (yield* evaluateCondition(sh, node.right));
    case 'CondNot':
      return !(yield* evaluateCondition(sh, node.operand));
    case 'CondGroup':
      return yield* evaluateCondition(sh, node.expression);
    case 'CondWord':
      return (yield* expandSingle(sh, node.word)) !== '';
    case 'CondUnary': {
      const operand = yield* expandSingle(sh, node.operand);
      if (node.operator === '-v') return isSet(sh, operand);
      return unaryTest(sh, node.operator, operand);
    }
    case 'CondBinary':
      return yield* binary(sh, node);
  }
}

/** `-v name`, `-v name[key]`. */
function isSet(sh: Shell, text: string): boolean {
  const element = /^(\w+)\[(.*)\]$/s.exec(text);
  const variable = sh.vars.get(element?.[1] ?? text);
  if (!element)
    return variable !== undefined && (variable.value !== undefined || (variable.elements?.has('0') ?? false));
  return element[2] === '@'
    ? (variable?.elements?.size ?? 0) > 0
    : (variable?.elements?.has(element[2] as string) ?? false);
}

/** Patterns of `[[` under `shopt -s nocasematch`. */
function like(sh: Shell, pattern: PatternChar[], text: string): boolean {
  if (!shopt(sh, 'nocasematch')) return matches(pattern, text);
  return matches(
    pattern.map((char) => ({ ...char, text: char.text.toLowerCase() })),
    text.toLowerCase(),
  );
}

function* binary(sh: Shell, node: Extract<Condition, { type: 'CondBinary' }>): Task<boolean> {
  const left = yield* expandSingle(sh, node.left);
  if (node.operator === '=' || node.operator === '==') return like(sh, yield* expandPattern(sh, node.right), left);
  if (node.operator === '!=') return !like(sh, yield* expandPattern(sh, node.right), left);
  if (node.operator === '=~') return regexMatch(sh, left, yield* regexSource(sh, node.right));
  const right = yield* expandSingle(sh, node.right);
  if (!/^-(?:eq|ne|lt|le|gt|ge)$/.test(node.operator)) return binaryTest(sh, node.operator, left, right, true);
  // in `[[` numbers are expressions
  const [a, b] = [yield* arithmeticText(sh, left), yield* arithmeticText(sh, right)];
  return binaryTest(sh, node.operator, String(a), String(b), true);
}

/** Quoted parts of a regular expression stand for themselves. */
function* regexSource(sh: Shell, word: Word): Task<string> {
  let out = '';
  for (const segment of yield* segmentsOf(sh, word.parts, false)) {
    if (segment === 'break') continue;
    out += segment.quoted ? segment.text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&') : segment.text;
  }
  return out;
}

/** A regular expression that is none: the condition is neither true nor false. */
export class BadExpression extends StacklessError {
  constructor() {
    super('bad regular expression');
  }
}

function regexMatch(sh: Shell, text: string, source: string): boolean {
  let found: RegExpExecArray | null;
  try {
    found = posixRegExp(source, true, shopt(sh, 'nocasematch') ? 'i' : '').exec(text);
  } catch {
    throw new BadExpression();
  }
  const elements = new Map((found ?? []).map((group, i) => [String(i), group ?? '']));
  sh.vars.set('BASH_REMATCH', { value: undefined, elements, exported: false, readonly: false });
  return found !== null;
}
