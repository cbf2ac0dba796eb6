import type { Task } from '../../process/task.ts';
import type { ArithExpr, Arithmetic } from './ast.ts';
import { expandText } from './expand.ts';
import { parseScript } from './parse.ts';
import { type Shell, ShellError } from './shell.ts';

/** Evaluates `$(( ))` in 64 bits. Throws ShellError on what the shell cannot compute. */
export function* integer(sh: Shell, node: Arithmetic): Task<bigint> {
  try {
    return yield* evaluate(sh, node.expression);
  } catch (error) {
    if (error instanceof ArithmeticSyntax)
      throw new ShellError(`${(node.originalText ?? '').trim()}: ${error.message}`, 1);
    if (error instanceof NotOfBase) {
      const token = /(?<![\w#])0\d*[89]\d*/.exec(node.originalText ?? '')?.[0] ?? node.originalText?.trim() ?? '';
      throw new ShellError(`${token}: value too great for base (error token is "${token}")`, 1);
    }
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

/** As {@link integer}, for lengths and indexes. */
export function* arithmetic(sh: Shell, node: Arithmetic): Task<number> {
  return Number(yield* integer(sh, node));
}

class DivisionByZero extends Error {}
class ArithmeticSyntax extends Error {}

function* evaluate(sh: Shell, node: ArithExpr): Task<bigint> {
  switch (node.type) {
    case 'ArithNumber':
      return constant(node.value);
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
      return yield* evaluate(sh, (yield* evaluate(sh, node.condition)) !== 0n ? node.consequent : node.alternate);
    case 'ArithAssignment': {
      const key = yield* keyOf(sh, node.variable, node.subscript, node.stringKey);
      const right = yield* evaluate(sh, node.value);
      const result =
        node.operator === '='
          ? right
          : compute(node.operator.slice(0, -1), yield* element(sh, node.variable, key), right);
      assign(sh, node.variable, key, result);
      return result;
    }
    case 'ArithArrayElement': {
      const key = yield* keyOf(sh, node.array, node.index, node.stringKey);
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
      return BigInt(node.value);
    case 'ArithSyntaxError':
      throw new ArithmeticSyntax(node.message.replace(/^.*?: (?=(arithmetic )?syntax error)/, ''));
    default:
      throw new ShellError('arithmetic syntax error');
  }
}

/** Numbers come as JavaScript's; what is none was no number of its base. */
function constant(value: number | null): bigint {
  if (value === null || Number.isNaN(value)) throw new NotOfBase();
  return BigInt.asIntN(64, BigInt(value));
}

class NotOfBase extends Error {}

/** The key of an element: text in an associative array, where even a bare word stands for itself. */
function* keyOf(
  sh: Shell,
  name: string,
  index: ArithExpr | undefined,
  text: string | undefined,
): Task<string | undefined> {
  if (!index) return text;
  const { elements, value } = sh.vars.get(name) ?? {};
  if (!elements || value !== 'assoc') return String(yield* evaluate(sh, index));
  if (index.type === 'ArithVariable') return index.hasDollarPrefix ? (sh.get(index.name) ?? '') : index.name;
  if (index.type === 'ArithBracedExpansion') return yield* expandText(sh, `\${${index.content}}`);
  return String(yield* evaluate(sh, index));
}

function* binary(sh: Shell, node: Extract<ArithExpr, { type: 'ArithBinary' }>): Task<bigint> {
  const left = yield* evaluate(sh, node.left);
  if (node.operator === '&&') return left !== 0n && (yield* evaluate(sh, node.right)) !== 0n ? 1n : 0n;
  if (node.operator === '||') return left !== 0n || (yield* evaluate(sh, node.right)) !== 0n ? 1n : 0n;
  return compute(node.operator, left, yield* evaluate(sh, node.right));
}

function* unary(sh: Shell, node: Extract<ArithExpr, { type: 'ArithUnary' }>): Task<bigint> {
  const operand = yield* evaluate(sh, node.operand);
  if (node.operator === '++' || node.operator === '--') {
    const changed = operand + (node.operator === '++' ? 1n : -1n);
    if (node.operand.type === 'ArithVariable') assign(sh, node.operand.name, undefined, changed);
    else if (node.operand.type === 'ArithArrayElement') {
      const { array, index, stringKey } = node.operand;
      const key = yield* keyOf(sh, array, index, stringKey);
      assign(sh, node.operand.array, key, changed);
    } else throw new ShellError('arithmetic syntax error');
    return node.prefix ? changed : operand;
  }
  if (node.operator === '-') return -operand;
  if (node.operator === '!') return operand === 0n ? 1n : 0n;
  return node.operator === '~' ? ~operand : operand;
}

function compute(operator: string, a: bigint, b: bigint): bigint {
  return BigInt.asIntN(64, computed(operator, a, b));
}

function computed(operator: string, a: bigint, b: bigint): bigint {
  switch (operator) {
    case '+':
      return a + b;
    case '-':
      return a - b;
    case '*':
      return a * b;
    case '/':
    case '%':
      if (b === 0n) throw new DivisionByZero();
      return operator === '/' ? a / b : a % b;
    case '**':
      if (b < 0n) throw new ArithmeticSyntax('exponent less than 0');
      return b > 4096n ? 0n : a ** b;
    case ',':
      return b;
    case '<<':
      return a << (b & 63n);
    case '>>':
      return a >> (b & 63n);
    case '&':
      return a & b;
    case '|':
      return a | b;
    case '^':
      return a ^ b;
    default:
      return compare(operator, a, b) ? 1n : 0n;
  }
}

function compare(operator: string, a: bigint, b: bigint): boolean {
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

function* named(sh: Shell, name: string): Task<bigint> {
  const text =
    /^\w+$/.test(name) && !/^\d+$/.test(name)
      ? (sh.get(name) ?? (yield* expandText(sh, `\${${name}-}`)))
      : yield* expandText(sh, `\${${name}}`);
  if (text === '' && sh.options.has('u') && !sh.vars.has(name)) {
    throw new ShellError(sh.flavor === 'bash' ? `${name}: unbound variable` : `${name}: parameter not set`);
  }
  return yield* numberOrExpression(sh, text);
}

/** A variable may hold an expression again (bash). */
function* numberOrExpression(sh: Shell, text: string): Task<bigint> {
  const trimmed = text.trim();
  if (trimmed === '') return 0n;
  if (/^[+-]?(\d+|0[xX][0-9a-fA-F]+)$/.test(trimmed)) return toNumber(sh, trimmed);
  const command = parseScript(sh, `: $((${trimmed}))`).statements[0]?.pipelines[0]?.commands[0];
  const part = command?.type === 'SimpleCommand' ? command.args[0]?.parts[0] : undefined;
  if (part?.type !== 'ArithmeticExpansion' || part.expression.expression.type === 'ArithVariable')
    return toNumber(sh, trimmed);
  return yield* evaluate(sh, part.expression.expression);
}

function toNumber(sh: Shell, text: string): bigint {
  const trimmed = text.trim();
  if (trimmed === '') return 0n;
  const match = /^([+-]?)(0[xX][0-9a-fA-F]+|\d+)$/.exec(trimmed);
  if (match) {
    const [, sign, digits = ''] = match;
    if (/^0\d/.test(digits) && /[89]/.test(digits)) throw new NotOfBase();
    const size = BigInt(/^0[0-7]/.test(digits) ? `0o${digits.slice(1)}` : digits);
    return BigInt.asIntN(64, sign === '-' ? -size : size);
  }
  if (sh.flavor === 'bash') return 0n;
  throw new ShellError(sh.flavor === 'dash' ? `Illegal number: ${trimmed}` : 'arithmetic syntax error');
}

function* element(sh: Shell, name: string, key: string | undefined): Task<bigint> {
  if (key === undefined) return yield* named(sh, name);
  return toNumber(sh, sh.vars.get(name)?.elements?.get(key) ?? '');
}

function assign(sh: Shell, name: string, key: string | undefined, value: bigint): void {
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
