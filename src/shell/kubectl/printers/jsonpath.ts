import type { Json } from '../../../kube/object.ts';
import { KubectlError } from '../errors.ts';
import { goJson, sortedKeys } from './json.ts';

type Step =
  | { type: 'field'; name: string }
  | { type: 'wildcard' }
  | { type: 'recursive' }
  | { type: 'slice'; from?: number; to?: number; step?: number; single: boolean }
  | { type: 'union'; steps: Step[] }
  | { type: 'filter'; left: Operand; op: string; right?: Operand };

type Operand = { type: 'path'; root: boolean; steps: Step[] } | { type: 'value'; value: Json };

type Node =
  | { type: 'text'; text: string }
  | { type: 'path'; root: boolean; steps: Step[] }
  | { type: 'range'; root: boolean; steps: Step[]; body: Node[] };

class PathError extends Error {}

function unquote(text: string): string {
  const escapes: Record<string, string> = { n: '\n', t: '\t', r: '\r', '\\': '\\', '"': '"', "'": "'" };
  return text.replace(/\\(.)/g, (whole, c: string) => escapes[c] ?? whole);
}

/** Finds the end of a bracket or brace that opened before `at`, stepping over quoted text. */
function closing(text: string, at: number, open: string, close: string): number {
  let depth = 1;
  for (let i = at; i < text.length; i++) {
    const c = text[i]!;
    if (c === '"' || c === "'") {
      for (i++; i < text.length && text[i] !== c; i++) if (text[i] === '\\') i++;
    } else if (c === open) depth++;
    else if (c === close && --depth === 0) return i;
  }
  return -1;
}

