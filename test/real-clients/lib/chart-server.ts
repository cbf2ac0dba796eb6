import { readFileSync } from 'node:fs';
import { createServer, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { bytesOf, textOf } from '../../../src/core/bytes.ts';
import { type ShellNetwork, ShellNetworkError } from '../../../src/shell/index.ts';

/** A web server of this machine over the files of a folder, and the way of a shell to it. */
export class ChartServer {
  #server: Server | undefined;

  /** Starts to serve; returns the URL. */
  async serve(folder: string): Promise<string> {
    this.#server = createServer((query, answer) => {
      try {
        answer.end(readFileSync(join(folder, query.url?.split('?')[0] ?? '')));
      } catch {
        answer.writeHead(404).end('not found');
      }
    });
    await new Promise<void>((resolve) => this.#server?.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  close(): void {
    this.#server?.close();
  }
}

/** Reaches the servers of this machine. */
export const localNetwork: ShellNetwork = {
  http: ({ host, port, method, path, headers, body }) =>
    new Promise((resolve, reject) => {
      const query = request({ host, port, method, path, headers }, (answer) => {
        const parts: Buffer[] = [];
        answer.on('data', (part: Buffer) => parts.push(part));
        answer.on('end', () =>
          resolve({
            status: answer.statusCode ?? 0,
            headers: Object.fromEntries(Object.entries(answer.headers).map(([key, value]) => [key, String(value)])),
            body: textOf(Buffer.concat(parts)),
          }),
        );
      });
      query.on('error', (error: NodeJS.ErrnoException) =>
        reject(new ShellNetworkError(error.code === 'ENOTFOUND' ? 'ENOTFOUND' : 'ECONNREFUSED')),
      );
      query.end(body === undefined ? undefined : bytesOf(body));
    }),
  connect: async (host) => ({ ip: host }),
  resolve: async (host) => [host],
};
