import { ScriptError, ShellErrorValue } from './values.ts';

export const typeError = (text: string): ScriptError => new ScriptError(new ShellErrorValue('TypeError', text));

/** JavaScript's binary operators on the script's values. */
export function binary(op: string, a: unknown, b: unknown): unknown {
  const x = a as number;
  const y = b as number;
  switch (op) {
    case '+':
      return x + y;
    case '-':
      return x - y;
    case '*':
      return x * y;
    case '/':
      return x / y;
    case '%':
      return x % y;
    case '**':
      return x ** y;
    case '==':
      // biome-ignore lint/suspicious/noDoubleEquals: the script's own operator
      return a == b;
    case '!=':
      // biome-ignore lint/suspicious/noDoubleEquals: the script's own operator
      return a != b;
    case '===':
      return a === b;
    case '!==':
      return a !== b;
    case '<':
      return x < y;
    case '<=':
      return x <= y;
    case '>':
      return x > y;
    case '>=':
      return x >= y;
    case '&':
      return x & y;
    case '|':
      return x | y;
    case '^':
      return x ^ y;
    case '<<':
      return x << y;
    case '>>':
      return x >> y;
    case '>>>':
      return x >>> y;
    case 'in':
      return String(a) in (b as object);
    case 'instanceof':
      return false;
    default:
      throw typeError(`operator ${op} is not supported by this shell`);
  }
}
