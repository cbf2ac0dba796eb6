import { SpawnError } from '../../process/os.ts';
import type { Task } from '../../process/task.ts';
import { FsError } from '../../process/vfs.ts';
import { errnoText } from '../command.ts';
import type { Builtin } from './builtins.ts';
import { builtinOf } from './builtins.ts';
import { parseScript } from './parse.ts';
import { runScript } from './run.ts';
import { BreakLoop, ExitShell, ReturnFunction, type Shell, ShellError } from './shell.ts';
import { external, spawnMessage } from './simple.ts';

function number(sh: Shell, text: string | undefined, fallback: number): number {
  if (text === undefined) return fallback;
  if (/^-?\d+$/.test(text)) return Number(text);
  throw new ShellError(sh.flavor === 'bash' ? `${text}: numeric argument required` : `Illegal number: ${text}`);
}

function leaveLoop(kind: 'break' | 'continue'): Builtin {
  return function* (sh, args) {
    if (sh.loopDepth === 0) {
      if (sh.flavor === 'bash') sh.complain("only meaningful in a `for', `while', or `until' loop", kind);
      return 0;
    }
    throw new BreakLoop(kind, Math.max(1, number(sh, args[0], 1)));
  };
}

function* exit(sh: Shell, args: string[]): Task<number> {
  throw new ExitShell(number(sh, args[0], sh.lastStatus) & 255);
}

function* returnBuiltin(sh: Shell, args: string[]): Task<number> {
  const code = number(sh, args[0], sh.lastStatus) & 255;
  if (sh.functionDepth === 0 && sh.sourceDepth === 0) {
    if (sh.flavor !== 'bash') throw new ExitShell(code);
    sh.complain("can only `return' from a function or sourced script", 'return');
    return 2;
  }
  throw new ReturnFunction(code);
}

function* evalBuiltin(sh: Shell, args: string[]): Task<number> {
  const text = args.join(' ');
  return text.trim() === '' ? 0 : yield* runScript(sh, parseScript(sh, text));
}

function* source(sh: Shell, args: string[], name: string): Task<number> {
  const file = args[0];
  if (file === undefined) throw new ShellError(sh.flavor === 'bash' ? 'filename argument required' : 'arg count', 2);
  let text: string;
  const path = sh.path(file.includes('/') ? file : (findInPath(sh, file) ?? file));
  try {
    const input = path === '/dev/stdin' ? sh.fds.get(0)?.input : undefined;
    text = input ? yield* input.readAll(sh.th) : sh.os.fs.read(path);
  } catch (error) {
    if (!(error instanceof FsError)) throw error;
    if (sh.flavor === 'bash') {
      sh.complain(`${file}: ${errnoText(error)}`);
      return 1;
    }
    sh.complain(
      sh.flavor === 'dash' ? `cannot open ${file}: No such file` : `can't open '${file}': ${errnoText(error)}`,
      name,
    );
    throw new ExitShell(2);
  }
  const saved = { zero: sh.zero, source: sh.source, params: sh.params, line: sh.line };
  if (sh.flavor !== 'dash') sh.zero = file;
  sh.source = 'file';
  if (args.length > 1) sh.params = args.slice(1);
  sh.sourceDepth++;
  try {
    return yield* runScript(sh, parseScript(sh, text));
  } catch (error) {
    if (error instanceof ReturnFunction) return error.code;
    throw error;
  } finally {
    sh.sourceDepth--;
    Object.assign(sh, saved);
  }
}

/** `exec command`: the shell's process goes on as the command. A subshell, which has no process of its own here, runs it as a child. */
function* exec(sh: Shell, args: string[]): Task<number> {
  const words = args[0] === '-a' ? args.slice(2) : args[0] === '--' ? args.slice(1) : args;
  const options = {
    cwd: sh.cwd,
    env: sh.environment(),
    stdin: sh.fds.get(0)?.input,
    stdout: sh.fds.get(1)?.output,
    stderr: sh.fds.get(2)?.output,
  };
  const trap = sh.traps.get('EXIT');
  sh.traps.delete('EXIT');
  try {
    yield* sh.th.sync();
    throw new ExitShell(
      sh.isSubshell || sh.lasting
        ? yield* sh.waitChild(sh.os.spawn(words, options))
        : yield* sh.os.replace(words, options),
    );
  } catch (error) {
    if (!(error instanceof SpawnError)) throw error;
    if (trap !== undefined) sh.traps.set('EXIT', trap);
    const text = spawnMessage(sh, words[0] ?? '', error).replace('command not found', 'not found');
    sh.complain(text, 'exec');
    throw new ExitShell(error.code === 'ENOENT' ? 127 : 126);
  }
}

