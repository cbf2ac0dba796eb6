import type { ContainerStats } from '../api/api.ts';
import { canonicalReference } from './images.ts';
import type { Instance } from './instance.ts';
import type { NodeContext } from './node-context.ts';
import type { PodWorker } from './pod-worker.ts';

/** Share of CPU time spent in user mode; services that mostly move bytes are near it. */
const USER_SHARE = 0.7;
/** Share of the cached file pages that are mapped: programs and libraries. */
const MAPPED_SHARE = 0.75;
/** What the pause process holds. */
const PAUSE_RSS_BYTES = 40_960;
const PAUSE_IMAGE = 'registry.k8s.io/pause:3.10';

/** cAdvisor's rows of one pod: each running container, the sandbox (`POD`, with the network) and the pod's own cgroup. */
export function podStats(node: NodeContext, worker: PodWorker): ContainerStats[] {
  const { sandbox } = worker;
  if (!sandbox) return [];
  const { namespace = '', name } = worker.pod.metadata;
  const identity: Identity = { namespace, pod: name, podUid: worker.uid };
  const rows: ContainerStats[] = [];
  for (const instance of worker.instances) {
    if (instance.state === 'running' && instance.container) rows.push(containerRow(identity, instance));
  }
  const network = sandbox.hostNetwork ? undefined : node.network.counters(sandbox.ns);
  const pause = emptyRow(identity, 'POD', sandbox.id, sandbox.startedMs);
  pause.image = PAUSE_IMAGE;
  pause.memoryRssBytes = PAUSE_RSS_BYTES;
  pause.memoryWorkingSetBytes = PAUSE_RSS_BYTES;
  pause.threads = 1;
  pause.cpuShares = 2;
  pause.network = network;
  const pod = emptyRow(identity, '', worker.uid, sandbox.startedMs);
  pod.network = network;
  rows.push(pause);
  for (const row of rows) addTo(pod, row);
  rows.push(pod);
  return rows;
}

type Identity = Pick<ContainerStats, 'namespace' | 'pod' | 'podUid'>;

function emptyRow(
  { namespace, pod, podUid }: Identity,
  container: string,
  id: string,
  startMs: number,
): ContainerStats {
  return {
    namespace,
    pod,
    podUid,
    container,
    image: '',
    id,
    startMs,
    cpuUsageUs: 0,
    cpuUserUs: 0,
    cpuSystemUs: 0,
    throttledUs: 0,
    throttledPeriods: 0,
    periods: 0,
    memoryRssBytes: 0,
    memoryCacheBytes: 0,
    memoryWorkingSetBytes: 0,
    memoryMappedFileBytes: 0,
    memoryLimitBytes: 0,
    cpuQuotaUs: undefined,
    cpuShares: 0,
    threads: 0,
    oomEvents: 0,
    network: undefined,
  };
}

function containerRow(identity: Identity, instance: Instance): ContainerStats {
  const container = instance.container as NonNullable<Instance['container']>;
  const { cgroup } = container;
  const rss = cgroup.memoryRssBytes;
  const row = emptyRow(identity, instance.name, instance.id, instance.startedMs);
  row.image = canonicalReference(instance.imageReference);
  row.cpuUsageUs = cgroup.cpuUsageUs;
  row.cpuUserUs = cgroup.cpuUsageUs * USER_SHARE;
  row.cpuSystemUs = cgroup.cpuUsageUs * (1 - USER_SHARE);
  row.throttledUs = cgroup.throttledUs;
  row.throttledPeriods = cgroup.throttledPeriods;
  row.periods = cgroup.limits.cpuQuotaUs === undefined ? 0 : cgroup.periods;
  row.memoryRssBytes = rss;
  row.memoryCacheBytes = cgroup.cacheBytes;
  row.memoryWorkingSetBytes = rss + cgroup.cacheBytes;
  row.memoryMappedFileBytes = Math.round(cgroup.cacheBytes * MAPPED_SHARE);
  row.memoryLimitBytes = cgroup.limits.memoryBytes ?? 0;
  row.cpuQuotaUs = cgroup.limits.cpuQuotaUs;
  row.cpuShares = cgroup.limits.cpuShares;
  row.threads = cgroup.threads(container.processes().map((process) => process.pid));
  row.oomEvents = cgroup.oomEvents;
  return row;
}

function addTo(sum: ContainerStats, row: ContainerStats): void {
  sum.cpuUsageUs += row.cpuUsageUs;
  sum.cpuUserUs += row.cpuUserUs;
  sum.cpuSystemUs += row.cpuSystemUs;
  sum.throttledUs += row.throttledUs;
  sum.throttledPeriods += row.throttledPeriods;
  sum.periods += row.periods;
  sum.memoryRssBytes += row.memoryRssBytes;
  sum.memoryCacheBytes += row.memoryCacheBytes;
  sum.memoryWorkingSetBytes += row.memoryWorkingSetBytes;
  sum.memoryMappedFileBytes += row.memoryMappedFileBytes;
  sum.memoryLimitBytes += row.memoryLimitBytes;
  sum.cpuShares += row.cpuShares;
  sum.threads += row.threads;
  sum.oomEvents += row.oomEvents;
}
