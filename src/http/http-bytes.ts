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
        out.push({ proto: 'raw', kind: 'request', data: this.#bytes.toString('utf8') });
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
    const length = Number(headers['content-length'] ?? '0');
    if (this.#bytes.length < end + 4 + length) return undefined;
    const body = this.#bytes.subarray(end + 4, end + 4 + length).toString('utf8');
    this.#bytes = this.#bytes.subarray(end + 4 + length);
    return { proto: 'http', kind: 'request', method, path, headers, body };
  }
}

const REASONS: Record<number, string> = {
  200: 'OK',
  201: 'Created',
  204: 'No Content',
  301: 'Moved Permanently',
  302: 'Found',
  400: 'Bad Request',
  404: 'Not Found',
  500: 'Internal Server Error',
  502: 'Bad Gateway',
  503: 'Service Unavailable',
};

export function formatHttpResponse(response: HttpResponse): Buffer {
  const body = Buffer.from(response.body, 'utf8');
  const headers: Record<string, string> = { ...response.headers, 'content-length': String(body.length) };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  const head = `HTTP/1.1 ${response.status} ${REASONS[response.status] ?? 'Unknown'}\r\n${lines.join('\r\n')}\r\n\r\n`;
  return Buffer.concat([Buffer.from(head, 'latin1'), body]);
}
