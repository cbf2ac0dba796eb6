import { formatFloat } from '../template/format.ts';
import { FunctionError, GoMap, intOf, isInt, sortedKeys, type Value } from '../template/value.ts';
import { fail } from './table.ts';

/** A document as BurntSushi/toml writes it: keys in order, plain ones first, tables indented by two blanks a level. */
export function writeToml(value: Value): string {
  const writer = new Writer();
  writer.encode([], value);
  return writer.text;
}

const isTable = (value: Value): boolean =>
  value instanceof GoMap || (Array.isArray(value) && value.length > 0 && value.every((item) => item instanceof GoMap));

class Writer {
  text = '';

  #newline(): void {
    if (this.text !== '') this.text += '\n';
  }

  encode(key: readonly string[], value: Value): void {
    if (value === null || value === undefined) return;
    if (value instanceof GoMap) {
      if (key.length === 1) this.#newline();
      if (key.length > 0) this.text += `${indent(key)}[${key.map(quotedKey).join('.')}]\n`;
      this.#map(key, value);
    } else if (Array.isArray(value) && isTable(value)) this.#tables(key, value);
    else if (key.length === 0) this.text += element(value);
    else this.text += `${indent(key)}${quotedKey(key.at(-1) ?? '')} = ${element(value)}\n`;
  }

  #tables(key: readonly string[], list: Value[]): void {
    if (key.length === 0) fail('toml: top-level array of tables');
    for (const item of list) {
      this.#newline();
      this.text += `${indent(key)}[[${key.map(quotedKey).join('.')}]]\n`;
      this.#map(key, item as GoMap);
    }
  }

  #map(key: readonly string[], map: GoMap): void {
    const keys = sortedKeys(map);
    for (const wanted of [false, true]) {
      for (const name of keys) if (isTable(map.get(name)) === wanted) this.encode([...key, name], map.get(name));
    }
  }
}

const indent = (key: readonly string[]): string => '  '.repeat(key.length - 1);
const quotedKey = (key: string): string => (/^[A-Za-z0-9_-]+$/.test(key) ? key : quoted(key));

