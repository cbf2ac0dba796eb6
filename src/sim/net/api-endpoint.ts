import type { UserInfo } from '../api/admission.ts';
import type { ApiHandler } from '../api/api.ts';
import { Signal } from '../process/task.ts';
import type { Listener, NetNamespace, Network } from './net.ts';
import { NetError } from './net.ts';
import type { HttpResponse } from './protocols.ts';

/**
 * Makes the API server reachable for pods: listens in the control plane's network namespace (the `kubernetes` Service's endpoint,
 * port 6443). Who is not known gets 401. Programs speak plain `http` messages to it; watches answer with what is there at once.
 */
export function serveApi(
  network: Network,
  ns: NetNamespace,
  api: ApiHandler,
  authenticate: (headers: Record<string, string>) => UserInfo | undefined,
  port = 6443,
): Listener {
  return network.listen(ns, port, {
    handle: function* (th, message) {
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
