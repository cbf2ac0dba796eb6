/** Go's encoding/json errors for text that is no JSON, and the keys that a document has twice. */
export class JsonSyntaxError extends Error {
  override readonly name = 'JsonSyntaxError';
}

export interface ParsedJson {
  value: unknown;
  /** Paths of duplicate keys, e.g. `data.a`, `spec.containers[0].name`. */
  duplicates: string[];
}

const DEPTH_MAX = 10_000;

/** Parses JSON; the last of duplicate keys wins, as in Go. Throws {@link JsonSyntaxError} with Go's words. */
export function parseJson(text: string): ParsedJson {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new JsonSyntaxError(describeSyntaxError(text));
  }
  return { value, duplicates: findDuplicates(text) };
}

function describeSyntaxError(text: string): string {
  const scan = new Scanner(text);
  try {
    scan.value('', 0);
    scan.space();
    if (scan.at < text.length) return `invalid character ${quoteCharacter(text[scan.at] ?? '')} after top-level value`;
  } catch (error) {
    if (error instanceof JsonSyntaxError) return error.message;
    throw error;
  }
  return 'unexpected end of JSON input';
}

function findDuplicates(text: string): string[] {
  const scan = new Scanner(text);
  scan.value('', 0);
  return scan.duplicates;
}

/** Paths that are unknown and keys that come twice, as `unknown field "a"` and `duplicate field "b"`, in the order of the text. */
export function complaintsInOrder(text: string, unknown: readonly string[], duplicates: readonly string[]): string[] {
  const found: string[] = [];
  const open = new Set(unknown);
  const scan = new Scanner(text);
  scan.onKey = (path, isSecond) => {
    if (isSecond && duplicates.includes(path)) found.push(`duplicate field "${path}"`);
    else if (open.delete(path)) found.push(`unknown field "${path}"`);
  };
  scan.value('', 0);
  return found;
}

/** Go's quoted form of one character. */
export function quoteCharacter(ch: string): string {
  if (ch === "'") return `'\\''`;
  if (ch === '"') return `'"'`;
  const code = ch.charCodeAt(0);
  const isControl = code < 0x20 || (code >= 0x7f && code < 0xa0);
  return isControl ? `'\\u${code.toString(16).padStart(4, '0')}'` : `'${ch}'`;
}

class Scanner {
  at = 0;
  readonly duplicates: string[] = [];
  onKey?: (path: string, isSecond: boolean) => void;
  constructor(readonly text: string) {}

  space(): void {
    while (/[ \t\r\n]/.test(this.text[this.at] ?? '')) this.at++;
  }

  fail(context: string): never {
    const ch = this.text[this.at];
    if (ch === undefined) throw new JsonSyntaxError('unexpected end of JSON input');
    throw new JsonSyntaxError(`invalid character ${quoteCharacter(ch)} ${context}`);
  }

  value(path: string, depth: number): void {
    if (depth > DEPTH_MAX) throw new JsonSyntaxError('exceeded max depth');
    this.space();
    const ch = this.text[this.at];
    if (ch === '{') this.object(path, depth);
    else if (ch === '[') this.array(path, depth);
    else if (ch === '"') this.string();
    else this.literal();
  }

  string(): string {
    const start = this.at++;
    for (;;) {
      const ch = this.text[this.at];
      if (ch === undefined) this.fail('');
      if (ch === '\\') this.at += 2;
      else if (ch === '"') break;
      else if (ch < ' ') this.fail('in string literal');
      else this.at++;
    }
    this.at++;
    return this.text.slice(start + 1, this.at - 1);
  }

  literal(): void {
    const match = /(?:true|false|null|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)/y;
    match.lastIndex = this.at;
    const found = match.exec(this.text);
    if (!found) this.failLiteral();
    this.at += found[0].length;
  }

  /** Go names the place where a word leaves the literal that it began as. */
  failLiteral(): never {
    const word = { t: 'true', f: 'false', n: 'null' }[this.text[this.at] ?? ''];
    if (word === undefined) this.fail('looking for beginning of value');
    let length = 1;
    while (length < word.length && this.text[this.at + length] === word[length]) length++;
    this.at += length;
    this.fail(`in literal ${word} (expecting ${quoteCharacter(word[length] ?? '')})`);
  }

  object(path: string, depth: number): void {
    this.at++;
    const seen = new Set<string>();
    this.space();
    if (this.text[this.at] === '}') {
      this.at++;
      return;
    }
    for (;;) {
      this.space();
      if (this.text[this.at] !== '"') this.fail('looking for beginning of object key string');
      const key = this.string();
      const here = path === '' ? key : `${path}.${key}`;
      this.onKey?.(here, seen.has(key));
      if (seen.has(key)) this.duplicates.push(here);
      seen.add(key);
      this.space();
      if (this.text[this.at] !== ':') this.fail('after object key');
      this.at++;
      this.value(here, depth + 1);
      this.space();
      const next = this.text[this.at];
      if (next !== ',' && next !== '}') this.fail('after object key:value pair');
      this.at++;
      if (next === '}') return;
    }
  }

  array(path: string, depth: number): void {
    this.at++;
    this.space();
    if (this.text[this.at] === ']') {
      this.at++;
      return;
    }
    for (let i = 0; ; i++) {
      this.value(`${path}[${i}]`, depth + 1);
      this.space();
      const next = this.text[this.at];
      if (next !== ',' && next !== ']') this.fail('after array element');
      this.at++;
      if (next === ']') return;
    }
  }
}
