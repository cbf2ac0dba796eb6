/**
 * Spans in columns, 40 bytes each: what client libraries buffer, what a UDP packet carries and what the collector keeps.
 * Everything that repeats (operation, tags, log fields) is a {@link SpanShape}, kept once and referred to by number.
 */
export interface SpanTag {
  key: string;
  type: 'string' | 'bool' | 'int64' | 'float64';
  value: string | number | boolean;
}

export interface SpanShape {
  operation: string;
  tags: readonly SpanTag[];
  /** Fields of the one log entry that a failed span carries; its time is the span's end. */
  logFields?: readonly SpanTag[];
}

/** The process that made spans, as Jaeger's client library announces it. */
export interface SpanProcess {
  serviceName: string;
  tags: readonly SpanTag[];
}

/** What a client library sends, to be copied at once: columns, the shapes they refer to, and the `http.url` of the rows that have one. */
export interface SpanBatch {
  process: SpanProcess;
  /** Append-only table of the sending process; the same array object in each of its batches. */
  shapes: readonly SpanShape[];
  columns: SpanColumns;
  /** Row to `http.url`; the tag stands after `http.method`. */
  urls: ReadonlyMap<number, string>;
}

/** Identity of a span, as it travels with a request. Ids are 64 bits in two halves of any sign. */
export interface SpanContext {
  traceHi: number;
  traceLo: number;
  spanHi: number;
  spanLo: number;
  /** False when the root was not sampled; its trace is then reported by nobody. */
  sampled?: boolean;
}

/** Rows from which on a table grows by a quarter. */
const LARGE = 8_192;

/** Growable columns. `start` is µs since the epoch, `duration` µs; a parent of 0 means root. */
export class SpanColumns {
  length = 0;
  traceHi: Uint32Array;
  traceLo: Uint32Array;
  spanHi: Uint32Array;
  spanLo: Uint32Array;
  parentHi: Uint32Array;
  parentLo: Uint32Array;
  start: Float64Array;
  duration: Uint32Array;
  shape: Uint16Array;
  process: Uint16Array;

  constructor(capacity = 64) {
    this.traceHi = new Uint32Array(capacity);
    this.traceLo = new Uint32Array(capacity);
    this.spanHi = new Uint32Array(capacity);
    this.spanLo = new Uint32Array(capacity);
    this.parentHi = new Uint32Array(capacity);
    this.parentLo = new Uint32Array(capacity);
    this.start = new Float64Array(capacity);
    this.duration = new Uint32Array(capacity);
    this.shape = new Uint16Array(capacity);
    this.process = new Uint16Array(capacity);
  }

  get capacity(): number {
    return this.start.length;
  }

  /** Appends a span and gives its row. */
  push(
    context: SpanContext,
    parent: SpanContext | undefined,
    startUs: number,
    durationUs: number,
    shape: number,
    process: number,
  ): number {
    const row = this.length++;
    if (row === this.start.length) this.#grow();
    this.traceHi[row] = context.traceHi;
    this.traceLo[row] = context.traceLo;
    this.spanHi[row] = context.spanHi;
    this.spanLo[row] = context.spanLo;
    this.parentHi[row] = parent ? parent.spanHi : 0;
    this.parentLo[row] = parent ? parent.spanLo : 0;
    this.start[row] = startUs;
    this.duration[row] = durationUs;
    this.shape[row] = shape;
    this.process[row] = process;
    return row;
  }

  /** Appends row `row` of `other` under a shape and process of this table. */
  copyRow(other: SpanColumns, row: number, shape: number, process: number): number {
    const to = this.length++;
    if (to === this.start.length) this.#grow();
    this.traceHi[to] = other.traceHi[row]!;
    this.traceLo[to] = other.traceLo[row]!;
    this.spanHi[to] = other.spanHi[row]!;
    this.spanLo[to] = other.spanLo[row]!;
    this.parentHi[to] = other.parentHi[row]!;
    this.parentLo[to] = other.parentLo[row]!;
    this.start[to] = other.start[row]!;
    this.duration[to] = other.duration[row]!;
    this.shape[to] = shape;
    this.process[to] = process;
    return to;
  }

  #grow(): void {
    const { length } = this.start;
    // A session keeps tens of thousands of spans for its whole life: large tables leave less room unused.
    const capacity = length < LARGE ? length * 2 : length + (length >> 2);
    const wider = <T extends Uint32Array | Uint16Array | Float64Array>(old: T, made: T): T => {
      made.set(old);
      return made;
    };
    this.traceHi = wider(this.traceHi, new Uint32Array(capacity));
    this.traceLo = wider(this.traceLo, new Uint32Array(capacity));
    this.spanHi = wider(this.spanHi, new Uint32Array(capacity));
    this.spanLo = wider(this.spanLo, new Uint32Array(capacity));
    this.parentHi = wider(this.parentHi, new Uint32Array(capacity));
    this.parentLo = wider(this.parentLo, new Uint32Array(capacity));
    this.start = wider(this.start, new Float64Array(capacity));
    this.duration = wider(this.duration, new Uint32Array(capacity));
    this.shape = wider(this.shape, new Uint16Array(capacity));
    this.process = wider(this.process, new Uint16Array(capacity));
  }
}

/** 16 hex digits, as Jaeger prints ids of 64 bits. */
export function spanIdText(hi: number, lo: number): string {
  return hi.toString(16).padStart(8, '0') + lo.toString(16).padStart(8, '0');
}