function* command(sh: Shell, args: string[]): Task<number> {
  if (args[0] === '-v' || args[0] === '-V') {
    let code = 0;
    for (const name of sh.flavor === 'bash' ? args.slice(1) : args.slice(1, 2)) {
      const found = describe(sh, name);
      if (!found) {
        code = sh.flavor === 'bash' ? 1 : 127;
        if (args[0] === '-V') sh.complain(`${name}: not found`, 'command');
      } else sh.out(`${args[0] === '-v' ? found.short : found.long}\n`);
    }
    return code;
  }
  const rest = args[0] === '-p' || args[0] === '--' ? args.slice(1) : args;
  const name = rest[0];
  if (name === undefined) return 0;
  const builtin = builtinOf(sh, name);
  return builtin ? yield* builtin(sh, rest.slice(1), name) : yield* external(sh, rest, sh.environment());
}

function* type(sh: Shell, args: string[]): Task<number> {
  let code = 0;
  const flags = args.filter((arg) => arg.startsWith('-')).join('');
  for (const name of args.filter((arg) => !arg.startsWith('-'))) {
    const found = describe(sh, name);
    if (sh.flavor === 'bash' && /[tpP]/.test(flags)) {
      const path = flags.includes('P') ? findInPath(sh, name) : found?.kind === 'file' ? found.short : undefined;
      const shown = flags.includes('t') ? found?.kind : path;
      if (shown !== undefined) sh.out(`${shown}\n`);
      else code = 1;
      continue;
    }
    if (found) sh.out(`${found.long}\n`);
    else {
      code = sh.flavor === 'bash' ? 1 : 127;
      if (sh.flavor === 'bash') sh.complain(`${name}: not found`, 'type');
      else sh.out(`${name}: not found\n`);
    }
  }
  return code;
}

const KEYWORDS = new Set(
  'if then else elif fi case esac for while until do done in { } ! [[ ]] function time'.split(' '),
);

interface Described {
  kind: 'alias' | 'function' | 'keyword' | 'builtin' | 'file';
  short: string;
  long: string;
}

function describe(sh: Shell, name: string): Described | undefined {
  const alias = sh.aliases.get(name);
  if (alias !== undefined)
    return { kind: 'alias', short: `alias ${name}='${alias}'`, long: `${name} is aliased to \`${alias}'` };
  if (sh.functions.has(name)) return { kind: 'function', short: name, long: `${name} is a function` };
  if (KEYWORDS.has(name)) return { kind: 'keyword', short: name, long: `${name} is a shell keyword` };
  if (builtinOf(sh, name)) return { kind: 'builtin', short: name, long: `${name} is a shell builtin` };
  const path = name.includes('/') ? (sh.os.fs.exists(sh.path(name)) ? name : undefined) : findInPath(sh, name);
  return path === undefined ? undefined : { kind: 'file', short: path, long: `${name} is ${path}` };
}

export function findInPath(sh: Shell, name: string): string | undefined {
  for (const dir of (sh.get('PATH') ?? '').split(':')) {
    const path = `${dir}/${name}`;
    try {
      const stat = sh.os.fs.stat(path);
      if (stat.type === 'file' && (stat.mode & 0o111) !== 0) return path;
    } catch (error) {
      if (!(error instanceof FsError)) throw error;
    }
  }
  return undefined;
}

export const controlBuiltins: Record<string, Builtin> = {
  break: leaveLoop('break'),
  continue: leaveLoop('continue'),
  exit,
  return: returnBuiltin,
  eval: evalBuiltin,
  '.': source,
  source,
  exec,
  command,
  builtin: command,
  type,
};
