import type { Json } from '../../kube/object.ts';
import { type Conn, NetError } from '../net/net.ts';
import type { HttpResponse, Message } from '../net/protocols.ts';
import type { Container } from '../process/container.ts';
import { SpawnError } from '../process/os.ts';
import { TextSink } from '../process/pipe.ts';
import type { Task, Thread } from '../process/task.ts';
import type { NodeContext } from './node-context.ts';
import { execFailure, randomExecId } from './oci.ts';

export interface ProbeOutcome {
  /** `error` is thrown away by the prober: it neither fails nor succeeds. */
  result: 'success' | 'failure' | 'error';
  output: string;
}

export interface ProbeTarget {
  node: NodeContext;
  container: Container;
  spec: Json;
  podIP: string;
}

/** Runs one probe or hook action; `timeoutMs` bounds it. Messages are upstream's. */
export function* runProbe(th: Thread, target: ProbeTarget, probe: Json, timeoutMs: number): Task<ProbeOutcome> {
  const socket = probe.httpGet ?? probe.tcpSocket;
  const wrong = socket && wrongPort(target.spec, socket.port);
  if (wrong !== undefined) return { result: 'error', output: wrong };
  if (probe.exec) return yield* execProbe(th, target, probe.exec.command ?? [], timeoutMs);
  if (probe.httpGet) return yield* httpProbe(th, target, probe.httpGet, timeoutMs);
  if (probe.tcpSocket) return yield* tcpProbe(th, target, probe.tcpSocket, timeoutMs);
  if (probe.grpc) return yield* grpcProbe(th, target, probe.grpc, timeoutMs);
  return { result: 'error', output: `missing probe handler for ${target.spec.name}` };
}

function* execProbe(th: Thread, target: ProbeTarget, command: string[], timeoutMs: number): Task<ProbeOutcome> {
  const sink = new TextSink();
  try {
    const child = target.container.exec(command, { stdout: sink, stderr: sink });
    if (!child.status) yield* th.wait(child.exited, timeoutMs);
    if (!child.status) {
      child.kill('SIGKILL');
      const quoted = command.join(' ');
      return { result: 'failure', output: `command timed out: "${quoted}" timed out after ${timeoutMs / 1000}s` };
    }
    return { result: child.status.code === 0 ? 'success' : 'failure', output: sink.text };
  } catch (error) {
    if (!(error instanceof SpawnError)) throw error;
    const id = randomExecId(target.node.rng);
    return { result: 'error', output: `rpc error: code = Unknown desc = ${execFailure(error, id)}` };
  }
}

/** Number of a port that may be given by name. */
export function portNumber(spec: Json, port: number | string): number {
  if (typeof port === 'number' || /^\d+$/.test(port)) return Number(port);
  return (spec.ports ?? []).find((p: Json) => p.name === port)?.containerPort ?? 0;
}

/** Why a port cannot be used, in the words of Go's parser and upstream's check; undefined when it can. */
function wrongPort(spec: Json, port: number | string): string | undefined {
  const number = portNumber(spec, port);
  if (number > 0 && number < 65_536) return undefined;
  const isName = typeof port === 'string' && !/^\d+$/.test(port);
  return isName ? `strconv.Atoi: parsing ${JSON.stringify(port)}: invalid syntax` : `invalid port number: ${number}`;
}

function* httpProbe(th: Thread, target: ProbeTarget, get: Json, timeoutMs: number): Task<ProbeOutcome> {
  const host = get.host || target.podIP;
  const port = portNumber(target.spec, get.port);
  const path = get.path?.startsWith('/') ? get.path : `/${get.path ?? ''}`;
  const url = `${(get.scheme ?? 'HTTP').toLowerCase()}://${host}:${port}${path}`;
  const headers: Record<string, string> = { host: `${host}:${port}`, 'user-agent': 'kube-probe/1.35', accept: '*/*' };
  for (const { name, value } of get.httpHeaders ?? []) headers[name.toLowerCase()] = value;
  let conn: Conn | undefined;
  try {
    conn = yield* target.node.network.dial(th, target.node.ns, host, port, { timeoutMs });
    const request: Message = { proto: 'http', kind: 'request', method: 'GET', path, headers, body: '' };
    const response = yield* conn.request<HttpResponse>(th, request, { timeoutMs });
    if (response.proto !== 'http')
      return {
        result: 'failure',
        output: `Get "${url}": net/http: HTTP/1.x transport connection broken: malformed HTTP response`,
      };
    if (response.status >= 200 && response.status < 400) return { result: 'success', output: '' };
    return { result: 'failure', output: `HTTP probe failed with statuscode: ${response.status}` };
  } catch (error) {
    if (!(error instanceof NetError)) throw error;
    return { result: 'failure', output: `Get "${url}": ${httpErrorText(error, conn !== undefined, host, port)}` };
  } finally {
    conn?.close();
  }
}

