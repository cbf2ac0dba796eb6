import { bytesOf } from '../core/bytes.ts';

/** So many pieces of one tick go out at once, the rest together at its end. */
const AT_ONCE = 4;

/**
 * What a stream has to say to its client. A piece that comes alone goes out at once; in a flood they are gathered until the next
 * tick, or every change of a busy cluster would cost a system call for each watch.
 */
export class Outbox {
  #pieces: (string | Buffer)[] = [];
  #sent = 0;

  constructor(readonly out: (bytes: string | Buffer) => void) {}

  write(piece: string | Buffer): void {
    if (this.#sent++ < AT_ONCE) this.out(piece);
    else this.#pieces.push(piece);
  }

  /** A tick is over, or the stream: sends what waits. */
  flush(): void {
    this.#sent = 0;
    if (this.#pieces.length === 0) return;
    const pieces = this.#pieces;
    this.#pieces = [];
    const isText = pieces.every((piece) => typeof piece === 'string');
    this.out(
      isText
        ? pieces.join('')
        : Buffer.concat(pieces.map((piece) => (typeof piece === 'string' ? bytesOf(piece) : piece))),
    );
  }
}
