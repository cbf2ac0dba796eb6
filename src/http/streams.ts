import type { RawData } from 'ws';
import type { Readable } from '../sim/process/os.ts';
import type { Task, Thread } from '../sim/process/task.ts';
import { Signal } from '../sim/process/task.ts';

/** Standard input fed from a socket: pieces wait until the process reads them. */
export class InputPipe implements Readable {
  #pieces: string[] = [];
  #ended = false;
  readonly #arrived = new Signal();

  push(text: string): void {
    if (this.#ended || text === '') return;
    this.#pieces.push(text);
    this.#arrived.fire();
  }

  end(): void {
    this.#ended = true;
    this.#arrived.fire();
  }

  *read(th: Thread): Task<string | undefined> {
    while (this.#pieces.length === 0 && !this.#ended) yield* th.wait(this.#arrived);
    return this.#pieces.shift();
  }
}

/** The bytes of a WebSocket message, in whichever form the library hands them on. */
export function bytesOfMessage(data: RawData): Buffer {
  if (Buffer.isBuffer(data)) return data;
  return Array.isArray(data) ? Buffer.concat(data) : Buffer.from(data);
}
