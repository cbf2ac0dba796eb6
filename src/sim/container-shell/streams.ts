import { ProcessExit, type Readable, type Writable } from '../process/os.ts';
import { Signal, type Task, type Thread } from '../process/task.ts';
import type { Terminal } from '../process/terminal.ts';

/** 128 + SIGPIPE. */
export const EXIT_SIGPIPE = 141;

/** A pipe whose writer dies of SIGPIPE once the reader is gone. */
export class ShellPipe implements Readable, Writable {
  #chunks: string[] = [];
  #ended = false;
  #readerGone = false;
  readonly #ready = new Signal();

  write(text: string): void {
    if (this.#readerGone) throw new ProcessExit(EXIT_SIGPIPE);
    if (this.#ended || text === '') return;
    this.#chunks.push(text);
    this.#ready.fire();
  }

  close(): void {
    this.#ended = true;
    this.#ready.fire();
  }

  closeReader(): void {
    this.#readerGone = true;
    this.#chunks = [];
  }

  *read(th: Thread): Task<string | undefined> {
    while (this.#chunks.length === 0 && !this.#ended) yield* th.wait(this.#ready);
    if (this.#chunks.length === 0) return undefined;
    const text = this.#chunks.join('');
    this.#chunks = [];
    return text;
  }
}

/** Input by lines over a stream; what was read too far stays for the next reader of the same Input. */
export class Input implements Readable {
  #rest = '';
  /** The whole was there at once: a file, not a pipe. */
  whole = false;
  readonly #source: Readable;

  constructor(source: Readable) {
    this.#source = source;
  }

  get terminal(): Terminal | undefined {
    return this.#source.terminal;
  }

  static of(source: Readable): Input {
    return source instanceof Input ? source : new Input(source);
  }

  static text(text: string): Input {
    const input = new Input({
      *read() {
        return undefined;
      },
    });
    input.#rest = text;
    input.whole = true;
    return input;
  }

  *read(th: Thread): Task<string | undefined> {
    if (this.#rest !== '') {
      const text = this.#rest;
      this.#rest = '';
      return text;
    }
    return yield* this.#source.read(th);
  }

  /** What has come and was not read yet. */
  get ahead(): string {
    return this.#rest;
  }

  /** Puts text back in front. */
  unread(text: string): void {
    this.#rest = text + this.#rest;
  }

  /** Next line with its newline (a last one may lack it), or undefined at the end. */
  *readLine(th: Thread): Task<string | undefined> {
    let text = this.#rest;
    let from = 0;
    for (;;) {
      const end = text.indexOf('\n', from);
      if (end >= 0) {
        this.#rest = text.slice(end + 1);
        return text.slice(0, end + 1);
      }
      from = text.length;
      this.#rest = '';
      const more = yield* this.#source.read(th);
      if (more === undefined) return text === '' ? undefined : text;
      text += more;
    }
  }

  *readAll(th: Thread): Task<string> {
    const parts: string[] = [];
    for (let part = yield* this.read(th); part !== undefined; part = yield* this.read(th)) parts.push(part);
    return parts.join('');
  }
}

/** Collects output in memory. */
export class Capture implements Writable {
  #parts: string[] = [];
  write(text: string): void {
    this.#parts.push(text);
  }
  close(): void {}
  get text(): string {
    return this.#parts.join('');
  }
}
