import type { IncomingMessage } from 'node:http';
import { STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import { limits } from '../core/limits.ts';
import { ApiError, type Status } from '../kube/status.ts';
import type { UserInfo } from '../sim/api/admission.ts';
import type { ApiHandler, ApiRequest, ConnectRequest } from '../sim/api/api.ts';
import { badRequest, resourceNotFound, unauthorized } from '../sim/api/errors.ts';
import { parseResourcePath, splitTarget } from '../sim/api/path.ts';
import type { World } from '../sim/world.ts';
import { type ExecTarget, execOptions, execRequest } from './exec.ts';
import { serveExec } from './exec-socket.ts';
import { SpdyExec } from './exec-spdy.ts';
import { serveForward } from './forward-socket.ts';
import { SpdyForward } from './forward-spdy.ts';
import { LOG_PROTOCOLS, serveLog } from './log-socket.ts';
import { SpdySession, type SpdyStream } from './spdy/session.ts';
import { bytesOfMessage } from './streams.ts';

const CHANNELS = ['v5.channel.k8s.io', 'v4.channel.k8s.io', 'channel.k8s.io', 'base64.channel.k8s.io'];
/** What a stream of SPDY frames inside a WebSocket is called; as it holds a slash, no WebSocket library lets it pass as it is. */
const TUNNEL = 'SPDY/3.1+portforward.k8s.io';
const TUNNEL_TOKEN = 'spdy-portforward';
const EXEC_OVER_SPDY = ['v4.channel.k8s.io', 'v3.channel.k8s.io', 'v2.channel.k8s.io', 'channel.k8s.io'];
const FORWARD_OVER_SPDY = ['portforward.k8s.io'];

interface Target {
  namespace: string;
  pod: string;
  ports: number[];
  exec?: ExecTarget;
  /** Reads the pod's log. */
  log?: ApiRequest;
}

interface Options {
  handler: ApiHandler;
  world: World;
  /** Time must pass while a stream is open; the result ends that. */
  hold(): () => void;
  fault(error: unknown): void;
}

type Carrier = Pick<SpdyExec, 'open' | 'cancel'>;

/** exec, attach and port-forward: over WebSockets, over SPDY/3.1, and over SPDY inside a WebSocket. */
export class Upgrades {
  readonly #sockets = new WebSocketServer({
    noServer: true,
    maxPayload: limits.apiBodyBytesMax,
    handleProtocols: (offered) => [TUNNEL_TOKEN, ...CHANNELS, ...LOG_PROTOCOLS].find((p) => offered.has(p)) ?? false,
  });

  constructor(readonly options: Options) {
    this.#sockets.on('headers', (headers) => {
      for (const [i, line] of headers.entries())
        if (line.toLowerCase().startsWith('sec-websocket-protocol')) headers[i] = line.replace(TUNNEL_TOKEN, TUNNEL);
    });
  }

  close(): void {
    this.#sockets.close();
  }

  serve(request: IncomingMessage, socket: Duplex, head: Buffer, user: UserInfo | undefined): void {
    socket.on('error', () => socket.destroy());
    try {
      if (!user) throw unauthorized();
      const target = targetOf(request.url ?? '/', user);
      const how = request.headers.upgrade?.toLowerCase();
      if (how !== 'websocket' && how !== 'spdy/3.1')
        throw badRequest('you must specify a SPDY or WebSocket upgrade for this request');
      if (target.log) {
        if (how !== 'websocket') throw badRequest('you must specify a WebSocket upgrade for this request');
        this.#log(request, socket, head, target.log);
        return;
      }
      if (target.exec) this.options.handler.assertExec(execRequest(target.exec));
      else this.options.handler.assertForward({ ...target, user });
      const release = this.options.hold();
      this.options.handler.admitConnect(admission(target, user), (refused) => {
        release();
        if (refused) refuse(socket, refused.status);
        else if (how === 'websocket') this.#webSocket(request, socket, head, target);
        else this.#spdy(request, socket, head, target);
      });
    } catch (error) {
      if (!(error instanceof ApiError)) this.options.fault(error);
      refuse(socket, error instanceof ApiError ? error.status : BROKEN);
    }
  }

  #log(request: IncomingMessage, socket: Duplex, head: Buffer, log: ApiRequest): void {
    this.options.handler.handle(log, (response) => {
      if (response.status >= 400) refuse(socket, JSON.parse(response.body) as Status);
      else
        this.#sockets.handleUpgrade(request, socket, head, (ws) => {
          ws.on('error', () => ws.terminate());
          serveLog(ws, response, this.options.hold());
        });
    });
  }

  #webSocket(request: IncomingMessage, socket: Duplex, head: Buffer, target: Target): void {
    const offered = request.headers['sec-websocket-protocol'];
    if (offered?.includes(TUNNEL)) request.headers['sec-websocket-protocol'] = offered.replace(TUNNEL, TUNNEL_TOKEN);
    const { handler, world } = this.options;
    this.#sockets.handleUpgrade(request, socket, head, (ws) => {
      const release = this.options.hold();
      ws.on('error', () => ws.terminate());
      try {
        if (ws.protocol === TUNNEL_TOKEN) this.#tunnel(ws, target, release);
        else if (target.exec) serveExec(ws, handler, target.exec, release);
        else serveForward(ws, handler, world, target, release);
      } catch (error) {
        release();
        this.options.fault(error);
        ws.close(1011);
      }
    });
  }

  #tunnel(ws: WebSocket, target: Target, release: () => void): void {
    const carrier = this.#carrier(target, () => ws.close(1000));
    const session = this.#session(
      (bytes) => ws.readyState === ws.OPEN && ws.send(bytes),
      carrier,
      () => ws.close(1002),
    );
    ws.on('message', (data) => session.receive(bytesOfMessage(data)));
    ws.on('close', () => {
      carrier.cancel();
      session.close();
      release();
    });
  }

  #spdy(request: IncomingMessage, socket: Duplex, head: Buffer, target: Target): void {
    const offered = (request.headers['x-stream-protocol-version'] ?? '').toString().split(/\s*,\s*/);
    const known = target.exec ? EXEC_OVER_SPDY : FORWARD_OVER_SPDY;
    const protocol = known.find((p) => offered.includes(p));
    if (!protocol) {
      const why = `unable to upgrade: unable to negotiate protocol: client supports [${offered.join(' ')}], server accepts [${known.join(' ')}]`;
      socket.end(`HTTP/1.1 403 Forbidden\r\ncontent-type: text/plain\r\ncontent-length: ${why.length}\r\n\r\n${why}`);
      return;
    }
    const release = this.options.hold();
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\nX-Stream-Protocol-Version: ${protocol}\r\n\r\n`,
    );
    const carrier = this.#carrier(target, () => socket.end());
    const session = this.#session(
      (bytes) => socket.writable && socket.write(bytes),
      carrier,
      () => socket.end(),
    );
    socket.on('data', (bytes: Buffer) => session.receive(bytes));
    socket.on('end', () => socket.end());
    socket.on('close', () => {
      carrier.cancel();
      session.close();
      release();
    });
    if (head.length > 0) session.receive(head);
  }

  #carrier(target: Target, onFinish: () => void): Carrier {
    const { handler, world } = this.options;
    return target.exec ? new SpdyExec(handler, target.exec, onFinish) : new SpdyForward(handler, world, target);
  }

  #session(out: (bytes: Buffer) => void, carrier: Carrier, onError: () => void): SpdySession {
    const open = (stream: SpdyStream): void => {
      try {
        carrier.open(stream);
      } catch (error) {
        if (!(error instanceof ApiError)) this.options.fault(error);
        onError();
      }
    };
    return new SpdySession(out, open, onError);
  }
}

function admission({ namespace, pod, ports, exec }: Target, user: UserInfo): ConnectRequest {
  if (exec) return { namespace, pod, user, subresource: exec.subresource, options: execOptions(exec) };
  const options = { kind: 'PodPortForwardOptions', apiVersion: 'v1', ...(ports.length > 0 ? { ports } : {}) };
  return { namespace, pod, user, subresource: 'portforward', options };
}

function targetOf(url: string, user: UserInfo): Target {
  const { path, query } = splitTarget(url);
  const found = parseResourcePath(path);
  const sub = found?.subresource;
  const isPod = found?.group === '' && found.version === 'v1' && found.resource === 'pods' && found.namespace;
  if (isPod && found.name && sub === 'log') {
    const log = { method: 'GET', path: url, headers: {}, user };
    return { namespace: found.namespace ?? '', pod: found.name, ports: [], log };
  }
  if (!isPod || !found.name || (sub !== 'exec' && sub !== 'attach' && sub !== 'portforward')) throw resourceNotFound();
  const { namespace = '', name: pod } = found;
  if (sub !== 'portforward')
    return { namespace, pod, ports: [], exec: { namespace, pod, subresource: sub, query, user } };
  const ports = query
    .getAll('ports')
    .flatMap((p) => p.split(','))
    .map(Number);
  if (ports.some((port) => !Number.isInteger(port) || port < 1 || port > 65535))
    throw badRequest('unable to parse port-forward options: a port is invalid');
  return { namespace, pod, ports };
}

/** What a client is told when we failed. */
export const BROKEN: Status = {
  kind: 'Status',
  apiVersion: 'v1',
  metadata: {},
  status: 'Failure',
  message: 'Internal error occurred: the simulated API server failed',
  reason: 'InternalError',
  code: 500,
};

/** Answers with an error on a socket that no response belongs to (upgrades, unreadable requests), and closes it. */
export function refuse(socket: Duplex, status: Status): void {
  const code = status.code ?? 500;
  const body = `${JSON.stringify(status)}\n`;
  const head = `HTTP/1.1 ${code} ${STATUS_CODES[code] ?? ''}\r\ncontent-type: application/json\r\nconnection: close`;
  socket.end(`${head}\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
}
