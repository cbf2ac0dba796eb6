import { FUNCTIONS, METHODS } from './functions.ts';
import { CelSyntaxError } from './lexer.ts';
import { type Node, parse } from './parser.ts';
import { staticType } from './types.ts';
import { CelError, equal, Opaque, Optional, type Value } from './value.ts';

export { CelSyntaxError } from './lexer.ts';
export { CelError, celValue, Opaque, TypeValue, type Value } from './value.ts';

/** Names in scope; a value that is costly or may fail to be had is given as a function. */
export type Scope = Readonly<Record<string, Value | (() => Value)>>;

/** So many steps one evaluation may take (upstream counts cost units). */
const STEPS_MAX = 1_000_000;
const TYPES = new Set(['int', 'uint', 'double', 'bool', 'string', 'bytes', 'list', 'map', 'null_type', 'type']);

/** An expression of the Common Expression Language, as far as Kubernetes' rules use it. */
export class Expression {
  readonly #root: Node;

  /** `names` are those in scope. Throws {@link CelSyntaxError} for what cannot be compiled, unknown names and functions included. */
  constructor(
    readonly text: string,
    names: readonly string[],
  ) {
    this.#root = parse(text);
    check(this.#root, new Set(names));
  }

  /** What it comes to, as far as its form tells; undefined where objects decide. */
  get type(): string | undefined {
    return staticType(this.#root);
  }

  /** Paths of fields that it reads of the name, each with where it stands. */
  fieldsOf(name: string): { path: string[]; at: number }[] {
    const out: { path: string[]; at: number }[] = [];
    const visit = (node: Node): void => {
      const path = pathOf(node, name);
      if (path && node.op === 'select') out.push({ path, at: node.at });
      for (const part of parts(node)) visit(part);
    };
    visit(this.#root);
    return out;
  }

  /** Throws {@link CelError}. */
  evaluate(scope: Scope): Value {
    return new Run().value(this.#root, scope);
  }
}

/** `self.a.b` as [a, b]. */
function pathOf(node: Node, name: string): string[] | undefined {
  if (node.op === 'name') return node.name === name ? [] : undefined;
  if (node.op !== 'select') return undefined;
  const rest = pathOf(node.target, name);
  return rest && [...rest, node.field];
}

function parts(node: Node): Node[] {
  if (node.op === 'call') return [...(node.target ? [node.target] : []), ...node.args];
  return node.op === 'each' ? [node.target, ...node.args] : children(node);
}

/** How the API server shows what cannot be compiled: the place under the line. */
export function compileFailure(text: string, { message, at }: CelSyntaxError): string {
  if (text === '') return `compilation failed: ERROR: <input>:1:0: ${message}`;
  const before = text.slice(0, at);
  const line = before.split('\n').length;
  const column = at - (before.lastIndexOf('\n') + 1);
  const shown = text.split('\n')[line - 1] ?? '';
  return `compilation failed: ERROR: <input>:${line}:${column + 1}: ${message}\n | ${shown}\n | ${'.'.repeat(column)}^`;
}

function check(node: Node, names: ReadonlySet<string>): void {
  const unknown = (name: string, at: number): never => {
    throw new CelSyntaxError(`undeclared reference to '${name}' (in container '')`, at);
  };
  switch (node.op) {
    case 'literal':
      return;
    case 'name':
      if (!names.has(node.name) && !TYPES.has(node.name)) unknown(node.name, node.at);
      return;
    case 'call':
      if (!(node.target ? Object.hasOwn(METHODS, node.name) : Object.hasOwn(FUNCTIONS, node.name)))
        unknown(node.name, node.at);
      for (const part of [...(node.target ? [node.target] : []), ...node.args]) check(part, names);
      return;
    case 'each':
      check(node.target, names);
      for (const part of node.args) check(part, new Set([...names, ...node.names]));
      return;
    default:
      for (const part of children(node)) check(part, names);
  }
}

function children(node: Node): Node[] {
  switch (node.op) {
    case 'select':
    case 'has':
      return [node.target];
    case 'index':
      return [node.target, node.index];
    case 'list':
      return node.items;
    case 'map':
      return node.entries.flat();
    case 'and':
    case 'or':
      return [node.left, node.right];
    case 'choose':
      return [node.condition, node.yes, node.no];
    default:
      return [];
  }
}

class Run {
  #steps = 0;

  value(node: Node, scope: Scope): Value {
    if (++this.#steps > STEPS_MAX) throw new CelError('operation cancelled: actual cost limit exceeded');
    switch (node.op) {
      case 'literal':
        return node.value;
      case 'name':
        return this.#name(node.name, scope);
      case 'select':
        return chained(this.value(node.target, scope), node.optional === true, (target, isSoft) =>
          isSoft ? find(target, node.field) : member(target, node.field),
        );
      case 'has':
        return isThere(this.value(node.target, scope), node.field);
      case 'index':
        return this.#index(node, scope);
      case 'list':
        return node.items.map((item) => this.value(item, scope));
      case 'map':
        return new Map(node.entries.map(([key, item]) => [this.value(key, scope), this.value(item, scope)]));
      case 'choose':
        return this.value(truth(this.value(node.condition, scope)) ? node.yes : node.no, scope);
      case 'and':
      case 'or':
        return this.#logic(node, scope);
      case 'each':
        return this.#each(node, scope);
      default:
        return this.#call(node, scope);
    }
  }

  #index(node: Extract<Node, { op: 'index' }>, scope: Scope): Value {
    const index = this.value(node.index, scope);
    return chained(this.value(node.target, scope), node.optional === true, (target, isSoft) => {
      try {
        return at(target, index);
      } catch (error) {
        if (isSoft && error instanceof CelError) return undefined;
        throw error;
      }
    });
  }

  #name(name: string, scope: Scope): Value {
    const found = scope[name];
    if (typeof found === 'function') return found();
    if (found !== undefined) return found;
    return FUNCTIONS['type']?.(SAMPLES[name] ?? null) ?? null;
  }

  /** An error on one side does not matter when the other side decides. */
  #logic(node: Extract<Node, { op: 'and' | 'or' }>, scope: Scope): boolean {
    const decides = node.op === 'or';
    let failure: CelError | undefined;
    for (const side of [node.left, node.right]) {
      try {
        if (truth(this.value(side, scope)) === decides) return decides;
      } catch (error) {
        if (!(error instanceof CelError)) throw error;
        failure ??= error;
      }
    }
    if (failure) throw failure;
    return !decides;
  }

  #call(node: Extract<Node, { op: 'call' }>, scope: Scope): Value {
    const args = node.args.map((arg) => this.value(arg, scope));
    if (node.target) return (METHODS[node.name] as (...a: Value[]) => Value)(this.value(node.target, scope), ...args);
    return (FUNCTIONS[node.name] as (...a: Value[]) => Value)(...args);
  }

  #each({ macro, target, names, args }: Extract<Node, { op: 'each' }>, scope: Scope): Value {
    const over = this.value(target, scope);
    if (macro === 'optMap' || macro === 'optFlatMap') {
      if (!(over instanceof Optional)) throw new CelError('no such overload');
      if (over.value === undefined) return over;
      const mapped = this.value(args[0] as Node, { ...scope, [names[0] as string]: over.value });
      return macro === 'optMap' ? new Optional(mapped) : mapped;
    }
    if (!Array.isArray(over) && !(over instanceof Map)) throw new CelError('no such overload');
    const pairs: [Value, Value][] = over instanceof Map ? [...over] : over.map((item, i) => [BigInt(i), item]);
    const inner = ([key, value]: [Value, Value]): Scope => {
      const [first = '', second] = names;
      if (second !== undefined) return { ...scope, [first]: key, [second]: value };
      return { ...scope, [first]: over instanceof Map ? key : value };
    };
    const [test, then] = args as [Node, Node | undefined];
    const own = (pair: [Value, Value]): Value => (over instanceof Map ? pair[0] : pair[1]);
    const holds = (pair: [Value, Value]): boolean => truth(this.value(test, inner(pair)));
    if (macro === 'map') {
      if (!then) return pairs.map((pair) => this.value(test, inner(pair)));
      return pairs.filter(holds).map((pair) => this.value(then, inner(pair)));
    }
    if (macro === 'filter') return pairs.filter(holds).map(own);
    if (macro === 'all' || macro === 'exists') return this.#quantified(macro === 'exists', pairs, holds);
    return pairs.filter(holds).length === 1;
  }

