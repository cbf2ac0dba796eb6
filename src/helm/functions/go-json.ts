import { fromJson, type Value } from '../template/value.ts';
import { fail } from './table.ts';

/** encoding/json's Unmarshal into an interface: the value, or FunctionError in its words. */
export function parseGoJson(text: string): Value {
  new Scanner(text).check();
  return fromJson(JSON.parse(text));
}

/** Unmarshal into a map or a slice: what is of another kind is refused, null leaves the target as it is. */
export function parseGoJsonAs(text: string, target: 'map' | 'list'): Value | undefined {
  const value = parseGoJson(text);
  if (value === null) return undefined;
  const kind = Array.isArray(value) ? 'list' : value instanceof Map ? 'map' : typeof value;
  if (kind === target) return value;
  return fail(`json: cannot unmarshal ${jsonKind(value)} into Go value of type ${GO_TYPES[target]}`);
}

export const GO_TYPES = { map: 'map[string]interface {}', list: '[]interface {}' } as const;

/** What encoding/json calls a value in its errors. */
export function jsonKind(value: Value): string {
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'boolean') return 'bool';
  if (typeof value === 'string') return 'string';
  return value instanceof Map ? 'object' : 'number';
}

const SPACE = ' \t\r\n';

/** Walks over a text as Go's scanner does, only to find what is wrong with it. */
class Scanner {
  #at = 0;
  constructor(readonly text: string) {}

  check(): void {
    this.#value('looking for beginning of value');
    this.#space();
    if (this.#at < this.text.length) this.#bad('after top-level value');
  }

  #peek(): string {
    return this.text[this.#at] ?? '';
  }

  #space(): void {
    while (this.#peek() !== '' && SPACE.includes(this.#peek())) this.#at++;
  }

  #bad(context: string): never {
    const code = this.text.codePointAt(this.#at);
    if (code === undefined) fail('unexpected end of JSON input');
    const ch = String.fromCodePoint(code ?? 0);
    const shown = ch === "'" ? `'\\''` : ch === '"' ? `'"'` : `'${escaped(ch)}'`;
    return fail(`invalid character ${shown} ${context}`);
  }

  #value(context: string): void {
    this.#space();
    const ch = this.#peek();
    const word = ['true', 'false', 'null'].find((one) => one[0] === ch);
    if (ch === '{') this.#object();
    else if (ch === '[') this.#array();
    else if (ch === '"') this.#string();
    else if (ch === '-' || /[0-9]/.test(ch)) this.#number();
    else if (word) this.#literal(word);
    else this.#bad(context);
  }

  #literal(word: string): void {
    for (let i = 0; i < word.length; i++) {
      if (this.#peek() === word[i]) {
        this.#at++;
        continue;
      }
      // at the end of the text Go's scanner is fed one blank
      if (this.#peek() === '') fail(`invalid character ' ' in literal ${word} (expecting '${word[i]}')`);
      this.#bad(`in literal ${word} (expecting '${word[i]}')`);
    }
  }

  #number(): void {
    const need = (context: string): void => {
      if (this.#peek() === '') fail(`invalid character ' ' ${context}`);
      if (!/[0-9]/.test(this.#peek())) this.#bad(context);
    };
    const digits = (): void => {
      while (/[0-9]/.test(this.#peek())) this.#at++;
    };
    if (this.#peek() === '-') {
      this.#at++;
      need('in numeric literal');
    }
    if (this.#peek() === '0') this.#at++;
    else digits();
    if (this.#peek() === '.') {
      this.#at++;
      need('after decimal point in numeric literal');
      digits();
    }
    if (this.#peek() !== 'e' && this.#peek() !== 'E') return;
    this.#at++;
    if (['+', '-'].includes(this.#peek())) this.#at++;
    need('in exponent of numeric literal');
    digits();
  }

  #string(): void {
    this.#at++;
    for (;;) {
      const ch = this.#peek();
      if (ch === '') fail('unexpected end of JSON input');
      if (ch < ' ') this.#bad('in string literal');
      this.#at++;
      if (ch === '"') return;
      if (ch === '\\') this.#escape();
    }
  }

  #escape(): void {
    if (this.#peek() === '') fail('unexpected end of JSON input');
    if (this.#peek() === 'u') {
      for (let i = 0; i < 4; i++) {
        this.#at++;
        if (this.#peek() === '') fail('unexpected end of JSON input');
        if (!/[0-9a-fA-F]/.test(this.#peek())) this.#bad('in \\u hexadecimal character escape');
      }
    } else if (!'bfnrt\\/"'.includes(this.#peek())) this.#bad('in string escape code');
    this.#at++;
  }

  #array(): void {
    this.#at++;
    this.#space();
    if (this.#peek() === ']') {
      this.#at++;
      return;
    }
    for (;;) {
      this.#value('looking for beginning of value');
      this.#space();
      if (this.#peek() === ']') break;
      if (this.#peek() !== ',') this.#bad('after array element');
      this.#at++;
    }
    this.#at++;
  }

  #object(): void {
    this.#at++;
    this.#space();
    if (this.#peek() === '}') {
      this.#at++;
      return;
    }
    for (;;) {
      this.#space();
      if (this.#peek() !== '"') this.#bad('looking for beginning of object key string');
      this.#string();
      this.#space();
      if (this.#peek() !== ':') this.#bad('after object key');
      this.#at++;
      this.#value('looking for beginning of value');
      this.#space();
      if (this.#peek() === '}') break;
      if (this.#peek() !== ',') this.#bad('after object key:value pair');
      this.#at++;
    }
    this.#at++;
  }
}

function escaped(ch: string): string {
  const short: Record<string, string> = { '\n': '\\n', '\t': '\\t', '\r': '\\r', '\\': '\\\\' };
  const code = ch.codePointAt(0) ?? 0;
  return short[ch] ?? (code < 0x20 ? `\\x${code.toString(16).padStart(2, '0')}` : ch);
}
