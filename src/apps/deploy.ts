import type { Cluster } from '../cluster/cluster.ts';
import { UserError } from '../core/errors.ts';
import type { Json } from '../helm/chart.ts';
import type { Helm } from '../helm/releases/actions.ts';
import { KubeClient, refusal } from '../helm/releases/kube.ts';
import type { AppDefinition, DeployedApp } from './app.ts';
import { emptyHostPaths, hostPathsOf } from './host-paths.ts';

export interface DeployOptions {
  /** Whether to wait until all pods are ready. */
  wait: boolean;
  values?: Json;
  /** Cluster time; AIOpsLab's limit is 300 s. */
  timeoutMs?: number;
  signal?: AbortSignal;
  /** Called with a line of text whenever the number of ready pods changed. */
  progress?: (text: string) => void;
}

export interface Pod {
  metadata: { name: string; labels?: Record<string, string>; deletionTimestamp?: string };
  spec: { containers: { name: string }[] };
  status?: { phase?: string; conditions?: { type: string; status: string }[] };
}

const READY_TIMEOUT_MS = 300_000;
const POLL_MS = 1_000;

/** Helm's engine is large, and the list of problems leads here: it is loaded when something is installed or removed. */
async function helmOn(cluster: Cluster): Promise<Helm> {
  const { Helm } = await import('../helm/releases/actions.ts');
  return new Helm(cluster);
}

/** Installs the application as a Helm release in its namespace. */
export async function deployApp(
  cluster: Cluster,
  definition: AppDefinition,
  options: DeployOptions,
): Promise<DeployedApp> {
  const { signal } = options;
  await ensureNamespace(new KubeClient(cluster, signal), definition.namespace);
  const helm = await helmOn(cluster);
  await helm.install(definition.releaseName, definition.chart, options.values ?? {}, {
    namespace: definition.namespace,
    ...(signal ? { signal } : {}),
  });
  if (options.wait) await waitForPods(cluster, definition, options);
  const { name, namespace, frontend, serviceLabel, summary } = definition;
  return { name, namespace, frontend, serviceLabel, summary, definition };
}

/** Waits until every Deployment of the namespace has its pods and all pods are ready. Throws UserError TIMEOUT. */
export async function waitForPods(
  cluster: Cluster,
  app: AppDefinition,
  options: Omit<DeployOptions, 'wait'> = {},
): Promise<void> {
  const kube = new KubeClient(cluster, options.signal);
  const timeoutMs = options.timeoutMs ?? READY_TIMEOUT_MS;
  const end = cluster.clock.now() + timeoutMs;
  let last = '';
  let wanted = 0;
  for (;;) {
    const pods = (await listPods(kube, app.namespace)).filter((pod) => pod.status?.phase !== 'Succeeded');
    const ready = pods.filter(isReady).length;
    if (wanted === 0 || ready >= wanted) wanted = await wantedPods(kube, app.namespace);
    const total = Math.max(pods.length, wanted);
    if (last !== `${ready}/${total}`) options.progress?.(`${ready} of ${total} pods are ready`);
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
 * Removes the application: its release, its namespace, and the volumes that were bound in it. With `keepVolumes` only
 * the namespace goes, and static volumes stay behind as `Released`. Safe to repeat and after a half-made deployment.
 */
export async function undeployApp(
  cluster: Cluster,
  definition: AppDefinition,
  options: { keepVolumes: boolean; signal?: AbortSignal; timeoutMs?: number },
): Promise<void> {
  const { namespace, releaseName } = definition;
  const signal = options.signal ? { signal: options.signal } : {};
  const kube = new KubeClient(cluster, options.signal);
  const helm = await helmOn(cluster);
  // A simulated cluster goes with its session; the nodes of others keep what was written to them.
  const written = options.keepVolumes || cluster.kind === 'embedded' ? [] : await hostPathsOf(kube, namespace);
  if (!options.keepVolumes && (await helm.store(namespace).history(releaseName)).length > 0) {
    await helm.uninstall(releaseName, { namespace, ...signal });
  }
  const timeoutMs = options.timeoutMs ?? READY_TIMEOUT_MS;
  await deleteNamespace(kube, namespace, timeoutMs);
  if (!options.keepVolumes) await deleteVolumes(kube, namespace);
  if (written.length > 0) {
    await ensureNamespace(kube, namespace);
    await emptyHostPaths(kube, written, namespace);
    await deleteNamespace(kube, namespace, timeoutMs);
  }
}

/** By this label what sessions make is known from other people's, on clusters that others use as well. */
const OWNED = { 'app.kubernetes.io/managed-by': 'aiopslab-mcp' };

/** Labels of an object that a session makes. A simulated cluster is a session's own: there they would only tell what made it. */
export function ownLabels({ kind }: Pick<Cluster, 'kind'>): Record<string, string> {
  return kind === 'embedded' ? {} : OWNED;
}

/** Whether an object with these labels may be a session's. */
export function isOwn({ kind }: Pick<Cluster, 'kind'>, labels: Record<string, string> = {}): boolean {
  return kind === 'embedded' || Object.entries(OWNED).every(([key, value]) => labels[key] === value);
}

/** Makes a namespace. One that is there and not ours is left alone: UserError CONFLICT. */
export async function ensureNamespace(kube: KubeClient, name: string): Promise<void> {
  const metadata = { name, labels: ownLabels(kube.cluster) };
  const object = { apiVersion: 'v1', kind: 'Namespace', metadata };
  const response = await kube.send('POST', '/api/v1/namespaces', object);
  if (response.status < 400) return;
  if (response.status !== 409) throw refusal(response);
  if (!(await ownsNamespace(kube, name))) throw foreignNamespace(name);
}

/** Whether a namespace is ours, or not there at all. */
export async function ownsNamespace(kube: KubeClient, name: string): Promise<boolean> {
  const found = await kube.json('GET', `/api/v1/namespaces/${name}`);
  return !found || isOwn(kube.cluster, (found['metadata'] as { labels?: Record<string, string> }).labels);
}

export function foreignNamespace(name: string): UserError {
  return new UserError(
    'CONFLICT',
    `the cluster has a namespace ${name} that is not of a session`,
    `look what is in it; kubectl delete namespace ${name} makes room, another cluster as well`,
  );
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
