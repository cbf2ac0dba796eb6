import type { Json } from '../../../kube/object.ts';
import { KubectlError } from '../errors.ts';
import { sortedKeys } from './json.ts';
import { goValue } from './output.ts';

type Node =
  | { type: 'text'; text: string }
  | { type: 'action'; pipe: string }
  | { type: 'block'; word: 'range' | 'if' | 'with'; pipe: string; body: Node[]; other: Node[] };

interface Scope {
  dot: Json;
  root: Json;
  vars: Map<string, Json>;
}

class TemplateError extends Error {}

function parse(template: string): Node[] {
  const stack: { list: Node[]; block?: Extract<Node, { type: 'block' }> }[] = [{ list: [] }];
  let trim = false;
  for (const part of template.split(/(\{\{-?[\s\S]*?-?\}\})/)) {
    const match = /^\{\{(-?)\s*([\s\S]*?)\s*(-?)\}\}$/.exec(part);
    const top = stack[stack.length - 1]!;
    if (!match) {
      top.list.push({ type: 'text', text: trim ? part.trimStart() : part });
      continue;
    }
    const previous = top.list.at(-1);
    if (match[1] && previous?.type === 'text') previous.text = previous.text.trimEnd();
    trim = match[3] === '-';
    const action = match[2]!;
    const opening = /^(range|if|with)\s+([\s\S]*)$/.exec(action);
    if (opening) {
      const block: Node = { type: 'block', word: opening[1] as 'range', pipe: opening[2]!, body: [], other: [] };
      top.list.push(block);
      stack.push({ list: block.body, block });
    } else if (action === 'else' || action.startsWith('else if ')) {
      if (!top.block) throw new TemplateError('unexpected {{else}}');
      if (action !== 'else') throw new TemplateError('{{else if}} is not supported in this shell');
      top.list = top.block.other;
    } else if (action === 'end') {
      if (stack.length === 1) throw new TemplateError('unexpected {{end}}');
      stack.pop();
    } else if (!action.startsWith('/*')) top.list.push({ type: 'action', pipe: action });
  }
  if (stack.length > 1) throw new TemplateError('unexpected EOF');
  return stack[0]!.list;
}

function tokens(text: string): string[] {
  return text.match(/"(?:\\.|[^"\\])*"|`[^`]*`|\(|\)|\||:=|=|[^\s()|"`]+/g) ?? [];
}

function truthy(value: Json): boolean {
  if (value === null || value === undefined || value === false || value === 0 || value === '') return false;
  return typeof value === 'object' ? (Array.isArray(value) ? value.length > 0 : Object.keys(value).length > 0) : true;
}

function show(value: Json): string {
  return value === undefined || value === null ? '<no value>' : goValue(value);
}

function sprintf(format: string, args: Json[]): string {
  let at = 0;
  return format.replace(/%(-?\d*)([vsdqt%])/g, (_, wide: string, verb: string) => {
    if (verb === '%') return '%';
    const value = args[at++];
    const text = verb === 'q' ? JSON.stringify(String(value)) : show(value);
    return wide.startsWith('-') ? text.padEnd(Number(wide.slice(1))) : text.padStart(Number(wide || 0));
  });
}

const FUNCTIONS: Record<string, (...args: Json[]) => Json> = {
  eq: (a, ...rest) => rest.some((b) => a === b),
  ne: (a, b) => a !== b,
  lt: (a, b) => a < b,
  le: (a, b) => a <= b,
  gt: (a, b) => a > b,
  ge: (a, b) => a >= b,
  and: (...args) => args.find((one) => !truthy(one)) ?? args.at(-1),
  or: (...args) => args.find(truthy) ?? args.at(-1),
  not: (a) => !truthy(a),
  len: (a) => (typeof a === 'object' && a !== null && !Array.isArray(a) ? Object.keys(a).length : (a?.length ?? 0)),
  index: (a, ...keys) => keys.reduce(fieldOf, a),
  print: (...args) => args.map(show).join(''),
  println: (...args) => `${args.map(show).join(' ')}\n`,
  printf: (format, ...args) => sprintf(String(format), args),
  exists: (a, ...keys) => keys.reduce(fieldOf, a) !== undefined,
  base64decode: (a) => Buffer.from(String(a), 'base64').toString('utf8'),
};

function path(value: Json, fields: string): Json {
  return fields.split('.').reduce((at, field) => (field === '' ? at : fieldOf(at, field)), value);
}

/** An object's own field, or a list's item. */
function fieldOf(value: Json, key: Json): Json {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, key) ? value[key] : undefined;
}

function term(list: string[], scope: Scope): Json {
  const token = list.shift();
  if (token === undefined) throw new TemplateError('missing value for command');
  if (token === '(') {
    const value = pipeline(list, scope);
    list.shift();
    return list[0]?.startsWith('.') ? path(value, list.shift()!) : value;
  }
  if (token.startsWith('"')) return JSON.parse(token);
  if (token.startsWith('`')) return token.slice(1, -1);
  if (/^-?\d/.test(token)) return Number(token);
  if (token === 'true' || token === 'false') return token === 'true';
  if (token === 'nil') return null;
  if (token.startsWith('$')) {
    const [name = '', ...rest] = token.split('.');
    return path(name === '$' ? scope.root : scope.vars.get(name), rest.join('.'));
  }
  if (token.startsWith('.')) return path(scope.dot, token);
  throw new TemplateError(`function ${JSON.stringify(token)} not defined`);
}

