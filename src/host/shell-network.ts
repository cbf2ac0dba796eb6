import { type ShellNetwork, ShellNetworkError } from '../shell/index.ts';
import { NetError } from '../sim/net/net.ts';
import type { HttpResponse } from '../sim/net/protocols.ts';
import { type Task, Thread } from '../sim/process/task.ts';
import type { Simulation } from '../sim/simulation.ts';

/** The simulated network as the control-plane node's host sees it: where the agent's shell stands. */
export function shellNetwork({ world, network, hostNetwork }: Simulation): ShellNetwork {
  const run = <T>(task: (th: Thread) => Task<T>): T => {
    const startMs = world.nowMs;
    let value: T | undefined;
    const th = new Thread(world);
    th.start(
      (function* (): Task<void> {
        value = yield* task(th);
        yield* th.sync();
      })(),
    );
    while (!th.finished) world.runUntil(() => th.finished, 1_000);
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
      }),
    connect: async (host, port, timeoutMs) =>
      run(function* (th) {
        const conn = yield* network.dial(th, hostNetwork, host, port, { timeoutMs });
        conn.close();
        return { ip: conn.remote.ip };
      }),
    resolve: async (host) => run((th) => network.resolve(th, hostNetwork, host)),
  };
}

function codeOf(error: NetError): ConstructorParameters<typeof ShellNetworkError>[0] {
  return error.code === 'EADDRINUSE' ? 'ECONNREFUSED' : error.code;
}
