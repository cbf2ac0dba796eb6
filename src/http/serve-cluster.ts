import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { createServer, STATUS_CODES } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { bytesOf } from '../core/bytes.ts';
import { limits } from '../core/limits.ts';
import { ApiError } from '../kube/status.ts';
import type { UserInfo } from '../sim/api/admission.ts';
import type { ApiHandler, ApiResponse } from '../sim/api/api.ts';
import { tooLarge, unauthorized } from '../sim/api/errors.ts';
import { CLUSTER_ADMIN } from '../sim/bootstrap/system.ts';
import type { World } from '../sim/world.ts';
import type { Timers } from './clock.ts';
import { WorldClock } from './clock.ts';
import { Outbox } from './outbox.ts';
import { asProtobuf, jsonOfBody, negotiateFormat, WATCH_TYPE, watchFrames } from './representation.ts';
import { shiftTelemetryAnswer, shiftTelemetryQuery, withShiftedForwards } from './telemetry-shift.ts';
import { shiftJson, shiftLog, shiftQuery, shiftYaml } from './time-shift.ts';
import { BROKEN, refuse, Upgrades } from './upgrade.ts';

export interface ServeOptions {
  handler: ApiHandler;
  world: World;
  clock: 'wall' | 'stepped';
  /** Virtual seconds per second of the wall clock; of `wall` only. Default 1. */
  speed?: number;
  /** The operator's bearer token. */
  token: string;
  /** 0 takes a free port. */
  port: number;
  timers: Timers;
  /** Who an other token stands for (service accounts). */
  userOfToken?(token: string): UserInfo | undefined;
  /** Told of faults of ours while serving; the process goes on. */
  onError?(error: unknown): void;
}

export interface ServedCluster {
  url: string;
  port: number;
  close(): Promise<void>;
}

class Edge {
  readonly #clock: WorldClock;
  readonly #upgrades: Upgrades;

  constructor(readonly options: ServeOptions) {
    this.#clock = new WorldClock(
      options.world,
      options.clock,
      options.timers,
      (error) => this.#fault(error),
      options.speed,
    );
    this.#upgrades = new Upgrades({
      handler: withShiftedForwards(options.handler, () => this.#clock.offsetMs),
      world: options.world,
      hold: () => this.#clock.hold(),
      fault: (error) => this.#fault(error),
    });
  }

  stop(): void {
    this.#clock.stop();
    this.#upgrades.close();
  }

  #fault(error: unknown): void {
    this.options.onError?.(error);
  }

  /**
   * kubectl and client-go never send a bearer token over plain HTTP, so the token may also lead the path
   * (`/token/<token>/api/…`, see kubeconfig.ts); it is cut off here.
   */
  #user(request: IncomingMessage): UserInfo | undefined {
    const led = /^\/token\/([^/?]+)(.*)$/.exec(request.url ?? '');
    if (led) request.url = led[2] === '' ? '/' : led[2];
    const token = led?.[1] ?? /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1];
    if (token === undefined) return undefined;
    return token === this.options.token ? CLUSTER_ADMIN : this.options.userOfToken?.(token);
  }

  request(request: IncomingMessage, response: ServerResponse): void {
    const chunks: Buffer[] = [];
    let size = 0;
    request.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size <= limits.apiBodyBytesMax) chunks.push(chunk);
    });
    // A client that goes away is no fault of ours.
    request.on('error', () => {});
    response.on('error', () => {});
    request.on('end', () => {
      try {
        const user = this.#user(request);
        if (!user) throw unauthorized();
        if (size > limits.apiBodyBytesMax) throw tooLarge();
        this.#handle(request, Buffer.concat(chunks), user, response);
      } catch (error) {
        this.#answerError(response, error);
      }
    });
  }

  #handle(request: IncomingMessage, body: Buffer, user: UserInfo, response: ServerResponse): void {
    const headers: Record<string, string> = {};
    for (const [name, value] of Object.entries(request.headers))
      if (value !== undefined) headers[name] = Array.isArray(value) ? value.join(', ') : value;
    const format = negotiateFormat(headers['accept'], request.url ?? '/');
    if (format.accept !== undefined) headers['accept'] = format.accept;
    this.#clock.requestArrived();
    const proxied = PROXIED.test(request.url ?? '/');
    const offset = this.#clock.offsetMs;
    const read = proxied ? body : readBody(headers, body, -offset);
    const release = this.#clock.hold();
    try {
      this.options.handler.handle(
        {
          method: request.method ?? 'GET',
          path: (proxied ? shiftTelemetryQuery : shiftQuery)(request.url ?? '/', -offset),
          headers,
          body: read,
          user,
        },
        (answer) => {
          try {
            const proxiedTo = proxied ? request.url : undefined;
            this.#write(answer, response, { protobuf: format.protobuf, proxiedTo }, release);
          } catch (error) {
            release();
            this.#answerError(response, error);
          }
        },
      );
    } catch (error) {
      release();
      throw error;
    }
  }

  #write(
    answer: ApiResponse,
    response: ServerResponse,
    { protobuf, proxiedTo }: { protobuf: boolean; proxiedTo: string | undefined },
    release: () => void,
  ): void {
    const type = answer.headers['content-type'] ?? '';
    const shifted = type.startsWith('text/plain') ? shiftLog : type.includes('yaml') ? shiftYaml : shiftJson;
    const shift = (text: string): string =>
      proxiedTo === undefined
        ? shifted(text, this.#clock.offsetMs)
        : shiftTelemetryAnswer(proxiedTo, text, this.#clock.offsetMs);
    for (const [name, value] of Object.entries(answer.headers))
      response.setHeader(name, name === 'warning' ? value.split('\n') : value);
    response.statusCode = answer.status;
    if (answer.stream) {
      this.#stream(answer.stream, response, protobuf && type === 'application/json', shift, release);
      return;
    }
    const text = type.includes('protobuf') ? undefined : shift(answer.body);
    const encoded = protobuf && text !== undefined ? asProtobuf(answer, text) : undefined;
    if (encoded) response.setHeader('content-type', encoded.type);
    response.end(
      encoded?.body ?? (text === undefined ? undefined : bytesOf(text)) ?? Buffer.from(answer.body, 'latin1'),
    );
    release();
    this.#clock.requestDone();
  }

  #stream(
    stream: NonNullable<ApiResponse['stream']>,
    response: ServerResponse,
    protobuf: boolean,
    shift: (text: string) => string,
    release: () => void,
  ): void {
    if (protobuf) response.setHeader('content-type', WATCH_TYPE);
    response.flushHeaders();
    const outbox = new Outbox((bytes) => {
      response.write(typeof bytes === 'string' ? bytesOf(bytes) : bytes);
      // Who does not read is let go, as the API server does; a watch can be taken up again.
      if (response.writableLength > limits.streamBacklogBytesMax) response.destroy();
    });
    const unhook = this.#clock.afterTick(() => outbox.flush());
    response.on('close', () => {
      unhook();
      release();
      stream.cancel();
    });
    const write = (chunk: string): void => outbox.write(protobuf ? watchFrames(shift(chunk)) : shift(chunk));
    stream.start(write, () => {
      outbox.flush();
      response.end();
    });
  }

  #answerError(response: ServerResponse, error: unknown): void {
    if (!(error instanceof ApiError)) this.#fault(error);
    const status = error instanceof ApiError ? error.status : BROKEN;
    if (response.headersSent) {
      response.destroy();
      return;
    }
    response.statusCode = status.code ?? 500;
    response.setHeader('content-type', 'application/json');
    response.end(`${JSON.stringify(status)}\n`);
  }

  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    this.#upgrades.serve(request, socket, head, this.#user(request));
  }
}

