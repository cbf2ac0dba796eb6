import { ExecError } from './exec-error.ts';
import { printValue, quote } from './format.ts';
import {
  type ArgNode,
  type BranchNode,
  type CommandNode,
  type Node,
  nodeText,
  type PipeNode,
  type Template,
} from './nodes.ts';
import { fitsType, GO_TYPE } from './param-types.ts';
import {
  FunctionError,
  type GoFunction,
  GoMap,
  GoObject,
  intOf,
  isFunction,
  isInt,
  type ParamType,
  sortedKeys,
  truth,
  typeOf,
  type Value,
} from './value.ts';

/** Go's maxExecDepth is 100,000; the JavaScript stack ends earlier, so this depth is refused with the same words. */
const TEMPLATE_DEPTH_MAX = 400;

class Break extends Error {}
class Continue extends Error {}

/** "No final value yet" of a pipeline's first command. */
const MISSING = Symbol('missing');
type Final = Value | typeof MISSING;

export interface ExecContext {
  templates: Map<string, Template>;
  functions: Map<string, GoFunction>;
  depth: number;
  /** Go's option `missingkey`: what an absent key of a map is. Helm works with `zero`. */
  missingKey?: 'zero' | 'invalid' | 'error';
}

/** Runs one template on `dot`; throws {@link ExecError}. */
export function execute(template: Template, dot: Value, context: ExecContext): string {
  const run = new Run(template, context, context.depth);
  run.vars.push({ name: '$', value: dot });
  try {
    run.walk(dot, template.root);
  } catch (error) {
    if (error instanceof ExecError) error.printed = run.out.join('');
    throw error;
  }
  return run.out.join('');
}

/** Whether a map's values are Go interfaces, whose own type errors do not see. */
const holdsInterfaces = (value: Value): boolean => value instanceof GoMap && value.typeName !== 'map[string]string';

interface Variable {
  name: string;
  value: Value;
  /** It came out of a list or map of interfaces as it was. */
  boxed?: boolean;
}

class Run {
  vars: Variable[] = [];
  #dotBoxed = false;
  out: string[] = [];
  #node: Node | ArgNode | CommandNode | undefined;

  constructor(
    readonly template: Template,
    readonly context: ExecContext,
    readonly depth: number,
  ) {}

  fail(detail: string, reason?: unknown): never {
    const { template } = this;
    const node = this.#node;
    if (!node) throw new FunctionError(`template: ${template.name}: ${detail}`);
    const before = template.source.slice(0, node.pos);
    const line = before.split('\n').length;
    const column = Buffer.byteLength(before.slice(before.lastIndexOf('\n') + 1));
    const context = nodeText(node);
    const at = `template: ${template.parseName}:${line}:${column}: executing "${template.name}" at <${context}>: `;
    const location = { file: template.parseName, line, column, template: template.name, context };
    throw new ExecError(at + detail, location, detail, reason);
  }

  walk(dot: Value, node: Node): void {
    this.#node = node;
    switch (node.type) {
      case 'text':
        this.out.push(node.text);
        return;
      case 'action': {
        const value = this.#pipeline(dot, node.pipe);
        if (node.pipe.decl.length === 0) this.#print(node, value);
        return;
      }
      case 'list':
        for (const child of node.nodes) this.walk(dot, child);
        return;
      case 'range':
        this.#range(dot, node);
        return;
      case 'template':
        this.#call(dot, node);
        return;
      case 'break':
        throw new Break();
      case 'continue':
        throw new Continue();
      default:
        this.#ifOrWith(dot, node);
    }
  }

