import { UserError } from '../core/errors.ts';
import type { Json } from './chart.ts';
import { Int64 } from './template/value.ts';
import { isTable } from './values.ts';

type Leaf = (text: string) => unknown;

/** Applies one `--set` argument (`a.b=1,c[0]=x,d={1,2}`) to `values`, in place. Throws UserError in Helm's words. */
export function applySet(values: Json, argument: string): void {
  new SetParser(argument, typed).into(values);
}

/** `--set-string`: every leaf is a string. */
export function applySetString(values: Json, argument: string): void {
  new SetParser(argument, (text) => text).into(values);
}

/** `--set-file key=path`: the leaf is the file's text. */
export function applySetFile(values: Json, argument: string, read: (path: string) => string): void {
  new SetParser(argument, (text) => read(text)).into(values);
}

/** `--set-json`: either one JSON object or `key=<json>`. */
export function applySetJson(values: Json, argument: string): void {
  const trimmed = argument.trim();
  if (trimmed.startsWith('{')) {
    Object.assign(values, JSON.parse(trimmed));
    return;
  }
  const at = argument.indexOf('=');
  if (at < 0) throw new UserError('INVALID_ARGUMENT', `failed parsing --set-json data ${argument}`);
  const key = argument.slice(0, at);
  new SetParser(`${key}=x`, () => JSON.parse(argument.slice(at + 1))).into(values);
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

class SetParser {
  #at = 0;
  constructor(
    readonly source: string,
    readonly leaf: Leaf,
  ) {}

  into(values: Json): void {
    while (this.#at < this.source.length) this.#key(values);
  }

  #fail(message: string): never {
    throw new UserError('INVALID_ARGUMENT', `failed parsing --set data: ${message}`);
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

  #key(table: Json): void {
    const { text: key, stop } = this.#until('.[=,');
    if (stop === '' || stop === ',') {
      if (key === '' && stop === '') return;
      if (stop === ',') this.#fail(`key "${key}" has no value (cannot end with ,)`);
      this.#fail(`key "${key}" has no value`);
    }
    if (key === '__proto__') this.#fail('key "__proto__" is not supported');
    if (stop === '.') {
      if (!isTable(table[key])) table[key] = {};
      this.#key(table[key] as Json);
    } else if (stop === '=') table[key] = this.#value();
    else table[key] = this.#listItem(Array.isArray(table[key]) ? (table[key] as unknown[]) : [], this.#index());
  }

  #index(): number {
    const { text, stop } = this.#until(']');
    if (stop !== ']' || !/^[0-9]+$/.test(text))
      this.#fail(`error parsing index: strconv.Atoi: parsing "${text}": invalid syntax`);
    const index = Number(text);
    if (index > INDEX_MAX) this.#fail(`index of ${index} is greater than maximum supported index of ${INDEX_MAX}`);
    return index;
  }

  #listItem(list: unknown[], index: number): unknown[] {
    const out = [...list];
    while (out.length <= index) out.push(null);
    const next = this.source[this.#at++];
    if (next === '=') out[index] = this.#value();
    else if (next === '[') {
      out[index] = this.#listItem(Array.isArray(out[index]) ? (out[index] as unknown[]) : [], this.#index());
    } else if (next === '.') {
      const table = isTable(out[index]) ? (out[index] as Json) : {};
      this.#key(table);
      out[index] = table;
    } else this.#fail(`unexpected data at end of array index: "${next ?? ''}"`);
    return out;
  }

  #value(): unknown {
    if (this.source[this.#at] !== '{') return this.leaf(this.#until(',').text);
    this.#at++;
    const list: unknown[] = [];
    for (;;) {
      const { text, stop } = this.#until(',}');
      if (stop === '') this.#fail("list must terminate with '}'");
      if (stop === ',' || text !== '' || list.length > 0) list.push(this.leaf(text));
      if (stop === '}') break;
    }
    if (this.source[this.#at] === ',') this.#at++;
    return list;
  }
}
