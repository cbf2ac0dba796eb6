import type { Task } from '../../process/task.ts';
import { getopt, value } from '../command.ts';
import type { Builtin } from './builtins.ts';
import { parseScript } from './parse.ts';
import { runScript } from './run.ts';
import { type Shell, ShellError } from './shell.ts';

/** Builtins that only bash has. */

function* mapfile(sh: Shell, args: string[]): Task<number> {
  const options = getopt(args, 'tn:s:d:O:u:C:c:', {}, true);
  const name = options.rest[0] ?? 'MAPFILE';
  const input = sh.fds.get(Number(value(options, 'u') ?? 0))?.input;
  const delimiter = value(options, 'd');
  const text = input ? yield* input.readAll(sh.th) : '';
  const mark = delimiter === undefined ? '\n' : delimiter === '' ? '\0' : delimiter[0]!;
  const parts = text === '' ? [] : text.split(mark);
  if (parts.at(-1) === '') parts.pop();
  const count = Number(value(options, 'n') ?? 0) || parts.length;
  const skip = Number(value(options, 's') ?? 0);
  const from = Number(value(options, 'O') ?? 0);
  const old = value(options, 'O') === undefined ? undefined : sh.vars.get(name)?.elements;
  const elements = new Map(old);
  const ended = text.endsWith(mark);
  for (const [i, part] of parts.slice(skip, skip + count).entries()) {
    const last = skip + i === parts.length - 1;
    elements.set(String(from + i), part + (options.flags.has('t') || (last && !ended) ? '' : mark));
  }
  sh.vars.set(name, { value: undefined, elements, exported: false, readonly: false });
  return 0;
}

const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

function* alias(sh: Shell, args: string[]): Task<number> {
  const words = args.filter((arg) => arg !== '-p');
  if (words.length === 0) {
    for (const [name, text] of [...sh.aliases].sort()) sh.out(`alias ${name}=${quoted(text)}\n`);
    return 0;
  }
  let code = 0;
  for (const word of words) {
    const at = word.indexOf('=');
    if (at > 0) sh.aliases.set(word.slice(0, at), word.slice(at + 1));
    else if (sh.aliases.has(word)) sh.out(`alias ${word}=${quoted(sh.aliases.get(word) as string)}\n`);
    else {
      sh.complain(`${word}: not found`, 'alias');
      code = 1;
    }
  }
  return code;
}

function* unalias(sh: Shell, args: string[]): Task<number> {
  if (args[0] === '-a') {
    sh.aliases.clear();
    return 0;
  }
  let code = 0;
  for (const name of args) {
    if (sh.aliases.delete(name)) continue;
    sh.complain(`${name}: not found`, 'unalias');
    code = 1;
  }
  return code;
}

/** Options of shopt with what they are in a script. */
const SHOPTS: Record<string, boolean> = {
  autocd: false,
  cdspell: false,
  checkwinsize: true,
  dotglob: false,
  expand_aliases: false,
  extglob: false,
  failglob: false,
  globskipdots: true,
  globstar: false,
  inherit_errexit: false,
  lastpipe: false,
  nocaseglob: false,
  nocasematch: false,
  nullglob: false,
  sourcepath: true,
};

export function shopt(sh: Shell, name: string): boolean {
  return sh.shopts.has(name) !== (SHOPTS[name] ?? false);
}

function* shoptBuiltin(sh: Shell, args: string[]): Task<number> {
  const options = getopt(args, 'supqo', {}, true);
  const names = options.rest.length > 0 ? options.rest : Object.keys(SHOPTS);
  let code = 0;
  for (const name of names) {
    const normal = SHOPTS[name];
    if (normal === undefined) {
      sh.complain(`${name}: invalid shell option name`, 'shopt');
      code = 1;
      continue;
    }
    const on = shopt(sh, name);
    if ((options.flags.has('s') || options.flags.has('u')) && options.rest.length > 0) {
      if (options.flags.has('s') === normal) sh.shopts.delete(name);
      else sh.shopts.add(name);
      continue;
    }
    if (options.rest.length > 0 && !on) code = 1;
    if (options.flags.has('q') || (options.flags.has('s') && !on) || (options.flags.has('u') && on)) continue;
    sh.out(options.flags.has('p') ? `shopt -${on ? 's' : 'u'} ${name}\n` : `${name.padEnd(16)}${on ? 'on' : 'off'}\n`);
  }
  return code;
}

function* pushd(sh: Shell, args: string[], name: string): Task<number> {
  const stack = sh.directories;
  if (name === 'dirs') {
    sh.out(`${[sh.cwd, ...stack].join(args.includes('-p') ? '\n' : ' ')}\n`);
    return 0;
  }
  let target = name === 'popd' ? stack.shift() : args.find((arg) => arg !== '-n');
  if (target === undefined && name === 'pushd') target = stack.shift();
  if (target === undefined)
    throw new ShellError(name === 'popd' ? 'directory stack empty' : 'no other directory', 1, false);
  const old = sh.cwd;
  const status = yield* runScript(sh, parseScript(sh, `cd -- ${quoted(target)}`));
  if (status !== 0) return 1;
  if (name === 'pushd') stack.unshift(old);
  sh.out(`${[sh.cwd, ...stack].join(' ')}\n`);
  return 0;
}

/** `disown`: the job goes on, but is no longer this shell's. */
function* disown(sh: Shell, args: string[]): Task<number> {
  const words = args.filter((arg) => !arg.startsWith('-'));
  const gone = words.length === 0 ? [sh.jobs.at(-1)] : words.map((word) => sh.findJob(word));
  sh.jobs = sh.jobs.filter((job) => !gone.includes(job));
  return 0;
}

/** Without job control nothing is in the foreground but the line itself: `fg` waits for the job. */
function* fg(sh: Shell, args: string[]): Task<number> {
  const job = args[0] === undefined ? sh.jobs.at(-1) : sh.findJob(args[0]);
  if (!job) throw new ShellError(`${args[0] ?? 'current'}: no such job`, 1, false);
  throw new ShellError('no job control', 1, false);
}

function* history(): Task<number> {
  return 0;
}

function* caller(sh: Shell): Task<number> {
  if (sh.functionDepth === 0) return 1;
  sh.out(`${sh.line} ${sh.functionNames.at(-2) ?? 'main'} ${sh.zero}\n`);
  return 0;
}

function* enable(): Task<number> {
  return 0;
}

/** `compgen -c`, `-A function`, `-v`: names that begin like the word. */
function* compgen(sh: Shell, args: string[]): Task<number> {
  const word = args.find((arg, i) => !arg.startsWith('-') && args[i - 1] !== '-A' && args[i - 1] !== '-W') ?? '';
  const list = args.includes('-W')
    ? (args[args.indexOf('-W') + 1] ?? '').split(/\s+/)
    : args.includes('-v')
      ? [...sh.vars.keys()]
      : args.includes('-A') || args.includes('-F')
        ? [...sh.functions.keys()]
        : [];
  const found = list.filter((name) => name.startsWith(word)).sort();
  for (const name of found) sh.out(`${name}\n`);
  return found.length > 0 ? 0 : 1;
}

export const bashBuiltins: Record<string, Builtin> = {
  mapfile,
  readarray: mapfile,
  alias,
  unalias,
  shopt: shoptBuiltin,
  pushd,
  popd: pushd,
  dirs: pushd,
  disown,
  fg,
  bg: fg,
  history,
  caller,
  enable,
  compgen,
};