  #print(node: Node, value: Value): void {
    this.#node = node;
    if (isFunction(value)) this.fail(`can't print ${nodeText(node)} of type ${typeOf(value)}`);
    this.out.push(printValue(value));
  }

  #ifOrWith(dot: Value, node: BranchNode): void {
    const mark = this.vars.length;
    const value = this.#pipeline(dot, node.pipe);
    if (truth(value)) {
      const boxed = this.#dotBoxed;
      if (node.type === 'with') this.#dotBoxed = false;
      this.walk(node.type === 'with' ? value : dot, node.list);
      this.#dotBoxed = boxed;
    } else if (node.elseList) this.walk(dot, node.elseList);
    this.vars.length = mark;
  }

  #range(dot: Value, node: BranchNode): void {
    const outer = this.vars.length;
    const value = this.#pipeline(dot, node.pipe);
    const items = this.#items(value, node);
    const mark = this.vars.length;
    const [boxed, itemsBoxed] = [this.#dotBoxed, holdsInterfaces(value) || typeOf(value) === '[]interface {}'];
    try {
      for (const [index, item] of items) {
        this.#dotBoxed = itemsBoxed;
        this.#bind(node.pipe, index, item);
        try {
          this.walk(item, node.list);
        } catch (error) {
          if (!(error instanceof Continue)) throw error;
        }
        this.vars.length = mark;
      }
    } catch (error) {
      if (!(error instanceof Break)) throw error;
    } finally {
      this.#dotBoxed = boxed;
    }
    if (items.length === 0 && node.elseList) this.walk(dot, node.elseList);
    this.vars.length = outer;
  }

  #items(value: Value, node: BranchNode): [Value, Value][] {
    if (value === undefined || value === null) return [];
    if (Array.isArray(value)) return value.map((item, i) => [BigInt(i), item]);
    if (value instanceof GoMap) return sortedKeys(value).map((key) => [key, value.get(key)]);
    const entries = value instanceof GoObject ? value.entries() : undefined;
    if (entries) return entries;
    if (isInt(value)) {
      if (node.pipe.decl.length > 1) this.fail(`can't use ${intOf(value)} to iterate over more than one variable`);
      const count = Number(intOf(value));
      if (count > 1_000_000) this.fail(`range over ${count} is not supported: at most 1000000`);
      return Array.from({ length: Math.max(0, count) }, (_, i) => [BigInt(i), BigInt(i)]);
    }
    return this.fail(`range can't iterate over ${printValue(value)}`);
  }

  #bind(pipe: PipeNode, index: Value, item: Value): void {
    const [first, second] = pipe.decl;
    if (!first) return;
    if (pipe.assigns) {
      this.#assign(first, second ? index : item);
      if (second) this.#assign(second, item);
      return;
    }
    // the pipeline pushed one variable per declaration: the last is the element
    const top = this.vars.length;
    const setTop = (back: number, value: Value): void => {
      const variable = this.vars[top - back];
      if (variable) this.vars[top - back] = { name: variable.name, value, boxed: this.#dotBoxed };
    };
    setTop(1, item);
    if (second) setTop(2, index);
  }

  #assign(name: string, value: Value): void {
    const variable = this.vars.findLast((v) => v.name === name);
    if (!variable) this.fail(`undefined variable: ${name}`);
    else variable.value = value;
  }

  #call(dot: Value, node: Node & { type: 'template' }): void {
    const template = this.context.templates.get(node.name);
    if (!template) this.fail(`template "${node.name}" not defined`);
    if (this.depth >= TEMPLATE_DEPTH_MAX) this.fail('exceeded maximum template depth (100000)');
    const value = node.pipe ? this.#pipeline(dot, node.pipe) : undefined;
    const inner = new Run(template as Template, this.context, this.depth + 1);
    inner.out = this.out;
    inner.vars.push({ name: '$', value });
    inner.walk(value, (template as Template).root);
  }

  #pipeline(dot: Value, pipe: PipeNode): Value {
    this.#node = pipe;
    let value: Final = MISSING;
    for (const cmd of pipe.cmds) {
      value = this.#command(dot, cmd, value);
      // an untyped nil loses its interface type here: from now on it is an invalid value
      if (value === null) value = undefined;
    }
    const result = value === MISSING ? undefined : value;
    for (const name of pipe.decl) {
      if (pipe.assigns) this.#assign(name, result);
      else this.vars.push({ name, value: result });
    }
    return result;
  }

  #command(dot: Value, cmd: CommandNode, final: Final): Value {
    const first = cmd.args[0];
    if (!first) return this.fail('empty command');
    switch (first.type) {
      case 'field':
        this.#node = first;
        return this.#fields(dot, dot, first.path, cmd.args, final, this.#dotBoxed);
      case 'chain':
        return this.#chain(dot, first, cmd.args, final);
      case 'identifier':
        return this.#function(dot, first, cmd, cmd.args, final);
      case 'variable':
        return this.#variable(dot, first, cmd.args, final);
      case 'pipe':
        this.#noArguments(cmd.args, final);
        return this.#pipeline(dot, first);
      default:
        this.#node = first;
        this.#noArguments(cmd.args, final);
        if (first.type === 'nil') this.fail('nil is not a command');
        return first.type === 'dot' ? dot : constant(first);
    }
  }

  #noArguments(args: readonly ArgNode[], final: Final): void {
    const first = args[0];
    if (first && (args.length > 1 || final !== MISSING)) {
      this.fail(`can't give argument to non-function ${nodeText(first)}`);
    }
  }

  #chain(dot: Value, node: ArgNode & { type: 'chain' }, args: readonly ArgNode[], final: Final): Value {
    this.#node = node;
    if (node.node.type === 'nil') this.fail(`indirection through explicit nil in ${nodeText(node)}`);
    const base = this.#arg(dot, node.node, 'any');
    return this.#fields(dot, base === null ? undefined : base, node.path, args, final);
  }

  #variable(dot: Value, node: ArgNode & { type: 'variable' }, args: readonly ArgNode[], final: Final): Value {
    this.#node = node;
    const [name = '', ...path] = node.path;
    const variable = this.vars.findLast((v) => v.name === name);
    if (!variable) return this.fail(`undefined variable: ${name}`);
    if (path.length > 0) return this.#fields(dot, variable.value, path, args, final, variable.boxed);
    this.#noArguments(args, final);
    return variable.value;
  }

  #fields(
    dot: Value,
    start: Value,
    path: readonly string[],
    args: readonly ArgNode[],
    final: Final,
    boxed = false,
  ): Value {
    let receiver = start;
    let inInterface = boxed;
    path.forEach((name, i) => {
      const last = i === path.length - 1;
      const type = inInterface ? 'interface {}' : typeOf(receiver);
      inInterface = holdsInterfaces(receiver);
      receiver = this.#field(dot, receiver, name, last ? args : [], last ? final : MISSING, type);
    });
    return receiver;
  }

  #field(dot: Value, receiver: Value, name: string, args: readonly ArgNode[], final: Final, type: string): Value {
    const { missingKey = 'zero' } = this.context;
    if (receiver === undefined) {
      return missingKey === 'error' ? this.fail(`nil data; no entry for key ${quote(name)}`) : undefined;
    }
    if (receiver === null) return this.fail(`nil pointer evaluating interface {}.${name}`);
    const hasArgs = args.length > 1 || final !== MISSING;
    if (receiver instanceof GoObject) {
      const method = receiver.method(name);
      if (method) return this.#invoke(dot, method, name, args, final);
      const field = receiver.field(name);
      if (field) {
        if (hasArgs) this.fail(`${name} has arguments but cannot be invoked as function`);
        return field.value;
      }
    }
    if (receiver instanceof GoMap) {
      const method = receiver.typeName === 'common.Values' ? valuesMethod(receiver, name) : undefined;
      if (method) return this.#invoke(dot, method, name, args, final);
      if (hasArgs) this.fail(`${name} is not a method but has arguments`);
      if (receiver.has(name)) return receiver.get(name);
      if (missingKey === 'error') this.fail(`map has no entry for key ${quote(name)}`);
      if (missingKey === 'invalid') return undefined;
      return receiver.typeName === 'map[string]string' ? '' : null;
    }
    return this.fail(`can't evaluate field ${name} in type ${type}`);
  }

  #function(
    dot: Value,
    node: ArgNode & { type: 'identifier' },
    _cmd: CommandNode | ArgNode,
    args: readonly ArgNode[],
    final: Final,
  ): Value {
    this.#node = node;
    const { name } = node;
    if (name === 'and' || name === 'or') return this.#shortCircuit(dot, name, args, final, node);
    const fn = this.context.functions.get(name);
    if (!fn) return this.fail(`"${name}" is not a defined function`);
    return this.#invoke(dot, fn, name, args, final, _cmd);
  }

  #shortCircuit(dot: Value, name: 'and' | 'or', args: readonly ArgNode[], final: Final, _node: ArgNode): Value {
    const rest = args.slice(1);
    if (rest.length === 0 && final === MISSING) this.fail(`wrong number of args for ${name}: want at least 1 got 0`);
    let value: Value;
    for (const arg of rest) {
      value = this.#arg(dot, arg, 'value');
      if (truth(value) === (name === 'or')) return value;
    }
    return final === MISSING ? value : final;
  }

  #invoke(
    dot: Value,
    fn: GoFunction,
    name: string,
    args: readonly ArgNode[],
    final: Final,
    at?: CommandNode | ArgNode,
  ): Value {
    const nodes = args.slice(1);
    const given = nodes.length + (final === MISSING ? 0 : 1);
    const fixed = fn.params.length;
    if (fn.rest ? given < fixed : given !== fixed) {
      const want = fn.rest ? `at least ${fixed}` : String(fixed);
      this.fail(`wrong number of args for ${name}: want ${want} got ${fn.rest ? nodes.length : given}`);
    }
    const typeAt = (i: number): ParamType => fn.params[i] ?? fn.rest ?? 'any';
    const values = nodes.map((node, i) => this.#arg(dot, node, typeAt(i)));
    if (final !== MISSING) values.push(this.#check(final, typeAt(nodes.length)));
    // the builtin call tells in its errors what was to be called
    if (name === 'call' && at) values.unshift(nodes[0] ? nodeText(nodes[0]) : '');
    try {
      return fn.call(values);
    } catch (error) {
      if (at) this.#node = at;
      return this.#functionFailed(name, error);
    }
  }

  #functionFailed(name: string, error: unknown): never {
    if (error instanceof FunctionError || error instanceof ExecError) {
      return this.fail(`error calling ${name}: ${error.message}`, error);
    }
    throw error;
  }

  #arg(dot: Value, node: ArgNode, type: ParamType): Value {
    this.#node = node;
    switch (node.type) {
      case 'dot':
        return this.#check(dot, type);
      case 'nil':
        if (type === 'value') return undefined;
        if (type === 'any' || type === 'map' || type === 'list') return null;
        return this.fail(`cannot assign nil to ${GO_TYPE[type]}`);
      case 'field':
        return this.#check(this.#fields(dot, dot, node.path, [node], MISSING, this.#dotBoxed), type);
      case 'variable':
        return this.#check(this.#variable(dot, node, [node], MISSING), type);
      case 'pipe':
        return this.#check(this.#pipeline(dot, node), type);
      case 'identifier':
        return this.#check(this.#function(dot, node, node, [node], MISSING), type);
      case 'chain':
        return this.#check(this.#chain(dot, node, [node], MISSING), type);
      default:
        return this.#constantArg(node, type);
    }
  }

  #constantArg(node: ArgNode, type: ParamType): Value {
    const value = constant(node);
    const fits: Record<ParamType, boolean> = {
      any: true,
      value: true,
      string: node.type === 'string',
      bool: node.type === 'bool',
      int: typeof value === 'bigint',
      float64: node.type === 'number',
      map: false,
      list: false,
      time: false,
    };
    // a constant such as 1e6 is as good as an integer
    if (type === 'int' && typeof value === 'number' && Number.isInteger(value)) return BigInt(value);
    if (fits[type]) return type === 'float64' ? Number(value) : value;
    if (type === 'map' || type === 'list' || type === 'time')
      return this.fail(`can't handle ${nodeText(node)} for arg of type ${GO_TYPE[type]}`);
    const wanted = { string: 'string', bool: 'bool', int: 'integer', float64: 'float', any: '', value: '' }[type];
    return this.fail(`expected ${wanted}; found ${nodeText(node)}`);
  }

  #check(value: Value, type: ParamType): Value {
    if (type === 'any' || type === 'value') return value;
    if (value === undefined) {
      if (type === 'map' || type === 'list') return null;
      return this.fail(`invalid value; expected ${GO_TYPE[type]}`);
    }
    if (fitsType(value, type)) return value;
    const got = value === null ? 'interface {}' : typeOf(value);
    return this.fail(`wrong type for value; expected ${GO_TYPE[type]}; got ${got}`);
  }
}

function constant(node: ArgNode): Value {
  if (node.type === 'bool' || node.type === 'number' || node.type === 'string') return node.value;
  throw new FunctionError(`can't evaluate command ${nodeText(node)}`);
}

/** Methods of chart values: `.Values.AsMap`, which a few charts call. */
function valuesMethod(map: GoMap, name: string): GoFunction | undefined {
  return name === 'AsMap' ? { params: [], call: () => map } : undefined;
}