function command(list: string[], scope: Scope, piped: Json[]): Json {
  const fn = Object.hasOwn(FUNCTIONS, list[0] ?? '') ? FUNCTIONS[list.shift()!] : undefined;
  if (!fn) return term(list, scope);
  const args: Json[] = [];
  while (list.length > 0 && list[0] !== '|' && list[0] !== ')') args.push(term(list, scope));
  return fn(...args, ...piped);
}

function pipeline(list: string[], scope: Scope): Json {
  let value = command(list, scope, []);
  while (list[0] === '|') {
    list.shift();
    value = command(list, scope, [value]);
  }
  return value;
}

function assign(pipe: string): { names: string[]; pipe: string } {
  const match = /^(\$\w+)(?:\s*,\s*(\$\w+))?\s*:?=\s*([\s\S]*)$/.exec(pipe);
  return match ? { names: [match[1]!, match[2]!].filter(Boolean), pipe: match[3]! } : { names: [], pipe };
}

function render(nodes: Node[], scope: Scope): string {
  let out = '';
  for (const node of nodes) {
    if (node.type === 'text') {
      out += node.text;
      continue;
    }
    const { names, pipe } = assign(node.pipe);
    const value = pipeline(tokens(pipe), scope);
    if (node.type === 'action') {
      if (names.length > 0) scope.vars.set(names[0]!, value);
      else out += show(value);
    } else if (!truthy(value)) out += render(node.other, scope);
    else if (node.word !== 'range')
      out += render(node.body, { ...scope, dot: node.word === 'with' ? value : scope.dot });
    else {
      const entries: [Json, Json][] = Array.isArray(value)
        ? value.map((item: Json, at: number) => [at, item])
        : sortedKeys(value).map((key) => [key, value[key]]);
      for (const [key, item] of entries) {
        const vars = new Map(scope.vars);
        if (names.length === 2) vars.set(names[0]!, key).set(names[1]!, item);
        else if (names.length === 1) vars.set(names[0]!, item);
        out += render(node.body, { ...scope, dot: item, vars });
      }
    }
  }
  return out;
}

/** Go's text/template as far as `-o go-template` is used: fields, range, if, with, variables, pipes, the builtin functions. */
export function goTemplate(template: string): (value: Json) => string {
  try {
    const nodes = parse(template);
    return (value) => {
      try {
        return render(nodes, { dot: value, root: value, vars: new Map() });
      } catch (error) {
        if (!(error instanceof TemplateError)) throw error;
        throw new KubectlError(
          `error executing template ${JSON.stringify(template)}: template: output:1: ${error.message}`,
        );
      }
    };
  } catch (error) {
    if (!(error instanceof TemplateError)) throw error;
    throw new KubectlError(`error parsing template ${template}, template: output:1: ${error.message}`);
  }
}
