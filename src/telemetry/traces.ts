import { type KubeClient, KubeError } from '../cluster/client.ts';
import { UserError } from '../core/errors.ts';
import { type AgentFiles, csvCell, EXPORT_ROOT } from './files.ts';

interface JaegerTag {
  key: string;
  value: string | number | boolean;
}

interface JaegerSpan {
  traceID: string;
  spanID: string;
  operationName: string;
  references: { refType: string; spanID: string }[];
  /** µs since the epoch. */
  startTime: number;
  /** µs. */
  duration: number;
  tags: JaegerTag[];
  processID: string;
}

interface JaegerTrace {
  traceID: string;
  spans: JaegerSpan[];
  processes: Record<string, { serviceName: string }>;
}

const HEADER = 'trace_id,span_id,parent_span,service_name,operation_name,start_time,duration,has_error,response';

/** At most that many traces per service: the newest. Jaeger's own default. */
const TRACES_PER_SERVICE = 100;

/**
 * Writes the spans of the last minutes as one CSV into the agent's file system. Where AIOpsLab repeats a trace once per participating
 * service, each is written once (quirk 55).
 */
export async function exportTraces(
  kube: KubeClient,
  files: AgentFiles,
  namespace: string,
  durationMinutes: number,
): Promise<string> {
  const nowMs = kube.cluster.clock.now();
  const path = `${EXPORT_ROOT}/trace_output/traces_${Math.floor(nowMs / 1000)}.csv`;
  const traces = await collectTraces(kube, namespace, nowMs, durationMinutes).catch((error: unknown) => {
    if (!(error instanceof KubeError)) throw error;
    throw new UserError(
      'UNSUPPORTED',
      `error: no traces of namespace ${namespace}: its Jaeger does not answer (${error.message})`,
      'an application without tracing may still name its requests in the logs: get_logs shows them',
    );
  });
  const rows = traces.flatMap(toRows);
  await files.write(path, `${HEADER}\n${rows.map((row) => `${row}\n`).join('')}`);
  return `Traces data exported to: ${path}\n`;
}

async function collectTraces(
  kube: KubeClient,
  namespace: string,
  nowMs: number,
  durationMinutes: number,
): Promise<JaegerTrace[]> {
  const get = (path: string): Promise<{ data: never[] | null }> => kube.serviceProxy(namespace, 'jaeger:16686', path);
  const services: string[] = ((await get('/api/services')).data ?? []).filter((name) => name !== 'jaeger-all-in-one');
  const seen = new Map<string, JaegerTrace>();
  for (const service of services.sort()) {
    const query = new URLSearchParams({
      service,
      start: String((nowMs - durationMinutes * 60_000) * 1000),
      end: String(nowMs * 1000),
      limit: String(TRACES_PER_SERVICE),
    });
    const traces: JaegerTrace[] = (await get(`/api/traces?${query}`)).data ?? [];
    for (const trace of traces) seen.set(trace.traceID, trace);
  }
  return [...seen.values()].sort((a, b) => (a.spans[0]?.startTime ?? 0) - (b.spans[0]?.startTime ?? 0));
}

function toRows(trace: JaegerTrace): string[] {
  return trace.spans.map((span) => {
    const tag = (key: string): JaegerTag['value'] | undefined => span.tags.find((item) => item.key === key)?.value;
    const parent = span.references.find((ref) => ref.refType === 'CHILD_OF')?.spanID ?? 'ROOT';
    const hasError = tag('error') === true || tag('error') === 'true' ? 'True' : 'False';
    const response = tag('http.status_code') ?? tag('response_class') ?? 'Unknown';
    const service = trace.processes[span.processID]?.serviceName ?? '';
    return [
      trace.traceID,
      span.spanID,
      parent,
      service,
      span.operationName,
      span.startTime,
      span.duration,
      hasError,
      response,
    ]
      .map(csvCell)
      .join(',');
  });
}
