import { type KubeClient, KubeError } from '../cluster/client.ts';
import { UserError } from '../core/errors.ts';
import { sampleKubelets } from './cadvisor.ts';
import { type AgentFiles, csvCell, EXPORT_ROOT, stamp } from './files.ts';

/** Where the cluster's Prometheus answers, behind the API server's service proxy. */
export const PROMETHEUS = { namespace: 'observe', service: 'prometheus-server:80' } as const;

/**
 * The container metrics that AIOpsLab exports. Its list of 26 loses two names to a missing comma (quirk 54); all 26 are exported here.
 */
export const CONTAINER_METRICS = [
  'container_cpu_usage_seconds_total',
  'container_cpu_user_seconds_total',
  'container_cpu_system_seconds_total',
  'container_cpu_cfs_throttled_seconds_total',
  'container_cpu_cfs_throttled_periods_total',
  'container_cpu_cfs_periods_total',
  'container_cpu_load_average_10s',
  'container_memory_cache',
  'container_memory_usage_bytes',
  'container_memory_working_set_bytes',
  'container_memory_rss',
  'container_memory_mapped_file',
  'container_spec_cpu_period',
  'container_spec_cpu_quota',
  'container_spec_memory_limit_bytes',
  'container_spec_cpu_shares',
  'container_threads',
  'container_threads_max',
  'container_network_receive_errors_total',
  'container_network_receive_packets_dropped_total',
  'container_network_receive_packets_total',
  'container_network_receive_bytes_total',
  'container_network_transmit_bytes_total',
  'container_network_transmit_errors_total',
  'container_network_transmit_packets_dropped_total',
  'container_network_transmit_packets_total',
] as const;

const STEP_SECONDS = 15;

interface RangeResult {
  data: { result: { metric: Record<string, string>; values: [number, string][] }[] };
}

/**
 * Writes one CSV per metric (`timestamp,cmdb_id,kpi_name,value`; raw values, sorted by time, only pods that still exist) into a new
 * directory of the agent's file system and answers with the listing, as AIOpsLab's get_metrics does.
 */
export async function exportMetrics(
  kube: KubeClient,
  files: AgentFiles,
  namespace: string,
  durationMinutes: number,
): Promise<string> {
  const nowMs = kube.cluster.clock.now();
  const folder = `metric_${stamp(nowMs)}`;
  const directory = `${EXPORT_ROOT}/metrics_output/${folder}`;
  const pods = new Set((await kube.list('pods', namespace)).map((pod) => pod.metadata.name as string));
  const written: string[] = [];
  const series = await source(kube, namespace, nowMs, durationMinutes);
  for (const metric of CONTAINER_METRICS) {
    const rows = toRows(metric, await series.of(metric), pods);
    if (rows.length === 0) continue;
    const name = `kpi_${metric}.csv`;
    await files.write(`${directory}/container/${name}`, `timestamp,cmdb_id,kpi_name,value\n${rows.join('\n')}\n`);
    written.push(name);
  }
  const listing = [`${folder}/`, '    container/', ...written.map((name) => `        ${name}`)];
  return `Metrics data exported to directory: ${directory}\n\nFolder structure of exported metrics:\n${listing.join('\n')}\n`;
}

/** Series of one metric in a namespace, as a range query of Prometheus gives them. */
type Series = RangeResult['data']['result'];

interface Source {
  of(metric: string): Promise<Series>;
}

/** Prometheus where the cluster has one, else what the kubelets say at this moment. */
async function source(kube: KubeClient, namespace: string, nowMs: number, durationMinutes: number): Promise<Source> {
  const end = Math.floor(nowMs / 1000);
  const query = async (metric: string): Promise<Series> => {
    const parameters = new URLSearchParams({
      query: `${metric}{namespace="${namespace}"}`,
      start: String(end - durationMinutes * 60),
      end: String(end),
      step: String(STEP_SECONDS),
    });
    const path = `/api/v1/query_range?${parameters}`;
    const answer: RangeResult = await kube.serviceProxy(PROMETHEUS.namespace, PROMETHEUS.service, path);
    return answer.data.result;
  };
  try {
    await query('up');
    return { of: query };
  } catch (error) {
    if (!(error instanceof KubeError)) throw error;
    const sampled = await sampleKubelets(kube, namespace, end).catch(() => undefined);
    if (sampled) return { of: async (metric) => sampled.get(metric) ?? [] };
    throw new UserError(
      'UNSUPPORTED',
      `error: the cluster has no Prometheus in namespace ${PROMETHEUS.namespace}, and its kubelets give no metrics (${error.message})`,
      'the logs, kubectl describe and the events of the namespace are there',
    );
  }
}

function toRows(metric: string, series: Series, pods: ReadonlySet<string>): string[] {
  const rows: { time: number; text: string }[] = [];
  for (const { metric: labels, values } of series) {
    if (!pods.has(labels['pod'] ?? '')) continue;
    const id = `${labels['instance']}.${labels['pod']}`;
    const name = labels['interface'] ? `${metric}.${labels['interface']}` : metric;
    for (const [time, value] of values) {
      rows.push({ time, text: `${time},${csvCell(id)},${csvCell(name)},${Number(value).toFixed(3)}` });
    }
  }
  return rows.sort((a, b) => a.time - b.time).map((row) => row.text);
}
