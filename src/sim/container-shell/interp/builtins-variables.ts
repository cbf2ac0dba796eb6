import type { Task } from '../../process/task.ts';
import { FsError } from '../../process/vfs.ts';
import { errnoText } from '../command.ts';
import type { Builtin } from './builtins.ts';
import { declaration, declare } from './declare.ts';
import { expandText } from './expand.ts';
import { elementKey } from './parameter.ts';
import { type Shell, ShellError } from './shell.ts';

function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

function checkName(sh: Shell, word: string): { name: string; value: string | undefined } {
  const match = /^([A-Za-z_]\w*)(?:=(.*))?$/s.exec(word);
  if (match) return { name: match[1] as string, value: match[2] };
  if (sh.flavor === 'bash') throw new ShellError(`\`${word}': not a valid identifier`, 1);
  throw new ShellError(`${word.split('=')[0]}: bad variable name`);
}

function marker(attribute: 'exported' | 'readonly', label: string): Builtin {
  return function* (sh, args) {
    const words = args.filter((arg) => !/^-[pfn]$/.test(arg));
    if (words.length === 0) {
      for (const [name, variable] of [...sh.vars].sort(([a], [b]) => (a < b ? -1 : 1))) {
        if (variable[attribute])
          sh.out(
            sh.flavor === 'bash'
              ? `${declaration(name, variable)}\n`
              : `${label} ${name}=${quote(variable.value ?? '')}\n`,
          );
      }
      return 0;
    }
    for (const word of words) {
      const { name, value } = checkName(sh, word);
      if (value !== undefined) sh.set(name, value);
      else if (!sh.vars.has(name)) sh.vars.set(name, { value: undefined, exported: false, readonly: false });
      (sh.vars.get(name) as { exported: boolean; readonly: boolean })[attribute] = !args.includes('-n');
    }
    return 0;
  };
}

function* unset(sh: Shell, args: string[]): Task<number> {
  const option = args.find((arg) => arg.startsWith('-'));
  if (option && !/^-[fvn]$/.test(option)) {
    throw new ShellError(
      sh.flavor === 'bash'
        ? `${option}: invalid option`
        : sh.flavor === 'dash'
          ? `Illegal option ${option}`
          : `illegal option ${option}`,
    );
  }
  for (const name of args.filter((arg) => !arg.startsWith('-'))) {
    if (option === '-f') sh.functions.delete(name);
    else if (sh.vars.get(name)?.readonly)
      throw new ShellError(
        sh.flavor === 'bash' ? `${name}: cannot unset: readonly variable` : `${name}: is read only`,
        sh.flavor === 'bash' ? 1 : 2,
      );
    else if (/^\w+\[.+\]$/.test(name)) {
      const [, base = '', key = ''] = /^(\w+)\[(.+)\]$/s.exec(name) ?? [];
      if (key === '@' || key === '*') sh.vars.delete(base);
      else sh.vars.get(base)?.elements?.delete(yield* elementKey(sh, base, key));
    } else if (!sh.vars.delete(name) && option !== '-v') sh.functions.delete(name);
  }
  return 0;
}

const LONG_OPTIONS: Record<string, string> = {
  errexit: 'e',
  nounset: 'u',
  xtrace: 'x',
  noglob: 'f',
  noexec: 'n',
  verbose: 'v',
  allexport: 'a',
  noclobber: 'C',
  monitor: 'm',
};

function* set(sh: Shell, args: string[]): Task<number> {
  if (args.length === 0) {
    for (const [name, variable] of [...sh.vars].sort(([a], [b]) => (a < b ? -1 : 1))) {
      if (variable.value !== undefined && !variable.elements)
        sh.out(
          `${name}=${sh.flavor === 'bash' && /^[\w./:-]*$/.test(variable.value) ? variable.value : quote(variable.value)}\n`,
        );
    }
    return 0;
  }
  const rest = setOptions(sh, args);
  if (rest) sh.params = rest;
  return 0;
}

/** Applies `-eux`, `+e`, `-o name`; what is left when positional parameters follow. */
export function setOptions(sh: Shell, args: readonly string[]): string[] | undefined {
  let i = 0;
  for (; i < args.length; i++) {
    const arg = args[i] as string;
    if (arg === '--') return args.slice(i + 1);
    if (!/^[-+]./.test(arg)) break;
    const on = arg[0] === '-';
    for (const letter of arg.slice(1)) {
      if (letter === 'o' && args[i + 1] === undefined) {
        listOptions(sh, on);
      } else if (letter === 'o') {
        const name = args[++i] ?? '';
        const key = name === 'pipefail' && sh.flavor !== 'dash' ? 'pipefail' : LONG_OPTIONS[name];
        if (!key)
          throw new ShellError(
            sh.flavor === 'bash'
              ? `${name}: invalid option name`
              : sh.flavor === 'dash'
                ? `Illegal option -o ${name}`
                : `illegal option ${arg[0]}o ${name}`,
          );
        toggle(sh, key, on);
      } else if ('euxfnvaCmhbBEilsp'.includes(letter)) toggle(sh, letter, on);
      else
        throw new ShellError(
          sh.flavor === 'bash'
            ? `${arg[0]}${letter}: invalid option`
            : sh.flavor === 'dash'
              ? `Illegal option ${arg[0]}${letter}`
              : `illegal option ${arg[0]}${letter}`,
        );
    }
  }
  return i < args.length ? args.slice(i) : undefined;
}

