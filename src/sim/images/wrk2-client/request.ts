import type { HttpRequest } from '../../net/protocols.ts';

/** A request as `wrk.format` makes it: its text, and the message that a server gets of it. */
export interface Formatted {
  raw: string;
  message: HttpRequest;
}

/** `wrk.format` behind its arguments' defaults. */
export class RequestFormat {
  /** The header lines formatted last and what they say: mostly those of the request before. */
  #headers: { head: string; parsed: Record<string, string> } | undefined;

  constructor(readonly target: { host: string; port: number }) {}

  /** `lines` are `name: value`, without those that wrk adds itself. */
  format(method: string, path: string, lines: readonly string[], body: string): Formatted {
    const all = [...lines];
    if (!lines.some((line) => /^host:/i.test(line))) all.push(`Host: ${this.target.host}:${this.target.port}`);
    if (body !== '') all.push(`Content-Length: ${body.length}`);
    const head = all.length === 1 ? (all[0] as string) : all.join('\r\n');
    const raw = `${method} ${path} HTTP/1.1\r\n${head}\r\n\r\n${body}`;
    return { raw, message: this.#message(method, path, head, body, raw) };
  }

  /** What {@link parseRequest} makes of the raw text, from the parts that it was made of. */
  #message(method: string, path: string, head: string, body: string, raw: string): HttpRequest {
    if (/\s/.test(path) || /\s/.test(method)) return parseRequest(raw);
    if (this.#headers?.head !== head) {
      this.#headers = { head, parsed: parseRequest(` \r\n${head}\r\n\r\n`).headers };
    }
    return {
      proto: 'http',
      kind: 'request',
      method,
      path: withoutOrigin(path),
      headers: { ...this.#headers.parsed },
      body,
      bytes: raw.length,
    };
  }
}

function withoutOrigin(target: string): string {
  return target.startsWith('http') ? target.replace(/^https?:\/\/[^/]*/, '') || '/' : target;
}

/** The text that `wrk.format` made, as a message. A path may be a whole URL, as some scripts have it. */
export function parseRequest(raw: string): HttpRequest {
  const end = raw.indexOf('\r\n\r\n');
  const lines = (end < 0 ? raw : raw.slice(0, end)).split('\r\n');
  const [method = 'GET', target = '/'] = (lines[0] ?? '').split(' ');
  const headers: Record<string, string> = {};
  for (let i = 1; i < lines.length; i++) {
    const line = lines[i] as string;
    const at = line.indexOf(':');
    if (at > 0) headers[line.slice(0, at).toLowerCase()] = line.slice(at + 1).trim();
  }
  const body = end < 0 ? '' : raw.slice(end + 4);
  return { proto: 'http', kind: 'request', method, path: withoutOrigin(target), headers, body, bytes: raw.length };
}
