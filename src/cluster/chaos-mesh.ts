import { UserError } from '../core/errors.ts';
import { type Json, KubeError } from './client.ts';
import type { Cluster, Disturbance, Disturbances, PodSelector } from './cluster.ts';

const API = 'chaos-mesh.org/v1alpha1';
const PLURALS = { NetworkChaos: 'networkchaos', PodChaos: 'podchaos', Schedule: 'schedules' } as const;
const INJECT_LIMIT_MS = 60_000;
const POLL_MS = 500;
/** By this label leftovers of a killed process are found. */
const OWNED = { 'app.kubernetes.io/managed-by': 'aiopslab-mcp' };

type Kind = keyof typeof PLURALS;

/**
 * Disturbances as Chaos Mesh resources (chaos-mesh.org/v1alpha1), pinned to the names of the pods that exist when they start.
 * They lie in a namespace of the operator's, under names that say nothing.
 */
export class ChaosMesh implements Disturbances {
  readonly #cluster: Cluster;
  readonly #namespace: string;

  constructor(cluster: Cluster, namespace: string) {
    this.#cluster = cluster;
    this.#namespace = namespace;
  }

  async packetLoss(target: PodSelector, loss: number): Promise<Disturbance> {
    return this.#network(target, { action: 'loss', loss: { loss: String(loss * 100), correlation: '100' } });
  }

  async packetDelay(target: PodSelector, delayMs: number): Promise<Disturbance> {
    return this.#network(target, {
      action: 'delay',
      delay: { latency: `${delayMs}ms`, correlation: '0', jitter: '0ms' },
    });
  }

  async partition(target: PodSelector): Promise<Disturbance> {
    return this.#network(target, { action: 'partition' });
  }

  async killContainer(target: PodSelector, container: string): Promise<void> {
    const kill = await this.#create('PodChaos', await this.#kill(target, container));
    await kill.remove();
  }

  async killContainerRepeatedly(target: PodSelector, container: string, periodMs: number): Promise<Disturbance> {
    const podChaos = await this.#kill(target, container);
    await (await this.#create('PodChaos', podChaos)).remove();
    const schedule = `@every ${Math.max(1, Math.round(periodMs / 1000))}s`;
    return this.#create('Schedule', {
      schedule,
      type: 'PodChaos',
      historyLimit: 1,
      concurrencyPolicy: 'Forbid',
      podChaos,
    });
  }

  /** Removes whatever an earlier process left behind; does nothing where there is no Chaos Mesh. */
  async removeAll(): Promise<void> {
    const selector = Object.entries(OWNED).map((pair) => pair.join('='));
    for (const plural of Object.values(PLURALS)) {
      const path = `/apis/${API}/namespaces/${this.#namespace}/${plural}`;
      try {
        const list = await this.#send('GET', `${path}?labelSelector=${encodeURIComponent(selector.join(','))}`);
        for (const one of list.items) await this.#send('DELETE', `${path}/${one.metadata.name}`);
      } catch (error) {
        if (!(error instanceof KubeError) || error.code !== 404) throw error;
      }
    }
  }

  async check(): Promise<void> {
    const found = await this.#cluster.request({ method: 'GET', path: `/apis/${API}` });
    const namespace = await this.#cluster.request({ method: 'GET', path: `/api/v1/namespaces/${this.#namespace}` });
    if (found.status >= 400 || namespace.status >= 400) throw this.#missing('networkchaos');
  }

  #missing(plural: string): UserError {
    return new UserError(
      'UNSUPPORTED',
      `the cluster cannot be disturbed: it has no ${plural}.chaos-mesh.org, or no namespace ${this.#namespace}`,
      'install Chaos Mesh there: helm install chaos-mesh chaos-mesh/chaos-mesh -n chaos-mesh --create-namespace',
    );
  }

  async #network(target: PodSelector, action: Json): Promise<Disturbance> {
    const selector = await this.#existing(target);
    return this.#create('NetworkChaos', { ...action, mode: 'all', direction: 'to', selector });
  }

  async #kill(target: PodSelector, container: string): Promise<Json> {
    const selector = await this.#existing(target);
    return { action: 'container-kill', mode: 'all', selector, containerNames: [container] };
  }

  /** A selector of the pods by name. */
  async #existing({ namespace, labels }: PodSelector): Promise<Json> {
    const query = Object.entries(labels)
      .map(([key, value]) => `${key}=${value}`)
      .join(',');
    const list = await this.#send(
      'GET',
      `/api/v1/namespaces/${namespace}/pods?labelSelector=${encodeURIComponent(query)}`,
    );
    const names: string[] = list.items.map((pod: Json) => pod.metadata.name);
    if (names.length === 0)
      throw new UserError('NOT_FOUND', `no pod in namespace ${namespace} has the labels ${query}`);
    return { pods: { [namespace]: names } };
  }

  async #create(kind: Kind, spec: Json): Promise<Disturbance> {
    const path = `/apis/${API}/namespaces/${this.#namespace}/${PLURALS[kind]}`;
    const metadata = { generateName: 'disturbance-', namespace: this.#namespace, labels: OWNED };
    let made: Json;
    try {
      made = await this.#send('POST', path, { apiVersion: API, kind, metadata, spec });
    } catch (error) {
      if (!(error instanceof KubeError) || error.code !== 404) throw error;
      throw this.#missing(PLURALS[kind]);
    }
    const own = `${path}/${made.metadata.name}`;
    const remove = async (): Promise<void> => {
      try {
        await this.#send('DELETE', own);
      } catch (error) {
        if (!(error instanceof KubeError) || error.code !== 404) throw error;
      }
    };
    if (kind !== 'Schedule') await this.#injected(own, remove);
    return { remove };
  }

  async #injected(path: string, remove: () => Promise<void>): Promise<void> {
    const { clock } = this.#cluster;
    const untilMs = clock.now() + INJECT_LIMIT_MS;
    for (;;) {
      const { status } = await this.#send('GET', path);
      const done = status?.conditions?.some((one: Json) => one.type === 'AllInjected' && one.status === 'True');
      if (done) return;
      if (clock.now() >= untilMs) {
        await remove();
        throw new UserError(
          'TIMEOUT',
          'Chaos Mesh did not bring the disturbance about',
          'look at its controller and daemon',
        );
      }
      await clock.sleep(POLL_MS);
    }
  }

  async #send(method: string, path: string, body?: Json): Promise<Json> {
    const headers = body === undefined ? undefined : { 'content-type': 'application/json' };
    const text = body === undefined ? undefined : JSON.stringify(body);
    const response = await this.#cluster.request({ method, path, headers, body: text });
    if (response.status < 400) return JSON.parse(response.body);
    let status: Json = {};
    try {
      status = JSON.parse(response.body);
    } catch {
      status = { message: response.body.trim() };
    }
    throw new KubeError(response.status, status.reason, status.message ?? `status ${response.status}`);
  }
}
