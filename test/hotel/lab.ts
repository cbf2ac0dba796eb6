import { type DeployedApp, deployApp, loadApp } from '../../src/apps/index.ts';
import { createEmbeddedCluster, type EmbeddedCluster } from '../../src/cluster/embedded.ts';
import { packageAssets } from '../../src/host/assets.ts';
import { shellNetwork } from '../../src/host/shell-network.ts';
import { type AgentShell, createShell } from '../../src/shell/index.ts';
import { NetError } from '../../src/sim/net/net.ts';
import type { HttpResponse } from '../../src/sim/net/protocols.ts';
import { Thread } from '../../src/sim/process/task.ts';
import { type Load, runLoad, startBackgroundLoad } from '../../src/workload/index.ts';
import { newTraces, type Trace } from './traces.ts';

export const NAMESPACE = 'test-hotel-reservation';
export const HOTELS = '/hotels?inDate=2015-04-09&outDate=2015-04-10&lat=38.0235&lon=-122.095';
export const RECOMMENDATIONS = '/recommendations?require=rate&lat=38.0235&lon=-122.095';
export const USER = '/user?username=Cornell_3&password=3333333333';
export const SERVICES = ['frontend', 'search', 'geo', 'rate', 'profile', 'recommendation', 'reservation', 'user'];

/** A reservation of one room as account Cornell_3. */
export function reservation(hotel: number, from = '2015-04-09', to = '2015-04-10'): string {
  const who = 'customerName=Cornell_3&username=Cornell_3&password=3333333333';
  return `/reservation?inDate=${from}&outDate=${to}&hotelId=${hotel}&${who}&number=1`;
}

/** What a client saw. `status` 0: no HTTP answer, the body is the socket's error. */
export interface Reply {
  status: number;
  headers: Record<string, string>;
  body: string;
  /** From dialling to the last byte. */
  ms: number;
}

/** A request that is under way. */
export interface Sent {
  readonly reply: Reply | undefined;
}

// biome-ignore lint/suspicious/noExplicitAny: the API's objects as JSON
export type KubeJson = any;

const MERGE = 'application/strategic-merge-patch+json';

/** HotelReservation on an embedded cluster, with what an operator and a user can do to it. */
export class Lab {
  /** Cluster IPs by Service as they were at the start: clients do not depend on the cluster's DNS. */
  readonly #addresses = new Map<string, string>();

  private constructor(
    readonly cluster: EmbeddedCluster,
    readonly app: DeployedApp,
    readonly shell: AgentShell,
  ) {}

  /** Deploys the application and waits until its pods are ready; `settleMs` later everything has registered. */
  static async open(seed: string, settleMs = 5_000): Promise<Lab> {
    const cluster = createEmbeddedCluster(seed);
    const definition = loadApp('hotel-reservation', packageAssets(new URL('../..', import.meta.url).pathname));
    const app = await deployApp(cluster, definition, { wait: true });
    const shell = createShell({ cluster, network: shellNetwork(cluster), seed });
    const lab = new Lab(cluster, app, shell);
    await lab.sleep(settleMs);
    for (const { metadata, spec } of (await lab.api('GET', 'services')).items) {
      lab.#addresses.set(metadata.name, spec.clusterIP);
    }
    return lab;
  }

  get nowMs(): number {
    return this.cluster.clock.now();
  }

  async sleep(ms: number): Promise<void> {
    await this.cluster.clock.sleep(ms);
  }

  /** Sleeps until `done` holds; the virtual ms that it took. Throws after `limitMs`. */
  async until(done: () => boolean | Promise<boolean>, limitMs = 120_000, stepMs = 100): Promise<number> {
    const startMs = this.nowMs;
    while (!(await done())) {
      if (this.nowMs - startMs >= limitMs) throw new Error(`did not come about within ${limitMs} ms`);
      await this.sleep(stepMs);
    }
    return this.nowMs - startMs;
  }

