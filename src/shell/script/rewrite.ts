import { arithmeticCommand, expansion } from './arithmetic.ts';
import { type ParameterOperation, parseScript, type ShellNode, type ShellScript } from './ast.ts';

/**
 * Variables that bash computes at each use and that the interpreter does not know (RANDOM: draws what other sessions of the process
 * make it draw; SECONDS: counts from the start of a call and
 * cannot be set). Every use of one is turned into a call of `bash-dynamic`.
 */
const DYNAMIC = new Set(['RANDOM', 'SRANDOM', 'SECONDS', 'EPOCHSECONDS', 'EPOCHREALTIME']);
const NAMES = [...DYNAMIC].join('|');

/** `$NAME` and `${NAME}` in text that is parsed only when it runs (eval, `${…}` within arithmetic). */
export function rewriteText(text: string): string {
  return text.replace(new RegExp(`\\$(?:\\{(${NAMES})\\}|(${NAMES})\\b)`, 'g'), (_, braced?: string, bare?: string) => {
    return `$(bash-dynamic ${braced ?? bare})`;
  });
}

function substitution(text: string): ShellNode {
  return { type: 'CommandSubstitution', body: parseScript(text), legacy: false };
}

function parameter(node: ShellNode): ShellNode | undefined {
  const name = node.parameter as string;
  if (!DYNAMIC.has(name)) return undefined;
  const operation = node.operation as ParameterOperation | null;
  if (operation === null) return substitution(`bash-dynamic ${name}`);
  const out = substitution(`__value=$(bash-dynamic ${name})\nprintf %s "$__value"`);
  visit(out, (inner) => {
    if (inner.type === 'ParameterExpansion' && inner.parameter === '__value') inner.operation = operation;
    return undefined;
  });
  return out;
}

function dynamicInArithmetic(node: ShellNode): ShellNode | undefined {
  const name = node.type === 'ArithVariable' ? node.name : node.type === 'ArithBracedExpansion' ? node.content : '';
  return DYNAMIC.has(name as string) ? { type: 'ArithCommandSubst', command: `bash-dynamic ${name}` } : undefined;
}

/** `SECONDS=0` restarts the shell's stopwatch. */
function assignment(node: ShellNode): void {
  const name = node.name as string;
  if (!DYNAMIC.has(name) || !node.value) return;
  const value = substitution(`bash-dynamic ${name} =`);
  const [command] = commandsOf(value.body as ShellScript);
  (command!.args as ShellNode[]).push(node.value as ShellNode);
  node.name = '_';
  node.value = { type: 'Word', parts: [value] };
}

function commandsOf(script: ShellScript): ShellNode[] {
  return script.statements.flatMap((statement) =>
    (statement.pipelines as ShellNode[]).flatMap((pipeline) => pipeline.commands as ShellNode[]),
  );
}

/** The word as text when nothing in it is expanded. */
export function literal(word: ShellNode | null | undefined): string | undefined {
  if (!word) return undefined;
  let text = '';
  for (const part of word.parts as ShellNode[]) {
    if (part.type === 'DoubleQuoted') {
      const inner = literal(part);
      if (inner === undefined) return undefined;
      text += inner;
    } else if (part.type === 'Literal' || part.type === 'SingleQuoted' || part.type === 'Escaped')
      text += part.value as string;
    else return undefined;
  }
  return text;
}

function quoted(part: ShellNode): ShellNode {
  return { type: 'Word', parts: [{ type: 'DoubleQuoted', parts: [part] }] };
}

/** `name "$(helper ARGS)"`: the helper sees the words first. */
function through(helper: string, args: ShellNode[]): ShellNode {
  const value = substitution(helper);
  (commandsOf(value.body as ShellScript)[0]!.args as ShellNode[]).push(...args);
  return quoted(value);
}

function simpleCommand(node: ShellNode): void {
  const name = literal(node.name as ShellNode | null);
  const args = node.args as ShellNode[];
  if (name === 'eval' && args.length > 0) node.args = [through('bash-text', args)];
}

type Visitor = (node: ShellNode) => ShellNode | undefined;

/** Walks a tree from the leaves up; what the visitor returns replaces the node. */
export function visit(node: ShellNode, visitor: Visitor): void {
  for (const [key, value] of Object.entries(node)) {
    if (Array.isArray(value)) for (const [at, item] of value.entries()) replaceIn(value, at, item, visitor);
    else replaceIn(node, key, value, visitor);
  }
}

function replaceIn(holder: object, key: string | number, value: unknown, visitor: Visitor): void {
  if (typeof value !== 'object' || value === null) return;
  visit(value as ShellNode, visitor);
  const next = visitor(value as ShellNode);
  if (next) (holder as Record<string | number, unknown>)[key] = next;
}

/** Rewrites a script in place; returns the functions that it defines anywhere, by name. */
export function rewriteScript(script: ShellScript): Map<string, ShellNode> {
  const functions = new Map<string, ShellNode>();
  visit(script, (node) => {
    if (node.type === 'ParameterExpansion') return parameter(node);
    if (node.type === 'ArithmeticExpansion') return expansion(node);
    if (node.type === 'ArithmeticCommand') return arithmeticCommand(node);
    if (node.type?.startsWith('Arith')) return dynamicInArithmetic(node);
    if (node.type === 'Assignment') assignment(node);
    if (node.type === 'SimpleCommand') simpleCommand(node);
    if (node.type === 'FunctionDef') functions.set(node.name as string, node);
    return undefined;
  });
  return functions;
}
