import { isMap, type Json } from '../../../kube/object.ts';
import { KubectlError } from '../errors.ts';
import { goJson, goValue, sortedKeys } from './json.ts';
import { type Action, PathError, type PathNode, parseTemplate } from './jsonpath-parser.ts';

const isNil = (value: Json): boolean => value === null || value === undefined;

function goType(value: Json): string {
  if (Array.isArray(value)) return '[]interface {}';
  if (typeof value === 'object') return 'map[string]interface {}';
  if (typeof value === 'number') return Number.isInteger(value) ? 'int64' : 'float64';
  return typeof value === 'boolean' ? 'bool' : 'string';
}

function children(value: Json): Json[] {
  if (Array.isArray(value)) return value;
  return isMap(value) ? sortedKeys(value).map((key) => value[key]) : [];
}

/** The value itself and all below it that hold something. */
function descend(value: Json): Json[] {
  const below = children(value);
  return below.length === 0 ? [] : [value, ...below.flatMap(descend)];
}

function sliced(value: Json, node: Extract<PathNode, { type: 'array' }>): Json[] {
  if (!Array.isArray(value)) throw new PathError(`${goType(value)} is not array or slice`);
  const { length } = value;
  let from = node.from ?? 0;
  let to = node.single ? from + 1 : (node.to ?? length);
  if (from < 0) from += length;
  if (to < 0 || (to === 0 && node.single)) to += length;
  if (from === to) return [];
  const outside = (index: number): never => {
    throw new PathError(`array index out of bounds: index ${index}, length ${length}`);
  };
  if (from >= length || from < 0) outside(from);
  if (to > length || to < 0) outside(to - 1);
  if (from > to) throw new PathError(`starting index ${from} is greater than ending index ${to}`);
  const step = node.step ?? 1;
  if (step <= 0) throw new PathError('step must be > 0');
  return value.slice(from, to).filter((_: Json, i: number) => i % step === 0);
}

type Basic = 'bool' | 'int' | 'float' | 'string';

function basic(value: Json, isFloat: boolean): Basic {
  if (typeof value === 'boolean') return 'bool';
  if (typeof value === 'string') return 'string';
  if (typeof value === 'number') return isFloat || !Number.isInteger(value) ? 'float' : 'int';
  throw new PathError('invalid type for comparison');
}

const COMPARE: Record<string, (a: Json, b: Json) => boolean> = {
  '==': (a, b) => a === b,
  '!=': (a, b) => a !== b,
  '<': (a, b) => a < b,
  '<=': (a, b) => a <= b,
  '>': (a, b) => a > b,
  '>=': (a, b) => a >= b,
};

/** One run over an object: `range` and `end` are commands that steer it. */
class Evaluation {
  #begins = 0;
  #ends = 0;
  #depth = 0;
  #lastEnd: Action | undefined;

  constructor(readonly missingOk: boolean) {}

