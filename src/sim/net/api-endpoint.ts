import { createHash } from 'node:crypto';
import type { UserInfo } from '../api/admission.ts';
import type { ApiHandler } from '../api/api.ts';
import { CA_NAME, CA_SEED } from '../bootstrap/root-ca.ts';
import { Signal } from '../process/task.ts';
import { Authority, serverRequest } from '../x509/certificate.ts';
import type { Listener, NetNamespace, Network } from './net.ts';
import { NetError } from './net.ts';
import type { HttpResponse, TlsOffer } from './protocols.ts';

/**
 * Makes the API server reachable for pods: listens in the control plane's network namespace (the `kubernetes` Service's endpoint,
 * port 6443). Who is not known gets 401. Programs speak plain `http` messages to it, and `tls` to see its certificate; watches answer with
 * what is there at once.
 */
export function serveApi(
  network: Network,
  ns: NetNamespace,
  api: ApiHandler,
  authenticate: (headers: Record<string, string>) => UserInfo | undefined,
  sinceMs: number,
): Listener {
  let offer: TlsOffer | undefined;
  return network.listen(ns, PORT, {
    handle: function* (th, message) {
      if (message.proto === 'tls') {
        offer ??= servingOffer(ns.ip, sinceMs);
        return { proto: 'tls', kind: 'response', op: 'hello', data: offer };
      }
      if (message.proto !== 'http' || message.kind !== 'request') throw new NetError('ECONNRESET');
      const { method, path, headers, body } = message;
      const user = authenticate(headers);
      if (!user) return UNAUTHORIZED;
      let answer: HttpResponse | undefined;
      const answered = new Signal();
      api.handle({ method, path, headers, body, user }, (response) => {
        let text = response.body;
        response.stream?.start(
          (chunk) => {
            text += chunk;
          },
          () => {},
        );
        response.stream?.cancel();
        answer = { proto: 'http', kind: 'response', status: response.status, headers: response.headers, body: text };
        answered.fire();
      });
      th.spend(500);
      while (!answer) yield* th.wait(answered);
      return answer;
    },
  });
}

const PORT = 6443;
const YEAR_MS = 365 * 86_400_000;

/** The certificate that kubeadm makes for the API server: for a year, for the names and addresses that it answers to. */
function servingOffer(ip: string, sinceMs: number): TlsOffer {
  const service = [
    'kubernetes',
    'kubernetes.default',
    'kubernetes.default.svc',
    'kubernetes.default.svc.cluster.local',
  ];
  const names = ['control-plane', 'kind-control-plane', ...service, 'localhost', '10.96.0.1', ip, '127.0.0.1'];
  const request = serverRequest('the API server of simulated clusters', 'kube-apiserver', names);
  const serial = createHash('sha256').update(`${ip} ${sinceMs}`).digest().subarray(0, 8);
  serial[0] = (serial[0] as number) & 0x7f;
  const authority = new Authority(CA_SEED, CA_NAME);
  const usages = ['digital signature', 'key encipherment', 'server auth'];
  const own = authority.sign(request, usages, serial, sinceMs, sinceMs + YEAR_MS);
  return { chain: [own], clientAuthorities: [`CN = ${CA_NAME}`] };
}

const UNAUTHORIZED: HttpResponse = {
  proto: 'http',
  kind: 'response',
  status: 401,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message: 'Unauthorized',
    reason: 'Unauthorized',
    code: 401,
  }),
};
