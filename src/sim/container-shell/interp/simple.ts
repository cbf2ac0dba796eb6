import { SpawnError } from '../../process/os.ts';
import { noInput } from '../../process/pipe.ts';
import { Cancelled, type Task } from '../../process/task.ts';
import { FsError } from '../../process/vfs.ts';
import type { Assignment, FunctionDef, SimpleCommand } from './ast.ts';
import { type Builtin, builtinOf, SPECIAL_BUILTINS } from './builtins.ts';
import { shopt } from './builtins-bash.ts';
import { runCompound, withRedirections } from './compound.ts';
import { assignDeclared, DECLARATIONS, declarationWords } from './declare.ts';
import { expandSingle, expandWords } from './expand.ts';
import { elementKey, setReference } from './parameter.ts';
import { parseScript } from './parse.ts';
import { runPseudoTrap, runScript } from './run.ts';
import { ExitShell, ReturnFunction, type Shell, ShellError, StackOverflow, type Variable } from './shell.ts';
import { endSubstitutions } from './substitution.ts';

/** Runs a simple command: assignments, expansions, redirections, then function, builtin or program. */
export function* runSimple(sh: Shell, node: SimpleCommand): Task<number> {
  if (node.line) sh.line = node.line;
  const before = sh.lastStatus;
  const aliased = yield* runAlias(sh, node);
  if (aliased !== undefined) return aliased;
  const substitutions = sh.substitutions;
  const { words, arrays } = yield* wordsOf(sh, node);
  const [name, ...args] = words;
  if (name === undefined) return yield* assignOnly(sh, node, before);
  if (sh.options.has('x')) yield* trace(sh, node.assignments, words);
  if (sh.traps.has('DEBUG')) yield* runPseudoTrap(sh, 'DEBUG');
  const keep = name === 'exec' && args.length === 0;
  let opened: Shell['fds'] | undefined;
  const status = yield* withRedirections(sh, node.redirections, function* () {
    if (keep) {
      opened = sh.fds;
      return 0;
    }
    const fn = sh.functions.get(name);
    const builtin = fn ? undefined : builtinOf(sh, name);
    if (fn || builtin) {
      const code = yield* withAssignments(sh, node.assignments, name, () => callInside(sh, fn, builtin, name, args));
      yield* assignDeclared(sh, args.filter((arg) => arg.startsWith('-')).join(''), arrays);
      return code;
    }
    const env = sh.environment();
    for (const assignment of node.assignments) {
      env[assignment.name] = assignment.value ? yield* expandSingle(sh, assignment.value) : '';
    }
    return yield* external(sh, words, env, node === sh.tail && canBecome(sh));
  });
  yield* endSubstitutions(sh, substitutions);
  // `exec` without a command keeps its redirections.
  if (opened) sh.fds = opened;
  return status;
}

/** The words of a command; those of a declaration are not split. */
function* wordsOf(sh: Shell, node: SimpleCommand): Task<{ words: string[]; arrays: DeclaredArrays }> {
  if (!node.name) return { words: [], arrays: [] };
  const [only] = node.name.parts;
  const name = node.name.parts.length === 1 && only?.type === 'Literal' ? only.value : '';
  if (sh.flavor !== 'bash' || !DECLARATIONS.has(name))
    return { words: yield* expandWords(sh, [node.name, ...node.args]), arrays: [] };
  const { words, arrays } = yield* declarationWords(sh, node.args);
  return { words: [name, ...words], arrays };
}

type DeclaredArrays = Parameters<typeof assignDeclared>[2];

/** Runs a command whose first word is an alias as the alias's text with the rest behind it; undefined when it is none. */
function* runAlias(sh: Shell, node: SimpleCommand): Task<number | undefined> {
  const [only] = node.name?.parts ?? [];
  if (sh.aliases.size === 0 || node.assignments.length > 0) return undefined;
  if (!sh.lasting && !shopt(sh, 'expand_aliases')) return undefined;
  if (node.name?.parts.length !== 1 || only?.type !== 'Literal' || sh.openAliases.has(only.value)) return undefined;
  const text = sh.aliases.get(only.value);
  if (text === undefined) return undefined;
  const script = structuredClone(parseScript(sh, text));
  const last = script.statements.at(-1)?.pipelines.at(-1)?.commands.at(-1);
  if (last?.type === 'SimpleCommand') {
    last.args.push(...node.args);
    last.redirections.push(...node.redirections);
  }
  sh.openAliases.add(only.value);
  try {
    return yield* runScript(sh, script);
  } finally {
    sh.openAliases.delete(only.value);
  }
}

