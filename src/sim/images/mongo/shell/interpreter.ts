import type * as acorn from 'acorn';
import { limits } from '../../../../core/limits.ts';
import type { Task } from '../../../process/task.ts';
import { ITERATION, iterate } from './iteration.ts';
import { binary, typeError } from './operators.ts';
import { HostFunction, isHostObject, ScriptError, ShellErrorValue } from './values.ts';

type Node = acorn.AnyNode;

/** Names that would lead out of the script into this process. */
const FORBIDDEN = new Set([
  'constructor',
  '__proto__',
  'prototype',
  '__defineGetter__',
  '__defineSetter__',
  'caller',
  'callee',
]);

export class Scope {
  readonly vars = new Map<string, unknown>();
  constructor(readonly parent?: Scope) {}

  lookup(name: string): Scope | undefined {
    for (let s: Scope | undefined = this; s; s = s.parent) if (s.vars.has(name)) return s;
    return undefined;
  }
}

class Closure {
  constructor(
    readonly params: readonly Node[],
    readonly body: Node,
    readonly scope: Scope,
  ) {}
}

class Return {
  constructor(readonly value: unknown) {}
}
const BREAK = Symbol('break');
const CONTINUE = Symbol('continue');

/** A tree-walking interpreter of the JavaScript that people write in a mongo shell. It reaches nothing but its scope. */
export class Interpreter {
  #steps = 0;

  constructor(readonly global: Scope) {}

  /** Runs the statements; the value of the last expression statement. */
  *program(body: readonly Node[], scope = this.global): Task<unknown> {
    this.#hoist(body, scope);
    let last: unknown;
    for (const statement of body) {
      const value = yield* this.statement(statement, scope);
      if (value instanceof Return) return value.value;
      if (statement.type === 'ExpressionStatement') last = value;
    }
    return last;
  }

