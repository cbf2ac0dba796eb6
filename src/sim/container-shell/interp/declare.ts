import type { Task } from '../../process/task.ts';
import type { Word, WordPart } from './ast.ts';
import type { Builtin } from './builtins.ts';
import { expandSingle, expandText, expandWords } from './expand.ts';
import { elementsOf, type Shell, ShellError, type Variable } from './shell.ts';
import { assignArray } from './simple.ts';

/** Commands whose words may be assignments: those are not split, and may hold arrays (bash). */
export const DECLARATIONS = new Set(['declare', 'typeset', 'local', 'export', 'readonly']);

interface ArrayWord {
  name: string;
  append: boolean;
  words: Word[];
}

/** `name=(…)` as an argument: the parser gives it as one word, so its elements are cut out at unquoted blanks. */
function arrayWord(word: Word): ArrayWord | undefined {
  const [first] = word.parts;
  const last = word.parts.at(-1);
  const head = first?.type === 'Literal' ? /^([A-Za-z_]\w*)(\+?)=\(/.exec(first.value) : null;
  if (!head || last?.type !== 'Literal' || !last.value.endsWith(')')) return undefined;
  const parts = [...word.parts] as WordPart[];
  parts[0] = {
    ...(first as Extract<WordPart, { type: 'Literal' }>),
    value: (first as { value: string }).value.slice(head[0].length),
  };
  const end = parts.at(-1) as Extract<WordPart, { type: 'Literal' }>;
  parts[parts.length - 1] = { ...end, value: end.value.slice(0, -1) };
  const words: Word[] = [];
  let current: WordPart[] = [];
  const flush = (): void => {
    if (current.length > 0) words.push({ type: 'Word', parts: current });
    current = [];
  };
  for (const part of parts) {
    if (part.type !== 'Literal') {
      current.push(part);
      continue;
    }
    for (const [i, piece] of part.value.split(/\s+/).entries()) {
      if (i > 0) flush();
      if (piece !== '') current.push({ type: 'Literal', value: piece });
    }
  }
  flush();
  return { name: head[1] as string, append: head[2] === '+', words };
}

/** The words of a declaration command; arrays are assigned once the command has made their names. */
export function* declarationWords(sh: Shell, args: readonly Word[]): Task<{ words: string[]; arrays: ArrayWord[] }> {
  const words: string[] = [];
  const arrays: ArrayWord[] = [];
  for (const arg of args) {
    const array = arrayWord(arg);
    const first = arg.parts[0];
    if (array) {
      words.push(array.name);
      arrays.push(array);
    } else if (first?.type === 'Literal' && /^[A-Za-z_]\w*\+?=/.test(first.value))
      words.push(yield* expandSingle(sh, arg));
    else words.push(...(yield* expandWords(sh, [arg])));
  }
  return { words, arrays };
}

export function* assignDeclared(sh: Shell, flags: string, arrays: readonly ArrayWord[]): Task<void> {
  for (const { name, append, words } of arrays) {
    if (flags.includes('A') && sh.vars.get(name)?.value !== 'assoc')
      sh.vars.set(name, { value: 'assoc', elements: new Map(), exported: false, readonly: false });
    yield* assignArray(sh, name, append, words);
  }
}

export function makeLocal(sh: Shell, name: string): void {
  const scope = sh.scopes.at(-1);
  if (!scope || scope.has(name)) return;
  const old = sh.vars.get(name);
  scope.set(name, old);
  sh.vars.set(name, {
    value: sh.flavor === 'bash' ? undefined : old?.value,
    exported: old?.exported ?? false,
    readonly: false,
  });
}

function quoteValue(text: string): string {
  if (/[\n\t\x01-\x1f]/.test(text)) {
    const shown = text.replace(/['\\]/g, '\\$&').replace(/\n/g, '\\n').replace(/\t/g, '\\t').replace(/\r/g, '\\r');
    return `$'${shown}'`;
  }
  return `"${text.replace(/["\\$`]/g, '\\$&')}"`;
}

