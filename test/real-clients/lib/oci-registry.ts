import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

const digestOf = (bytes: Buffer): string => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

/** A registry of this machine that keeps what is pushed in memory (OCI distribution, as far as charts need it). */
export class OciRegistry {
  #server: Server | undefined;
  readonly #blobs = new Map<string, Buffer>();
  /** Manifests by `name/tag` and `name/digest`. */
  readonly #manifests = new Map<string, Buffer>();

  /** Starts to serve; returns host and port. */
  async serve(): Promise<string> {
    this.#server = createServer((query, answer) => {
      const parts: Buffer[] = [];
      query.on('data', (part: Buffer) => parts.push(part));
      query.on('end', () => this.#answer(query, answer, Buffer.concat(parts)));
    });
    await new Promise<void>((resolve) => this.#server?.listen(0, '127.0.0.1', resolve));
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  close(): void {
    this.#server?.close();
  }

  #answer({ method = '', url = '' }: IncomingMessage, answer: ServerResponse, body: Buffer): void {
    const { pathname, searchParams } = new URL(url, 'http://registry');
    const [, name = '', kind = '', id = ''] = /^\/v2\/(.+)\/(manifests|blobs|tags)\/(.*)$/.exec(pathname) ?? [];
    const send = (bytes: Buffer | undefined, type: string): void => {
      if (!bytes)
        return void answer
          .writeHead(404)
          .end(method === 'HEAD' ? undefined : '{"errors":[{"code":"NOT_FOUND","message":"unknown"}]}');
      answer.writeHead(200, {
        'content-type': type,
        'content-length': bytes.length,
        'docker-content-digest': digestOf(bytes),
      });
      answer.end(method === 'HEAD' ? undefined : bytes);
    };
    if (pathname === '/v2/') return void answer.writeHead(200).end('{}');
    if (kind === 'tags') {
      const tags = [...this.#manifests.keys()].filter((key) => key.startsWith(`${name}/`) && !key.includes('sha256:'));
      const list = { name, tags: tags.map((key) => key.slice(name.length + 1)) };
      return void send(Buffer.from(JSON.stringify(list)), 'application/json');
    }
    if (kind === 'blobs' && method === 'POST')
      return void answer.writeHead(202, { location: `/v2/${name}/blobs/uploads/one` }).end();
    if (kind === 'blobs' && method === 'PUT') {
      this.#blobs.set(searchParams.get('digest') ?? '', body);
      return void answer.writeHead(201).end();
    }
    if (kind === 'manifests' && method === 'PUT') {
      this.#manifests.set(`${name}/${id}`, body);
      this.#manifests.set(`${name}/${digestOf(body)}`, body);
      return void answer.writeHead(201, { 'docker-content-digest': digestOf(body) }).end();
    }
    if (kind === 'blobs') send(this.#blobs.get(id), 'application/octet-stream');
    else send(this.#manifests.get(`${name}/${id}`), 'application/vnd.oci.image.manifest.v1+json');
  }
}
