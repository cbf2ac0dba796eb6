import type { ApiHandler } from '../sim/api/api.ts';
import type { Conn } from '../sim/net/net.ts';
import type { HttpRequest, HttpResponse, Message } from '../sim/net/protocols.ts';
import type { Task, Thread } from '../sim/process/task.ts';

/** Where Prometheus and Jaeger are asked for times, behind whatever prefix a proxy adds. */
const PROMETHEUS = /\/api\/v1\/(?:query|query_range|query_exemplars|series|labels|label\/[^/?]+\/values)(?:\?|$)/;
const JAEGER = /\/api\/(?:traces|dependencies)(?:[/?]|$)/;
/** Milliseconds per unit of the parameters that are times. */
const PROMETHEUS_TIMES = { start: 1_000, end: 1_000, time: 1_000 };
const JAEGER_TIMES = { start: 0.001, end: 0.001, endTs: 1 };
/** `[1768467600.123,"42"]` */
const SAMPLE = /\[(\d{9,11}(?:\.\d+)?),"/g;
/** `"startTime":1768467600123456` */
const SPAN_TIME = /("(?:startTime|timestamp)"\s*:\s*)(\d{16})/g;

/** Below it nobody sees a difference. */
const SMALLEST_MS = 500;

/**
 * Metrics and traces have times of their own, as numbers: what clients ask for is moved to the cluster's time, what they get to theirs.
 * `byMs` is what is added to the client's times.
 */
export function shiftTelemetryQuery(target: string, byMs: number): string {
  const at = target.indexOf('?');
  if (at < 0 || Math.abs(byMs) < SMALLEST_MS) return target;
  return target.slice(0, at + 1) + shiftForm(target, target.slice(at + 1), byMs);
}

/** The same for parameters of a form (`application/x-www-form-urlencoded`), as Grafana and others post them to `target`. */
export function shiftForm(target: string, form: string, byMs: number): string {
  const times = PROMETHEUS.test(target) ? PROMETHEUS_TIMES : JAEGER.test(target) ? JAEGER_TIMES : undefined;
  if (!times || Math.abs(byMs) < SMALLEST_MS) return form;
  return form.replace(/(^|&)(start|end|time|endTs)=([^&]*)/g, (all, start: string, key: string, value: string) => {
    const unit = (times as Record<string, number>)[key];
    const text = decodeURIComponent(value.replaceAll('+', ' '));
    if (unit === undefined || text === '') return all;
    if (/^\d+(\.\d+)?$/.test(text)) return `${start}${key}=${numberText(Number(text) + byMs / unit)}`;
    const ms = Date.parse(text);
    return Number.isNaN(ms) ? all : `${start}${key}=${encodeURIComponent(new Date(ms + byMs).toISOString())}`;
  });
}

export function shiftTelemetryAnswer(target: string, body: string, byMs: number): string {
  if (Math.abs(byMs) < SMALLEST_MS) return body;
  if (PROMETHEUS.test(target))
    return body.replace(SAMPLE, (_, seconds: string) => `[${numberText(Number(seconds) + byMs / 1_000)},"`);
  if (JAEGER.test(target))
    return body.replace(SPAN_TIME, (_, key: string, us: string) => `${key}${numberText(Number(us) + byMs * 1_000)}`);
  return body;
}

function numberText(value: number): string {
  return String(Math.round(value * 1_000) / 1_000);
}

/** A handler whose port-forwards speak to clients that live `offsetMs()` later than the cluster. */
export function withShiftedForwards(handler: ApiHandler, offsetMs: () => number): ApiHandler {
  return {
    handle: (request, respond) => handler.handle(request, respond),
    exec: (request) => handler.exec(request),
    assertExec: (request) => handler.assertExec(request),
    assertForward: (request) => handler.assertForward(request),
    admitConnect: (request, done) => handler.admitConnect(request, done),
    *dialPod(namespace, pod, port, th) {
      return new ShiftedConn(yield* handler.dialPod(namespace, pod, port, th), offsetMs);
    },
  };
}

class ShiftedConn implements Conn {
  readonly local: Conn['local'];
  readonly remote: Conn['remote'];
  readonly closed: Conn['closed'];
  readonly #conn: Conn;
  readonly #offsetMs: () => number;

  constructor(conn: Conn, offsetMs: () => number) {
    this.#conn = conn;
    this.#offsetMs = offsetMs;
    this.local = conn.local;
    this.remote = conn.remote;
    this.closed = conn.closed;
  }

  get isOpen(): boolean {
    return this.#conn.isOpen;
  }

  close(): void {
    this.#conn.close();
  }

  *request<M extends Message = Message>(th: Thread, message: Message, options?: { timeoutMs?: number }): Task<M> {
    if (message.proto !== 'http' || message.kind !== 'request')
      return yield* this.#conn.request<M>(th, message, options);
    const { path } = message;
    const answer = yield* this.#conn.request<M>(th, this.#shifted(message), options);
    if (answer.proto !== 'http') return answer;
    const response = answer as HttpResponse;
    return { ...response, body: shiftTelemetryAnswer(path, response.body, this.#offsetMs()) } as unknown as M;
  }

  #shifted(message: HttpRequest): HttpRequest {
    const byMs = -this.#offsetMs();
    const path = shiftTelemetryQuery(message.path, byMs);
    const isForm = message.headers['content-type']?.includes('x-www-form-urlencoded');
    return { ...message, path, body: isForm ? shiftForm(message.path, message.body ?? '', byMs) : message.body };
  }
}