function parseOperand(source: string): Operand {
  const text = source.trim();
  const quoted = /^(["'])([\s\S]*)\1$/.exec(text);
  if (quoted) return { type: 'value', value: unquote(quoted[2]!) };
  if (/^-?\d+(\.\d+)?$/.test(text)) return { type: 'value', value: Number(text) };
  if (text === 'true' || text === 'false') return { type: 'value', value: text === 'true' };
  return parsePath(text);
}

function parseFilter(source: string): Step {
  let depth = 0;
  for (let i = 0; i < source.length; i++) {
    const c = source[i]!;
    if (c === '"' || c === "'") {
      for (i++; i < source.length && source[i] !== c; i++) if (source[i] === '\\') i++;
    } else if (c === '(' || c === '[') depth++;
    else if (c === ')' || c === ']') depth--;
    else if (depth === 0) {
      const op = /^(==|!=|<=|>=|<|>)/.exec(source.slice(i))?.[1];
      if (op) {
        const right = parseOperand(source.slice(i + op.length));
        return { type: 'filter', left: parseOperand(source.slice(0, i)), op, right };
      }
    }
  }
  return { type: 'filter', left: parseOperand(source), op: 'exists' };
}

function parseIndex(source: string): Step {
  const text = source.trim();
  if (text === '*') return { type: 'wildcard' };
  if (text.startsWith('?(') && text.endsWith(')')) return parseFilter(text.slice(2, -1));
  if (/^(["']).*\1$/.test(text) && !/['"]\s*,/.test(text)) return { type: 'field', name: unquote(text.slice(1, -1)) };
  if (text.includes(',')) return { type: 'union', steps: text.split(',').map(parseIndex) };
  const slice = /^(-?\d*)(?::(-?\d*))?(?::(-?\d*))?$/.exec(text);
  if (!slice || text === '') throw new PathError(`invalid array index ${source}`);
  const int = (part: string | undefined): number | undefined => (part ? Number(part) : undefined);
  return { type: 'slice', from: int(slice[1]), to: int(slice[2]), step: int(slice[3]), single: !text.includes(':') };
}

function parsePath(source: string): { type: 'path'; root: boolean; steps: Step[] } {
  const text = source.trim();
  const steps: Step[] = [];
  let i = text.startsWith('$') || text.startsWith('@') ? 1 : 0;
  while (i < text.length) {
    if (text.startsWith('..', i)) {
      steps.push({ type: 'recursive' });
      i += text[i + 2] === '[' ? 2 : 1;
    } else if (text[i] === '[') {
      const end = closing(text, i + 1, '[', ']');
      if (end < 0) throw new PathError('unterminated array');
      steps.push(parseIndex(text.slice(i + 1, end)));
      i = end + 1;
    } else if (text[i] === '.' || steps.length === 0) {
      if (text[i] === '.') i++;
      const match = /^(?:\\.|[^.[\]\s{}])*/.exec(text.slice(i))![0];
      if (match === '*') steps.push({ type: 'wildcard' });
      else if (match !== '') steps.push({ type: 'field', name: match.replace(/\\(.)/g, '$1') });
      else if (i < text.length && text[i] !== '[')
        throw new PathError(
          `unrecognized character in action: U+${text.charCodeAt(i).toString(16).toUpperCase().padStart(4, '0')} '${text[i]}'`,
        );
      i += match.length;
    } else
      throw new PathError(
        `unrecognized character in action: U+${text.charCodeAt(i).toString(16).toUpperCase().padStart(4, '0')} '${text[i]}'`,
      );
  }
  return { type: 'path', root: text.startsWith('$'), steps };
}

function parseTemplate(template: string): Node[] {
  const stack: Node[][] = [[]];
  let at = 0;
  const push = (node: Node): void => {
    stack[stack.length - 1]!.push(node);
  };
  while (at < template.length) {
    const open = template.indexOf('{', at);
    if (open < 0) {
      push({ type: 'text', text: template.slice(at) });
      break;
    }
    if (open > at) push({ type: 'text', text: template.slice(at, open) });
    const close = closing(template, open + 1, '{', '}');
    if (close < 0) throw new PathError('unclosed action');
    let action = template.slice(open + 1, close).trim();
    at = close + 1;
    if (action.startsWith('range ')) {
      const node: Node = { ...parsePath(action.slice(6)), type: 'range', body: [] };
      push(node);
      stack.push(node.body);
      continue;
    }
    if (action === 'end') {
      if (stack.length === 1) throw new PathError('not in range, nothing to end');
      stack.pop();
      continue;
    }
    for (
      let quoted = /^(["'])((?:\\.|(?!\1).)*)\1\s*/.exec(action);
      quoted;
      quoted = /^(["'])((?:\\.|(?!\1).)*)\1\s*/.exec(action)
    ) {
      push({ type: 'text', text: unquote(quoted[2]!) });
      action = action.slice(quoted[0].length);
    }
    if (action !== '') push(parsePath(action));
  }
  if (stack.length > 1) throw new PathError('unclosed range');
  return stack[0]!;
}

const isMap = (value: Json): boolean => value !== null && typeof value === 'object' && !Array.isArray(value);

function children(value: Json): Json[] {
  if (Array.isArray(value)) return value;
  return isMap(value) ? sortedKeys(value).map((key) => value[key]) : [];
}

function descend(value: Json, out: Json[]): void {
  out.push(value);
  for (const child of children(value)) if (child !== null && typeof child === 'object') descend(child, out);
}

function slice(value: Json, step: Extract<Step, { type: 'slice' }>): Json[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) throw new PathError(`${goSyntax(value)} is not array or slice`);
  const n = value.length;
  if (step.single) {
    const index = step.from! < 0 ? n + step.from! : step.from!;
    if (index >= n || index < 0) throw new PathError(`array index out of bounds: index ${step.from}, length ${n}`);
    return [value[index]];
  }
  const bound = (at: number | undefined, otherwise: number): number =>
    at === undefined ? otherwise : Math.min(n, Math.max(0, at < 0 ? n + at : at));
  const out: Json[] = [];
  for (let i = bound(step.from, 0); i < bound(step.to, n); i += step.step ?? 1) out.push(value[i]);
  return out;
}

function matches(step: Extract<Step, { type: 'filter' }>, item: Json, root: Json): boolean {
  const evaluate = (operand: Operand): Json[] =>
    operand.type === 'value' ? [operand.value] : walk(operand.root ? root : item, operand.steps, root, true);
  const left = evaluate(step.left);
  if (step.op === 'exists') return left.length > 0;
  const right = step.right ? evaluate(step.right) : [];
  if (left.length === 0) return false;
  const [a, b] = [left[0], right[0]];
  if (step.op === '==') return a === b;
  if (step.op === '!=') return a !== b;
  if (step.op === '<') return a < b;
  if (step.op === '<=') return a <= b;
  return step.op === '>' ? a > b : a >= b;
}

function walk(start: Json, steps: Step[], root: Json, missingOk: boolean): Json[] {
  let current: Json[] = [start];
  for (const step of steps) {
    const next: Json[] = [];
    for (const value of current) {
      if (step.type === 'field') {
        if (isMap(value) && Object.hasOwn(value, step.name)) next.push(value[step.name]);
        else if (!missingOk) throw new PathError(`${step.name} is not found`);
      } else if (step.type === 'wildcard') next.push(...children(value));
      else if (step.type === 'recursive') descend(value, next);
      else if (step.type === 'slice') next.push(...slice(value, step));
      else if (step.type === 'union') for (const one of step.steps) next.push(...walk(value, [one], root, missingOk));
      else next.push(...children(value).filter((item) => matches(step, item, root)));
    }
    current = next;
  }
  return current;
}

/** A value as Go's `%v` or JSON, the way kubectl's jsonpath prints it. */
export function valueText(value: Json): string {
  if (value === null || value === undefined) return '';
  return typeof value === 'object' ? goJson(value) : String(value);
}

function run(nodes: Node[], current: Json, root: Json, missingOk: boolean): string {
  let out = '';
  for (const node of nodes) {
    if (node.type === 'text') out += node.text;
    else {
      const found = walk(node.root ? root : current, node.steps, root, missingOk);
      if (node.type === 'path') out += found.map(valueText).join(' ');
      else {
        const items = found.length === 1 && Array.isArray(found[0]) ? (found[0] as Json[]) : found;
        for (const item of items) out += run(node.body, item, root, missingOk);
      }
    }
  }
  return out;
}

/** Go's `%#v` of decoded JSON: kubectl prints it when a template fails. */
export function goSyntax(value: Json): string {
  if (value === null || value === undefined) return 'interface {}(nil)';
  if (typeof value === 'string') return JSON.stringify(value);
  if (Array.isArray(value)) return `[]interface {}{${value.map(goSyntax).join(', ')}}`;
  if (typeof value === 'object')
    return `map[string]interface {}{${sortedKeys(value)
      .map((key) => `${JSON.stringify(key)}:${goSyntax(value[key])}`)
      .join(', ')}}`;
  return String(value);
}

/** Compiles a kubectl jsonpath template; errors are kubectl's texts. */
export function jsonPath(template: string, missingOk = true): (value: Json) => string {
  let nodes: Node[];
  try {
    nodes = parseTemplate(template);
  } catch (error) {
    if (!(error instanceof PathError)) throw error;
    throw new KubectlError(`error parsing jsonpath ${template}, ${error.message}`);
  }
  return (value) => {
    try {
      return run(nodes, value, value, missingOk);
    } catch (error) {
      if (!(error instanceof PathError)) throw error;
      throw new KubectlError(
        `error executing jsonpath ${JSON.stringify(template)}: Error executing template: ${error.message}. Printing more information for debugging the template:\n` +
          `\ttemplate was:\n\t\t${template}\n\tobject given to jsonpath engine was:\n\t\t${goSyntax(value)}\n\n\n`,
      );
    }
  };
}

/** `metadata.name`, `.metadata.name` and `{.metadata.name}` all mean the same (kubectl's relaxed form). */
export function relaxedPath(expression: string): string {
  const match = /^\{\.?([^{}]+)\}$|^\.?([^{}]+)$/.exec(expression);
  if (!match)
    throw new KubectlError(
      `unexpected path string, expected a 'name1.name2' or '.name1.name2' or '{name1.name2}' or '{.name1.name2}'`,
    );
  const inner = match[1] ?? match[2] ?? '';
  return `{${inner.startsWith('.') || inner.startsWith('[') ? '' : '.'}${inner}}`;
}

/** All values that one path finds; used by wait, sort-by and custom-columns. */
export function findPath(expression: string, value: Json): Json[] {
  const { steps } = parsePath(relaxedPath(expression).slice(1, -1));
  return walk(value, steps, value, true);
}