function* callInside(
  sh: Shell,
  fn: FunctionDef | undefined,
  builtin: Builtin | undefined,
  name: string,
  args: string[],
): Task<number> {
  if (fn) return yield* callFunction(sh, fn, args);
  try {
    return yield* (builtin as Builtin)(sh, args, name);
  } catch (error) {
    if (error instanceof ShellError && !error.fatal) {
      sh.complain(error.message, name);
      return error.code;
    }
    if (error instanceof ShellError && (sh.flavor === 'bash' || !SPECIAL_BUILTINS.has(name))) {
      sh.complain(error.message, name === '.' || name === 'eval' ? undefined : name);
      return error.code;
    }
    if (error instanceof ShellError && !error.builtin && name !== 'eval' && name !== '.' && name !== 'source')
      error.builtin = name;
    throw error;
  }
}

/** So deep bash's stack of 8 MiB goes. */
const CALLS_MAX = 10_000;
/** So many calls may stand on one stack of the engine. */
const CALLS_PER_STACK = 20;

/** Goes on in a thread of its own, so that calls within calls do not fill the engine's stack. */
function* onFreshStack(sh: Shell, body: () => Task<number>): Task<number> {
  const { th } = sh;
  let outcome: { code: number } | { error: unknown } | undefined;
  const thread = sh.os.thread(function* (own) {
    own.spend(Math.max(0, th.nowUs - own.nowUs));
    yield* own.sleep(0);
    sh.th = own;
    try {
      outcome = { code: yield* body() };
    } catch (error) {
      if (error instanceof Cancelled) throw error;
      outcome = { error };
    }
  });
  try {
    while (!thread.finished) yield* th.wait(thread.done);
  } finally {
    // not at once: a thread would cancel the next one within it, and so on to the last, on one stack
    if (!thread.finished) th.world.after(0, () => thread.cancel());
    sh.th = th;
  }
  if (!outcome) throw new Cancelled();
  if ('error' in outcome) throw outcome.error;
  return outcome.code;
}

function* callFunction(sh: Shell, fn: FunctionDef, args: string[]): Task<number> {
  if (sh.functionDepth >= CALLS_MAX) throw new StackOverflow();
  const params = sh.params;
  const loopDepth = sh.loopDepth;
  sh.params = args;
  sh.loopDepth = 0;
  sh.functionDepth++;
  sh.functionNames.push(fn.name);
  sh.scopes.push(new Map());
  try {
    const body = (): Task<number> => withRedirections(sh, fn.redirections, () => runCompound(sh, fn.body));
    return sh.functionDepth % CALLS_PER_STACK === 0 ? yield* onFreshStack(sh, body) : yield* body();
  } catch (error) {
    if (error instanceof ReturnFunction) return error.code;
    throw error;
  } finally {
    sh.functionDepth--;
    sh.functionNames.pop();
    sh.loopDepth = loopDepth;
    sh.params = params;
    for (const [name, old] of sh.scopes.pop() ?? []) restore(sh, name, old);
  }
}

function restore(sh: Shell, name: string, old: Variable | undefined): void {
  if (old) sh.vars.set(name, old);
  else sh.vars.delete(name);
}

/** `VAR=x command` for builtins and functions: the assignment lasts for the command (special builtins keep it in POSIX shells). */
function* withAssignments(
  sh: Shell,
  assignments: readonly Assignment[],
  name: string,
  run: () => Task<number>,
): Task<number> {
  if (assignments.length === 0) return yield* run();
  const kept = sh.flavor !== 'bash' && SPECIAL_BUILTINS.has(name);
  const old = assignments.map((assignment) => [assignment.name, sh.vars.get(assignment.name)] as const);
  for (const assignment of assignments) {
    if (!kept) sh.vars.delete(assignment.name);
    yield* assign(sh, assignment);
    const variable = sh.vars.get(assignment.name);
    if (variable && !kept) variable.exported = true;
  }
  try {
    return yield* run();
  } finally {
    if (!kept) for (const [variable, value] of old) restore(sh, variable, value);
  }
}

function* assignOnly(sh: Shell, node: SimpleCommand, before: number): Task<number> {
  sh.lastStatus = 0;
  for (const assignment of node.assignments) {
    yield* assign(sh, assignment);
    if (sh.options.has('x')) sh.say(`+ ${assignment.name}=${sh.get(assignment.name) ?? ''}\n`);
  }
  const substituted = sh.lastStatus;
  const redirected = yield* withRedirections(sh, node.redirections, function* () {
    return 0;
  });
  // An empty expansion as the whole command (`$x`) keeps the status of its substitutions.
  return redirected !== 0 ? redirected : node.assignments.length > 0 || node.name ? substituted : before && 0;
}

