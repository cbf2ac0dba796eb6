import type { Task } from '../../process/task.ts';
import type { Condition } from './ast.ts';
import { expandPattern, expandSingle } from './expand.ts';
import { matches } from './pattern.ts';
import { type Shell, ShellError } from './shell.ts';
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
      if (node.operator === '-v') return sh.vars.has(operand);
      return unaryTest(sh, node.operator, operand);
    }
    case 'CondBinary':
      return yield* binary(sh, node);
  }
}

function* binary(sh: Shell, node: Extract<Condition, { type: 'CondBinary' }>): Task<boolean> {
  const left = yield* expandSingle(sh, node.left);
  if (node.operator === '=' || node.operator === '==') return matches(yield* expandPattern(sh, node.right), left);
  if (node.operator === '!=') return !matches(yield* expandPattern(sh, node.right), left);
  const right = yield* expandSingle(sh, node.right);
  if (node.operator === '=~') return regexMatch(sh, left, right);
  return binaryTest(sh, node.operator, left, right, true);
}

function regexMatch(sh: Shell, text: string, source: string): boolean {
  let found: RegExpExecArray | null;
  try {
    found = new RegExp(
      source.replace(
        /\[\[:(\w+):\]\]/g,
        (_, name) => `[${name === 'digit' ? '0-9' : name === 'space' ? '\\s' : 'A-Za-z'}]`,
      ),
    ).exec(text);
  } catch {
    throw new ShellError(`syntax error in regular expression ${source}`, 2, false);
  }
  const elements = new Map((found ?? []).map((group, i) => [String(i), group ?? '']));
  sh.vars.set('BASH_REMATCH', { value: undefined, elements, exported: false, readonly: false });
  return found !== null;
}
