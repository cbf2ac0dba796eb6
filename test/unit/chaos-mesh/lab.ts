import { join } from 'node:path';
import { createEmbeddedCluster, type EmbeddedCluster } from '../../../src/cluster/embedded.ts';
import { loadChart } from '../../../src/helm/chart.ts';
import { Helm } from '../../../src/helm/releases/actions.ts';
import { packageAssets } from '../../../src/host/assets.ts';
import type { Json } from '../../../src/kube/object.ts';

export type { Json };

export const CHAOS = '/apis/chaos-mesh.org/v1alpha1/namespaces/shop';

/** A simulated cluster with Chaos Mesh, and in namespace `shop` a server that answers on port 80 and two clients. */
export class Lab {
  readonly cluster: EmbeddedCluster = createEmbeddedCluster('chaos');

  async start(): Promise<void> {
    const root = join(import.meta.dirname, '../../..');
    const chart = loadChart(packageAssets(root).folder('charts/chaos-mesh'));
    const options = { namespace: 'chaos-mesh', createNamespace: true, wait: true };
    await new Helm(this.cluster).install('chaos-mesh', chart, {}, options);
    await this.send('POST', '/api/v1/namespaces', { metadata: { name: 'shop' } });
    await this.pass(1);
    await this.pod('server', 'mkdir /www; echo hello > /www/index.html; exec httpd -f -h /www');
    await this.pod('client', 'exec sleep 1000000');
    await this.pod('other', 'exec sleep 1000000');
    await this.pass(10);
  }

  pass(seconds: number): Promise<void> {
    return this.cluster.clock.sleep(seconds * 1000);
  }

  async send(method: string, path: string, body?: Json, type = 'application/json'): Promise<Json> {
    const headers = { 'content-type': type };
    const text = body === undefined ? undefined : JSON.stringify(body);
    const { body: answer } = await this.cluster.request({ method, path, headers, body: text });
    return JSON.parse(answer);
  }

  pod(name: string, script: string): Promise<Json> {
    const container = { name: 'main', image: 'busybox:1.36', command: ['sh', '-c', script] };
    return this.send('POST', '/api/v1/namespaces/shop/pods', {
      metadata: { name, labels: { app: name } },
      spec: { terminationGracePeriodSeconds: 0, containers: [container] },
    });
  }

  /** Applies an experiment to the pods with a label `app`. */
  chaos(kind: string, name: string, app: string, spec: object): Promise<Json> {
    const selector = { labelSelectors: { app } };
    return this.send('POST', `${CHAOS}/${kind.toLowerCase()}`, {
      apiVersion: 'chaos-mesh.org/v1alpha1',
      kind,
      metadata: { name },
      spec: { mode: 'all', selector, ...spec },
    });
  }

  getPod(name: string): Promise<Json> {
    return this.send('GET', `/api/v1/namespaces/shop/pods/${name}`);
  }

  async restarts(name: string): Promise<number> {
    return (await this.getPod(name)).status.containerStatuses[0].restartCount;
  }

  /** `type=reason: message` of the events about an object, in order. */
  async events(name: string): Promise<string[]> {
    const { items } = await this.send(
      'GET',
      `/api/v1/namespaces/shop/events?fieldSelector=involvedObject.name=${name}`,
    );
    const sorted = items.sort((a: Json, b: Json) => (a.metadata.resourceVersion < b.metadata.resourceVersion ? -1 : 1));
    return sorted.map((one: Json) => `${one.source.component} ${one.reason}: ${one.message}`);
  }

  /** Seconds that a client takes to get the server's page; undefined when it gave up after 5. */
  async fetch(client: string): Promise<number | undefined> {
    const { podIP } = (await this.getPod('server')).status;
    const startMs = this.cluster.clock.now();
    const command = ['wget', '-q', '-T', '5', '-O', '-', `http://${podIP}/`];
    const { stdout } = await this.cluster.exec({ namespace: 'shop', pod: client, command });
    return stdout === 'hello\n' ? (this.cluster.clock.now() - startMs) / 1000 : undefined;
  }
}

export function conditions(chaos: Json): string {
  return chaos.status.conditions
    .filter((one: Json) => one.status === 'True')
    .map((one: Json) => one.type)
    .join(' ');
}
