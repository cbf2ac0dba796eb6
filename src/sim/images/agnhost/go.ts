import { parseDuration } from '../../api/cel/value.ts';
import { NetError, type ServerConn } from '../../net/net.ts';
import type { HttpRequest, HttpResponse } from '../../net/protocols.ts';
import type { Os } from '../../process/os.ts';
import type { Task, Thread } from '../../process/task.ts';

/** What Go's standard library does for all subcommands: logs, durations, HTTP servers. */

/** `2026/01/15 09:00:00 text`, as package log writes it. */
export function log(os: Os, th: Thread, text: string): void {
  const stamp = new Date(th.nowMs).toISOString().slice(0, 19).replace('T', ' ').replaceAll('-', '/');
  os.stderr.write(`${stamp} ${text}\n`);
}

/** `I0115 09:00:00.000000       1 file.go:1] text`, as klog writes it. */
export function klog(os: Os, th: Thread, level: 'I' | 'E' | 'F', place: string, text: string): void {
  const time = new Date(th.nowMs).toISOString();
  const micros = String(Math.floor(th.nowUs % 1000)).padStart(3, '0');
  const stamp = `${time.slice(5, 7)}${time.slice(8, 10)} ${time.slice(11, 23)}${micros}`;
  os.stderr.write(`${level}${stamp} ${String(os.pid).padStart(7)} ${place}] ${text}\n`);
}

/** ms of a Go duration; undefined when it is none. */
export function durationMs(text: string): number | undefined {
  return text === '0' ? 0 : parseDuration(text)?.ms;
}

/** A Go duration of so many ms: `1.5s`, `2m10s`. */
export function durationText(ms: number): string {
  if (ms < 1000) return ms === 0 ? '0s' : `${ms}ms`;
  const minutes = Math.floor(ms / 60_000);
  const seconds = `${Number(((ms - minutes * 60_000) / 1000).toFixed(9))}s`;
  if (minutes === 0) return seconds;
  return minutes < 60 ? `${minutes}m${seconds}` : `${Math.floor(minutes / 60)}h${minutes % 60}m${seconds}`;
}

/** A Go program without handlers of its own ends on signals with the runtime's code 2. */
export function endsAsGo(os: Os): void {
  os.endsOnSignal('SIGTERM', 2);
  os.endsOnSignal('SIGINT', 2);
}

/** Sleeps for ever. */
export function* forever(os: Os): Task<never> {
  for (;;) yield* os.main.sleep(365 * 24 * 3_600_000);
}

/** A request with its query and form taken apart. */
export interface Request {
  th: Thread;
  conn: ServerConn;
  method: string;
  path: string;
  query: URLSearchParams;
  /** Names in lower case. */
  headers: Record<string, string>;
  body: string;
}

export type Handler = (request: Request) => Task<HttpResponse>;

/** Elements by which net/http takes a text for a page (DetectContentType). */
const PAGE =
  /^[\t\n\f\r ]*<(!doctype html|html|head|script|iframe|h1|div|font|table|a|style|title|b|body|br|p|!--)[ >]/i;

/** An answer of 200 with a text, whatever was not said. */
export function reply(body: string, status = 200, headers: Record<string, string> = {}): HttpResponse {
  const type = `text/${PAGE.test(body) ? 'html' : 'plain'}; charset=utf-8`;
  return { proto: 'http', kind: 'response', status, headers: { 'Content-Type': type, ...headers }, body };
}

export function json(value: unknown, status = 200): HttpResponse {
  return reply(JSON.stringify(value), status, { 'Content-Type': 'application/json' });
}

export const NOT_FOUND = (): HttpResponse => reply('404 page not found\n', 404);

/** What net/http says to what is no HTTP. */
const MALFORMED =
  'HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\n\r\n400 Bad Request';

/** net/http's server with its mux: exact paths first, then `/`. Throws NetError EADDRINUSE. */
export function serveHttp(os: Os, port: number, routes: Readonly<Record<string, Handler>>): void {
  os.listen(port, {
    *handle(th, message, conn) {
      if (message.proto === 'raw') return { ...message, kind: 'response', data: MALFORMED };
      if (message.proto !== 'http' || message.kind !== 'request') throw new NetError('ECONNRESET');
      th.spend(120);
      os.useCpu(80);
      const request = taken(th, message, conn);
      const handler = routes[request.path] ?? routes['/'];
      const response = handler ? yield* handler(request) : NOT_FOUND();
      return request.method === 'HEAD' ? { ...response, body: '' } : response;
    },
  });
}

function taken(th: Thread, message: HttpRequest, conn: ServerConn): Request {
  const [path = '/', search = ''] = message.path.split(/\?(.*)/s);
  const headers: Record<string, string> = {};
  for (const [name, text] of Object.entries(message.headers)) headers[name.toLowerCase()] = text;
  const form = headers['content-type']?.startsWith('application/x-www-form-urlencoded') ? `${message.body}&` : '';
  const query = new URLSearchParams(form + search);
  return { th, conn, method: message.method, path: path || '/', query, headers, body: message.body };
}

/** `10.244.1.5:40322` */
export function remote(conn: ServerConn): string {
  return `${conn.peer.ip}:${conn.peer.port}`;
}

/** What Go says of a failed connection. */
export function dialText(error: NetError, network: string, host: string, port: number): string {
  const at = `dial ${network} ${host}:${port}`;
  switch (error.code) {
    case 'ETIMEDOUT':
      return `${at}: i/o timeout`;
    case 'ECONNREFUSED':
      return `${at}: connect: connection refused`;
    case 'EHOSTUNREACH':
      return `${at}: connect: no route to host`;
    case 'ENETUNREACH':
      return `${at}: connect: network is unreachable`;
    case 'ENOTFOUND':
      return `lookup ${host} on ${error.detail.dnsServer ?? '10.96.0.10:53'}: no such host`;
    case 'EAI_AGAIN':
      return `lookup ${host}: i/o timeout`;
    default:
      return `read ${network} ${host}:${port}: read: connection reset by peer`;
  }
}
