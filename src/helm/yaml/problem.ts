import { ProblemScanner, ScanProblem, type TokenKind, type YamlToken } from './problem-scanner.ts';

/**
 * What go-yaml says of a text that is no YAML, e.g. `line 3: could not find expected ':'`; undefined when it finds nothing. Lines count
 * as go-yaml counts them: those of its parser from 0, those of its scanner from 1, and line 0 is not told.
 */
export function yamlProblem(text: string): string | undefined {
  const scanner = new ProblemScanner(text);
  let broken: ScanProblem | undefined;
  try {
    scanner.run();
  } catch (error) {
    if (!(error instanceof ScanProblem)) throw error;
    broken = error;
  }
  try {
    new ProblemParser(scanner.tokens, broken).document();
    return undefined;
  } catch (error) {
    if (error instanceof ScanProblem) return at(error.line === 0 ? 0 : error.line + 1, error.message);
    if (error instanceof ParseProblem) return at(error.line, error.message);
    throw error;
  }
}

/**
 * The text with lines inside of quotes and brackets moved to the right: go-yaml does not care for their indent, stricter readers do.
 * Such a line's blanks are not part of any value.
 */
export function indentLoosely(text: string): string {
  const scanner = new ProblemScanner(text);
  scanner.run();
  let out = '';
  let last = 0;
  for (const index of scanner.looseLines) {
    out += text.slice(last, index) + (/[\r\n]/.test(text[index] ?? '') ? '' : ' '.repeat(LOOSE_INDENT));
    last = index;
  }
  return out + text.slice(last);
}

/** Deeper than anything stands. */
const LOOSE_INDENT = 200;

const at = (line: number, message: string): string => (line === 0 ? message : `line ${line}: ${message}`);

class ParseProblem extends Error {
  override readonly name = 'ParseProblem';
  constructor(
    message: string,
    readonly line: number,
  ) {
    super(message);
  }
}

const END: YamlToken = { kind: 'stream-end', mark: { line: 0, column: 0, index: 0 } };

/** libyaml's grammar over the tokens of one document. */
class ProblemParser {
  #next = 0;
  readonly #anchors = new Set<string>();
  constructor(
    readonly tokens: readonly YamlToken[],
    readonly broken: ScanProblem | undefined,
  ) {}

  #peek(): YamlToken {
    const token = this.tokens[this.#next];
    if (!token && this.broken) throw this.broken;
    return token ?? END;
  }

  #is(...kinds: TokenKind[]): boolean {
    return kinds.includes(this.#peek().kind);
  }

  #fail(message: string, context = 0): never {
    throw new ParseProblem(message, this.#peek().mark.line || context);
  }

  document(): void {
    while (this.#is('document-end')) this.#next++;
    if (this.#is('stream-end')) return;
    let explicit = false;
    while (this.#is('directive')) {
      this.#next++;
      explicit = true;
    }
    if (this.#is('document-start')) this.#next++;
    else if (explicit) this.#fail('did not find expected <document start>');
    if (!this.#is('document-start', 'document-end', 'stream-end')) this.#node(true, false);
    if (this.#is('document-end')) this.#next++;
    // what follows is another document, whose start is looked at already
    else if (!this.#is('document-start', 'stream-end')) this.#fail('did not find expected <document start>');
  }

  #node(block: boolean, indentless: boolean): void {
    if (this.#is('alias')) {
      const { text = '' } = this.#peek();
      if (!this.#anchors.has(text)) throw new ParseProblem(`unknown anchor '${text}' referenced`, 0);
      this.#next++;
      return;
    }
    let properties = false;
    while (this.#is('anchor', 'tag')) {
      const { kind, text = '' } = this.#peek();
      if (kind === 'anchor') this.#anchors.add(text);
      this.#next++;
      properties = true;
    }
    const start = this.#peek();
    if (indentless && start.kind === '-') this.#indentless();
    else if (start.kind === 'scalar') this.#next++;
    else if (start.kind === '[') this.#flowSequence();
    else if (start.kind === '{') this.#flowMapping();
    else if (block && start.kind === 'block-sequence-start') this.#blockSequence();
    else if (block && start.kind === 'block-mapping-start') this.#blockMapping();
    else if (!properties) this.#fail('did not find expected node content');
  }

  #blockSequence(): void {
    const { line } = this.#peek().mark;
    this.#next++;
    while (this.#is('-')) {
      this.#next++;
      if (!this.#is('-', 'block-end')) this.#node(true, false);
    }
    if (!this.#is('block-end')) this.#fail("did not find expected '-' indicator", line);
    this.#next++;
  }

  #indentless(): void {
    while (this.#is('-')) {
      this.#next++;
      if (!this.#is('-', 'key', 'value', 'block-end')) this.#node(true, false);
    }
  }

  #blockMapping(): void {
    const { line } = this.#peek().mark;
    this.#next++;
    while (this.#is('key')) {
      this.#next++;
      if (!this.#is('key', 'value', 'block-end')) this.#node(true, true);
      if (!this.#is('value')) continue;
      this.#next++;
      if (!this.#is('key', 'value', 'block-end')) this.#node(true, true);
    }
    if (!this.#is('block-end')) this.#fail('did not find expected key', line);
    this.#next++;
  }

  #flowSequence(): void {
    const { line } = this.#peek().mark;
    this.#next++;
    for (let first = true; !this.#is(']'); first = false) {
      if (!first) {
        if (!this.#is(',')) this.#fail("did not find expected ',' or ']'", line);
        this.#next++;
      }
      if (this.#is('key')) this.#pair(']');
      else if (!this.#is(']')) this.#node(false, false);
    }
    this.#next++;
  }

  #pair(end: ']' | '}'): void {
    this.#next++;
    if (!this.#is('value', ',', end)) this.#node(false, false);
    if (!this.#is('value')) return;
    this.#next++;
    if (!this.#is(',', end)) this.#node(false, false);
  }

  #flowMapping(): void {
    const { line } = this.#peek().mark;
    this.#next++;
    for (let first = true; !this.#is('}'); first = false) {
      if (!first) {
        if (!this.#is(',')) this.#fail("did not find expected ',' or '}'", line);
        this.#next++;
      }
      if (this.#is('key')) this.#pair('}');
      else if (!this.#is('}')) this.#node(false, false);
    }
    this.#next++;
  }
}
