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

type Base = Omit<ContainerStats, 'network'>;

/** cAdvisor's rows of one pod: each running container, the sandbox (`POD`, with the network) and the pod's own cgroup. */
export function podStats(node: NodeContext, worker: PodWorker): ContainerStats[] {
  const { sandbox } = worker;
  if (!sandbox) return [];
  const { namespace = '', name } = worker.pod.metadata;
  const identity = { namespace, pod: name, podUid: worker.uid };
  const rows: Base[] = worker.instances
    .filter((i) => i.state === 'running' && i.container)
    .map((instance) => ({ ...identity, ...containerRow(instance) }));
  const empty: Base = {
    ...identity,
    ...zero(),
    container: 'POD',
    image: 'registry.k8s.io/pause:3.10',
    id: sandbox.id,
    startMs: sandbox.startedMs,
  };
  const pause: Base = {
    ...empty,
    memoryRssBytes: PAUSE_RSS_BYTES,
    memoryWorkingSetBytes: PAUSE_RSS_BYTES,
    threads: 1,
  };
  const pod: Base = { ...empty, container: '', image: '', id: worker.uid, cpuShares: 0 };
  for (const row of [...rows, pause]) addTo(pod, row);
  const network = sandbox.hostNetwork ? undefined : node.network.counters(sandbox.ns);
  return [...rows, { ...pause, network }, { ...pod, network }];
}

function zero(): Omit<Base, 'namespace' | 'pod' | 'podUid' | 'container' | 'image' | 'id' | 'startMs'> {
  return {
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
    cpuShares: 2,
    threads: 0,
    oomEvents: 0,
  };
}

function containerRow(instance: Instance): Omit<Base, 'namespace' | 'pod' | 'podUid'> {
  const container = instance.container as NonNullable<Instance['container']>;
  const { cgroup } = container;
  const rss = cgroup.memoryRssBytes;
  return {
    container: instance.name,
    image: canonicalReference(instance.imageReference),
    id: instance.id,
    startMs: instance.startedMs,
    cpuUsageUs: cgroup.cpuUsageUs,
    cpuUserUs: cgroup.cpuUsageUs * USER_SHARE,
    cpuSystemUs: cgroup.cpuUsageUs * (1 - USER_SHARE),
    throttledUs: cgroup.throttledUs,
    throttledPeriods: cgroup.throttledPeriods,
    periods: cgroup.limits.cpuQuotaUs === undefined ? 0 : cgroup.periods,
    memoryRssBytes: rss,
    memoryCacheBytes: cgroup.cacheBytes,
    memoryWorkingSetBytes: rss + cgroup.cacheBytes,
    memoryMappedFileBytes: Math.round(cgroup.cacheBytes * MAPPED_SHARE),
    memoryLimitBytes: cgroup.limits.memoryBytes ?? 0,
    cpuQuotaUs: cgroup.limits.cpuQuotaUs,
    cpuShares: cgroup.limits.cpuShares,
    threads: cgroup.threads(container.processes().map((process) => process.pid)),
    oomEvents: cgroup.oomEvents,
  };
}

const SUMMED = Object.keys(zero()) as (keyof ReturnType<typeof zero>)[];

function addTo(sum: Base, row: Base): void {
  for (const key of SUMMED) sum[key] = (sum[key] ?? 0) + (row[key] ?? 0);
}
