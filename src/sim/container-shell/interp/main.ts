import type { Os, Program } from '../../process/os.ts';
import type { Task } from '../../process/task.ts';
import { FsError } from '../../process/vfs.ts';
import { errnoText } from '../command.ts';
import { Input } from '../streams.ts';
import type { CommandNode, Script } from './ast.ts';
import { setOptions } from './builtins-variables.ts';
import { runInteractive } from './interactive.ts';
import { isUnfinished, parseScript } from './parse.ts';
import { exitCodeOf, runExitTrap, runScript } from './run.ts';
import { type Flavor, Shell, ShellError } from './shell.ts';

/**
 * `/bin/sh`, `/bin/bash` of a container: `-c command`, a script file, or standard input. `keepsOddNames`: whether it hands variables on
 * that are no identifiers, such as `a.b`; ash did not up to 1.36.
 */
export function shellProgram(flavor: Flavor, keepsOddNames = flavor !== 'ash'): Program {
  return function* (os) {
    const sh = newShell(os, flavor, keepsOddNames);
    let code: number;
    try {
      code = yield* runShell(sh, [...os.argv.slice(1)]);
    } catch (error) {
      code = exitCodeOf(sh, error);
    }
    return yield* runExitTrap(sh, code);
  };
}

/** A shell of that flavor over a process, before its first command. */
export function newShell(os: Os, flavor: Flavor, keepsOddNames = true): Shell {
  const sh = new Shell(os, os.main, flavor, os.argv[0] ?? 'sh', 'stdin');
  for (const [name, value] of Object.entries(os.env)) {
    if (!keepsOddNames && !/^[A-Za-z_]\w*$/.test(name)) continue;
    sh.vars.set(name, { value, exported: true, readonly: false });
  }
  sh.fds.set(0, { input: Input.of(os.stdin) });
  sh.fds.set(1, { output: os.stdout });
  sh.fds.set(2, { output: os.stderr });
  sh.set('PWD', os.cwd, true);
  if (flavor !== 'dash') sh.set('SHLVL', String((Number(os.env['SHLVL']) || 0) + 1), true);
  sh.set('IFS', ' \t\n');
  if (!sh.vars.has('PATH')) sh.set('PATH', '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin');
  os.useCpu(900);
  os.main.spend(1_000);
  os.setMemory(flavor === 'bash' ? 3_200_000 : 900_000);
  return sh;
}

function* runShell(sh: Shell, args: string[]): Task<number> {
  let command = false;
  let fromStdin = false;
  let i = 0;
  for (; i < args.length && /^[-+]./.test(args[i] as string); i++) {
    const arg = args[i] as string;
    if (arg === '--') {
      i++;
      break;
    }
    if (arg.startsWith('--')) continue;
    if (arg.includes('c')) command = true;
    if (arg.includes('s')) fromStdin = true;
    const letters = arg.slice(1).replace(/[cslip]/g, '');
    if (letters.includes('o')) setOptions(sh, [arg[0] + letters, args[++i] ?? '']);
    else if (letters) setOptions(sh, [arg[0] + letters]);
  }
  const rest = args.slice(i);
  if (command) {
    const text = rest[0];
    if (text === undefined)
      throw new ShellError(sh.flavor === 'bash' ? '-c: option requires an argument' : '-c requires an argument');
    sh.source = 'command';
    if (rest[1] !== undefined) sh.zero = rest[1];
    sh.params = rest.slice(2);
    const script = parseScript(sh, text);
    sh.tail = tailOf(sh, script);
    return yield* runScript(sh, script);
  }
  if (rest[0] !== undefined && !fromStdin) return yield* runFile(sh, rest[0], rest.slice(1));
  sh.params = rest;
  const { terminal } = sh.fds.get(0)?.input ?? {};
  return terminal ? yield* runInteractive(sh, terminal) : yield* runStdin(sh);
}

/** What the shell becomes at the end: ash and dash the last command, bash only one that is alone. */
function tailOf(sh: Shell, script: Script): CommandNode | undefined {
  const last = script.statements.at(-1);
  const [pipeline] = last?.pipelines ?? [];
  if (!last || last.background || last.pipelines.length !== 1 || pipeline?.negated || pipeline?.commands.length !== 1)
    return undefined;
  return sh.flavor === 'bash' && script.statements.length > 1 ? undefined : pipeline.commands[0];
}

function* runText(sh: Shell, text: string): Task<number> {
  return yield* runScript(sh, parseScript(sh, text));
}

function* runFile(sh: Shell, file: string, params: string[]): Task<number> {
  let text: string;
  try {
    text = sh.os.fs.read(sh.path(file));
  } catch (error) {
    if (!(error instanceof FsError)) throw error;
    const { flavor, zero } = sh;
    const reason = errnoText(error);
    const message =
      flavor === 'bash'
        ? `${zero}: ${file}: ${reason}`
        : flavor === 'dash'
          ? `${zero}: 0: cannot open ${file}: No such file`
          : `${zero}: can't open '${file}': ${reason}`;
    sh.say(`${message}\n`);
    return flavor === 'bash' ? 127 : 2;
  }
  sh.zero = file;
  sh.source = 'file';
  sh.params = params;
  return yield* runText(sh, text);
}

/** Commands from standard input run one by one, so that they can read what follows them. */
function* runStdin(sh: Shell): Task<number> {
  const input = sh.fds.get(0)?.input;
  if (!input) return 0;
  let text = '';
  let failure: ShellError | undefined;
  for (let line = yield* input.readLine(sh.th); line !== undefined; line = yield* input.readLine(sh.th)) {
    text += line;
    if (text.trim() === '') continue;
    try {
      const script = parseScript(sh, text);
      if (isUnfinished(script, text)) continue;
      failure = undefined;
      text = '';
      yield* runScript(sh, script);
    } catch (error) {
      if (!(error instanceof ShellError) || text === '') throw error;
      failure = error;
    }
  }
  if (text.trim() !== '') yield* runText(sh, text);
  else if (failure) throw failure;
  return sh.lastStatus;
}
