import type { Task } from '../../process/task.ts';
import type { ArithExpr, Arithmetic } from './ast.ts';
import { expandText } from './expand.ts';
import { parseScript } from './parse.ts';
import { type Shell, ShellError } from './shell.ts';

/** Evaluates `$(( ))`. Throws ShellError on what the shell cannot compute. */
export function* arithmetic(sh: Shell, node: Arithmetic): Task<number> {
  try {
    return yield* evaluate(sh, node.expression);
  } catch (error) {
    if (error instanceof DivisionByZero) {
      const text = node.originalText ?? '';
      if (sh.flavor === 'bash') throw new ShellError(`${text}: division by 0 (error token is "0")`, 1);
      throw new ShellError(
        sh.flavor === 'dash' ? `arithmetic expression: division by zero: "${text}"` : 'divide by zero',
      );
    }
    throw error;
  }
}

class DivisionByZero extends Error {}

function* evaluate(sh: Shell, node: ArithExpr): Task<number> {
  switch (node.type) {
    case 'ArithNumber':
      return node.value;
    case 'ArithVariable':
    case 'ArithSpecialVar':
      return yield* named(sh, node.name);
    case 'ArithGroup':
    case 'ArithNested':
      return yield* evaluate(sh, node.expression);
    case 'ArithBinary':
      return yield* binary(sh, node);
    case 'ArithUnary':
      return yield* unary(sh, node);
    case 'ArithTernary':
      return yield* evaluate(sh, (yield* evaluate(sh, node.condition)) !== 0 ? node.consequent : node.alternate);
    case 'ArithAssignment': {
      const key = node.subscript ? String(yield* evaluate(sh, node.subscript)) : node.stringKey;
      const right = yield* evaluate(sh, node.value);
      const result =
        node.operator === '='
          ? right
          : compute(node.operator.slice(0, -1), yield* element(sh, node.variable, key), right);
      assign(sh, node.variable, key, result);
      return result;
    }
    case 'ArithArrayElement': {
      const key = node.index ? String(yield* evaluate(sh, node.index)) : node.stringKey;
      return yield* element(sh, node.array, key);
    }
    case 'ArithBracedExpansion':
      return toNumber(sh, yield* expandText(sh, `\${${node.content}}`));
    case 'ArithCommandSubst':
      return toNumber(sh, yield* expandText(sh, `$(${node.command})`));
    case 'ArithConcat': {
      let text = '';
      for (const part of node.parts) text += String(yield* evaluate(sh, part));
      return toNumber(sh, text);
    }
    case 'ArithSingleQuote':
      return node.value;
    default:
      throw new ShellError('arithmetic syntax error');
  }
}

function* binary(sh: Shell, node: Extract<ArithExpr, { type: 'ArithBinary' }>): Task<number> {
  const left = yield* evaluate(sh, node.left);
  if (node.operator === '&&') return left !== 0 && (yield* evaluate(sh, node.right)) !== 0 ? 1 : 0;
  if (node.operator === '||') return left !== 0 || (yield* evaluate(sh, node.right)) !== 0 ? 1 : 0;
  return compute(node.operator, left, yield* evaluate(sh, node.right));
}

function* unary(sh: Shell, node: Extract<ArithExpr, { type: 'ArithUnary' }>): Task<number> {
  const operand = yield* evaluate(sh, node.operand);
  if (node.operator === '++' || node.operator === '--') {
    const changed = operand + (node.operator === '++' ? 1 : -1);
    if (node.operand.type === 'ArithVariable') assign(sh, node.operand.name, undefined, changed);
    else if (node.operand.type === 'ArithArrayElement') {
      const key = node.operand.index ? String(yield* evaluate(sh, node.operand.index)) : node.operand.stringKey;
      assign(sh, node.operand.array, key, changed);
    } else throw new ShellError('arithmetic syntax error');
    return node.prefix ? changed : operand;
  }
  if (node.operator === '-') return -operand;
  if (node.operator === '!') return operand === 0 ? 1 : 0;
  return node.operator === '~' ? ~operand : operand;
}

