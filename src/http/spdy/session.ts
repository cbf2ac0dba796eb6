import { HeaderReader, HeaderWriter, SpdyError, uint32 } from './headers.ts';

const VERSION = 3;
const SYN_STREAM = 1;
const SYN_REPLY = 2;
const RST_STREAM = 3;
const PING = 6;
const GOAWAY = 7;
const FIN = 1;
const HEAD_BYTES = 8;
/** Kubernetes' clients write 32 KiB at a time. */
const FRAME_BYTES_MAX = 1024 * 1024;
const STREAMS_MAX = 1_000;
const PROTOCOL_ERROR = 1;

interface Frame {
  control: boolean;
  /** Type of a control frame, stream of a data frame. */
  id: number;
  flags: number;
  body: Buffer;
}

/** A stream that the client opened. */
export class SpdyStream {
  /** Bytes of the client; what comes before a handler is set waits. */
  #waiting: Buffer[] = [];
  #ended = false;
  #onData: ((bytes: Buffer) => void) | undefined;
  #onEnd: (() => void) | undefined;

  constructor(
    readonly id: number,
    /** Names in lower case. */
    readonly headers: ReadonlyMap<string, string>,
    readonly send: (bytes: Buffer, fin: boolean) => void,
  ) {}

  write(bytes: Buffer): void {
    this.send(bytes, false);
  }

  /** Ends our half. */
  end(): void {
    this.send(Buffer.alloc(0), true);
  }

  read(onData: (bytes: Buffer) => void, onEnd: () => void): void {
    this.#onData = onData;
    this.#onEnd = onEnd;
    for (const bytes of this.#waiting.splice(0)) onData(bytes);
    if (this.#ended) onEnd();
  }

  /** Called by the session. */
  receive(bytes: Buffer, fin: boolean): void {
    if (this.#ended) return;
    if (bytes.length > 0) {
      if (this.#onData) this.#onData(bytes);
      else this.#waiting.push(bytes);
    }
    if (!fin) return;
    this.#ended = true;
    this.#onEnd?.();
  }

  get isOver(): boolean {
    return this.#ended;
  }
}

/**
 * The serving side of one SPDY/3.1 connection as Kubernetes' clients use it: they open the streams, nobody counts
 * windows, and a header block is compressed with the protocol's dictionary.
 */
export class SpdySession {
  readonly #reader = new HeaderReader();
  readonly #writer = new HeaderWriter();
  readonly #streams = new Map<number, SpdyStream>();
  readonly #ours = new Set<number>();
  #bytes: Buffer = Buffer.alloc(0);
  #busy = false;
  #closed = false;

  constructor(
    readonly out: (bytes: Buffer) => void,
    readonly onStream: (stream: SpdyStream) => void,
    /** The client broke the protocol; the connection is to be closed. */
    readonly onError: (error: SpdyError) => void,
  ) {}

  /** Bytes of the client. */
  receive(bytes: Buffer): void {
    if (this.#closed) return;
    this.#bytes = this.#bytes.length === 0 ? bytes : Buffer.concat([this.#bytes, bytes]);
    this.#pump();
  }

  close(): void {
    this.#closed = true;
    this.#reader.close();
    for (const stream of this.#streams.values()) stream.receive(Buffer.alloc(0), true);
    this.#streams.clear();
  }

  /** Frames are taken in order; while a header block is being read, those behind it wait. */
  #pump(): void {
    while (!this.#busy && !this.#closed) {
      const frame = this.#next();
      if (!frame) return;
      if (!frame.control) this.#data(frame);
      else if (frame.id === SYN_STREAM) this.#open(frame);
      else if (frame.id === RST_STREAM && frame.body.length >= 4) this.#over(frame.body.readUInt32BE(0) & 0x7fffffff);
      else if (frame.id === PING) this.#control(PING, 0, frame.body.subarray(0, 4));
      else if (frame.id === GOAWAY) return;
    }
  }

  #next(): Frame | undefined {
    if (this.#bytes.length < HEAD_BYTES) return undefined;
    const length = this.#bytes.readUInt32BE(4) & 0xffffff;
    if (length > FRAME_BYTES_MAX) {
      this.#fail(new SpdyError(`a frame of ${length} bytes`));
      return undefined;
    }
    if (this.#bytes.length < HEAD_BYTES + length) return undefined;
    const first = this.#bytes.readUInt32BE(0);
    const control = first >>> 31 === 1;
    const frame = {
      control,
      id: control ? first & 0xffff : first,
      flags: this.#bytes[4] as number,
      body: this.#bytes.subarray(HEAD_BYTES, HEAD_BYTES + length),
    };
    this.#bytes = this.#bytes.subarray(HEAD_BYTES + length);
    return frame;
  }

  #data({ id, flags, body }: Frame): void {
    const stream = this.#streams.get(id);
    if (!stream) return;
    stream.receive(Buffer.from(body), (flags & FIN) !== 0);
    this.#forget(stream);
  }

  #open({ flags, body }: Frame): void {
    if (body.length < 10 || this.#streams.size >= STREAMS_MAX) {
      this.#fail(new SpdyError('a stream that cannot be opened'));
      return;
    }
    const id = body.readUInt32BE(0) & 0x7fffffff;
    this.#busy = true;
    this.#reader.read(Buffer.from(body.subarray(10)), (headers) => {
      this.#busy = false;
      if (this.#closed) return;
      if (headers instanceof SpdyError) {
        this.#fail(headers);
        return;
      }
      const stream = new SpdyStream(id, headers, (bytes, fin) => this.#send(stream, bytes, fin));
      this.#streams.set(id, stream);
      this.#control(SYN_REPLY, 0, Buffer.concat([uint32(id), this.#writer.write(new Map())]));
      this.onStream(stream);
      if ((flags & FIN) !== 0) stream.receive(Buffer.alloc(0), true);
      this.#pump();
    });
  }

  #send(stream: SpdyStream, bytes: Buffer, fin: boolean): void {
    if (this.#closed || this.#ours.has(stream.id) || !this.#streams.has(stream.id)) return;
    for (let at = 0; at < bytes.length || (fin && at === 0 && bytes.length === 0); at += FRAME_BYTES_MAX) {
      const part = bytes.subarray(at, at + FRAME_BYTES_MAX);
      const isLast = at + FRAME_BYTES_MAX >= bytes.length;
      this.out(Buffer.concat([uint32(stream.id), uint32(((fin && isLast ? FIN : 0) << 24) | part.length), part]));
    }
    if (!fin) return;
    this.#ours.add(stream.id);
    this.#forget(stream);
  }

  #forget(stream: SpdyStream): void {
    if (!stream.isOver || !this.#ours.has(stream.id)) return;
    this.#streams.delete(stream.id);
    this.#ours.delete(stream.id);
  }

  /** The client gave a stream up. */
  #over(id: number): void {
    this.#streams.get(id)?.receive(Buffer.alloc(0), true);
    this.#streams.delete(id);
    this.#ours.delete(id);
  }

  #control(type: number, flags: number, body: Buffer): void {
    this.out(
      Buffer.concat([uint32((0x80000000 | (VERSION << 16) | type) >>> 0), uint32((flags << 24) | body.length), body]),
    );
  }

  #fail(error: SpdyError): void {
    this.#control(GOAWAY, 0, Buffer.concat([uint32(0), uint32(PROTOCOL_ERROR)]));
    this.close();
    this.onError(error);
  }
}
