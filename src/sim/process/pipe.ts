import type { Readable, Writable } from './os.ts';
import { Signal, type Task, type Thread } from './task.ts';

/** A pipe between processes; writing never blocks, reading waits for text or the end. */
export class Pipe implements Readable, Writable {
  #chunks: string[] = [];
  #closed = false;
  readonly #ready = new Signal();

  write(text: string): void {
    if (this.#closed || text === '') return;
    this.#chunks.push(text);
    this.#ready.fire();
  }

  close(): void {
    this.#closed = true;
    this.#ready.fire();
  }

  *read(th: Thread): Task<string | undefined> {
    while (this.#chunks.length === 0 && !this.#closed) yield* th.wait(this.#ready);
    if (this.#chunks.length === 0) return undefined;
    const text = this.#chunks.join('');
    this.#chunks = [];
    return text;
  }
}

/** Input that is at its end (`/dev/null`). */
export const noInput: Readable = {
  *read() {
    return undefined;
  },
};

/** Swallows output (`/dev/null`). */
export const noOutput: Writable = { write() {}, close() {} };

/** Collects output in memory. */
export class TextSink implements Writable {
  text = '';
  write(text: string): void {
    this.text += text;
  }
  close(): void {}
}