/** `set -o` and `set +o`. */
function listOptions(sh: Shell, table: boolean): void {
  const all = [...Object.entries(LONG_OPTIONS), ['pipefail', 'pipefail'] as const];
  for (const [name, key] of all.sort(([a], [b]) => (a < b ? -1 : 1))) {
    const on = sh.options.has(key);
    sh.out(table ? `${name.padEnd(15)}\t${on ? 'on' : 'off'}\n` : `set ${on ? '-' : '+'}o ${name}\n`);
  }
}

function toggle(sh: Shell, option: string, on: boolean): void {
  if (on) sh.options.add(option);
  else sh.options.delete(option);
}

function* shift(sh: Shell, args: string[]): Task<number> {
  const count = args[0] === undefined ? 1 : Number(args[0]);
  if (count > sh.params.length || count < 0) {
    if (sh.flavor === 'dash') throw new ShellError("can't shift that many");
    return 1;
  }
  sh.params = sh.params.slice(count);
  return 0;
}

function* cd(sh: Shell, args: string[]): Task<number> {
  const words = args.filter((arg) => !/^-[LP-]$/.test(arg));
  const asked = words[0] ?? sh.get('HOME') ?? '/';
  const target = asked === '-' ? (sh.get('OLDPWD') ?? sh.cwd) : asked;
  const path = sh.path(target);
  let problem = '';
  try {
    if (sh.os.fs.stat(path).type !== 'dir') problem = 'Not a directory';
  } catch (error) {
    if (!(error instanceof FsError)) throw error;
    problem = errnoText(error);
  }
  if (problem) {
    const text =
      sh.flavor === 'bash'
        ? `${target}: ${problem}`
        : sh.flavor === 'dash'
          ? `can't cd to ${target}`
          : `can't cd to ${target}: ${problem}`;
    throw new ShellError(text, sh.flavor === 'bash' ? 1 : 2, false);
  }
  sh.set('OLDPWD', sh.cwd);
  sh.cwd = path;
  sh.set('PWD', path);
  if (asked === '-') sh.out(`${path}\n`);
  return 0;
}

function* pwd(sh: Shell): Task<number> {
  sh.out(`${sh.cwd}\n`);
  return 0;
}

function* letBuiltin(sh: Shell, args: string[]): Task<number> {
  let last = '0';
  for (const arg of args) last = yield* expandText(sh, `$((${arg}))`);
  return last === '0' ? 1 : 0;
}

function* getopts(sh: Shell, args: string[]): Task<number> {
  const [spec = '', name = '', ...given] = args;
  const words = given.length > 0 ? given : sh.params;
  const index = Number(sh.get('OPTIND') ?? '1');
  const position = Number(sh.get('__OPTPOS') ?? '1');
  const word = words[index - 1];
  sh.vars.delete('OPTARG');
  if (!word?.startsWith('-') || word === '-' || word === '--') {
    if (word === '--') sh.set('OPTIND', String(index + 1));
    sh.set(name, '?');
    return 1;
  }
  const silent = spec.startsWith(':');
  const letter = word[position] as string;
  const at = spec.indexOf(letter);
  const last = position + 1 >= word.length;
  sh.set('__OPTPOS', String(last ? 1 : position + 1));
  if (last) sh.set('OPTIND', String(index + 1));
  if (at < 0 || letter === ':') {
    sh.set(name, '?');
    if (silent) sh.set('OPTARG', letter);
    else sh.complain(sh.flavor === 'bash' ? `illegal option -- ${letter}` : `Illegal option -${letter}`);
    return 0;
  }
  sh.set(name, letter);
  if (spec[at + 1] === ':') {
    const inline = word.slice(position + 1);
    const value = inline || words[index];
    sh.set('__OPTPOS', '1');
    sh.set('OPTIND', String(index + (inline ? 1 : 2)));
    if (value !== undefined) sh.set('OPTARG', value);
    else {
      sh.set(name, silent ? ':' : '?');
      if (silent) sh.set('OPTARG', letter);
      else
        sh.complain(sh.flavor === 'bash' ? `option requires an argument -- ${letter}` : `No arg for -${letter} option`);
    }
  }
  return 0;
}

function prints(text: string): Builtin {
  return function* (sh, args) {
    if (args.length === 0 || args[0]?.startsWith('-')) sh.out(text);
    return 0;
  };
}

export const variableBuiltins: Record<string, Builtin> = {
  export: marker('exported', 'export'),
  readonly: marker('readonly', 'readonly'),
  local: declare,
  declare,
  typeset: declare,
  unset,
  set,
  shift,
  cd,
  pwd,
  let: letBuiltin,
  getopts,
  umask: prints('0022\n'),
  ulimit: prints('1048576\n'),
  times: prints('0m0.000s 0m0.000s\n0m0.000s 0m0.000s\n'),
  hash: prints(''),
};
