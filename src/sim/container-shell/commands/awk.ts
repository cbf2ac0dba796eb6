import { limits } from '../../../core/limits.ts';
import type { Task } from '../../process/task.ts';
import { type Command, getopt, inputs, lines, value } from '../command.ts';
import { formatPrintf, unescapeText } from '../printf.ts';
import { safeRegExp } from '../regex.ts';
import { type AwkExpr, type AwkRule, type AwkStatement, parseAwk } from './awk-parse.ts';
import { arithmetic, compare, number, splitFields, text, truth, type Value } from './awk-values.ts';

class Next extends Error {}
class Exit extends Error {
  constructor(readonly code: number) {
    super('exit');
  }
}

/** awk for what people type: patterns, fields, print, printf, if, for, while, arrays, the usual functions. */
function* awk(ctx: Parameters<Command>[0]): ReturnType<Command> {
  const options = getopt(ctx.args, 'F:v:f:', {}, true);
  const file = value(options, 'f');
  const source = file === undefined ? (options.rest.shift() ?? '') : ctx.os.fs.read(ctx.path(file));
  const machine = new Awk(
    parseAwk(source),
    (text) => ctx.out(text),
    (us) => charge(ctx, us),
  );
  const separator = value(options, 'F');
  if (separator !== undefined) machine.vars.set('FS', separator === 't' ? '\t' : unescapeText(separator).text);
  for (const setting of options.values.get('v') ?? []) {
    const at = setting.indexOf('=');
    machine.vars.set(setting.slice(0, at), unescapeText(setting.slice(at + 1)).text);
  }
  const failed = { code: 0 };
  let code: number | undefined;
  try {
    yield* machine.begin();
    if (machine.reads)
      for (const { name, text } of yield* inputs(ctx, options.rest, failed)) yield* machine.records(name, lines(text));
  } catch (error) {
    if (!(error instanceof Exit)) throw error;
    code = error.code;
  }
  try {
    yield* machine.end();
  } catch (error) {
    if (!(error instanceof Exit)) throw error;
    code = error.code;
  }
  return code ?? failed.code;
}

/** CPU time of one round of a loop, µs. Rounds past the limit cost so much that a loop without end does not hold up the world. */
const ROUND_US = 1;
const RUNAWAY_ROUND_US = 50_000;
/** How far the process may run ahead of the world before it really waits. */
const SLICE_US = 20_000;

function* charge(ctx: Parameters<Command>[0], us: number): Task<void> {
  const { th, os } = ctx;
  os.useCpu(us);
  th.spend(us);
  if (th.nowUs - th.world.nowUs > SLICE_US) yield* th.sync();
}

class Awk {
  readonly vars = new Map<string, Value>([
    ['FS', ' '],
    ['OFS', ' '],
    ['ORS', '\n'],
    ['NR', 0],
    ['NF', 0],
  ]);
  readonly #arrays = new Map<string, Map<string, Value>>();
  #record = '';
  #fields: string[] = [];
  #rounds = 0;

  constructor(
    readonly rules: AwkRule[],
    readonly out: (text: string) => void,
    readonly charge: (us: number) => Task<void>,
  ) {}

  get reads(): boolean {
    return this.rules.some((rule) => rule.when !== 'BEGIN');
  }

  *begin(): Task<void> {
    for (const rule of this.rules) if (rule.when === 'BEGIN') yield* this.#run(rule.body);
  }

  *end(): Task<void> {
    for (const rule of this.rules) if (rule.when === 'END') yield* this.#run(rule.body);
  }

