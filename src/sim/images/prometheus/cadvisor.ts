import type { ContainerStats } from '../../api/api.ts';

/** One metric family of cAdvisor and where its value comes from; undefined means that the row has no such series. */
type Family = [name: string, value: (row: ContainerStats) => number | undefined];

const seconds = (us: number): number => us / 1e6;
const whenLimited = (row: ContainerStats, value: number): number | undefined =>
  row.cpuQuotaUs === undefined ? undefined : value;

/** Metrics per cgroup; the names are cAdvisor's. */
export const CGROUP_FAMILIES: readonly Family[] = [
  ['container_cpu_usage_seconds_total', (row) => seconds(row.cpuUsageUs)],
  ['container_cpu_user_seconds_total', (row) => seconds(row.cpuUserUs)],
  ['container_cpu_system_seconds_total', (row) => seconds(row.cpuSystemUs)],
  ['container_cpu_cfs_throttled_seconds_total', (row) => whenLimited(row, seconds(row.throttledUs))],
  ['container_cpu_cfs_throttled_periods_total', (row) => whenLimited(row, row.throttledPeriods)],
  ['container_cpu_cfs_periods_total', (row) => whenLimited(row, row.periods)],
  ['container_cpu_load_average_10s', () => 0],
  ['container_memory_cache', (row) => row.memoryCacheBytes],
  ['container_memory_usage_bytes', (row) => row.memoryRssBytes + row.memoryCacheBytes],
  ['container_memory_working_set_bytes', (row) => row.memoryWorkingSetBytes],
  ['container_memory_rss', (row) => row.memoryRssBytes],
  ['container_memory_mapped_file', (row) => row.memoryMappedFileBytes],
  ['container_spec_cpu_period', () => 100_000],
  ['container_spec_cpu_quota', (row) => row.cpuQuotaUs],
  ['container_spec_memory_limit_bytes', (row) => row.memoryLimitBytes],
  ['container_spec_cpu_shares', (row) => row.cpuShares],
  ['container_threads', (row) => row.threads],
  ['container_threads_max', () => 5_769],
  ['container_oom_events_total', (row) => row.oomEvents],
  ['container_start_time_seconds', (row) => Math.floor(row.startMs / 1000)],
];

type NetworkFamily = [name: string, value: (network: NonNullable<ContainerStats['network']>) => number];

/** Metrics per interface of a pod. */
export const NETWORK_FAMILIES: readonly NetworkFamily[] = [
  ['container_network_receive_bytes_total', (network) => network.rxBytes],
  ['container_network_receive_packets_total', (network) => network.rxPackets],
  ['container_network_receive_packets_dropped_total', (network) => network.rxDropped],
  ['container_network_receive_errors_total', () => 0],
  ['container_network_transmit_bytes_total', (network) => network.txBytes],
  ['container_network_transmit_packets_total', (network) => network.txPackets],
  ['container_network_transmit_packets_dropped_total', (network) => network.txDropped],
  ['container_network_transmit_errors_total', () => 0],
];
