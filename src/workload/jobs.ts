import { isOwn, ownLabels } from '../apps/index.ts';
import { UserError } from '../core/errors.ts';
import { type KubeClient, refusal } from '../helm/releases/kube.ts';

const POLL_MS = 1_000;

export interface JobStatus {
  ready?: number;
  succeeded?: number;
  failed?: number;
}

/** Deletes an object with what hangs on it and waits until it is gone; a missing one is fine. */
export async function deleteAndWait(kube: KubeClient, path: string): Promise<void> {
  const response = await kube.send('DELETE', path, { propagationPolicy: 'Foreground' });
  if (response.status === 404) return;
  if (response.status >= 400) throw refusal(response);
  const { clock } = kube.cluster;
  const end = clock.now() + 120_000;
  while (await kube.json('GET', path)) {
    if (clock.now() >= end) throw new UserError('TIMEOUT', `${path} is still being deleted`);
    await clock.sleep(POLL_MS, kube.signal);
  }
}

/** As {@link deleteAndWait}, for what may be of somebody else's under the same name. */
export async function deleteOwned(kube: KubeClient, path: string): Promise<void> {
  const found = await kube.json('GET', path);
  const labels = (found?.['metadata'] as { labels?: Record<string, string> } | undefined)?.labels;
  if (isOwn(kube.cluster, labels)) await deleteAndWait(kube, path);
}

export function jobPath(namespace: string, name: string): string {
  return `/apis/batch/v1/namespaces/${namespace}/jobs/${name}`;
}

export function deleteJob(kube: KubeClient, namespace: string, name: string): Promise<void> {
  return deleteAndWait(kube, jobPath(namespace, name));
}

/** Makes a Job of one pod, after an older one of the name is gone. */
export async function createJob(
  kube: KubeClient,
  namespace: string,
  name: string,
  podSpec: JobPod,
  labels: Record<string, string>,
): Promise<void> {
  await deleteJob(kube, namespace, name);
  await kube.json('POST', `/apis/batch/v1/namespaces/${namespace}/jobs`, {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name, namespace, labels: ownLabels(kube.cluster) },
    spec: { template: { metadata: { labels }, spec: podSpec }, backoffLimit: 4 },
  });
}

export async function waitForJob(
  kube: KubeClient,
  namespace: string,
  name: string,
  until: (status: JobStatus) => boolean,
  timeoutMs: number,
): Promise<JobStatus> {
  const { clock } = kube.cluster;
  const end = clock.now() + timeoutMs;
  for (;;) {
    const job = await kube.json('GET', jobPath(namespace, name));
    const status = (job?.['status'] ?? {}) as JobStatus;
    if (until(status)) return status;
    if (clock.now() >= end)
      throw new UserError('TIMEOUT', `job ${name} did not get so far within ${timeoutMs / 1000} s`);
    await clock.sleep(POLL_MS, kube.signal);
  }
}

/**
 * What the Job's own pod has printed. Throws UserError STATE when the pod is not as it was asked for: pods of others may carry the Job's
 * labels, and admission may have changed it.
 */
export async function jobLog(kube: KubeClient, namespace: string, name: string, podSpec: JobPod): Promise<string> {
  const uid = uidOf(await kube.json('GET', jobPath(namespace, name)));
  const path = `/api/v1/namespaces/${namespace}/pods`;
  const list = await kube.json('GET', `${path}?labelSelector=job-name%3D${name}`);
  const pods = (list?.['items'] ?? []) as OwnedPod[];
  const pod = pods.find(({ metadata }) => metadata.ownerReferences?.some((owner) => owner.uid === uid));
  if (!pod) throw new UserError('STATE', `job ${name} has no pod`);
  const isAsAsked = essence(pod.spec) === essence(podSpec);
  if (!isAsAsked) throw new UserError('STATE', `the pod of job ${name} is not as it was asked for`);
  const log = await kube.send('GET', `${path}/${pod.metadata.name}/log`);
  if (log.status >= 400) throw refusal(log);
  return log.body;
}

/** A pod as far as it says what runs. */
export interface JobPod {
  initContainers?: JobContainer[];
  containers: JobContainer[];
  [more: string]: unknown;
}

interface JobContainer {
  image: string;
  command?: string[];
  args?: string[];
  [more: string]: unknown;
}

interface OwnedPod {
  metadata: { name: string; ownerReferences?: { uid: string }[] };
  spec: JobPod;
}

function uidOf(object: { metadata?: unknown } | undefined): string | undefined {
  return (object?.metadata as { uid?: string } | undefined)?.uid;
}

function essence({ initContainers = [], containers }: JobPod): string {
  return JSON.stringify([...initContainers, ...containers].map(({ image, command, args }) => [image, command, args]));
}

/** Writes a ConfigMap whose data is the load's own, whatever is there under its name. */
export async function putConfigMap(
  kube: KubeClient,
  namespace: string,
  name: string,
  data: Record<string, string>,
): Promise<void> {
  const path = `/api/v1/namespaces/${namespace}/configmaps`;
  const metadata = { name, namespace, labels: ownLabels(kube.cluster) };
  const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata, data };
  const existing = await kube.json('GET', `${path}/${name}`);
  if (existing) await kube.json('PUT', `${path}/${name}`, object);
  else await kube.json('POST', path, object);
}