  #hoist(body: readonly Node[], scope: Scope): void {
    for (const node of body) {
      if (node.type === 'FunctionDeclaration' && node.id)
        scope.vars.set(node.id.name, new Closure(node.params, node.body, scope));
    }
  }

  *#block(body: readonly Node[], scope: Scope): Task<unknown> {
    this.#hoist(body, scope);
    for (const statement of body) {
      const value = yield* this.statement(statement, scope);
      if (value instanceof Return || value === BREAK || value === CONTINUE) return value;
    }
    return undefined;
  }

  *statement(node: Node, scope: Scope): Task<unknown> {
    if (++this.#steps > limits.containerShellStepsMax)
      throw new ScriptError(new ShellErrorValue('InternalError', 'too much recursion'));
    switch (node.type) {
      case 'ExpressionStatement':
        return yield* this.eval(node.expression, scope);
      case 'VariableDeclaration':
        for (const d of node.declarations) {
          const value = d.init ? yield* this.eval(d.init, scope) : undefined;
          this.#bind(d.id, value, scope);
        }
        return undefined;
      case 'FunctionDeclaration':
      case 'EmptyStatement':
        return undefined;
      case 'BlockStatement':
        return yield* this.#block(node.body, new Scope(scope));
      case 'IfStatement':
        if (yield* this.eval(node.test, scope)) return this.#control(yield* this.statement(node.consequent, scope));
        return node.alternate ? this.#control(yield* this.statement(node.alternate, scope)) : undefined;
      case 'ReturnStatement':
        return new Return(node.argument ? yield* this.eval(node.argument, scope) : undefined);
      case 'BreakStatement':
        return BREAK;
      case 'ContinueStatement':
        return CONTINUE;
      case 'ThrowStatement':
        throw new ScriptError(yield* this.eval(node.argument, scope));
      case 'TryStatement':
        return yield* this.#try(node, scope);
      case 'SwitchStatement':
        return yield* this.#switch(node, new Scope(scope));
      default:
        return yield* this.#loop(node, scope);
    }
  }

  #control(value: unknown): unknown {
    return value instanceof Return || value === BREAK || value === CONTINUE ? value : undefined;
  }

  *#try(node: acorn.TryStatement, scope: Scope): Task<unknown> {
    try {
      return this.#control(yield* this.statement(node.block, scope));
    } catch (error) {
      if (!(error instanceof ScriptError) || !node.handler) throw error;
      const inner = new Scope(scope);
      if (node.handler.param) this.#bind(node.handler.param, error.value, inner);
      return this.#control(yield* this.#block(node.handler.body.body, inner));
    } finally {
      if (node.finalizer) yield* this.statement(node.finalizer, scope);
    }
  }

  *#switch(node: acorn.SwitchStatement, scope: Scope): Task<unknown> {
    const value = yield* this.eval(node.discriminant, scope);
    let from = -1;
    for (const [i, { test }] of node.cases.entries()) {
      if (from < 0 && test && (yield* this.eval(test, scope)) === value) from = i;
    }
    if (from < 0) from = node.cases.findIndex(({ test }) => !test);
    for (const { consequent } of from < 0 ? [] : node.cases.slice(from)) {
      const result = yield* this.#block(consequent, scope);
      if (result === BREAK) return undefined;
      if (result instanceof Return || result === CONTINUE) return result;
    }
    return undefined;
  }

  *#loop(node: Node, outer: Scope): Task<unknown> {
    const scope = new Scope(outer);
    if (node.type === 'ForStatement') {
      if (node.init) yield* this.#init(node.init, scope);
      while (!node.test || (yield* this.eval(node.test, scope))) {
        const value = yield* this.statement(node.body, scope);
        if (value === BREAK) return undefined;
        if (value instanceof Return) return value;
        if (node.update) yield* this.eval(node.update, scope);
      }
      return undefined;
    }
    if (node.type === 'WhileStatement' || node.type === 'DoWhileStatement') {
      if (node.type === 'WhileStatement' && !(yield* this.eval(node.test, scope))) return undefined;
      do {
        const value = yield* this.statement(node.body, scope);
        if (value === BREAK) return undefined;
        if (value instanceof Return) return value;
      } while (yield* this.eval(node.test, scope));
      return undefined;
    }
    if (node.type === 'ForInStatement' || node.type === 'ForOfStatement') {
      const target = yield* this.eval(node.right, scope);
      const items = node.type === 'ForInStatement' ? Object.keys(Object(target)) : [...(target as Iterable<unknown>)];
      for (const item of items) {
        const inner = new Scope(scope);
        const pattern =
          node.left.type === 'VariableDeclaration'
            ? (node.left.declarations[0] as acorn.VariableDeclarator).id
            : node.left;
        this.#bind(pattern as Node, item, inner);
        const value = yield* this.statement(node.body, inner);
        if (value === BREAK) break;
        if (value instanceof Return) return value;
      }
      return undefined;
    }
    throw new ScriptError(new ShellErrorValue('SyntaxError', `${node.type} is not supported by this shell`));
  }

  *#init(node: Node, scope: Scope): Task<void> {
    if (node.type === 'VariableDeclaration') yield* this.statement(node, scope);
    else yield* this.eval(node, scope);
  }

  #bind(pattern: Node, value: unknown, scope: Scope): void {
    if (pattern.type === 'Identifier') scope.vars.set(pattern.name, value);
    else if (pattern.type === 'ObjectPattern') {
      for (const p of pattern.properties) {
        if (p.type === 'Property' && p.key.type === 'Identifier')
          this.#bind(p.value, this.member(value, p.key.name), scope);
      }
    } else if (pattern.type === 'ArrayPattern') {
      pattern.elements.forEach((e, i) => {
        if (e) this.#bind(e, (value as unknown[])[i], scope);
      });
    } else throw new ScriptError(new ShellErrorValue('SyntaxError', `${pattern.type} is not supported by this shell`));
  }

  *eval(node: Node, scope: Scope): Task<unknown> {
    if (++this.#steps > limits.containerShellStepsMax)
      throw new ScriptError(new ShellErrorValue('InternalError', 'script ran too long'));
    switch (node.type) {
      case 'Literal':
        return 'regex' in node && node.regex ? new RegExp(node.regex.pattern, node.regex.flags) : node.value;
      case 'Identifier':
        return this.#variable(node.name, scope);
      case 'TemplateLiteral': {
        let text = node.quasis[0]?.value.cooked ?? '';
        for (const [i, e] of node.expressions.entries()) {
          text += `${yield* this.eval(e, scope)}${node.quasis[i + 1]?.value.cooked ?? ''}`;
        }
        return text;
      }
      case 'ArrayExpression': {
        const out: unknown[] = [];
        for (const e of node.elements) {
          if (e?.type === 'SpreadElement') out.push(...((yield* this.eval(e.argument, scope)) as unknown[]));
          else out.push(e ? yield* this.eval(e, scope) : undefined);
        }
        return out;
      }
      case 'ObjectExpression':
        return yield* this.#object(node, scope);
      case 'FunctionExpression':
      case 'ArrowFunctionExpression':
        return new Closure(node.params, node.body, scope);
      case 'UnaryExpression':
        return yield* this.#unary(node, scope);
      case 'BinaryExpression':
        return binary(node.operator, yield* this.eval(node.left, scope), yield* this.eval(node.right, scope));
      case 'LogicalExpression': {
        const left = yield* this.eval(node.left, scope);
        if (node.operator === '&&' ? !left : node.operator === '||' ? left : left !== null && left !== undefined)
          return left;
        return yield* this.eval(node.right, scope);
      }
      case 'ConditionalExpression':
        return yield* this.eval((yield* this.eval(node.test, scope)) ? node.consequent : node.alternate, scope);
      case 'SequenceExpression': {
        let value: unknown;
        for (const e of node.expressions) value = yield* this.eval(e, scope);
        return value;
      }
      case 'AssignmentExpression':
      case 'UpdateExpression':
        return yield* this.#assign(node, scope);
      case 'MemberExpression':
        return this.member(yield* this.eval(node.object, scope), yield* this.#key(node, scope), node.optional);
      case 'ChainExpression':
        return yield* this.eval(node.expression, scope);
      case 'CallExpression':
        return yield* this.#call(node, scope);
      case 'NewExpression': {
        const made = yield* this.eval(node.callee, scope);
        return yield* this.apply(made, yield* this.#args(node.arguments, scope), undefined, 'constructor');
      }
      case 'ThisExpression':
        return scope.lookup('this')?.vars.get('this');
      default:
        throw new ScriptError(new ShellErrorValue('SyntaxError', `${node.type} is not supported by this shell`));
    }
  }

  #variable(name: string, scope: Scope): unknown {
    if (name === 'undefined') return undefined;
    const found = scope.lookup(name);
    if (!found) throw new ScriptError(new ShellErrorValue('ReferenceError', `${name} is not defined`));
    return found.vars.get(name);
  }

  *#object(node: acorn.ObjectExpression, scope: Scope): Task<unknown> {
    const out: Record<string, unknown> = {};
    for (const p of node.properties) {
      if (p.type === 'SpreadElement') Object.assign(out, yield* this.eval(p.argument, scope));
      else {
        const key = p.computed
          ? yield* this.eval(p.key, scope)
          : p.key.type === 'Identifier'
            ? p.key.name
            : (p.key as acorn.Literal).value;
        if (!FORBIDDEN.has(String(key))) out[String(key)] = yield* this.eval(p.value, scope);
      }
    }
    return out;
  }

  *#unary(node: acorn.UnaryExpression, scope: Scope): Task<unknown> {
    if (node.operator === 'typeof') {
      if (node.argument.type === 'Identifier' && !scope.lookup(node.argument.name)) return 'undefined';
      const value = yield* this.eval(node.argument, scope);
      return value instanceof Closure || value instanceof HostFunction ? 'function' : typeof value;
    }
    if (node.operator === 'delete' && node.argument.type === 'MemberExpression') {
      const target = (yield* this.eval(node.argument.object, scope)) as Record<string, unknown>;
      return delete target[yield* this.#key(node.argument, scope)];
    }
    const value = yield* this.eval(node.argument, scope);
    switch (node.operator) {
      case '!':
        return !value;
      case '-':
        return -(value as number);
      case '+':
        return Number(value);
      case '~':
        return ~(value as number);
      default:
        return undefined;
    }
  }

  *#assign(node: acorn.AssignmentExpression | acorn.UpdateExpression, scope: Scope): Task<unknown> {
    const target = node.type === 'AssignmentExpression' ? node.left : node.argument;
    const change = function* (this: Interpreter, old: () => unknown): Task<[unknown, unknown]> {
      if (node.type === 'UpdateExpression') {
        const before = Number(old());
        const after = node.operator === '++' ? before + 1 : before - 1;
        return [after, node.prefix ? after : before];
      }
      const value = yield* this.eval(node.right, scope);
      const result = node.operator === '=' ? value : binary(node.operator.slice(0, -1), old(), value);
      return [result, result];
    };
    if (target.type === 'Identifier') {
      const [value, result] = yield* change.call(this, () => this.#variable(target.name, scope));
      (scope.lookup(target.name) ?? this.global).vars.set(target.name, value);
      return result;
    }
    if (target.type !== 'MemberExpression') throw typeError('invalid assignment left-hand side');
    const object = yield* this.eval(target.object as Node, scope);
    const key = yield* this.#key(target, scope);
    const [value, result] = yield* change.call(this, () => this.member(object, key));
    if (object === null || typeof object !== 'object' || FORBIDDEN.has(key))
      throw typeError(`can't assign to property "${key}"`);
    (object as Record<string, unknown>)[key] = value;
    return result;
  }

  *#key(node: acorn.MemberExpression, scope: Scope): Task<string> {
    if (node.computed) return String(yield* this.eval(node.property, scope));
    return (node.property as acorn.Identifier).name;
  }

  member(object: unknown, key: string, optional = false): unknown {
    if (object === null || object === undefined) {
      if (optional) return undefined;
      throw typeError(`${object === null ? 'null' : 'undefined'} has no properties`);
    }
    if (FORBIDDEN.has(key)) return undefined;
    if (isHostObject(object)) return object.member(key);
    if (object instanceof Closure || object instanceof HostFunction) return undefined;
    return (object as Record<string, unknown>)[key];
  }

  *#args(nodes: readonly Node[], scope: Scope): Task<unknown[]> {
    const out: unknown[] = [];
    for (const node of nodes) {
      if (node.type === 'SpreadElement') out.push(...((yield* this.eval(node.argument, scope)) as unknown[]));
      else out.push(yield* this.eval(node, scope));
    }
    return out;
  }

  *#call(node: acorn.CallExpression, scope: Scope): Task<unknown> {
    const { callee } = node;
    if (callee.type !== 'MemberExpression') {
      const fn = yield* this.eval(callee, scope);
      return yield* this.apply(fn, yield* this.#args(node.arguments, scope), undefined, nameOf(callee));
    }
    const self = yield* this.eval(callee.object as Node, scope);
    const key = yield* this.#key(callee, scope);
    const args = yield* this.#args(node.arguments, scope);
    if (Array.isArray(self) && ITERATION.has(key))
      return yield* iterate(self, key, args[0] !== undefined, args[1], (a) =>
        this.apply(args[0], a, undefined, 'callback'),
      );
    return yield* this.apply(this.member(self, key), args, self, nameOf(callee));
  }

  /** Calls a function of the script, of the shell, or a method of a plain value. */
  *apply(fn: unknown, args: unknown[], self: unknown, name: string): Task<unknown> {
    if (fn instanceof HostFunction) return yield* fn.call(args, self);
    if (fn instanceof Closure) {
      const scope = new Scope(fn.scope);
      scope.vars.set('this', self);
      scope.vars.set('arguments', args);
      for (const [i, p] of fn.params.entries()) {
        if (p.type === 'RestElement') this.#bind(p.argument as Node, args.slice(i), scope);
        else if (p.type === 'AssignmentPattern')
          this.#bind(p.left as Node, args[i] === undefined ? yield* this.eval(p.right, scope) : args[i], scope);
        else this.#bind(p, args[i], scope);
      }
      if (fn.body.type !== 'BlockStatement') return yield* this.eval(fn.body, scope);
      const result = yield* this.#block(fn.body.body, scope);
      return result instanceof Return ? result.value : undefined;
    }
    if (typeof fn === 'function' && self !== undefined && !args.some((a) => a instanceof Closure)) {
      return (fn as (...a: unknown[]) => unknown).apply(self, args);
    }
    throw typeError(`${name} is not a function`);
  }
}

function nameOf(node: Node): string {
  if (node.type === 'Identifier') return node.name;
  if (node.type !== 'MemberExpression') return '(intermediate value)';
  const property = node.property.type === 'Identifier' ? node.property.name : '[…]';
  return `${nameOf(node.object as Node)}.${property}`;
}