function compute(operator: string, a: number, b: number): number {
  switch (operator) {
    case '+':
      return a + b;
    case '-':
      return a - b;
    case '*':
      return a * b;
    case '/':
      if (b === 0) throw new DivisionByZero();
      return Math.trunc(a / b);
    case '%':
      if (b === 0) throw new DivisionByZero();
      return a % b;
    case '**':
      return a ** b;
    case ',':
      return b;
    case '<<':
    case '>>':
    case '&':
    case '|':
    case '^':
      return bitwise(operator, BigInt(a), BigInt(b));
    default:
      return compare(operator, a, b) ? 1 : 0;
  }
}

function bitwise(operator: string, a: bigint, b: bigint): number {
  if (operator === '<<') return Number(BigInt.asIntN(64, a << b));
  if (operator === '>>') return Number(a >> b);
  if (operator === '&') return Number(a & b);
  return Number(operator === '|' ? a | b : a ^ b);
}

function compare(operator: string, a: number, b: number): boolean {
  switch (operator) {
    case '<':
      return a < b;
    case '<=':
      return a <= b;
    case '>':
      return a > b;
    case '>=':
      return a >= b;
    case '==':
      return a === b;
    case '!=':
      return a !== b;
    default:
      throw new ShellError(`arithmetic operator ${operator} is not supported`);
  }
}

function* named(sh: Shell, name: string): Task<number> {
  const text = /^\w+$/.test(name) && !/^\d+$/.test(name) ? (sh.get(name) ?? '') : yield* expandText(sh, `\${${name}}`);
  if (text === '' && sh.options.has('u') && !sh.vars.has(name)) {
    throw new ShellError(sh.flavor === 'bash' ? `${name}: unbound variable` : `${name}: parameter not set`);
  }
  return yield* numberOrExpression(sh, text);
}

/** A variable may hold an expression again (bash). */
function* numberOrExpression(sh: Shell, text: string): Task<number> {
  const trimmed = text.trim();
  if (trimmed === '') return 0;
  if (/^[+-]?(\d+|0[xX][0-9a-fA-F]+)$/.test(trimmed)) return toNumber(sh, trimmed);
  const command = parseScript(sh, `: $((${trimmed}))`).statements[0]?.pipelines[0]?.commands[0];
  const part = command?.type === 'SimpleCommand' ? command.args[0]?.parts[0] : undefined;
  if (part?.type !== 'ArithmeticExpansion' || part.expression.expression.type === 'ArithVariable')
    return toNumber(sh, trimmed);
  return yield* evaluate(sh, part.expression.expression);
}

function toNumber(sh: Shell, text: string): number {
  const trimmed = text.trim();
  if (trimmed === '') return 0;
  if (/^[+-]?0[0-7]+$/.test(trimmed)) return Number.parseInt(trimmed, 8);
  if (/^[+-]?\d+$/.test(trimmed)) return Number.parseInt(trimmed, 10);
  if (/^0[xX][0-9a-fA-F]+$/.test(trimmed)) return Number.parseInt(trimmed.slice(2), 16);
  if (sh.flavor === 'bash') return 0;
  throw new ShellError(sh.flavor === 'dash' ? `Illegal number: ${trimmed}` : 'arithmetic syntax error');
}

function* element(sh: Shell, name: string, key: string | undefined): Task<number> {
  if (key === undefined) return yield* named(sh, name);
  return toNumber(sh, sh.vars.get(name)?.elements?.get(key) ?? '');
}

function assign(sh: Shell, name: string, key: string | undefined, value: number): void {
  if (key === undefined) {
    sh.set(name, String(value));
    return;
  }
  let variable = sh.vars.get(name);
  if (!variable?.elements) {
    variable = { value: undefined, elements: new Map(), exported: false, readonly: false };
    sh.vars.set(name, variable);
  }
  variable.elements?.set(key, String(value));
}
