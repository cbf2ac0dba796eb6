import { uuid } from '../../../core/ids.ts';
import type { Conn } from '../../net/net.ts';
import { NetError } from '../../net/net.ts';
import type { HttpResponse } from '../../net/protocols.ts';
import type { Os } from '../../process/os.ts';
import type { Task, Thread } from '../../process/task.ts';
import { goDialError, Log } from './go.ts';

/** Registers with the local agent; a failure is fatal for the caller. The text is Go's `Put "url": …`. */
export function* registerService(
  os: Os,
  th: Thread,
  log: Log,
  consul: string,
  name: string,
  port: number,
): Task<string | undefined> {
  const id = uuid(os.rng);
  log.info(
    'registry/registry.go:91',
    `Trying to register service [ name: ${name}, id: ${id}, address: ${os.address}:${port} ]`,
  );
  const body = JSON.stringify({ ID: id, Name: name, Port: port, Address: os.address, Check: null, Checks: null });
  const [host, consulPort] = splitAddress(consul);
  try {
    const conn = yield* os.dial(th, host, consulPort);
    const reply = yield* conn.request<HttpResponse>(th, {
      proto: 'http',
      kind: 'request',
      method: 'PUT',
      path: '/v1/agent/service/register',
      headers: { host: consul, 'user-agent': 'Go-http-client/1.1' },
      body,
    });
    conn.close();
    return reply.status === 200 ? undefined : `Unexpected response code: ${reply.status} (${reply.body})`;
  } catch (error) {
    if (!(error instanceof NetError)) throw error;
    return `Put "http://${consul}/v1/agent/service/register": ${goDialError(error, host, consulPort)}`;
  }
}

interface HealthEntry {
  Service: { Address: string; Port: number };
}

/** The kernel answers only so many dials to an address without endpoints at once; after that one per second. */
const REFUSALS_FREE = 130;
const REFUSAL_GAP_MS = 7;
const SYN_RETRY_MS = 1_000;

/**
 * The olivere Consul resolver of gRPC 1.10: a blocking query per service, `update` with the de-duplicated addresses at
 * each answer, and after an error at once the next try, with a line of the standard logger for each.
 */
export function watchService(os: Os, consul: string, name: string, update: (addresses: string[]) => void): void {
  os.thread(function* (th) {
    const [host, port] = splitAddress(consul);
    const log = new Log(os, th);
    let conn: Conn | undefined;
    let index = 0;
    let refusals = 0;
    for (;;) {
      const path = `/v1/health/service/${name}?${index > 0 ? `index=${index}&` : ''}passing=1`;
      try {
        if (!conn?.isOpen) conn = yield* os.dial(th, host, port);
        const reply: HttpResponse = yield* conn.request<HttpResponse>(th, {
          proto: 'http',
          kind: 'request',
          method: 'GET',
          path,
          headers: { host: consul, 'user-agent': 'Go-http-client/1.1' },
          body: '',
        });
        refusals = 0;
        const entries = JSON.parse(reply.body) as HealthEntry[];
        index = Number(reply.headers['X-Consul-Index'] ?? index);
        update([...new Set(entries.map((e) => `${e.Service.Address}:${e.Service.Port}`))]);
        os.useCpu(300);
        yield* th.sync();
      } catch (error) {
        if (!(error instanceof NetError)) throw error;
        conn = undefined;
        const why = goDialError(error, host, port);
        log.standard(`grpc/lb/consul: error retrieving instances from Consul: Get "http://${consul}${path}": ${why}`);
        yield* th.sleep(refusals++ < REFUSALS_FREE ? REFUSAL_GAP_MS : SYN_RETRY_MS);
      }
    }
  });
}

export function splitAddress(address: string): [string, number] {
  const at = address.lastIndexOf(':');
  return at < 0 ? [address, 80] : [address.slice(0, at), Number(address.slice(at + 1))];
}