  /** The values that each action finds. */
  results(data: Json, actions: Action[]): Json[][] {
    const all: Json[][] = [];
    for (let i = 0; i < actions.length; i++) {
      const action = actions[i]!;
      const found = typeof action === 'string' ? [action] : this.#walk([data], action);
      if (this.#ends > 0 && this.#ends <= this.#depth) {
        this.#ends--;
        this.#lastEnd = action;
        break;
      }
      if (this.#begins === 0) {
        all.push(found);
        continue;
      }
      this.#begins--;
      this.#depth++;
      const rest = actions.slice(i + 1);
      for (const value of found) all.push(...this.results(value, rest));
      // without a value the block is still passed through, to find its end
      if (found.length === 0) this.results(undefined, rest);
      this.#depth--;
      const end = actions.findIndex((one, k) => k > i && one === this.#lastEnd);
      if (end > i) i = end;
    }
    return all;
  }

  #walk(start: Json[], nodes: PathNode[]): Json[] {
    return nodes.reduce((input, node) => this.#node(input, node), start);
  }

  #node(input: Json[], node: PathNode): Json[] {
    const full = input.filter((value) => !isNil(value));
    switch (node.type) {
      case 'text':
        return [node.text];
      case 'number':
      case 'bool':
        return input.map(() => node.value);
      case 'identifier':
        return this.#command(input, node.name);
      case 'field':
        return this.#field(input, node.name);
      case 'wildcard':
        return full.flatMap(children);
      case 'recursive':
        return full.flatMap(descend);
      case 'array':
        return full.flatMap((value) => sliced(value, node));
      case 'union':
        return node.lists.flatMap((list) => this.#walk(input, list));
      default:
        return input.flatMap((value) => this.#filter(value, node));
    }
  }

  #command(input: Json[], name: string): Json[] {
    if (name === 'range') this.#begins++;
    else if (name !== 'end') throw new PathError(`unrecognized identifier ${name}`);
    else if (this.#depth === 0) throw new PathError('not in range, nothing to end');
    else this.#ends++;
    return name === 'range' ? input : [];
  }

  #field(input: Json[], name: string): Json[] {
    const found = input.filter((value) => isMap(value) && Object.hasOwn(value, name)).map((value) => value[name]);
    if (found.length === 0 && input.length > 0 && !this.missingOk) throw new PathError(`${name} is not found`);
    return found;
  }

  #filter(value: Json, { left, right, operator }: Extract<PathNode, { type: 'filter' }>): Json[] {
    if (!Array.isArray(value)) throw new PathError(`${goValue(value)} is not array or slice and cannot be filtered`);
    return value.filter((item) => {
      if (operator === 'exists') return this.#walk([item], left).length > 0;
      const [lefts, rights] = [this.#walk([item], left), this.#walk([item], right)];
      if (lefts.length === 0) return false;
      if (lefts.length > 1 || rights.length > 1) throw new PathError('can only compare one element at a time');
      if (rights.length === 0) return false;
      const compare = COMPARE[operator];
      if (!compare) throw new PathError(`unrecognized filter operator ${operator}`);
      if (basic(lefts[0], isFloat(left)) !== basic(rights[0], isFloat(right)))
        throw new PathError('incompatible types for comparison');
      return compare(lefts[0], rights[0]);
    });
  }
}

const isFloat = (nodes: PathNode[]): boolean => {
  const last = nodes.at(-1);
  return last?.type === 'number' && last.isFloat;
};

/** A value the way kubectl's jsonpath prints it: maps and lists as JSON. */
export function valueText(value: Json): string {
  if (isNil(value)) return 'null';
  return typeof value === 'object' ? goJson(value) : String(value);
}

/** Go's `%#v` of decoded JSON: kubectl prints it when a template fails. */
export function goSyntax(value: Json): string {
  if (isNil(value)) return 'interface {}(nil)';
  if (typeof value === 'string') return JSON.stringify(value);
  if (Array.isArray(value)) return `[]interface {}{${value.map(goSyntax).join(', ')}}`;
  if (typeof value === 'object')
    return `map[string]interface {}{${sortedKeys(value)
      .map((key) => `${JSON.stringify(key)}:${goSyntax(value[key])}`)
      .join(', ')}}`;
  return String(value);
}

/** Compiles a kubectl jsonpath template; errors are kubectl's texts. `asJson`: each action's finds as a JSON list. */
export function jsonPath(template: string, missingOk = true, asJson = false): (value: Json) => string {
  let actions: Action[];
  try {
    actions = parseTemplate(template);
  } catch (error) {
    if (!(error instanceof PathError)) throw error;
    throw new KubectlError(`error parsing jsonpath ${template}, ${error.message}`);
  }
  const print = (found: Json[]): string => (asJson ? `${goJson(found, 4)}\n` : found.map(valueText).join(' '));
  return (value) => {
    try {
      return new Evaluation(missingOk).results(value, actions).map(print).join('');
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
  if (expression === '') return '';
  const match = /^\{\.?([^{}]+)\}$|^\.?([^{}]+)$/.exec(expression);
  if (!match)
    throw new KubectlError(
      `unexpected path string, expected a 'name1.name2' or '.name1.name2' or '{name1.name2}' or '{.name1.name2}'`,
    );
  return `{.${match[1] ?? match[2] ?? ''}}`;
}

/** All values that one path finds; used by wait, sort-by and custom-columns. */
export function findPath(expression: string, value: Json): Json[] {
  try {
    return new Evaluation(true).results(value, parseTemplate(relaxedPath(expression))).flat();
  } catch (error) {
    if (error instanceof PathError) throw new KubectlError(error.message);
    throw error;
  }
}