  *records(name: string, records: string[]): Task<void> {
    this.vars.set('FILENAME', name === '-' ? '' : name);
    for (const [i, record] of records.entries()) {
      this.vars.set('NR', number(this.vars.get('NR') ?? 0) + 1);
      this.vars.set('FNR', i + 1);
      this.#setRecord(record);
      try {
        for (const rule of this.rules) {
          if (rule.when === 'BEGIN' || rule.when === 'END') continue;
          if (rule.when === undefined || truth(this.#eval(rule.when))) yield* this.#run(rule.body);
        }
      } catch (error) {
        if (!(error instanceof Next)) throw error;
      }
    }
  }

  #setRecord(record: string): void {
    this.#record = record;
    this.#fields = splitFields(record, text(this.vars.get('FS') ?? ' '));
    this.vars.set('NF', this.#fields.length);
  }

  #setField(index: number, content: string): void {
    if (index === 0) {
      this.#setRecord(content);
      return;
    }
    while (this.#fields.length < index) this.#fields.push('');
    this.#fields[index - 1] = content;
    this.vars.set('NF', this.#fields.length);
    this.#record = this.#fields.join(text(this.vars.get('OFS') ?? ' '));
  }

  *#run(statement: AwkStatement): Task<void> {
    switch (statement.type) {
      case 'block':
        for (const inner of statement.body) yield* this.#run(inner);
        break;
      case 'print':
        this.out(
          (statement.args.length === 0
            ? this.#record
            : statement.args.map((arg) => text(this.#eval(arg))).join(text(this.vars.get('OFS') ?? ' '))) +
            text(this.vars.get('ORS') ?? '\n'),
        );
        break;
      case 'printf': {
        const [format = '', ...args] = statement.args.map((arg) => text(this.#eval(arg)));
        this.out(formatPrintf(format, args).text);
        break;
      }
      case 'if':
        if (truth(this.#eval(statement.test))) yield* this.#run(statement.then);
        else if (statement.otherwise) yield* this.#run(statement.otherwise);
        break;
      case 'loop':
        if (statement.init) yield* this.#run(statement.init);
        while (truth(this.#eval(statement.test))) {
          yield* this.charge(++this.#rounds > limits.containerShellStepsMax ? RUNAWAY_ROUND_US : ROUND_US);
          yield* this.#run(statement.body);
          if (statement.step) yield* this.#run(statement.step);
        }
        break;
      case 'forin':
        for (const key of [...this.#array(statement.array).keys()]) {
          this.vars.set(statement.name, key);
          yield* this.#run(statement.body);
        }
        break;
      case 'delete':
        if (statement.key) this.#array(statement.array).delete(text(this.#eval(statement.key)));
        else this.#array(statement.array).clear();
        break;
      case 'next':
        throw new Next();
      case 'exit':
        throw new Exit(statement.code ? number(this.#eval(statement.code)) : 0);
      default:
        this.#eval(statement.expr);
    }
  }

  #array(name: string): Map<string, Value> {
    const known = this.#arrays.get(name) ?? new Map<string, Value>();
    this.#arrays.set(name, known);
    return known;
  }

  #eval(node: AwkExpr): Value {
    switch (node.type) {
      case 'number':
      case 'string':
        return node.value;
      case 'regex':
        return safeRegExp(node.source).test(this.#record) ? 1 : 0;
      case 'field': {
        const index = number(this.#eval(node.index));
        return index === 0 ? this.#record : (this.#fields[index - 1] ?? '');
      }
      case 'name':
        return this.vars.get(node.name) ?? '';
      case 'element': {
        const key = node.keys.map((part) => text(this.#eval(part))).join('\x1c');
        return this.#array(node.array).get(key) ?? '';
      }
      case 'in':
        return this.#array(node.array).has(text(this.#eval(node.key))) ? 1 : 0;
      case 'assign':
        return this.#assign(
          node.target,
          node.operator === '='
            ? this.#eval(node.value)
            : arithmetic(node.operator.slice(0, -1), number(this.#eval(node.target)), number(this.#eval(node.value))),
        );
      case 'step': {
        const old = number(this.#eval(node.target));
        this.#assign(node.target, old + node.by);
        return node.prefix ? old + node.by : old;
      }
      case 'unary':
        return node.operator === '!' ? (truth(this.#eval(node.operand)) ? 0 : 1) : -number(this.#eval(node.operand));
      case 'ternary':
        return this.#eval(truth(this.#eval(node.test)) ? node.then : node.otherwise);
      case 'binary':
        return this.#binary(node);
      case 'call':
        return this.#call(node.name, node.args);
    }
  }

  #assign(target: AwkExpr, content: Value): Value {
    if (target.type === 'name') this.vars.set(target.name, content);
    else if (target.type === 'field') this.#setField(number(this.#eval(target.index)), text(content));
    else if (target.type === 'element')
      this.#array(target.array).set(target.keys.map((part) => text(this.#eval(part))).join('\x1c'), content);
    return content;
  }

  #binary(node: Extract<AwkExpr, { type: 'binary' }>): Value {
    const { operator } = node;
    if (operator === '&&') return truth(this.#eval(node.left)) && truth(this.#eval(node.right)) ? 1 : 0;
    if (operator === '||') return truth(this.#eval(node.left)) || truth(this.#eval(node.right)) ? 1 : 0;
    const left = this.#eval(node.left);
    if (operator === '~' || operator === '!~')
      return this.#regex(node.right).test(text(left)) === (operator === '~') ? 1 : 0;
    const right = this.#eval(node.right);
    if (operator === ' ') return text(left) + text(right);
    if (['<', '<=', '>', '>=', '==', '!='].includes(operator))
      return compare(operator, left, right, node.left.type === 'string' || node.right.type === 'string') ? 1 : 0;
    return arithmetic(operator, number(left), number(right));
  }

  #regex(node: AwkExpr, flags = ''): RegExp {
    return safeRegExp(node.type === 'regex' ? node.source : text(this.#eval(node)), flags);
  }

  #call(name: string, args: AwkExpr[]): Value {
    const at = (i: number): Value => (args[i] ? this.#eval(args[i]) : '');
    switch (name) {
      case 'length':
        if (args[0]?.type === 'name' && this.#arrays.has(args[0].name)) return this.#array(args[0].name).size;
        return (args[0] ? text(at(0)) : this.#record).length;
      case 'substr': {
        const start = Math.round(number(at(1)));
        return text(at(0)).slice(
          Math.max(0, start - 1),
          args[2] ? Math.max(0, start - 1 + Math.round(number(at(2)))) : undefined,
        );
      }
      case 'index':
        return text(at(0)).indexOf(text(at(1))) + 1;
      case 'split': {
        const parts = splitFields(
          text(at(0)),
          args[2] ? (args[2].type === 'regex' ? args[2].source : text(at(2))) : text(this.vars.get('FS') ?? ' '),
        );
        const target = args[1];
        if (target?.type === 'name')
          this.#arrays.set(target.name, new Map(parts.map((part, i) => [String(i + 1), part])));
        return parts.length;
      }
      case 'sub':
      case 'gsub': {
        const target: AwkExpr = args[2] ?? { type: 'field', index: { type: 'number', value: 0 } };
        let count = 0;
        const replaced = text(this.#eval(target)).replace(
          this.#regex(args[0] as AwkExpr, name === 'gsub' ? 'g' : ''),
          (found: string) => {
            count++;
            return text(at(1)).replace(/\\&|&/g, (token) => (token === '&' ? found : '&'));
          },
        );
        if (count > 0) this.#assign(target, replaced);
        return count;
      }
      case 'match': {
        const found = this.#regex(args[1] as AwkExpr).exec(text(at(0)));
        this.vars.set('RSTART', found ? found.index + 1 : 0);
        this.vars.set('RLENGTH', found ? found[0].length : -1);
        return found ? found.index + 1 : 0;
      }
      case 'tolower':
        return text(at(0)).toLowerCase();
      case 'toupper':
        return text(at(0)).toUpperCase();
      case 'int':
        return Math.trunc(number(at(0)));
      case 'sqrt':
        return Math.sqrt(number(at(0)));
      default:
        return formatPrintf(
          text(at(0)),
          args.slice(1).map((arg) => text(this.#eval(arg))),
        ).text;
    }
  }
}

export const awkCommands: Record<string, Command> = { awk };
