import { UserError } from '../core/errors.ts';
import type { Json } from './chart.ts';
import { parseGoJson, parseGoJsonAs } from './functions/go-json.ts';
import { fail } from './functions/table.ts';
import { quote } from './template/format.ts';
import { FunctionError, fromJson, Int64, toJson, typeOf } from './template/value.ts';
import { isTable } from './values.ts';

type Leaf = (text: string) => unknown;

const prefixed = (flag: string, work: () => void): void => {
  try {
    work();
  } catch (error) {
    throw error instanceof FunctionError || error instanceof UserError
      ? new UserError('INVALID_ARGUMENT', `failed parsing --${flag} data: ${error.message}`)
      : error;
  }
};

/** Applies one `--set` argument (`a.b=1,c[0]=x,d={1,2}`) to `values`, in place. Throws UserError in Helm's words. */
export function applySet(values: Json, argument: string): void {
  prefixed('set', () => new SetParser(argument, typed).into(values));
}

/** `--set-string`: every leaf is a string. */
export function applySetString(values: Json, argument: string): void {
  prefixed('set-string', () => new SetParser(argument, (text) => text).into(values));
}

/** `--set-file key=path`: the leaf is the file's text. */
export function applySetFile(values: Json, argument: string, read: (path: string) => string): void {
  prefixed('set-file', () => new SetParser(argument, (text) => read(text)).into(values));
}

/** `--set-literal key=text`: all that follows the first `=` is one text. */
export function applySetLiteral(values: Json, argument: string): void {
  prefixed('set-literal', () => {
    const at = argument.indexOf('=');
    if (at < 0) fail(argument === '' ? 'EOF' : `key ${quote(argument)} has no value`);
    new SetParser(`${argument.slice(0, at)}=x`, () => argument.slice(at + 1)).into(values);
  });
}

/** `--set-json`: either one JSON object or `key=<json>,…`; an object is returned to be merged over the values. */
export function applySetJson(values: Json, argument: string): Json | undefined {
  const trimmed = argument.trim();
  try {
    if (trimmed.startsWith('{')) return toJson(parseGoJsonAs(trimmed, 'map') ?? null) as Json;
    new SetParser(argument, typed, true).into(values);
    return undefined;
  } catch (error) {
    if (!(error instanceof FunctionError)) throw error;
    const what = trimmed.startsWith('{') ? 'data JSON:' : 'data';
    throw new UserError('INVALID_ARGUMENT', `failed parsing --set-json ${what} ${argument}`);
  }
}

/** strvals' typedVal. */
function typed(text: string): unknown {
  if (text.toLowerCase() === 'true') return true;
  if (text.toLowerCase() === 'false') return false;
  if (text.toLowerCase() === 'null') return null;
  if (text === '0') return new Int64(0n);
  if (/^[-+]?[1-9][0-9]*$/.test(text)) {
    const number = BigInt(text.replace(/^\+/, ''));
    if (BigInt.asIntN(64, number) === number) return new Int64(number);
  }
  return text;
}

const INDEX_MAX = 65536;

const NESTED_MAX = 30;

class SetParser {
  #at = 0;
  constructor(
    readonly source: string,
    readonly leaf: Leaf,
    readonly json = false,
  ) {}

  into(values: Json): void {
    while (this.#at < this.source.length) this.#key(values, 0);
  }

  /** Text up to one of `stops`; a backslash escapes. */
  #until(stops: string): { text: string; stop: string } {
    let text = '';
    while (this.#at < this.source.length) {
      const ch = this.source[this.#at++] ?? '';
      if (ch === '\\') text += this.source[this.#at++] ?? '';
      else if (stops.includes(ch)) return { text, stop: ch };
      else text += ch;
    }
    return { text, stop: '' };
  }

  #set(table: Json, key: string, value: unknown): void {
    if (key === '__proto__') fail('key "__proto__" is not supported');
    if (key !== '') table[key] = value;
  }

  #key(table: Json, depth: number): void {
    const { text: key, stop } = this.#until('.[=,');
    if (stop === '') {
      if (key !== '') fail(`key ${quote(key)} has no value`);
      return;
    }
    if (stop === ',') {
      this.#set(table, key, '');
      fail(`key ${quote(key)} has no value (cannot end with ,)`);
    }
    if (stop === '.') this.#nested(table, key, depth + 1);
    else if (stop === '=') this.#set(table, key, this.#value());
    else {
      const index = this.#index();
      const old = table[key];
      if (old !== undefined && !Array.isArray(old)) {
        fail(
          `unable to parse key: interface conversion: interface {} is ${typeOf(fromJson(old)).replace('<nil>', 'nil')}, not []interface {}`,
        );
      }
      this.#set(table, key, this.#listItem((old as unknown[] | undefined) ?? [], index, depth));
    }
  }

