import { parseScript, type ShellNode, type ShellScript } from './ast.ts';
import { literal } from './rewrite.ts';
import { SECTION } from './state.ts';

/** Where a subshell begins: what `exit` leaves there is not the script. */
const OWN_SHELL = new Set(['Subshell', 'CommandSubstitution', 'ProcessSubstitution']);

/** Saves what must outlive the call, in one pipe, after the traps have run. Errors must not trip `set -e`. */
const SAVE = `{ declare -p; echo ${SECTION}; declare -F; echo ${SECTION}; alias; echo ${SECTION}; shopt -p; set +o; } |
  bash-state save "$PWD" "$@" || :`;

type Kind = 'call' | 'shell';

function ending(kind: Kind, traps: boolean): ShellNode[] {
  const lines = [`bash-state ending "$?" ${kind}`];
  if (traps) lines.push('eval "$(bash-state trap)"');
  if (kind === 'call') lines.push(SAVE);
  return parseScript([...lines, 'exit "$(bash-state code)"'].join('\n')).statements;
}

function group(statements: ShellNode[]): ShellNode {
  return { type: 'Group', body: statements, redirections: [] };
}

/** `exit N` with its number said to `bash-state`, then the ending. */
function leaving(exit: ShellNode, kind: Kind, traps: boolean): ShellNode {
  const args = exit.args as ShellNode[];
  if (args.length === 0) return group(ending(kind, traps));
  const said = parseScript('bash-state leaving').statements;
  const command = (said[0]!.pipelines as ShellNode[])[0]!.commands as ShellNode[];
  (command[0]!.args as ShellNode[]).push(...args);
  return group([...said, ...ending(kind, traps)]);
}

function replaceExits(node: ShellNode, kind: Kind, traps: boolean): void {
  for (const value of Object.values(node)) {
    for (const child of Array.isArray(value) ? value : [value]) {
      if (typeof child !== 'object' || child === null || OWN_SHELL.has(child.type)) continue;
      replaceExits(child, kind, traps);
    }
  }
  if (node.type !== 'Pipeline') return;
  const commands = node.commands as ShellNode[];
  if (commands.length !== 1) return;
  const only = commands[0]!;
  if (only.type === 'SimpleCommand' && literal(only.name as ShellNode | null) === 'exit')
    commands[0] = leaving(only, kind, traps);
}

/** Commands that may set a trap: the texts of eval, source and functions are not looked into. */
const TRAP = new Set(['trap']);
const MAY_SET_TRAP = new Set(['trap', 'eval', 'source', '.']);

function setsTrap(node: ShellNode, names: Set<string>): boolean {
  if (node.type === 'SimpleCommand' && names.has(literal(node.name as ShellNode | null) ?? '')) return true;
  return Object.values(node).some((value) =>
    (Array.isArray(value) ? value : [value]).some(
      (child) => typeof child === 'object' && child !== null && setsTrap(child, names),
    ),
  );
}

/** Subshells that set a trap of their own run it where they end. */
function endSubshells(node: ShellNode): void {
  for (const value of Object.values(node)) {
    for (const child of Array.isArray(value) ? value : [value])
      if (typeof child === 'object' && child !== null) endSubshells(child);
  }
  if (node.type === 'Subshell' && setsTrap(node, TRAP)) {
    for (const statement of node.body as ShellNode[]) replaceExits(statement, 'shell', true);
    node.body = [
      ...parseScript('bash-state starting').statements,
      ...(node.body as ShellNode[]),
      ...ending('shell', true),
    ];
  }
}

/**
 * Gives a script its ending: EXIT traps, and for the script of a whole call (`call`) saving of variables, functions, aliases and
 * options. A script of an inner shell (`bash -c`) gets one only when it sets traps. `functions`: some exist already, and may set traps.
 */
export function endScript(script: ShellScript, kind: Kind, functions = false): void {
  endSubshells(script);
  if (kind === 'shell' && !setsTrap(script, TRAP)) return;
  const traps = functions || kind === 'shell' || setsTrap(script, MAY_SET_TRAP);
  for (const statement of script.statements) replaceExits(statement, kind, traps);
  const starting = kind === 'shell' ? parseScript('bash-state starting').statements : [];
  script.statements = [...starting, ...script.statements, ...ending(kind, traps)];
}

/** Runs the next statement only while loops are allowed; keeps `$?`, and the `&&` keeps `set -e` out of it. */
const GUARD = 'for __status in "$?"; do bash-state status "$__status" && :; done';

/** Puts a place where it can be stopped before every statement of a script. */
export function guardStatements(node: ShellNode): void {
  for (const [key, value] of Object.entries(node)) {
    if (typeof value !== 'object' || value === null) continue;
    guardStatements(value as ShellNode);
    if (Array.isArray(value) && value[0]?.type === 'Statement')
      node[key] = value.flatMap((statement) => [...parseScript(GUARD).statements, statement]);
  }
}
