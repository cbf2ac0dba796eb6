import { Agent, type IncomingMessage, request } from 'node:http';

/** What a load is: how many clients and watches for how long, on how many objects. */
export interface LoadOptions {
  /** Of a served cluster, with the token leading the path. */
  base: string;
  clients: number;
  watches: number;
  objects: number;
  seconds: number;
  now(): number;
}

export interface LoadResult {
  requests: number;
  errors: string[];
  /** Milliseconds. */
  p50: number;
  p99: number;
  events: number;
}

const NAMESPACE = 'load';
const OBJECTS = `/api/v1/namespaces/${NAMESPACE}/configmaps`;
const CREATORS = 20;

interface Answer {
  status: number;
  body: string;
}

/** Creates the objects, opens the watches, and lets the clients read, list, write and delete until the time is up. */
export class Load {
  readonly #agent: Agent;
  readonly #latencies: number[] = [];
  readonly #errors: string[] = [];
  #requests = 0;
  #events = 0;

  constructor(readonly options: LoadOptions) {
    this.#agent = new Agent({ keepAlive: true, maxSockets: options.clients });
  }

  async run(): Promise<LoadResult> {
    const { clients, objects, seconds, now } = this.options;
    await this.#send('POST', '/api/v1/namespaces', { metadata: { name: NAMESPACE } });
    await Promise.all(Array.from({ length: CREATORS }, (_, i) => this.#create(i, objects)));
    this.#latencies.length = 0;
    const watches = await this.#watch();
    const end = now() + seconds * 1000;
    await Promise.all(Array.from({ length: clients }, (_, i) => this.#work(i, end)));
    for (const watch of watches) watch.destroy();
    this.#agent.destroy();
    const sorted = this.#latencies.sort((a, b) => a - b);
    const at = (part: number): number => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0;
    return {
      requests: this.#requests,
      errors: this.#errors,
      p50: at(0.5),
      p99: at(0.99),
      events: this.#events,
    };
  }

  async #create(first: number, count: number): Promise<void> {
    for (let i = first; i < count; i += CREATORS) await this.#expect(201, 'POST', OBJECTS, object(`object-${i}`, 0));
  }

  /** Each client has an object of its own, so that nothing conflicts. */
  async #work(client: number, end: number): Promise<void> {
    const { objects, now } = this.options;
    const own = `own-${client}`;
    for (let round = 0; now() < end; round++) {
      await this.#expect(201, 'POST', OBJECTS, object(own, round));
      await this.#expect(200, 'PATCH', `${OBJECTS}/${own}`, { data: { round: String(round) } });
      for (let i = 0; i < 5; i++)
        await this.#expect(200, 'GET', `${OBJECTS}/object-${(client * 7919 + round * 31 + i) % objects}`);
      await this.#expect(200, 'GET', `${OBJECTS}?limit=50&labelSelector=kind%3Dload`);
      await this.#expect(200, 'DELETE', `${OBJECTS}/${own}`);
    }
  }

  async #watch(): Promise<IncomingMessage[]> {
    const list = await this.#send('GET', `${OBJECTS}?limit=1`);
    const version = (JSON.parse(list.body) as { metadata: { resourceVersion: string } }).metadata.resourceVersion;
    const path = `${OBJECTS}?watch=1&allowWatchBookmarks=true&resourceVersion=${version}`;
    return Promise.all(Array.from({ length: this.options.watches }, () => this.#open(path)));
  }

  #open(path: string): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
      const call = request(`${this.options.base}${path}`, { agent: false }, (response) => {
        response.on('data', (chunk: Buffer) => {
          for (const byte of chunk) if (byte === 10) this.#events++;
        });
        response.on('error', () => {});
        resolve(response);
      });
      call.on('error', reject);
      call.end();
    });
  }

  async #expect(status: number, method: string, path: string, body?: unknown): Promise<void> {
    const start = this.options.now();
    try {
      const answer = await this.#send(method, path, body);
      if (answer.status !== status)
        this.#errors.push(`${method} ${path}: ${answer.status} ${answer.body.slice(0, 200)}`);
    } catch (error) {
      this.#errors.push(`${method} ${path}: ${(error as Error).message}`);
    }
    this.#requests++;
    this.#latencies.push(this.options.now() - start);
  }

  #send(method: string, path: string, body?: unknown): Promise<Answer> {
    const type = method === 'PATCH' ? 'application/merge-patch+json' : 'application/json';
    return new Promise((resolve, reject) => {
      const call = request(
        `${this.options.base}${path}`,
        { method, agent: this.#agent, headers: body === undefined ? {} : { 'content-type': type } },
        (response) => {
          let text = '';
          response.setEncoding('utf8');
          response.on('data', (chunk: string) => {
            text += chunk;
          });
          response.on('end', () => resolve({ status: response.statusCode ?? 0, body: text }));
          response.on('error', reject);
        },
      );
      call.on('error', reject);
      call.end(body === undefined ? undefined : JSON.stringify(body));
    });
  }
}

function object(name: string, round: number): unknown {
  return { metadata: { name, labels: { kind: 'load' } }, data: { round: String(round), text: 'x'.repeat(200) } };
}