  /** Output of a shell line, standard error after standard output. */
  async sh(line: string): Promise<string> {
    const { stdout, stderr } = await this.shell.exec(line, { timeoutMs: 300_000 });
    return stdout + stderr;
  }

  /** kubectl in the application's namespace. */
  async kubectl(line: string): Promise<string> {
    return this.sh(`kubectl -n ${NAMESPACE} ${line}`);
  }

  /** An API request that must succeed; paths without leading slash are below the application's namespace. */
  async api(method: string, path: string, body?: unknown, type?: string): Promise<KubeJson> {
    const full = path.startsWith('/') ? path : `/api/v1/namespaces/${NAMESPACE}/${path}`;
    const headers = { 'content-type': type ?? (method === 'PATCH' ? MERGE : 'application/json') };
    const request = body === undefined ? {} : { headers, body: JSON.stringify(body) };
    const answer = await this.cluster.request({ method, path: full, ...request });
    if (answer.status >= 400) throw new Error(`${method} ${full}: ${answer.status} ${answer.body}`);
    return JSON.parse(answer.body);
  }

  deploymentPath(name: string, namespace = NAMESPACE): string {
    return `/apis/apps/v1/namespaces/${namespace}/deployments/${name}`;
  }

  async scale(name: string, replicas: number, namespace = NAMESPACE): Promise<void> {
    await this.api('PATCH', this.deploymentPath(name, namespace), { spec: { replicas } });
  }

  /** Points the Service's first (or named) port at another port of its pods. */
  async setTargetPort(service: string, targetPort: number, port?: number): Promise<void> {
    const found = await this.api('GET', `services/${service}`);
    const ports = found.spec.ports.map((entry: { port: number }, index: number) =>
      (port === undefined ? index === 0 : entry.port === port) ? { ...entry, targetPort } : entry,
    );
    await this.api('PATCH', `services/${service}`, { spec: { ports } }, 'application/merge-patch+json');
  }

  async pods(service: string): Promise<KubeJson[]> {
    return (await this.api('GET', `pods?labelSelector=io.kompose.service%3D${service}`)).items;
  }

  /** The service's only pod that is not being deleted. */
  async pod(service: string): Promise<KubeJson> {
    const [pod] = (await this.pods(service)).filter((candidate) => !candidate.metadata.deletionTimestamp);
    if (!pod) throw new Error(`no pod of ${service}`);
    return pod;
  }

  async container(service: string): Promise<KubeJson> {
    return (await this.pod(service)).status.containerStatuses[0];
  }

  async deletePod(service: string): Promise<void> {
    await this.api('DELETE', `pods/${(await this.pod(service)).metadata.name}`);
  }

  /** SIGKILL to the container's first process, as the container runtime would send it. */
  async kill(service: string): Promise<void> {
    const container = (await this.pod(service)).spec.containers[0].name;
    await this.cluster.disturbances.killContainer({ namespace: NAMESPACE, labels: labelsOf(service) }, container);
  }

  /** Runs a command in the service's container. */
  async exec(service: string, command: string[]): Promise<{ stdout: string; stderr: string; exitCode?: number }> {
    return this.cluster.exec({ namespace: NAMESPACE, pod: (await this.pod(service)).metadata.name, command });
  }