export function* assign(sh: Shell, assignment: Assignment): Task<void> {
  const { name, append, array } = assignment;
  if (array) {
    if (sh.flavor !== 'bash')
      throw new ShellError(sh.flavor === 'dash' ? 'Syntax error: "(" unexpected' : 'syntax error: unexpected "("');
    yield* assignArray(sh, name, append, array);
    return;
  }
  const text = assignment.value ? yield* expandSingle(sh, assignment.value) : '';
  yield* setReference(sh, name, text, append);
}

export function* assignArray(
  sh: Shell,
  given: string,
  append: boolean,
  words: NonNullable<Assignment['array']>,
): Task<void> {
  const name = sh.vars.get(given)?.reference ?? given;
  const known = sh.vars.get(name);
  const scalar: [string, string][] = known?.value === undefined ? [] : [['0', known.value]];
  const old = known?.elements ?? scalar;
  const elements = new Map<string, string>(append ? old : []);
  const value = known?.elements ? known.value : undefined;
  // indexes are mostly dense: the size is the next free one, unless something beyond it is set
  let next = elements.size;
  if (next > 0 && !elements.has(String(next - 1)))
    for (const key of elements.keys()) next = Math.max(next, Number(key) + 1 || 0);
  for (const word of words) {
    const head = word.parts[0];
    const keyed =
      head?.type === 'Literal' || head?.type === 'Glob' ? /^\[([^\]]*)\]=/.exec(yield* expandSingle(sh, word)) : null;
    if (keyed) {
      const text = (yield* expandSingle(sh, word)).slice(keyed[0].length);
      const key = yield* elementKey(sh, name, keyed[1] as string);
      elements.set(key, text);
      next = Number(key) + 1;
    } else for (const text of yield* expandWords(sh, [word])) elements.set(String(next++), text);
  }
  // only now: the words may name the old elements
  sh.vars.set(name, { value, elements, exported: false, readonly: false });
}

function canBecome(sh: Shell): boolean {
  return (
    !sh.isSubshell &&
    !sh.lasting &&
    sh.traps.size === 0 &&
    sh.loopDepth === 0 &&
    sh.functionDepth === 0 &&
    sh.sourceDepth === 0
  );
}

/** Runs a program and waits for it; with `become` the shell's own process goes on as the program. */
export function* external(
  sh: Shell,
  argv: readonly string[],
  env: Record<string, string>,
  become = false,
): Task<number> {
  const name = argv[0] as string;
  yield* sh.th.sync();
  const options = {
    cwd: sh.cwd,
    env,
    stdin: sh.fds.get(0)?.input ?? noInput,
    stdout: sh.fds.get(1)?.output,
    stderr: sh.fds.get(2)?.output,
    background: sh.background,
  };
  try {
    if (become) throw new ExitShell(yield* sh.os.replace(argv, options));
    return yield* sh.waitChild(sh.os.spawn(argv, options));
  } catch (error) {
    if (!(error instanceof SpawnError)) throw error;
    if (error.code === 'EACCES' && isPlainScript(sh, name)) {
      return yield* sh.waitChild(sh.os.spawn(['/bin/sh', ...argv], options));
    }
    sh.complain(spawnMessage(sh, name, error));
    return error.code === 'ENOENT' ? 127 : 126;
  }
}

/** An executable text file without `#!` (ENOEXEC): shells run it themselves. */
function isPlainScript(sh: Shell, name: string): boolean {
  if (!name.includes('/')) return false;
  try {
    const path = sh.path(name);
    return (sh.os.fs.stat(path).mode & 0o111) !== 0 && !sh.os.fs.read(path).startsWith('#!');
  } catch (error) {
    if (error instanceof FsError) return false;
    throw error;
  }
}

export function spawnMessage(sh: Shell, name: string, error: SpawnError): string {
  if (error.code === 'ENOENT') {
    if (sh.flavor !== 'bash') return `${name}: not found`;
    return name.includes('/') ? `${name}: No such file or directory` : `${name}: command not found`;
  }
  return error.code === 'EISDIR' && sh.flavor === 'bash' ? `${name}: Is a directory` : `${name}: Permission denied`;
}

function* trace(sh: Shell, assignments: readonly Assignment[], words: readonly string[]): Task<void> {
  const parts: string[] = [];
  for (const assignment of assignments) {
    parts.push(`${assignment.name}=${assignment.value ? yield* expandSingle(sh, assignment.value) : ''}`);
  }
  const shown =
    sh.flavor === 'dash'
      ? words
      : words.map((word) => (/^[\w./:=,@%+-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`));
  sh.say(`${sh.get('PS4') ?? '+ '}${[...parts, ...shown].join(' ')}\n`);
}