  #nested(table: Json, key: string, depth: number): void {
    if (depth > NESTED_MAX) {
      fail(`value name nested level is greater than maximum supported nested level of ${NESTED_MAX}`);
    }
    const old = table[key];
    if (old !== undefined && !isTable(old)) {
      fail(
        `unable to parse key: interface conversion: interface {} is ${typeOf(fromJson(old)).replace('<nil>', 'nil')}, not map[string]interface {}`,
      );
    }
    const inner = (old as Json | undefined) ?? {};
    this.#key(inner, depth);
    if (Object.keys(inner).length > 0) this.#set(table, key, inner);
    else if (this.#at < this.source.length) fail(`key map ${quote(key)} has no value`);
  }

  #index(): number {
    const { text, stop } = this.#until(']');
    if (stop !== ']') fail('error parsing index: EOF');
    if (!/^[+-]?[0-9]+$/.test(text)) fail(`error parsing index: strconv.Atoi: parsing ${quote(text)}: invalid syntax`);
    return Number(text);
  }

  #listItem(list: unknown[], index: number, depth: number): unknown[] {
    if (index < 0) fail(`negative ${index} index not allowed`);
    const { text, stop } = this.#until('[.=');
    if (text !== '') fail(`unexpected data at end of array index: ${quote(text)}`);
    if (stop === '') return list;
    if (index > INDEX_MAX) fail(`index of ${index} is greater than maximum supported index of ${INDEX_MAX}`);
    const out = [...list];
    while (out.length <= index) out.push(null);
    if (stop === '=') out[index] = this.#value();
    else if (stop === '[') {
      out[index] = this.#listItem(Array.isArray(out[index]) ? (out[index] as unknown[]) : [], this.#index(), depth);
    } else {
      const table = isTable(out[index]) ? (out[index] as Json) : {};
      this.#key(table, depth + 1);
      out[index] = table;
    }
    return out;
  }

  #value(): unknown {
    if (this.json) return this.#jsonValue();
    if (this.source[this.#at] !== '{') return this.leaf(this.#until(',').text);
    this.#at++;
    const list: unknown[] = [];
    for (;;) {
      const { text, stop } = this.#until(',}');
      if (stop === '') fail("list must terminate with '}'");
      if (stop === ',' || text !== '' || list.length > 0) list.push(this.leaf(text));
      if (stop === '}') break;
    }
    if (this.source[this.#at] === ',') this.#at++;
    return list;
  }

  /** One JSON value of several that commas part; nothing is null. */
  #jsonValue(): unknown {
    const rest = this.source.slice(this.#at);
    const blank = /^[ \t]*(?:,|$)/.exec(rest);
    if (blank) {
      this.#at += blank[0].length;
      return null;
    }
    const length = jsonLength(rest);
    const value = toJson(parseGoJson(rest.slice(0, length)));
    this.#at += length;
    this.#at += /^[ \t]*,?/.exec(this.source.slice(this.#at))?.[0].length ?? 0;
    return value;
  }
}

/** Where the first JSON value of a text ends. */
function jsonLength(text: string): number {
  let depth = 0;
  let inText = false;
  for (let at = 0; at < text.length; at++) {
    const ch = text[at] ?? '';
    if (inText) {
      if (ch === '\\') at++;
      else if (ch === '"') inText = false;
      if (!inText && depth === 0) return at + 1;
    } else if (ch === '"') inText = true;
    else if (ch === '{' || ch === '[') depth++;
    else if (ch === '}' || ch === ']') {
      depth--;
      if (depth <= 0) return at + 1;
    } else if (ch === ',' && depth === 0) return at;
  }
  return text.length;
}
