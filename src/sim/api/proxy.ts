import { textOf } from '../../core/bytes.ts';
import type { Json, KubeObject } from '../../kube/object.ts';
import { ApiError } from '../../kube/status.ts';
import type { Conn } from '../net/net.ts';
import { NetError } from '../net/net.ts';
import type { HttpResponse } from '../net/protocols.ts';
import type { Task } from '../process/task.ts';
import { Thread } from '../process/task.ts';
import type { World } from '../world.ts';
import type { ApiRequest, ApiResponse } from './api.ts';
import { badRequest, notFound, serviceUnavailable } from './errors.ts';
import { proxiedHeaders } from './pod-io.ts';

/**
 * Opens a connection from the control plane to a ready endpoint of the Service. `port` is a Service port's name or
 * number, already resolved to the number.
 */
export type ServiceDialer = (th: Thread, service: KubeObject, port: number) => Task<Conn>;

const SCHEMES = new Set(['', 'http', 'https']);
const PROXY_TIMEOUT_MS = 60_000;

export interface ProxyName {
  scheme: string;
  name: string;
  port: string;
}

/** `[scheme:]name[:port]` */
export function parseProxyName(id: string): ProxyName {
  const parts = id.split(':');
  if (parts.length === 1) return { scheme: '', name: id, port: '' };
  if (parts.length === 2) return { scheme: '', name: parts[0] as string, port: parts[1] as string };
  if (parts.length === 3 && SCHEMES.has(parts[0] as string)) {
    return { scheme: parts[0] as string, name: parts[1] as string, port: parts[2] as string };
  }
  throw badRequest(`invalid service request ${JSON.stringify(id)}`);
}

/** The Service port that a proxy request names. */
export function servicePort(service: KubeObject, asked: string): number {
  const ports: Json[] = service.spec?.ports ?? [];
  if (asked === '') {
    if (ports.length === 1) return ports[0].port;
    const unnamed = ports.find((p) => p.name === undefined || p.name === '');
    if (unnamed) return unnamed.port;
  }
  const found = ports.find((p) => p.name === asked || String(p.port) === asked);
  if (!found)
    throw serviceUnavailable(
      `no service port ${JSON.stringify(asked)} found for service ${JSON.stringify(service.metadata.name)}`,
    );
  return found.port;
}

/** The container port that a pod proxy request names; the first declared one by default. */
export function podPort(pod: KubeObject, asked: string): number {
  if (/^\d+$/.test(asked)) return Number(asked);
  const ports: Json[] = (pod.spec?.containers ?? []).flatMap((c: Json) => c.ports ?? []);
  const found = asked === '' ? ports[0] : ports.find((p) => p.name === asked);
  if (found) return found.containerPort;
  if (asked === '') return 80;
  throw notFound({ group: '', resource: 'pods' }, `${pod.metadata.name}:${asked}`);
}

/** Runs one HTTP exchange in virtual time and answers with what the backend said, or 503 when it cannot be reached. */
export function proxyHttp(
  world: World,
  request: ApiRequest,
  path: string,
  dial: (th: Thread) => Task<Conn>,
  respond: (response: ApiResponse) => void,
): void {
  const th = new Thread(world);
  function* run(): Task<void> {
    let response: ApiResponse;
    try {
      response = yield* exchange(th, request, path, dial);
    } catch (error) {
      if (error instanceof ApiError) response = statusResponse(error);
      else if (error instanceof NetError) response = statusResponse(serviceUnavailable(unreachable(error)));
      else throw error;
    }
    yield* th.sync();
    respond(response);
  }
  th.start(run());
  if (th.finished && th.error !== undefined) throw th.error;
}

function* exchange(th: Thread, request: ApiRequest, path: string, dial: (th: Thread) => Task<Conn>): Task<ApiResponse> {
  const conn = yield* dial(th);
  try {
    const body = typeof request.body === 'string' ? request.body : textOf(request.body ?? new Uint8Array());
    const answer = yield* conn.request<HttpResponse>(
      th,
      { proto: 'http', kind: 'request', method: request.method, path, headers: proxiedHeaders(request), body },
      { timeoutMs: PROXY_TIMEOUT_MS },
    );
    if (answer.proto !== 'http')
      throw serviceUnavailable(
        'error trying to reach service: net/http: HTTP/1.x transport connection broken: malformed HTTP response',
      );
    return { status: answer.status, headers: answer.headers, body: answer.body };
  } finally {
    conn.close();
  }
}

function unreachable(error: NetError): string {
  const at = `${error.detail.ip ?? error.detail.host ?? ''}:${error.detail.port ?? ''}`;
  switch (error.code) {
    case 'ECONNREFUSED':
      return `error trying to reach service: dial tcp ${at}: connect: connection refused`;
    case 'ETIMEDOUT':
      return `error trying to reach service: dial tcp ${at}: i/o timeout`;
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
      return `error trying to reach service: dial tcp ${at}: connect: no route to host`;
    case 'ECONNRESET':
      return 'error trying to reach service: EOF';
    default:
      return `error trying to reach service: ${error.message}`;
  }
}

export function statusResponse(error: ApiError): ApiResponse {
  return {
    status: error.code,
    headers: { 'content-type': 'application/json' },
    body: `${JSON.stringify(error.status)}\n`,
  };
}