function httpErrorText(error: NetError, connected: boolean, host: string, port: number): string {
  if (error.code === 'ETIMEDOUT') return 'context deadline exceeded (Client.Timeout exceeded while awaiting headers)';
  if (connected && error.code === 'ECONNRESET') return 'EOF';
  return dialErrorText(error, host, port);
}

function dialErrorText(error: NetError, host: string, port: number): string {
  const at = `dial tcp ${host}:${port}`;
  switch (error.code) {
    case 'ECONNREFUSED':
      return `${at}: connect: connection refused`;
    case 'ETIMEDOUT':
      return `${at}: i/o timeout`;
    case 'EHOSTUNREACH':
      return `${at}: connect: no route to host`;
    case 'ENETUNREACH':
      return `${at}: connect: network is unreachable`;
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `dial tcp: lookup ${host}: no such host`;
    default:
      return `${at}: connect: connection reset by peer`;
  }
}

function* tcpProbe(th: Thread, target: ProbeTarget, socket: Json, timeoutMs: number): Task<ProbeOutcome> {
  const host = socket.host || target.podIP;
  const port = portNumber(target.spec, socket.port);
  try {
    const conn = yield* target.node.network.dial(th, target.node.ns, host, port, { timeoutMs });
    conn.close();
    return { result: 'success', output: '' };
  } catch (error) {
    if (!(error instanceof NetError)) throw error;
    return { result: 'failure', output: dialErrorText(error, host, port) };
  }
}

function* grpcProbe(th: Thread, target: ProbeTarget, grpc: Json, timeoutMs: number): Task<ProbeOutcome> {
  const { port } = grpc;
  const address = `${target.podIP}:${port}`;
  const startUs = th.nowUs;
  let conn: Conn | undefined;
  try {
    conn = yield* target.node.network.dial(th, target.node.ns, target.podIP, port, { timeoutMs });
    const answer = yield* conn.request(
      th,
      {
        proto: 'grpc',
        kind: 'request',
        method: '/grpc.health.v1.Health/Check',
        payload: { service: grpc.service ?? '' },
        metadata: {},
      },
      { timeoutMs },
    );
    if (answer.proto !== 'grpc' || answer.kind !== 'response')
      return { result: 'failure', output: 'error: health rpc probe failed' };
    if (answer.code === 'Unimplemented') {
      return {
        result: 'failure',
        output: `error: this server does not implement the grpc health protocol (grpc.health.v1.Health): ${answer.message}`,
      };
    }
    if (answer.code !== 'OK') {
      return {
        result: 'failure',
        output: `error: health rpc probe failed: rpc error: code = ${answer.code} desc = ${answer.message}`,
      };
    }
    const status = (answer.payload as { status?: string } | undefined)?.status ?? 'SERVING';
    if (status === 'SERVING') return { result: 'success', output: 'service healthy' };
    return { result: 'failure', output: `service unhealthy (responded with "${status}")` };
  } catch (error) {
    if (!(error instanceof NetError)) throw error;
    if (conn) {
      return { result: 'failure', output: `timeout: health rpc did not complete within ${timeoutMs / 1000}s` };
    }
    // grpc-go keeps dialling until its deadline, whatever the reason of the refusal is.
    const restMs = timeoutMs - (th.nowUs - startUs) / 1000;
    if (restMs > 0) yield* th.sleep(restMs);
    const within = `within ${timeoutMs / 1000}s`;
    return {
      result: 'failure',
      output: `timeout: failed to connect service "${address}" ${within}: context deadline exceeded`,
    };
  } finally {
    conn?.close();
  }
}
