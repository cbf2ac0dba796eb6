import type { Conn } from '../../net/net.ts';
import { NetError } from '../../net/net.ts';
import type { Os } from '../../process/os.ts';
import { Signal, type Task, type Thread } from '../../process/task.ts';
import {
  type SpanBatch,
  SpanColumns,
  type SpanContext,
  type SpanProcess,
  type SpanShape,
  type SpanTag,
} from '../jaeger/spans.ts';

/** A span that has begun. */
export interface Span extends SpanContext {
  sampled: boolean;
  startUs: number;
  parent: SpanContext | undefined;
}

const FLUSH_MS = 1_000;
/** Estimated bytes of one span in the thrift compact encoding. */
const SPAN_BYTES = 220;

export const tag = (key: string, value: string | number | boolean, type?: SpanTag['type']): SpanTag => ({
  key,
  type: type ?? (typeof value === 'boolean' ? 'bool' : typeof value === 'number' ? 'int64' : 'string'),
  value,
});

const FORMAT = tag('internal.span.format', 'proto');

/** Jaeger's client library (Go-2.11.2): probabilistic sampler at 1, spans buffered and sent by UDP once a second. */
export class Tracer {
  #columns = new SpanColumns();
  /** What was sent last: the agent keeps no hold of it, so it takes the spans after the next ones. */
  #spare = new SpanColumns();
  #urls = new Map<number, string>();
  #shapes: SpanShape[] = [];
  #shapeIds = new Map<string, number>();
  #process: SpanProcess;
  #dirty = new Signal();
  #conn: Conn | undefined;

  constructor(
    readonly os: Os,
    readonly serviceName: string,
    readonly agentHost: string,
    readonly agentPort: number,
    readonly sampleRatio: number,
  ) {
    this.#process = {
      serviceName,
      tags: [tag('hostname', os.hostname), tag('ip', os.address), tag('jaeger.version', 'Go-2.11.2')],
    };
    os.thread((th) => this.#sender(th));
  }

  /** Number of that shape; made at its first use. `internal.span.format` is added to the tags. */
  shape(operation: string, tags: readonly SpanTag[], logFields?: readonly SpanTag[]): number {
    const key = `${operation}\n${tags.map((t) => `${t.key}=${t.value}`).join('\n')}\n${logFields?.[1]?.value ?? ''}`;
    let id = this.#shapeIds.get(key);
    if (id === undefined) {
      id = this.#shapes.length;
      this.#shapes.push({ operation, tags: [...tags, FORMAT], logFields });
      this.#shapeIds.set(key, id);
    }
    return id;
  }

  /** Half an id; signed, as such numbers need no object of their own. The columns take them as unsigned. */
  #half(): number {
    return this.os.rng.uint32() | 0;
  }

  root(th: Thread): Span {
    const hi = this.#half();
    const lo = this.#half();
    const sampled = this.sampleRatio >= 1 || this.os.rng.float() < this.sampleRatio;
    return { traceHi: hi, traceLo: lo, spanHi: hi, spanLo: lo, sampled, startUs: th.nowUs, parent: undefined };
  }

  child(th: Thread, parent: SpanContext): Span {
    return {
      sampled: parent.sampled !== false,
      traceHi: parent.traceHi,
      traceLo: parent.traceLo,
      spanHi: this.#half(),
      spanLo: this.#half(),
      startUs: th.nowUs,
      parent,
    };
  }

  finish(th: Thread, span: Span, shape: number, url?: string): void {
    if (!span.sampled) return;
    if (this.#columns.length === 0) this.#dirty.fire();
    const row = this.#columns.push(span, span.parent, span.startUs, th.nowUs - span.startUs, shape, 0);
    if (url !== undefined) this.#urls.set(row, url);
  }

  *#sender(th: Thread): Task<void> {
    for (;;) {
      if (this.#columns.length === 0) yield* th.wait(this.#dirty);
      yield* th.sleep(FLUSH_MS);
      const batch: SpanBatch = {
        process: this.#process,
        shapes: this.#shapes,
        columns: this.#columns,
        urls: this.#urls,
      };
      this.#columns = this.#spare;
      this.#urls = new Map();
      yield* this.#send(th, batch);
      this.#spare = batch.columns;
      this.#spare.length = 0;
    }
  }

  /** UDP: what cannot be delivered is lost without a word. */
  *#send(th: Thread, batch: SpanBatch): Task<void> {
    try {
      this.#conn ??= yield* this.os.dial(th, this.agentHost, this.agentPort, { transport: 'udp' });
      yield* this.#conn.request(
        th,
        {
          proto: 'jaeger',
          kind: 'request',
          op: 'emitBatch',
          data: batch,
          bytes: batch.columns.length * SPAN_BYTES,
        },
        { timeoutMs: 500 },
      );
    } catch (error) {
      if (!(error instanceof NetError)) throw error;
      this.#conn?.close();
      this.#conn = undefined;
    }
  }
}
