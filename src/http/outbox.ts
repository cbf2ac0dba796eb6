/** Pieces that follow one another more closely than this go out together. */
const GATHER_MS = 10;

/**
 * What a stream has to say to its client. A piece that comes alone goes out at once; in a flood they are gathered until the next
 * tick, or every change of a busy cluster would cost a system call for each watch.
 */
export class Outbox {
  #pieces: (string | Buffer)[] = [];
  #lastMs = Number.NEGATIVE_INFINITY;

  constructor(
    readonly now: () => number,
    readonly out: (bytes: string | Buffer) => void,
  ) {}

  write(piece: string | Buffer): void {
    if (this.#pieces.length === 0 && this.now() - this.#lastMs >= GATHER_MS) {
      this.#lastMs = this.now();
      this.out(piece);
    } else this.#pieces.push(piece);
  }

  /** Sends what waits. */
  flush(): void {
    if (this.#pieces.length === 0) return;
    const pieces = this.#pieces;
    this.#pieces = [];
    this.#lastMs = this.now();
    const isText = pieces.every((piece) => typeof piece === 'string');
    this.out(isText ? pieces.join('') : Buffer.concat(pieces.map((piece) => Buffer.from(piece))));
  }
}
