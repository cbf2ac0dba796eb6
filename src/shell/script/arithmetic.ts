import { parseScript, type ShellNode } from './ast.ts';

/** Scalars that stand for the array elements of one expression. */
type Hoisted = string[];

function assigns(node: ShellNode): boolean {
  if (node.type === 'ArithAssignment') return true;
  if (node.type === 'ArithUnary' && (node.operator === '++' || node.operator === '--')) return true;
  return children(node).some(assigns);
}

function children(node: ShellNode): ShellNode[] {
  return Object.values(node).filter((value): value is ShellNode => typeof value === 'object' && value !== null);
}

/** The text of an element that the expression reads. */
function elementText(node: ShellNode): string | undefined {
  if (node.type === 'ArithBracedExpansion') {
    const content = node.content as string;
    return /^[A-Za-z_]\w*\[/.test(content) ? content : undefined;
  }
  const index = node.index as ShellNode | undefined;
  if (node.type !== 'ArithArrayElement' || !index?.hasDollarPrefix) return undefined;
  return `${node.array}[$${index.name}]`;
}

function hoist(node: ShellNode, hoisted: Hoisted): void {
  for (const [key, value] of Object.entries(node)) {
    if (typeof value !== 'object' || value === null) continue;
    const child = value as ShellNode;
    const text = elementText(child);
    const written = node.type === 'ArithUnary' && (node.operator === '++' || node.operator === '--');
    if (text === undefined || written) hoist(child, hoisted);
    else {
      const name = `__element${hoisted.push(text)}`;
      node[key] = { type: 'ArithVariable', name, hasDollarPrefix: false };
    }
  }
}

function assignments(hoisted: Hoisted): string {
  return hoisted.map((text, at) => `__element${at + 1}="\${${text}}"\n`).join('');
}

function firstCommand(statement: ShellNode): ShellNode {
  return ((statement.pipelines as ShellNode[])[0]!.commands as ShellNode[])[0]!;
}

/**
 * `$(( ${m[$k]:-0} + 1 ))`. The interpreter evaluates the key of an associative array as arithmetic here (and drops `:-0`), which gives
 * a wrong number without a word; so the elements are read as words first, in a subshell around the expression.
 */
export function expansion(node: ShellNode): ShellNode | undefined {
  const expression = node.expression as ShellNode;
  if (assigns(expression)) return undefined;
  const hoisted: Hoisted = [];
  hoist(expression, hoisted);
  if (hoisted.length === 0) return undefined;
  // the source text would be parsed again in place of the rewritten tree
  expression.originalText = undefined;
  const body = parseScript(`${assignments(hoisted)}echo $((0))`);
  const echo = firstCommand(body.statements.at(-1)!);
  (echo.args as ShellNode[])[0]!.parts = [{ type: 'ArithmeticExpansion', expression }];
  return { type: 'CommandSubstitution', body, legacy: false };
}

/** `(( n += m[$k] ))`: the same in the shell itself, because it may assign. */
export function arithmeticCommand(node: ShellNode): ShellNode | undefined {
  const expression = node.expression as ShellNode;
  const hoisted: Hoisted = [];
  hoist(expression, hoisted);
  if (hoisted.length === 0) return undefined;
  expression.originalText = undefined;
  const body = parseScript(`${assignments(hoisted)}((0))`).statements;
  firstCommand(body.at(-1)!).expression = expression;
  return { type: 'Group', body, redirections: node.redirections };
}

/**
 * `declare -A m=([a]="x y")` as two commands: the interpreter drops quotes and substitutions of the elements when they stand in an argument.
 */
export function splitDeclarations(source: string): string {
  const head = /\b((?:declare|local|typeset)(?: -[aAgilux]+)* (?:-[aAgilux]+ )*)([A-Za-z_]\w*)=\((?=\s*\[)/g;
  return source.replace(head, (_, command: string, name: string) => `${command.trimEnd()} ${name}; ${name}=(`);
}
