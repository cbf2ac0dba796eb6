import type { Json } from '../../../kube/object.ts';
import { NetError } from '../../net/net.ts';
import type { HttpResponse } from '../../net/protocols.ts';
import type { Os } from '../../process/os.ts';
import type { Task, Thread } from '../../process/task.ts';
import { FsError } from '../../process/vfs.ts';

const TOKEN = '/var/run/secrets/kubernetes.io/serviceaccount/token';
const REFRESH_MS = 60_000;
const RETRY_MS = 5_000;
const TIMEOUT_MS = 10_000;

/**
 * `kubernetes_sd_configs` of role node: asks the API server with the service account's token. Without the right to list nodes there is
 * nothing to scrape.
 */
export function discoverNodes(os: Os, found: (node: string, address: string) => void): void {
  os.thread(function* (th) {
    for (;;) {
      const nodes = yield* listNodes(os, th);
      for (const { metadata, status } of nodes ?? []) {
        const address = status.addresses?.find((one: Json) => one.type === 'InternalIP')?.address;
        if (address) found(metadata.name, address);
      }
      yield* th.sleep(nodes ? REFRESH_MS : RETRY_MS);
    }
  });
}

function* listNodes(os: Os, th: Thread): Task<Json[] | undefined> {
  try {
    const headers = { authorization: `Bearer ${os.fs.read(TOKEN)}`, accept: 'application/json' };
    const host = os.env['KUBERNETES_SERVICE_HOST'] ?? 'kubernetes.default.svc';
    const conn = yield* os.dial(th, host, 443, { timeoutMs: TIMEOUT_MS });
    try {
      const request = {
        proto: 'http',
        kind: 'request',
        method: 'GET',
        path: '/api/v1/nodes',
        headers,
        body: '',
      } as const;
      const answer = yield* conn.request<HttpResponse>(th, request, { timeoutMs: TIMEOUT_MS });
      return answer.status === 200 ? JSON.parse(answer.body).items : undefined;
    } finally {
      conn.close();
    }
  } catch (error) {
    if (!(error instanceof NetError) && !(error instanceof FsError)) throw error;
    return undefined;
  }
}
