import type { Json } from '../../../kube/object.ts';
import type { Conn } from '../../net/net.ts';
import { NetError } from '../../net/net.ts';
import type { HttpResponse } from '../../net/protocols.ts';
import type { Task } from '../../process/task.ts';
import { Thread } from '../../process/task.ts';
import type { World } from '../../world.ts';
import type { AdmissionContext } from '../admission.ts';

/** Opens a connection from the control plane's machine. */
export type HostDialer = (th: Thread, host: string, port: number) => Task<Conn>;

/** What a webhook said (the `response` of its AdmissionReview), or why it could not be asked. */
export type Outcome = { response: Json } | { error: string };

/** Outcomes of the calls of one request, by the call: a request that had to wait is handled again with what came. */
export type Replay = Map<string, Outcome>;

/** Thrown to wait in virtual time for a webhook's answer; the request is handled again when the thread is done. */
export class WebhookPending extends Error {
  override readonly name = 'WebhookPending';
  constructor(readonly thread: Thread) {
    super('a webhook has not answered yet');
  }
}

const SERVICE = { group: '', version: 'v1', kind: 'Service' };

export interface WebhookCall {
  /** Names the call among those of its request. */
  key: string;
  client: Json;
  timeoutSeconds: number;
  review: Json;
}

/** Asks webhooks over the simulated network. */
export class WebhookCaller {
  dial: HostDialer | undefined;

  constructor(readonly world: World) {}

  /** Throws {@link WebhookPending} when time must pass; who cannot wait (no `replay`) is told that the time was up. */
  call(ctx: AdmissionContext, call: WebhookCall, replay: Replay | undefined): Outcome {
    const known = replay?.get(call.key);
    if (known) return known;
    const { shown, host, port, path, error } = targetOf(ctx, call);
    const failed = (why: string): Outcome => ({ error: `Post ${JSON.stringify(shown)}: ${why}` });
    if (error !== undefined) return failed(error);
    let outcome = failed('context deadline exceeded');
    const th = new Thread(this.world);
    const run = this.#exchange(th, { ...call, host, port, path });
    th.start(
      (function* (): Task<void> {
        const got = yield* run;
        outcome = 'error' in got ? failed(got.error) : got;
        replay?.set(call.key, outcome);
      })(),
    );
    if (th.finished) {
      if (th.error !== undefined) throw th.error;
      return outcome;
    }
    if (replay) throw new WebhookPending(th);
    th.cancel();
    return outcome;
  }

  *#exchange(th: Thread, call: WebhookCall & { host: string; port: number; path: string }): Task<Outcome> {
    if (!this.dial) return { error: 'no route to host' };
    let conn: Conn | undefined;
    try {
      conn = yield* this.dial(th, call.host, call.port);
      // Programs of the simulated network speak no TLS of their own; what they would show is trusted when somebody vouches for it.
      if (!call.client.caBundle)
        return { error: 'tls: failed to verify certificate: x509: certificate signed by unknown authority' };
      const headers = {
        'content-type': 'application/json',
        accept: 'application/json, */*',
        'user-agent': 'kube-apiserver-admission',
        host: call.host,
      };
      const body = JSON.stringify({ kind: 'AdmissionReview', apiVersion: 'admission.k8s.io/v1', request: call.review });
      const answer = yield* conn.request<HttpResponse>(
        th,
        { proto: 'http', kind: 'request', method: 'POST', path: call.path, headers, body },
        { timeoutMs: call.timeoutSeconds * 1000 },
      );
      return read(answer, call.review.uid);
    } catch (error) {
      if (!(error instanceof NetError)) throw error;
      return { error: words(error) };
    } finally {
      conn?.close();
    }
  }
}

function targetOf(ctx: AdmissionContext, { client, timeoutSeconds }: WebhookCall) {
  const { service, url } = client;
  const timeout = `timeout=${timeoutSeconds}s`;
  if (url !== undefined) {
    const { hostname, port, pathname } = new URL(url);
    const path = `${pathname}?${timeout}`;
    return { shown: `${url}?${timeout}`, host: hostname, port: Number(port || 443), path };
  }
  const { name, namespace, path: base = '/', port = 443 } = service;
  const path = `${base}?${timeout}`;
  const shown = `https://${name}.${namespace}.svc:${port}${path}`;
  const found = ctx.get(SERVICE, namespace, name);
  const host = String(found?.['spec']?.clusterIP ?? '');
  return { shown, host, port, path, ...(found ? {} : { error: `service ${JSON.stringify(name)} not found` }) };
}

function read(answer: HttpResponse, uid: string): Outcome {
  if (answer.proto !== 'http') return { error: 'http: server gave no HTTP response to HTTPS client' };
  if (answer.status === 404) return { error: 'the server could not find the requested resource' };
  if (answer.status !== 200)
    return {
      error: `an error on the server (${JSON.stringify(answer.body.trim().slice(0, 200))}) has prevented the request from succeeding`,
    };
  let review: Json;
  try {
    review = JSON.parse(answer.body);
  } catch {
    return {
      error: `couldn't get version/kind; json parse error: invalid character in ${JSON.stringify(answer.body.slice(0, 30))}`,
    };
  }
  if (review?.kind !== 'AdmissionReview' || review.apiVersion !== 'admission.k8s.io/v1')
    return {
      error: `expected webhook response of admission.k8s.io/v1, Kind=AdmissionReview, got ${review?.apiVersion ?? ''}, Kind=${review?.kind ?? ''}`,
    };
  const { response } = review;
  if (response === null || typeof response !== 'object') return { error: 'webhook response was absent' };
  if (response.uid !== uid)
    return { error: `expected response.uid=${JSON.stringify(uid)}, got ${JSON.stringify(response.uid ?? '')}` };
  return { response };
}

function words(error: NetError): string {
  const at = `${error.detail.ip ?? error.detail.host ?? ''}:${error.detail.port ?? ''}`;
  switch (error.code) {
    case 'ECONNREFUSED':
      return `dial tcp ${at}: connect: connection refused`;
    case 'ENOTFOUND':
      return `dial tcp: lookup ${error.detail.host ?? ''} on 10.96.0.10:53: no such host`;
    case 'ETIMEDOUT':
      return 'context deadline exceeded';
    case 'ECONNRESET':
      return 'EOF';
    default:
      return `dial tcp ${at}: connect: no route to host`;
  }
}
