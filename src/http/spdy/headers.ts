import { constants, createInflate, type Inflate } from 'node:zlib';
import { DICTIONARY } from './dictionary.ts';

/** More than any client sends; a block that says it is longer is an attack. */
const HEADER_BYTES_MAX = 64 * 1024;
/** A stored deflate block holds no more. */
const STORED_MAX = 0xffff;
/** zlib's header without preset dictionary: deflate, 32 KiB window. */
const ZLIB_HEADER = Buffer.from([0x78, 0x01]);

/** The empty stored block of a sync flush: Go's inflater hands out what stands before it only when it meets this. */
const SYNC_MARK = Buffer.from([0, 0, 0, 0xff, 0xff]);

export class SpdyError extends Error {
  override readonly name = 'SpdyError';
}

/** Reads the header blocks of one connection; they share one compressor, so they must come in order. */
export class HeaderReader {
  readonly #inflate: Inflate = createInflate({
    dictionary: DICTIONARY,
    flush: constants.Z_SYNC_FLUSH,
    // Node hands these on to the stream, which its types leave out.
    ...{ readableHighWaterMark: HEADER_BYTES_MAX },
  });
  #failure: Error | undefined;

  constructor() {
    this.#inflate.on('error', (error) => {
      this.#failure = error;
    });
  }

  /** Calls `done` with the headers (names in lower case), or with an error. */
  read(block: Buffer, done: (headers: Map<string, string> | SpdyError) => void): void {
    this.#inflate.write(block, () => {
      const chunks: Buffer[] = [];
      for (let chunk = this.#inflate.read(); chunk !== null; chunk = this.#inflate.read()) chunks.push(chunk);
      if (this.#failure) done(new SpdyError(`invalid header block: ${this.#failure.message}`));
      else done(parse(Buffer.concat(chunks)));
    });
  }

  close(): void {
    this.#inflate.destroy();
  }
}

function parse(bytes: Buffer): Map<string, string> | SpdyError {
  let at = 0;
  const number = (): number => {
    at += 4;
    return bytes.readUInt32BE(at - 4);
  };
  const text = (): string => {
    const length = number();
    if (length > bytes.length - at) throw new RangeError('short');
    at += length;
    return bytes.toString('utf8', at - length, at);
  };
  try {
    const out = new Map<string, string>();
    for (let left = number(); left > 0; left--) {
      const name = text().toLowerCase();
      out.set(name, text());
    }
    return out;
  } catch (error) {
    if (error instanceof RangeError) return new SpdyError('invalid header block: it is cut off');
    throw error;
  }
}

/** Writes header blocks of one connection as stored blocks: valid for every inflater, and nothing to wait for. */
export class HeaderWriter {
  #begun = false;

  write(headers: ReadonlyMap<string, string>): Buffer {
    const parts: Buffer[] = [uint32(headers.size)];
    for (const [name, value] of headers) {
      for (const text of [name, value]) {
        const bytes = Buffer.from(text, 'utf8');
        parts.push(uint32(bytes.length), bytes);
      }
    }
    const content = Buffer.concat(parts);
    if (content.length > STORED_MAX) throw new SpdyError('a header block of ours is too long');
    const head = Buffer.from([0, 0, 0, 0, 0]);
    head.writeUInt16LE(content.length, 1);
    head.writeUInt16LE(~content.length & STORED_MAX, 3);
    const lead = this.#begun ? [] : [ZLIB_HEADER];
    this.#begun = true;
    return Buffer.concat([...lead, head, content, SYNC_MARK]);
  }
}

export function uint32(value: number): Buffer {
  const out = Buffer.alloc(4);
  out.writeUInt32BE(value >>> 0);
  return out;
}