/** A line of `declare -p`. */
export function declaration(name: string, variable: Variable): string {
  const letters =
    (variable.elements ? (variable.value === 'assoc' ? 'A' : 'a') : '') +
    (variable.integer ? 'i' : '') +
    (variable.reference !== undefined ? 'n' : '') +
    (variable.readonly ? 'r' : '') +
    (variable.exported ? 'x' : '');
  const flags = `-${letters || '-'}`;
  if (variable.reference !== undefined) return `declare ${flags} ${name}="${variable.reference}"`;
  if (variable.elements) {
    const rows = elementsOf(variable).map(
      ([key, text]) => `[${/^[\w./:-]+$/.test(key) ? key : quoteValue(key)}]=${quoteValue(text)}`,
    );
    const tail = variable.value === 'assoc' && rows.length > 0 ? ' ' : '';
    return `declare ${flags} ${name}=(${rows.join(' ')}${tail})`;
  }
  return `declare ${flags} ${name}${variable.value === undefined ? '' : `=${quoteValue(variable.value)}`}`;
}

function* show(sh: Shell, flags: string, names: readonly string[], command: string): Task<number> {
  let code = 0;
  if (flags.includes('f') || flags.includes('F')) {
    for (const name of names.length > 0 ? names : [...sh.functions.keys()].sort()) {
      if (!sh.functions.has(name)) code = 1;
      else if (flags.includes('F')) sh.out(names.length > 0 ? `${name}\n` : `declare -f ${name}\n`);
      else sh.out(`${name} () \n{ \n    ${sh.functions.get(name)?.type ?? ''}\n}\n`);
    }
    return code;
  }
  for (const name of names.length > 0 ? names : [...sh.vars.keys()].sort()) {
    const variable = sh.vars.get(name);
    if (variable) {
      if (names.length > 0 || !flags.includes('x') || variable.exported) sh.out(`${declaration(name, variable)}\n`);
    } else {
      sh.complain(`${name}: not found`, command);
      code = 1;
    }
  }
  return code;
}

/** `declare`, `typeset`, `local`. */
export const declare: Builtin = function* (sh, args, command) {
  if (command === 'local' && sh.functionDepth === 0) {
    const bash = sh.flavor === 'bash';
    throw new ShellError(bash ? 'can only be used in a function' : 'not in a function', bash ? 1 : 2);
  }
  const flags = args.filter((arg) => /^-\w+$/.test(arg)).join('');
  const off = args.filter((arg) => /^\+\w+$/.test(arg)).join('');
  const words = args.filter((arg) => !/^[-+]\w+$|^--$/.test(arg));
  if (/[pfF]/.test(flags) || (words.length === 0 && command !== 'local')) return yield* show(sh, flags, words, command);
  for (const word of words) yield* declareOne(sh, word, flags, off, command);
  return 0;
};

function* declareOne(sh: Shell, word: string, flags: string, off: string, command: string): Task<void> {
  const match = /^([A-Za-z_]\w*)(?:(\+?)=(.*))?$/s.exec(word);
  if (!match) {
    if (sh.flavor === 'bash') throw new ShellError(`\`${word}': not a valid identifier`, 1);
    throw new ShellError(`${word.split('=')[0]}: bad variable name`);
  }
  const [, name = '', append, value] = match;
  if (sh.functionDepth > 0 && !flags.includes('g')) makeLocal(sh, name);
  const variable: Variable = sh.vars.get(name) ?? { value: undefined, exported: false, readonly: false };
  sh.vars.set(name, variable);
  if (/[aA]/.test(flags) && !variable.elements) {
    variable.elements = new Map(variable.value === undefined ? [] : [['0', variable.value]]);
    variable.value = flags.includes('A') ? 'assoc' : undefined;
  }
  if (flags.includes('i')) variable.integer = true;
  if (off.includes('i')) variable.integer = false;
  if (flags.includes('l')) variable.letters = 'lower';
  if (flags.includes('u')) variable.letters = 'upper';
  if (flags.includes('n') && value !== undefined) variable.reference = value;
  else if (value !== undefined) {
    const old = append ? (sh.get(name) ?? '') : '';
    const text = variable.integer
      ? yield* expandText(sh, `$((${append ? `${old || 0}+(${value})` : value}))`)
      : old + value;
    sh.set(name, text);
  }
  if (flags.includes('x')) variable.exported = true;
  if (off.includes('x')) variable.exported = false;
  if (flags.includes('r') || command === 'readonly') variable.readonly = true;
}