function quoted(text: string): string {
  const short: Record<string, string> = {
    '\\': '\\\\',
    '"': '\\"',
    '\n': '\\n',
    '\r': '\\r',
    '\t': '\\t',
    '\b': '\\b',
    '\f': '\\f',
  };
  const escaped = text.replace(
    /[\\"\x00-\x1f\x7f]/g,
    (ch) => short[ch] ?? `\\u${ch.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  return `"${escaped}"`;
}

function element(value: Value): string {
  if (typeof value === 'string') return quoted(value);
  if (typeof value === 'boolean') return String(value);
  if (isInt(value)) return intOf(value).toString();
  if (typeof value === 'number') return float(value);
  if (Array.isArray(value)) return `[${value.map(element).join(', ')}]`;
  if (value instanceof GoMap) {
    const present = sortedKeys(value).filter((key) => value.get(key) !== null);
    return `{${present.map((key) => `${quotedKey(key)} = ${element(value.get(key))}`).join(', ')}}`;
  }
  return fail('toml: cannot encode array with nil element');
}

function float(value: number): string {
  if (Number.isNaN(value)) return 'nan';
  if (!Number.isFinite(value)) return value < 0 ? '-inf' : 'inf';
  const text = formatFloat(value);
  return /[.e]/.test(text) ? text : `${text}.0`;
}

/** Reads a document; throws FunctionError for what is not TOML. */
export function readToml(text: string): GoMap {
  return new Reader(text).document();
}

class Reader {
  #at = 0;
  #lastKey = '';
  readonly #root = new GoMap();
  constructor(readonly text: string) {}

  document(): GoMap {
    let table = this.#root;
    for (;;) {
      this.#blank(true);
      if (this.#at >= this.text.length) return this.#root;
      if (this.text.startsWith('[[', this.#at)) table = this.#header(2);
      else if (this.text[this.#at] === '[') table = this.#header(1);
      else this.#pair(table);
      this.#blank(false);
      const end = this.text[this.#at];
      if (end !== undefined && end !== '\n') {
        this.#fail(`expected a top-level item to end with a newline, comment, or EOF, but got '${end}' instead`);
      }
    }
  }

  #fail(message: string): never {
    const line = this.text.slice(0, this.#at).split('\n').length;
    const key = this.#lastKey ? ` (last key "${this.#lastKey}")` : '';
    throw new FunctionError(`toml: line ${line}${key}: ${message}`);
  }

  #blank(lines: boolean): void {
    const pattern = lines ? /^(?:[ \t\r\n]|#[^\n]*)*/ : /^(?:[ \t\r]|#[^\n]*)*/;
    this.#at += pattern.exec(this.text.slice(this.#at))?.[0].length ?? 0;
  }

  #key(): string[] {
    const parts: string[] = [];
    do {
      if (parts.length > 0) this.#at++;
      this.#blank(false);
      const ch = this.text[this.#at] ?? '';
      if (ch === '"' || ch === "'") parts.push(this.#string());
      else {
        const bare = /^[A-Za-z0-9_-]+/.exec(this.text.slice(this.#at))?.[0];
        if (bare === undefined) this.#fail(ch === '' ? 'unexpected EOF' : `expected key but found '${ch}'`);
        this.#at += bare?.length ?? 0;
        parts.push(bare ?? '');
      }
      this.#blank(false);
    } while (this.text[this.#at] === '.');
    return parts;
  }

  #header(brackets: number): GoMap {
    this.#at += brackets;
    const path = this.#key();
    if (!this.text.startsWith(']'.repeat(brackets), this.#at)) this.#fail("expected ']' after table key");
    this.#at += brackets;
    const parent = this.#table(this.#root, path.slice(0, -1));
    const name = path.at(-1) ?? '';
    if (brackets === 1) return this.#table(parent, [name]);
    const list = parent.get(name);
    const made = new GoMap();
    if (Array.isArray(list)) list.push(made);
    else parent.set(name, [made]);
    return made;
  }

  #table(from: GoMap, path: readonly string[]): GoMap {
    let table = from;
    for (const name of path) {
      const found = table.get(name);
      const inner = Array.isArray(found) ? found.at(-1) : found;
      if (inner instanceof GoMap) table = inner;
      else if (inner !== undefined) this.#fail(`Key '${path.join('.')}' has already been defined.`);
      else {
        const made = new GoMap();
        table.set(name, made);
        table = made;
      }
    }
    return table;
  }

  #pair(table: GoMap): void {
    const path = this.#key();
    this.#lastKey = path.join('.');
    if (this.text[this.#at] !== '=') this.#fail(`expected '.' or '=', but got '${this.text[this.#at] ?? ''}' instead`);
    this.#at++;
    this.#blank(false);
    const target = this.#table(table, path.slice(0, -1));
    const name = path.at(-1) ?? '';
    if (target.has(name)) this.#fail(`Key '${this.#lastKey}' has already been defined.`);
    target.set(name, this.#value());
  }

  #value(): Value {
    const ch = this.text[this.#at] ?? '';
    if (ch === '') this.#fail('unexpected EOF; expected value');
    if (ch === '"' || ch === "'") return this.#string();
    if (ch === '[') return this.#list();
    if (ch === '{') return this.#inline();
    const word = /^[^\s,\]}#]+/.exec(this.text.slice(this.#at))?.[0] ?? '';
    this.#at += word.length;
    if (word === 'true' || word === 'false') return word === 'true';
    const plain = word.replace(/_/g, '');
    if (/^[+-]?(0x[0-9a-fA-F]+|0o[0-7]+|0b[01]+|[0-9]+)$/.test(plain)) {
      const [sign, digits] = plain.startsWith('-') ? [-1n, plain.slice(1)] : [1n, plain.replace(/^\+/, '')];
      return Number(sign * BigInt(digits));
    }
    if (/^[+-]?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?$/.test(plain)) return Number(plain);
    if (/^[+-]?(inf|nan)$/.test(plain))
      return plain.endsWith('nan') ? Number.NaN : plain.startsWith('-') ? -Infinity : Infinity;
    if (/^\d{4}-\d\d-\d\d|^\d\d:\d\d/.test(word)) return word;
    this.#at -= word.length;
    return this.#fail(`expected value but found ${JSON.stringify(word)} instead`);
  }

  #list(): Value[] {
    this.#at++;
    const out: Value[] = [];
    for (;;) {
      this.#blank(true);
      if (this.text[this.#at] === ']') break;
      out.push(this.#value());
      this.#blank(true);
      if (this.text[this.#at] === ',') this.#at++;
      else if (this.text[this.#at] !== ']') this.#fail("expected a comma (',') or array terminator (']')");
    }
    this.#at++;
    return out;
  }

  #inline(): GoMap {
    this.#at++;
    const map = new GoMap();
    for (;;) {
      this.#blank(true);
      if (this.text[this.#at] === '}') break;
      this.#pair(map);
      this.#blank(true);
      if (this.text[this.#at] === ',') this.#at++;
      else if (this.text[this.#at] !== '}') this.#fail("expected a comma or an inline table terminator '}'");
    }
    this.#at++;
    return map;
  }

  #string(): string {
    const quote = this.text[this.#at] ?? '';
    const long = this.text.startsWith(quote.repeat(3), this.#at);
    const end = long ? quote.repeat(3) : quote;
    this.#at += end.length;
    if (long && this.text[this.#at] === '\n') this.#at++;
    let out = '';
    while (!this.text.startsWith(end, this.#at)) {
      const ch = this.text[this.#at++];
      if (ch === undefined) this.#fail(`unexpected EOF; expected '${quote}'`);
      if (ch === '\n' && !long) this.#fail('strings cannot contain newlines');
      out += ch === '\\' && quote === '"' ? this.#escape() : ch;
    }
    this.#at += end.length;
    return out;
  }

  #escape(): string {
    const match = /^(?:u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([btnfr"\\e])|[ \t]*\n\s*)/.exec(this.text.slice(this.#at));
    if (!match) return this.#fail(`invalid escape character '${this.text[this.#at] ?? ''}'`);
    this.#at += match[0].length;
    const code = match[1] ?? match[2];
    if (code !== undefined) return String.fromCodePoint(Number.parseInt(code, 16));
    const short: Record<string, string> = { b: '\b', t: '\t', n: '\n', f: '\f', r: '\r', e: '\u001b' };
    return match[3] === undefined ? '' : (short[match[3]] ?? match[3]);
  }
}
