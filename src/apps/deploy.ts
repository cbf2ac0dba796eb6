import type { Cluster } from '../cluster/cluster.ts';
import { UserError } from '../core/errors.ts';
import type { Json } from '../helm/chart.ts';
import { Helm } from '../helm/releases/actions.ts';
import { KubeClient, refusal } from '../helm/releases/kube.ts';
import type { App } from './app.ts';

export interface DeployOptions {
  values?: Json;
  /** Cluster time; AIOpsLab's limit is 300 s. */
  timeoutMs?: number;
  signal?: AbortSignal;
  /** Called whenever the number of ready pods changed. */
  onProgress?: (progress: { ready: number; total: number }) => void;
}

export interface Pod {
  metadata: { name: string; labels?: Record<string, string>; deletionTimestamp?: string };
  spec: { containers: { name: string }[] };
  status?: { phase?: string; conditions?: { type: string; status: string }[] };
}

const READY_TIMEOUT_MS = 300_000;
const POLL_MS = 1_000;

/** Installs the application as a Helm release in its namespace and waits until all its pods are ready. */
export async function deployApp(cluster: Cluster, app: App, options: DeployOptions = {}): Promise<void> {
  const { signal } = options;
  await new Helm(cluster).install(app.releaseName, app.chart, options.values ?? {}, {
    namespace: app.namespace,
    createNamespace: true,
    ...(signal ? { signal } : {}),
  });
  await waitForPods(cluster, app, options);
}

/** Waits until every Deployment of the namespace has its pods and all pods are ready. Throws UserError TIMEOUT. */
export async function waitForPods(cluster: Cluster, app: App, options: DeployOptions = {}): Promise<void> {
  const kube = new KubeClient(cluster, options.signal);
  const timeoutMs = options.timeoutMs ?? READY_TIMEOUT_MS;
  const end = cluster.clock.now() + timeoutMs;
  let last = '';
  for (;;) {
    const [pods, wanted] = [await listPods(kube, app.namespace), await wantedPods(kube, app.namespace)];
    const ready = pods.filter(isReady).length;
    const total = Math.max(pods.length, wanted);
    if (last !== `${ready}/${total}`) options.onProgress?.({ ready, total });
    last = `${ready}/${total}`;
    if (total > 0 && ready === total) return;
    if (cluster.clock.now() >= end) {
      const seconds = Math.round(timeoutMs / 1000);
      const text = `Timeout: Not all pods in namespace '${app.namespace}' reached the Ready state within ${seconds} seconds`;
      throw new UserError('TIMEOUT', text, `${ready} of ${total} were ready`);
    }
    await cluster.clock.sleep(POLL_MS, options.signal);
  }
}

/** Pods of a namespace that are not being deleted. */
export async function listPods(kube: KubeClient, namespace: string, labelSelector?: string): Promise<Pod[]> {
  const query = labelSelector ? `?labelSelector=${encodeURIComponent(labelSelector)}` : '';
  const list = await kube.json('GET', `/api/v1/namespaces/${namespace}/pods${query}`);
  return ((list?.['items'] ?? []) as Pod[]).filter((pod) => !pod.metadata.deletionTimestamp);
}

async function wantedPods(kube: KubeClient, namespace: string): Promise<number> {
  const list = await kube.json('GET', `/apis/apps/v1/namespaces/${namespace}/deployments`);
  const deployments = (list?.['items'] ?? []) as { spec: { replicas?: number } }[];
  return deployments.reduce((sum, deployment) => sum + (deployment.spec.replicas ?? 1), 0);
}

export function isReady(pod: Pod): boolean {
  return pod.status?.conditions?.some((c) => c.type === 'Ready' && c.status === 'True') ?? false;
}

/**
 * Removes all that the application left: its release, its namespace, and the volumes that were bound in it. Safe to
 * repeat and to run after a half-made deployment.
 */
export async function undeployApp(
  cluster: Cluster,
  app: App,
  options: { signal?: AbortSignal; timeoutMs?: number } = {},
): Promise<void> {
  const kube = new KubeClient(cluster, options.signal);
  const helm = new Helm(cluster);
  if ((await helm.store(app.namespace).history(app.releaseName)).length > 0) {
    await helm.uninstall(app.releaseName, {
      namespace: app.namespace,
      ...(options.signal ? { signal: options.signal } : {}),
    });
  }
  await deleteNamespace(kube, app.namespace, options.timeoutMs ?? READY_TIMEOUT_MS);
  await deleteVolumes(kube, app.namespace);
}

/** Deletes a namespace and waits until it is gone. */
export async function deleteNamespace(kube: KubeClient, namespace: string, timeoutMs: number): Promise<void> {
  const path = `/api/v1/namespaces/${namespace}`;
  const response = await kube.send('DELETE', path, {});
  // 409: an earlier deletion is still under way
  if (response.status >= 400 && response.status !== 404 && response.status !== 409) throw refusal(response);
  const { clock } = kube.cluster;
  const end = clock.now() + timeoutMs;
  while (await kube.json('GET', path)) {
    if (clock.now() >= end) throw new UserError('TIMEOUT', `namespace ${namespace} is still terminating`);
    await clock.sleep(POLL_MS, kube.signal);
  }
}

interface Volume {
  metadata: { name: string; finalizers?: string[] };
  spec: { claimRef?: { namespace?: string } };
}

/** Volumes are no part of a namespace: those that a claim of it holds or held go one by one, finalizers first. */
async function deleteVolumes(kube: KubeClient, namespace: string): Promise<void> {
  const list = await kube.json('GET', '/api/v1/persistentvolumes');
  for (const volume of (list?.['items'] ?? []) as Volume[]) {
    if (volume.spec.claimRef?.namespace !== namespace) continue;
    const path = `/api/v1/persistentvolumes/${volume.metadata.name}`;
    await kube.send('PATCH', path, { metadata: { finalizers: null } }, 'application/merge-patch+json');
    await kube.send('DELETE', path, {});
  }
}
