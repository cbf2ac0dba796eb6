import { STATUS_CODES } from 'node:http';
import { bytesOf, textOf } from '../core/bytes.ts';
import type { HttpRequest, HttpResponse, RawMessage } from '../sim/net/protocols.ts';

const METHOD = /^(GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS) (\S+) HTTP\/1\.[01]\r\n/;

/** Turns the bytes of a forwarded connection into the messages that simulated processes understand. */
export class HttpBuffer {
  #bytes = Buffer.alloc(0);

  /** The messages that are complete now; what is no HTTP goes through as raw. */
  push(bytes: Uint8Array): (HttpRequest | RawMessage)[] {
    this.#bytes = Buffer.concat([this.#bytes, bytes]);
    const out: (HttpRequest | RawMessage)[] = [];
    for (;;) {
      const text = this.#bytes.toString('latin1');
      if (text === '') return out;
      if (!METHOD.test(text)) {
        if (/^[A-Z]{3,7} /.test(text) && !text.includes('\r\n')) return out;
        out.push({ proto: 'raw', kind: 'request', data: textOf(this.#bytes) });
        this.#bytes = Buffer.alloc(0);
        return out;
      }
      const message = this.#take(text);
      if (!message) return out;
      out.push(message);
    }
  }

  #take(text: string): HttpRequest | undefined {
    const end = text.indexOf('\r\n\r\n');
    if (end < 0) return undefined;
    const [first = '', ...lines] = text.slice(0, end).split('\r\n');
    const [method = '', path = ''] = first.split(' ');
    const headers: Record<string, string> = {};
    for (const line of lines) {
      const at = line.indexOf(':');
      headers[line.slice(0, at).trim().toLowerCase()] = line.slice(at + 1).trim();
    }
    const isOld = first.endsWith('HTTP/1.0') && headers['connection']?.toLowerCase() !== 'keep-alive';
    if (isOld) headers['connection'] = 'close';
    const body = this.#body(end + 4, headers);
    return body === undefined ? undefined : { proto: 'http', kind: 'request', method, path, headers, body };
  }

  /** Takes the body that begins at `start` and drops the whole request; undefined while it is not complete. */
  #body(start: number, headers: Record<string, string>): string | undefined {
    if (headers['transfer-encoding']?.toLowerCase() === 'chunked') return this.#chunked(start, headers);
    const length = Number(headers['content-length'] ?? '0') || 0;
    if (this.#bytes.length < start + length) return undefined;
    const body = textOf(this.#bytes.subarray(start, start + length));
    this.#bytes = this.#bytes.subarray(start + length);
    return body;
  }

  #chunked(start: number, headers: Record<string, string>): string | undefined {
    const parts: Buffer[] = [];
    for (let at = start; ; ) {
      const end = this.#bytes.indexOf('\r\n', at, 'latin1');
      if (end < 0) return undefined;
      const size = Number.parseInt(this.#bytes.toString('latin1', at, end), 16) || 0;
      at = end + 2;
      if (this.#bytes.length < at + size + 2) return undefined;
      parts.push(this.#bytes.subarray(at, at + size));
      at += size + 2;
      if (size > 0) continue;
      this.#bytes = this.#bytes.subarray(at);
      delete headers['transfer-encoding'];
      const body = Buffer.concat(parts);
      headers['content-length'] = String(body.length);
      return textOf(body);
    }
  }
}

/** Whether the server's side closes after this answer, as HTTP/1.x agrees on it. */
export function endsConnection(request: HttpRequest, response: HttpResponse): boolean {
  const said = (headers: Record<string, string>): string =>
    Object.entries(headers)
      .find(([name]) => name.toLowerCase() === 'connection')?.[1]
      .toLowerCase() ?? '';
  return said(request.headers) === 'close' || said(response.headers) === 'close';
}

export function formatHttpResponse(response: HttpResponse, method: string): Buffer {
  const body = bytesOf(response.body);
  const isBodiless = response.status === 204 || response.status === 304;
  const kept = Object.entries(response.headers).filter(
    ([name]) => !['content-length', 'transfer-encoding'].includes(name.toLowerCase()),
  );
  const lines = [...kept, ...(isBodiless ? [] : [['content-length', String(body.length)]])].map(
    ([name, value]) => `${name}: ${value}\r\n`,
  );
  const head = `HTTP/1.1 ${response.status} ${STATUS_CODES[response.status] ?? 'Unknown'}\r\n${lines.join('')}\r\n`;
  return Buffer.concat([Buffer.from(head, 'latin1'), ...(isBodiless || method === 'HEAD' ? [] : [body])]);
}
