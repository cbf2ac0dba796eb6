import type { Task } from '../../process/task.ts';
import { formatPrintf, unescapeText } from '../printf.ts';
import { readBuiltin } from './builtin-read.ts';
import { bashBuiltins } from './builtins-bash.ts';
import { controlBuiltins } from './builtins-control.ts';
import { jobBuiltins } from './builtins-jobs.ts';
import { variableBuiltins } from './builtins-variables.ts';
import { setReference } from './parameter.ts';
import type { Flavor, Shell } from './shell.ts';
import { TestError, testExpression } from './test-expression.ts';

export type Builtin = (sh: Shell, args: string[], name: string) => Task<number>;

/** POSIX special builtins: their errors end a non-interactive POSIX shell. */
export const SPECIAL_BUILTINS = new Set([
  '.',
  ':',
  'break',
  'continue',
  'eval',
  'exec',
  'exit',
  'export',
  'readonly',
  'return',
  'set',
  'shift',
  'times',
  'trap',
  'unset',
]);

function* echo(sh: Shell, args: string[]): Task<number> {
  let newline = true;
  let escapes = sh.flavor === 'dash';
  let i = 0;
  const flags = sh.flavor === 'dash' ? /^-n$/ : /^-[neE]+$/;
  for (; i < args.length && flags.test(args[i] as string); i++) {
    const flag = args[i] as string;
    if (flag.includes('n')) newline = false;
    if (flag.includes('e')) escapes = true;
    if (flag.includes('E')) escapes = false;
  }
  const text = args.slice(i).join(' ');
  const shown = escapes ? unescapeText(text) : { text, stopped: false };
  sh.out(shown.text + (newline && !shown.stopped ? '\n' : ''));
  return 0;
}

function* printf(sh: Shell, args: string[]): Task<number> {
  let rest = args;
  let variable: string | undefined;
  if (rest[0] === '-v' && sh.flavor === 'bash') {
    variable = rest[1];
    rest = rest.slice(2);
  }
  if (rest[0] === '--') rest = rest.slice(1);
  if (rest.length === 0) {
    sh.complain(
      sh.flavor === 'bash' ? 'usage: printf [-v var] format [arguments]' : 'usage: printf format [arg ...]',
      'printf',
    );
    return 2;
  }
  const result = formatPrintf(rest[0] as string, rest.slice(1), sh.flavor === 'bash' ? sh.th.nowMs : undefined);
  for (const arg of result.invalid) {
    if (sh.flavor === 'ash') sh.say(`${sh.zero}: invalid number '${arg}'\n`);
    else sh.complain(`${arg}: ${sh.flavor === 'dash' ? 'expected numeric value' : 'invalid number'}`, 'printf');
  }
  if (variable !== undefined) yield* setReference(sh, variable, result.text);
  else sh.out(result.text);
  return result.invalid.length > 0 ? 1 : 0;
}

function* test(sh: Shell, args: string[], name: string): Task<number> {
  let rest = args;
  if (name === '[') {
    if (rest.at(-1) !== ']') {
      if (sh.flavor === 'ash') sh.say(`${sh.zero}: missing ]\n`);
      else sh.complain(sh.flavor === 'bash' ? "missing `]'" : 'missing ]', '[');
      return 2;
    }
    rest = rest.slice(0, -1);
  }
  try {
    return testExpression(sh, rest) ? 0 : 1;
  } catch (error) {
    if (!(error instanceof TestError)) throw error;
    if (sh.flavor === 'ash') sh.say(`${sh.zero}: ${error.message}\n`);
    else sh.complain(error.message, name);
    return 2;
  }
}

function constant(code: number): Builtin {
  return function* () {
    return code;
  };
}

/** Built on first use: the modules of the builtins and of the interpreter import each other. */
let table: Record<string, Builtin> | undefined;

const makeTable = (): Record<string, Builtin> => ({
  ':': constant(0),
  true: constant(0),
  false: constant(1),
  echo,
  printf,
  test,
  '[': test,
  read: readBuiltin,
  ...controlBuiltins,
  ...jobBuiltins,
  ...variableBuiltins,
  ...bashBuiltins,
});

/** Builtins that a flavor lacks. */
const ABSENT: Record<Flavor, ReadonlySet<string>> = {
  ash: new Set(['declare', 'typeset']),
  dash: new Set(['declare', 'typeset', 'source', 'let']),
  bash: new Set(),
};

export function builtinOf(sh: Shell, name: string): Builtin | undefined {
  table ??= makeTable();
  const absent = ABSENT[sh.flavor].has(name) || (sh.flavor !== 'bash' && Object.hasOwn(bashBuiltins, name));
  return Object.hasOwn(table, name) && !absent ? table[name] : undefined;
}

export function isBuiltin(sh: Shell, name: string): boolean {
  return builtinOf(sh, name) !== undefined;
}
