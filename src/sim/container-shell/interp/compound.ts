import type { Task } from '../../process/task.ts';
import { arithmetic } from './arith.ts';
import type { Compound, Redirection, Statement } from './ast.ts';
import { BadExpression, evaluateCondition } from './condition.ts';
import { expandPattern, expandSingle, expandWords } from './expand.ts';
import { matches } from './pattern.ts';
import { redirect } from './redirect.ts';
import { runPendingTraps, runStatements, runSubshell } from './run.ts';
import { BreakLoop, type Shell, ShellError } from './shell.ts';

type Loop = Extract<Compound, { type: 'For' | 'While' | 'Until' | 'CStyleFor' }>;

export function* runCompound(sh: Shell, node: Compound): Task<number> {
  return yield* withRedirections(sh, node.redirections, () => compound(sh, node));
}

/** Runs the body with redirections in place; a redirection that fails is the command's failure. */
export function* withRedirections(
  sh: Shell,
  redirections: readonly Redirection[],
  body: () => Task<number>,
): Task<number> {
  if (redirections.length === 0) return yield* body();
  const saved = sh.fds;
  sh.fds = new Map(saved);
  try {
    try {
      yield* redirect(sh, redirections);
    } catch (error) {
      if (!(error instanceof ShellError) || error.fatal) throw error;
      sh.fds = saved;
      sh.complain(error.message);
      return error.code;
    }
    return yield* body();
  } finally {
    const opened = [...sh.fds.values()].filter((fd) => fd.end && ![...saved.values()].includes(fd));
    sh.fds = saved;
    for (const fd of opened) {
      fd.end?.();
      while (fd.beside && !fd.beside.finished) yield* sh.th.wait(fd.beside.done);
    }
  }
}

function* conditional(sh: Shell, expression: Parameters<typeof evaluateCondition>[1]): Task<number> {
  try {
    return (yield* evaluateCondition(sh, expression)) ? 0 : 1;
  } catch (error) {
    if (error instanceof BadExpression) return 2;
    throw error;
  }
}

function* compound(sh: Shell, node: Compound): Task<number> {
  switch (node.type) {
    case 'If':
      for (const clause of node.clauses) {
        if ((yield* condition(sh, clause.condition)) === 0) return yield* block(sh, clause.body);
      }
      return node.elseBody ? yield* block(sh, node.elseBody) : 0;
    case 'For':
    case 'While':
    case 'Until':
    case 'CStyleFor':
      return yield* loop(sh, node);
    case 'Case':
      return yield* caseCommand(sh, node);
    case 'Subshell': {
      const child = sh.fork(sh.th);
      return yield* runSubshell(child, () => runStatements(child, node.body));
    }
    case 'Group':
      return yield* runStatements(sh, node.body);
    case 'ArithmeticCommand':
      if (sh.flavor !== 'bash') {
        sh.complain(`${node.expression.originalText ?? ''}: not found`);
        return 127;
      }
      return (yield* arithmetic(sh, node.expression)) !== 0 ? 0 : 1;
    case 'ConditionalCommand':
      if (sh.flavor === 'dash') {
        sh.complain('[[: not found');
        return 127;
      }
      return yield* conditional(sh, node.expression);
  }
}

function* block(sh: Shell, body: readonly Statement[]): Task<number> {
  sh.lastStatus = 0;
  return yield* runStatements(sh, body);
}

function* condition(sh: Shell, statements: readonly Statement[]): Task<number> {
  sh.unchecked++;
  try {
    return yield* runStatements(sh, statements);
  } finally {
    sh.unchecked--;
  }
}

function* loop(sh: Shell, node: Loop): Task<number> {
  sh.loopDepth++;
  try {
    if (node.type === 'For') {
      const values = node.words === null ? [...sh.params] : yield* expandWords(sh, node.words);
      let status = 0;
      for (const value of values) {
        sh.set(node.variable, value);
        const round = yield* body(sh, node.body, status);
        status = round.status;
        if (round.over) break;
      }
      return status;
    }
    if (node.type === 'CStyleFor') return yield* cStyle(sh, node);
    let status = 0;
    for (;;) {
      yield* sh.step();
      const test = yield* guarded(sh, status, () => condition(sh, node.condition));
      if (test.over) return status;
      if ((test.status === 0) !== (node.type === 'While')) return status;
      const round = yield* body(sh, node.body, status);
      status = round.status;
      if (round.over) return status;
    }
  } finally {
    sh.loopDepth--;
  }
}

function* cStyle(sh: Shell, node: Extract<Loop, { type: 'CStyleFor' }>): Task<number> {
  let status = 0;
  if (node.init) yield* arithmetic(sh, node.init);
  while (!node.condition || (yield* arithmetic(sh, node.condition)) !== 0) {
    const round = yield* body(sh, node.body, status);
    status = round.status;
    if (round.over) break;
    if (node.update) yield* arithmetic(sh, node.update);
  }
  return status;
}

function* body(sh: Shell, statements: readonly Statement[], status: number): Task<{ status: number; over: boolean }> {
  yield* sh.step();
  return yield* guarded(sh, status, () => block(sh, statements));
}

/** Catches break and continue that are meant for this loop. */
function* guarded(sh: Shell, status: number, run: () => Task<number>): Task<{ status: number; over: boolean }> {
  try {
    const result = yield* run();
    yield* runPendingTraps(sh);
    return { status: result, over: false };
  } catch (error) {
    if (!(error instanceof BreakLoop)) throw error;
    if (error.depth > 1 && sh.loopDepth > 1) {
      error.depth--;
      throw error;
    }
    return { status: error.kind === 'break' ? 0 : status, over: error.kind === 'break' };
  }
}

function* caseCommand(sh: Shell, node: Extract<Compound, { type: 'Case' }>): Task<number> {
  const word = yield* expandSingle(sh, node.word);
  let status = 0;
  let through = false;
  for (const item of node.items) {
    let hit = through;
    for (const pattern of item.patterns) hit ||= matches(yield* expandPattern(sh, pattern), word);
    if (!hit) continue;
    status = yield* block(sh, item.body);
    through = item.terminator === ';&';
    if (item.terminator === ';;') break;
  }
  return status;
}