  #quantified(decides: boolean, pairs: [Value, Value][], holds: (pair: [Value, Value]) => boolean): boolean {
    let failure: CelError | undefined;
    for (const pair of pairs) {
      try {
        if (holds(pair) === decides) return decides;
      } catch (error) {
        if (!(error instanceof CelError)) throw error;
        failure ??= error;
      }
    }
    if (failure) throw failure;
    return !decides;
  }
}

const SAMPLES: Record<string, Value> = {
  int: 0n,
  uint: 0n,
  double: 0.5,
  bool: true,
  string: '',
  bytes: new Uint8Array(),
  list: [],
  map: new Map(),
  null_type: null,
};

function truth(value: Value): boolean {
  if (typeof value !== 'boolean') throw new CelError('no such overload');
  return value;
}

/** Property names that are no names in expressions are escaped there (`__dash__` for `-`). */
function unescaped(name: string): string {
  return name
    .replaceAll('__dash__', '-')
    .replaceAll('__dot__', '.')
    .replaceAll('__slash__', '/')
    .replaceAll('__underscores__', '__')
    .replace(
      /^__(true|false|null|in|as|break|const|continue|else|for|function|if|import|let|loop|package|namespace|return|var|void|while)__$/,
      '$1',
    );
}

/** `a.?b`, and what follows it: missing parts make the whole missing. */
function chained(
  target: Value,
  isOptional: boolean,
  part: (target: Value, isSoft: boolean) => Value | undefined,
): Value {
  if (target instanceof Optional) {
    if (target.value === undefined) return target;
    const found = part(target.value, true);
    return found instanceof Optional ? found : new Optional(found);
  }
  if (isOptional) return new Optional(part(target, true));
  return part(target, false) as Value;
}

function find(target: Value, field: string): Value | undefined {
  if (target instanceof Opaque) return target.call(field, []);
  if (!(target instanceof Map)) throw new CelError(`unexpected type '${typeof target}' passed to attribute qualifier`);
  return target.get(field) ?? (field.includes('__') ? target.get(unescaped(field)) : undefined);
}

function isThere(target: Value, field: string): boolean {
  if (!(target instanceof Optional)) return find(target, field) !== undefined;
  return target.value !== undefined && find(target.value, field) !== undefined;
}

function member(target: Value, field: string): Value {
  const found = find(target, field);
  if (found === undefined) throw new CelError(`no such key: ${field}`);
  return found;
}

function at(target: Value, index: Value): Value {
  if (target instanceof Map) {
    for (const [key, value] of target) if (equal(key, index)) return value;
    throw new CelError(`no such key: ${String(index)}`);
  }
  if (!Array.isArray(target)) throw new CelError('no such overload');
  const found = target[Number(index)];
  if (found === undefined) throw new CelError(`index out of bounds: ${String(index)}`);
  return found;
}
