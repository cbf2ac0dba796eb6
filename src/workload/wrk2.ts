import { ownLabels } from '../apps/index.ts';
import type { Cluster } from '../cluster/cluster.ts';
import { UserError } from '../core/errors.ts';
import { KubeClient } from '../helm/releases/kube.ts';
import {
  createJob,
  deleteAndWait,
  deleteJob,
  deleteOwned,
  type JobPod,
  type JobStatus,
  jobLog,
  jobPath,
  putConfigMap,
  waitForJob,
} from './jobs.ts';
import { parseWrkReport, type WrkReport } from './report.ts';

/** A Lua script for wrk2. */
export interface Payload {
  fileName: string;
  lua: string;
}

export interface Wrk2Options {
  /** Requests per second. */
  rate: number;
  durationSeconds: number;
  /** Distribution of the time between requests. */
  dist: 'exp' | 'norm' | 'fixed';
  connections: number;
  threads: number;
  payload: Payload;
  url: string;
}

/** Load lives where AIOpsLab puts it. */
export const LOAD_NAMESPACE = 'default';
export const JOB_NAME = 'wrk2-job';
export const PAYLOAD_CONFIG_MAP = 'wrk2-payload-script';
const IMAGE = 'deathstarbench/wrk2-client:latest';
/** A year: longer than any session. */
const ENDLESS_SECONDS = 31_536_000;

/** Arguments of the container, as AIOpsLab gives them. */
export function wrkArguments(options: Wrk2Options): string[] {
  const { dist, threads, connections, durationSeconds, payload, url, rate } = options;
  const shape = ['-D', dist, '-t', String(threads), '-c', String(connections), '-d', `${durationSeconds}s`];
  return ['wrk', ...shape, '-L', '-s', `/scripts/${payload.fileName}`, url, '-R', String(rate), '--latency'];
}

/** `http://<ClusterIP>:<port>` of a Service. */
export async function serviceUrl(cluster: Cluster, namespace: string, service: string, port: number): Promise<string> {
  const found = await new KubeClient(cluster).json('GET', `/api/v1/namespaces/${namespace}/services/${service}`);
  const address = (found?.['spec'] as { clusterIP?: string } | undefined)?.clusterIP;
  if (!address) throw new UserError('NOT_FOUND', `service ${namespace}/${service} has no cluster IP`);
  return `http://${address}:${port}`;
}

function podSpec(options: Wrk2Options, restartPolicy: 'Never' | 'Always'): JobPod {
  const { fileName } = options.payload;
  return {
    containers: [
      {
        name: 'wrk2',
        image: IMAGE,
        imagePullPolicy: 'IfNotPresent',
        args: wrkArguments(options),
        volumeMounts: [{ name: 'payload-script', mountPath: `/scripts/${fileName}`, subPath: fileName }],
      },
    ],
    restartPolicy,
    volumes: [{ name: 'payload-script', configMap: { name: PAYLOAD_CONFIG_MAP } }],
  };
}

/** Puts the payload where the load's pods mount it; an existing one is replaced. */
function storePayload(kube: KubeClient, payload: Payload): Promise<void> {
  return putConfigMap(kube, LOAD_NAMESPACE, PAYLOAD_CONFIG_MAP, { [payload.fileName]: payload.lua });
}

async function createLoadJob(kube: KubeClient, name: string, options: Wrk2Options): Promise<void> {
  await storePayload(kube, options.payload);
  await createJob(kube, LOAD_NAMESPACE, name, podSpec(options, 'Never'), { app: 'wrk2' });
}

export interface LoadOptions {
  signal?: AbortSignal;
  timeoutMs?: number;
}

/**
 * Runs the load as AIOpsLab does: Job `wrk2-job` in namespace default, after an older one is gone. Returns when its
 * pod runs, not when it has finished.
 */
export async function startWrk2Job(cluster: Cluster, options: Wrk2Options, load: LoadOptions = {}): Promise<void> {
  const kube = new KubeClient(cluster, load.signal);
  await createLoadJob(kube, JOB_NAME, options);
  const started = (s: JobStatus): boolean => (s.ready ?? 0) + (s.succeeded ?? 0) + (s.failed ?? 0) > 0;
  await waitForJob(kube, LOAD_NAMESPACE, JOB_NAME, started, load.timeoutMs ?? 300_000);
}

export const BACKGROUND_NAME = 'wrk2-background';

/** A load that lasts as long as the session: a Deployment, so that it survives a lost pod. The duration is ignored. */
export async function startWrk2Deployment(
  cluster: Cluster,
  options: Wrk2Options,
  load: LoadOptions = {},
): Promise<void> {
  const kube = new KubeClient(cluster, load.signal);
  const collection = `/apis/apps/v1/namespaces/${LOAD_NAMESPACE}/deployments`;
  const labels = { app: BACKGROUND_NAME };
  await storePayload(kube, options.payload);
  await deleteAndWait(kube, `${collection}/${BACKGROUND_NAME}`);
  await kube.json('POST', collection, {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: BACKGROUND_NAME, namespace: LOAD_NAMESPACE, labels: { ...labels, ...ownLabels(cluster) } },
    spec: {
      replicas: 1,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: podSpec({ ...options, durationSeconds: ENDLESS_SECONDS }, 'Always') },
    },
  });
}

const MEASURE_NAME = 'wrk2-measure';

/** Runs a fresh load to its end, reads its report from the pod's log and removes the job. */
export async function measure(cluster: Cluster, options: Wrk2Options, load: LoadOptions = {}): Promise<WrkReport> {
  const kube = new KubeClient(cluster, load.signal);
  await createLoadJob(kube, MEASURE_NAME, options);
  const timeoutMs = load.timeoutMs ?? options.durationSeconds * 1000 + 180_000;
  const finished = (s: JobStatus): boolean => (s.succeeded ?? 0) > 0 || (s.failed ?? 0) > 0;
  await waitForJob(kube, LOAD_NAMESPACE, MEASURE_NAME, finished, timeoutMs);
  const log = await jobLog(kube, LOAD_NAMESPACE, MEASURE_NAME, podSpec(options, 'Never'));
  await deleteJob(kube, LOAD_NAMESPACE, MEASURE_NAME);
  return parseWrkReport(log);
}

/** Removes jobs, the steady load and the payload, unless they are somebody else's. */
export async function removeWrk2(cluster: Cluster): Promise<void> {
  const kube = new KubeClient(cluster);
  for (const name of [JOB_NAME, MEASURE_NAME]) await deleteOwned(kube, jobPath(LOAD_NAMESPACE, name));
  await deleteOwned(kube, `/apis/apps/v1/namespaces/${LOAD_NAMESPACE}/deployments/${BACKGROUND_NAME}`);
  await deleteOwned(kube, `/api/v1/namespaces/${LOAD_NAMESPACE}/configmaps/${PAYLOAD_CONFIG_MAP}`);
}