  /** Lines of the container's log as printed, colours taken out. */
  async log(service: string, options: { previous?: boolean; pod?: string } = {}): Promise<string[]> {
    const name = options.pod ?? (await this.pod(service)).metadata.name;
    const path = `/api/v1/namespaces/${NAMESPACE}/pods/${name}/log${options.previous ? '?previous=true' : ''}`;
    const answer = await this.cluster.request({ method: 'GET', path });
    return answer.body
      .replace(/\u001b\[\d+m/g, '')
      .trimEnd()
      .split('\n');
  }

  /** Log lines without their time stamps. */
  async messages(service: string, options: { previous?: boolean } = {}): Promise<string[]> {
    const stamps = /^(\d{4}-\d\d-\d\dT\S+Z|\d{4}\/\d\d\/\d\d \d\d:\d\d:\d\d) /;
    return (await this.log(service, options)).map((line) => line.replace(stamps, ''));
  }

  /** Messages of the container that runs now, or of the one before it when that has said more (a crash loop). */
  async lastMessages(service: string): Promise<string[]> {
    const current = await this.messages(service);
    if ((await this.container(service)).restartCount === 0 || current.some((line) => line.startsWith('panic: ')))
      return current;
    return this.messages(service, { previous: true });
  }

  /** Sends an HTTP request to the frontend's (or another) Service without waiting for the answer. */
  send(path: string, method = 'GET', service = 'frontend', port = 5000): Sent {
    const host = this.#addresses.get(service) as string;
    const { world, network, hostNetwork } = this.cluster.simulation;
    const sent: { reply: Reply | undefined } = { reply: undefined };
    const th = new Thread(world);
    const startUs = world.nowUs;
    const done = (status: number, headers: Record<string, string>, body: string): void => {
      sent.reply = { status, headers, body, ms: (th.nowUs - startUs) / 1000 };
    };
    th.start(
      (function* () {
        try {
          const conn = yield* network.dial(th, hostNetwork, host, port);
          const request = { proto: 'http', kind: 'request', method, path, headers: { host }, body: '' } as const;
          const answer = yield* conn.request<HttpResponse>(th, request);
          yield* th.sync();
          if (answer.proto === 'http') done(answer.status, answer.headers, answer.body);
          else done(0, {}, 'no HTTP answer');
          conn.close();
        } catch (error) {
          if (!(error instanceof NetError)) throw error;
          done(0, {}, error.code);
        }
      })(),
    );
    return sent;
  }

  /** Sends a request and lets time pass until it is answered. */
  async http(path: string, method = 'GET', service?: string, port?: number): Promise<Reply> {
    const sent = this.send(path, method, service, port);
    return this.answer(sent);
  }

  async answer(sent: Sent, limitMs = 700_000): Promise<Reply> {
    const { world } = this.cluster.simulation;
    world.runUntil(() => sent.reply !== undefined, limitMs);
    if (!sent.reply) throw new Error(`no answer within ${limitMs} ms`);
    return sent.reply;
  }

  /** Traces in which the service took part, newest last; `operation` narrows them. */
  async traces(service = 'frontend', operation?: string, limit = 1000): Promise<Trace[]> {
    await this.sleep(2_000);
    const filter = operation === undefined ? '' : `&operation=${encodeURIComponent(operation)}`;
    const path = `/api/traces?service=${service}${filter}&limit=${limit}`;
    const { body } = await this.http(path, 'GET', 'jaeger', 16686);
    return newTraces(JSON.parse(body));
  }

  /** Value of a Prometheus query by its labels, through the API server's service proxy. */
  async query(expression: string): Promise<{ metric: Record<string, string>; value: number }[]> {
    const path = `/api/v1/namespaces/observe/services/prometheus-server:80/proxy/api/v1/query?query=${encodeURIComponent(expression)}`;
    const { data } = await this.api('GET', path);
    return data.result.map((row: { metric: Record<string, string>; value: [number, string] }) => ({
      metric: row.metric,
      value: Number(row.value[1]),
    }));
  }

  /** Steady load of 10 requests/s, or the given one as AIOpsLab's job. */
  async load(load?: Load): Promise<void> {
    if (load) await runLoad(this.cluster, this.app, load);
    else await startBackgroundLoad(this.cluster, this.app);
  }

  /** Events about an object as `TYPE REASON message`, oldest first. */
  async events(kind: string, name: string): Promise<string[]> {
    const selector = encodeURIComponent(`involvedObject.kind=${kind},involvedObject.name=${name}`);
    const { items } = await this.api('GET', `events?fieldSelector=${selector}`);
    return items.map((event: KubeJson) => `${event.type} ${event.reason} ${event.message}`);
  }
}

export function labelsOf(service: string): Record<string, string> {
  return { 'io.kompose.service': service };
}
