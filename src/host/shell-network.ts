import type { EmbeddedCluster } from '../cluster/embedded.ts';
import { type ShellNetwork, ShellNetworkError } from '../shell/index.ts';
import { NetError } from '../sim/net/net.ts';
import type { HttpResponse, Message } from '../sim/net/protocols.ts';
import { type Task, Thread } from '../sim/process/task.ts';

/** How long one look at an exchange that goes on lasts (virtual ms). */
const PATIENCE_MS = 1_000;

/** The simulated network as the control-plane node's host sees it: where the agent's shell stands. */
export function shellNetwork(cluster: EmbeddedCluster): ShellNetwork {
  const { world, network, hostNetwork } = cluster.simulation;
  const run = async <T>(task: (th: Thread) => Task<T>, signal?: AbortSignal): Promise<T> => {
    const startMs = world.nowMs;
    let value: T | undefined;
    const th = new Thread(world);
    th.start(
      (function* (): Task<void> {
        value = yield* task(th);
        yield* th.sync();
      })(),
    );
    while (!th.finished && !signal?.aborted) await cluster.waitUntil(() => th.finished, PATIENCE_MS, signal);
    if (!th.finished) {
      th.cancel();
      throw new ShellNetworkError('ETIMEDOUT', undefined, world.nowMs - startMs);
    }
    if (th.error instanceof NetError) throw new ShellNetworkError(codeOf(th.error), undefined, world.nowMs - startMs);
    if (th.error !== undefined) throw th.error;
    return value as T;
  };
  return {
    http: async (request) =>
      run(function* (th) {
        const startMs = th.nowMs;
        const conn = yield* network.dial(th, hostNetwork, request.host, request.port, {
          timeoutMs: request.connectTimeoutMs,
        });
        const connectMs = th.nowMs - startMs;
        try {
          const { method, path, headers, body = '' } = request;
          const timeoutMs = Math.max(1, request.timeoutMs - connectMs);
          const answer = yield* conn.request<HttpResponse>(
            th,
            { proto: 'http', kind: 'request', method, path, headers, body },
            { timeoutMs },
          );
          const { status, headers: answered, body: text } = answer;
          return { status, headers: answered, body: text, ip: conn.remote.ip, connectMs, totalMs: th.nowMs - startMs };
        } catch (error) {
          if (error instanceof NetError && error.code === 'ETIMEDOUT')
            throw new ShellNetworkError('TIMEOUT_REPLY', undefined, th.nowMs - startMs);
          throw error;
        } finally {
          conn.close();
        }
      }, request.signal),
    connect: async (host, port, timeoutMs, signal) =>
      run(function* (th) {
        const conn = yield* network.dial(th, hostNetwork, host, port, { timeoutMs });
        conn.close();
        return { ip: conn.remote.ip };
      }, signal),
    nameservers: hostNetwork.dns.nameservers,
    exchange: ({ host, port, transport, message, timeoutMs, signal }) =>
      run(function* (th) {
        const conn = yield* network.dial(th, hostNetwork, host, port, { transport, timeoutMs });
        try {
          return yield* conn.request(th, message as Message, { timeoutMs });
        } finally {
          conn.close();
        }
      }, signal),
    resolve: async (host, signal) => run((th) => network.resolve(th, hostNetwork, host), signal),
  };
}

function codeOf(error: NetError): ConstructorParameters<typeof ShellNetworkError>[0] {
  return error.code === 'EADDRINUSE' ? 'ECONNREFUSED' : error.code;
}