/** A body with its timestamps moved: text as text, protobuf as the JSON that says the same. */
function readBody(headers: Record<string, string>, body: Buffer, byMs: number): string | Buffer | undefined {
  if (body.length === 0) return undefined;
  const type = headers['content-type'] ?? '';
  const json = jsonOfBody(type, body);
  if (json !== undefined) headers['content-type'] = 'application/json';
  else if (!type.includes('json') && !type.includes('yaml')) return body;
  const shift = json === undefined && type.includes('yaml') ? shiftYaml : shiftJson;
  return shift(json ?? body.toString('utf8'), byMs);
}

/** What programs behind the API server say is theirs: it goes through as it is. */
const PROXIED = /\/(?:pods|services|nodes)\/[^/?]+\/proxy(?:[/?]|$)/;

/** How long a client may take to say what it wants, in ms. */
const PATIENCE = { headersTimeout: 20_000, requestTimeout: 60_000, connectionsCheckingInterval: 5_000 };

/** What was sent is no HTTP, too much of it, or came too slowly. */
function refuseUnreadable(error: NodeJS.ErrnoException, socket: Duplex): void {
  if (!socket.writable || error.code === 'ECONNRESET') {
    socket.destroy();
    return;
  }
  const codes: Record<string, number> = { HPE_HEADER_OVERFLOW: 431, ERR_HTTP_REQUEST_TIMEOUT: 408 };
  const code = codes[error.code ?? ''] ?? 400;
  const message = STATUS_CODES[code] ?? '';
  refuse(socket, { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message, code });
}

/** Serves a cluster's API on loopback for real clients (kubectl, helm, k9s). */
export function serveCluster(options: ServeOptions): Promise<ServedCluster> {
  const edge = new Edge(options);
  const server: Server = createServer(PATIENCE, (request, response) => edge.request(request, response));
  server.maxConnections = limits.apiConnectionsMax;
  server.on('upgrade', (request, socket, head) => edge.upgrade(request, socket, head));
  server.on('clientError', refuseUnreadable);
  return new Promise((resolve, reject) => {
    server.once('error', (error) => {
      edge.stop();
      reject(error);
    });
    server.listen(options.port, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      const close = (): Promise<void> =>
        new Promise((done) => {
          edge.stop();
          server.closeAllConnections();
          server.close(() => done());
        });
      resolve({ url: `http://127.0.0.1:${port}`, port, close });
    });
  });
}
