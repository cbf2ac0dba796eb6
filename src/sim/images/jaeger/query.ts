import type { HttpRequest, HttpResponse } from '../../net/protocols.ts';
import { spanIdText } from './spans.ts';
import type { SpanStore, TraceQuery } from './store.ts';

const LIMIT_DEFAULT = 100;
const LOOKBACK_DEFAULT_US = 2 * 24 * 3600 * 1e6;
const UNITS_US: Readonly<Record<string, number>> = {
  ns: 0.001,
  us: 1,
  µs: 1,
  ms: 1_000,
  s: 1_000_000,
  m: 60_000_000,
  h: 3_600_000_000,
};

class BadRequest extends Error {
  override readonly name = 'BadRequest';
}

/** A Go duration (`1h30m`, `200ms`) in µs. */
export function parseGoDuration(text: string): number | undefined {
  if (!/^([0-9]*\.?[0-9]+(ns|us|µs|ms|s|m|h))+$/.test(text)) return undefined;
  let total = 0;
  for (const [, number, unit] of text.matchAll(/([0-9]*\.?[0-9]+)(ns|us|µs|ms|s|m|h)/g)) {
    total += Number(number) * (UNITS_US[unit as string] as number);
  }
  return total;
}

function answer(status: number, body: object): HttpResponse {
  const text = JSON.stringify(body);
  return {
    proto: 'http',
    kind: 'response',
    status,
    headers: { 'Content-Type': 'application/json', 'Content-Length': String(text.length) },
    body: text,
    bytes: text.length + 120,
  };
}

const data = (value: unknown, total = 0): HttpResponse =>
  answer(200, { data: value, total, limit: 0, offset: 0, errors: null });
const failure = (code: number, msg: string): HttpResponse =>
  answer(code, { data: null, total: 0, limit: 0, offset: 0, errors: [{ code, msg }] });

/** The query service's HTTP API (jaeger-query 1.57). */
export function handleQuery(store: SpanStore, request: HttpRequest, nowUs: number): HttpResponse {
  const url = new URL(request.path, 'http://jaeger');
  const path = url.pathname.replace(/\/+$/, '');
  const operations = /^\/api\/services\/([^/]+)\/operations$/.exec(path);
  const trace = /^\/api\/traces\/([0-9a-fA-F]+)$/.exec(path);
  try {
    if (path === '/api/services') {
      const services = store.services();
      return data(services, services.length);
    }
    if (operations) {
      const names = [...new Set(store.operations(decodeURIComponent(operations[1] as string)).map((o) => o.name))];
      return data(names, names.length);
    }
    if (path === '/api/operations') {
      const service = url.searchParams.get('service');
      if (!service) return failure(400, "parameter 'service' is required");
      const kind = url.searchParams.get('spanKind');
      const list = store.operations(service).filter((o) => !kind || o.spanKind === kind);
      return data(list, list.length);
    }
    if (trace) {
      const id = (trace[1] as string)
        .toLowerCase()
        .replace(/^0+(?=.{16})/, '')
        .padStart(16, '0');
      const rows = store.traces().get(id);
      return rows ? data([traceJson(store, id, rows)]) : failure(404, 'trace not found');
    }
    if (path === '/api/traces') return findTraces(store, url.searchParams, nowUs);
    if (path === '/api/dependencies') return dependencies(store, url.searchParams);
  } catch (error) {
    if (error instanceof BadRequest) return failure(400, error.message);
    throw error;
  }
  if (path.startsWith('/api/')) return { ...answer(404, {}), body: '404 page not found\n' };
  return {
    proto: 'http',
    kind: 'response',
    status: 200,
    headers: { 'Content-Type': 'text/html; charset=utf-8' },
    body: '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Jaeger UI</title></head><body><div id="jaeger-ui-root"></div></body></html>\n',
  };
}

function findTraces(store: SpanStore, params: URLSearchParams, nowUs: number): HttpResponse {
  const ids = params.getAll('traceID');
  if (ids.length > 0) {
    const found = ids.flatMap((id) => {
      const rows = store.traces().get(id.padStart(16, '0'));
      return rows ? [traceJson(store, id.padStart(16, '0'), rows)] : [];
    });
    return data(found);
  }
  const query = parseTraceQuery(params, nowUs);
  return data(store.find(query).map(([id, rows]) => traceJson(store, id, rows)));
}

/** Parameters as query_parser.go reads them. */
function parseTraceQuery(params: URLSearchParams, nowUs: number): TraceQuery {
  const service = params.get('service') ?? '';
  if (service === '') throw new BadRequest("parameter 'service' is required");
  const endUs = integer(params, 'end') ?? nowUs;
  const lookback = params.get('lookback');
  // The UI's own parameters: `start` is always there; a lookback alone is not read by the server's parser.
  const lookbackUs = lookback ? (parseGoDuration(lookback) ?? LOOKBACK_DEFAULT_US) : LOOKBACK_DEFAULT_US;
  const startUs = integer(params, 'start') ?? endUs - lookbackUs;
  return {
    service,
    operation: params.get('operation') ?? undefined,
    tags: parseTags(params),
    startMinUs: startUs,
    startMaxUs: endUs,
    durationMinUs: duration(params, 'minDuration'),
    durationMaxUs: duration(params, 'maxDuration'),
    limit: integer(params, 'limit') ?? LIMIT_DEFAULT,
  };
}

function integer(params: URLSearchParams, name: string): number | undefined {
  const text = params.get(name);
  if (text === null || text === '') return undefined;
  if (!/^-?\d+$/.test(text)) {
    throw new BadRequest(
      `unable to parse param '${name}': strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`,
    );
  }
  return Number(text);
}

function duration(params: URLSearchParams, name: string): number | undefined {
  const text = params.get(name);
  if (text === null || text === '') return undefined;
  const us = parseGoDuration(text);
  if (us === undefined) {
    throw new BadRequest(`unable to parse param '${name}': time: invalid duration ${JSON.stringify(text)}`);
  }
  return us;
}

function parseTags(params: URLSearchParams): Record<string, string> | undefined {
  const tags: Record<string, string> = {};
  for (const tag of params.getAll('tag')) {
    const at = tag.indexOf(':');
    if (at < 0) throw new BadRequest(`malformed 'tag' parameter, expecting key:value, received: ${tag}`);
    tags[tag.slice(0, at)] = tag.slice(at + 1);
  }
  for (const text of params.getAll('tags')) {
    try {
      for (const [key, value] of Object.entries(JSON.parse(text) as object)) tags[key] = String(value);
    } catch {
      throw new BadRequest(
        `malformed 'tags' parameter, cannot unmarshal JSON: invalid character '${text[0] ?? ''}' looking for beginning of value`,
      );
    }
  }
  return Object.keys(tags).length === 0 ? undefined : tags;
}

function dependencies(store: SpanStore, params: URLSearchParams): HttpResponse {
  const endMs = integer(params, 'endTs');
  if (endMs === undefined) {
    throw new BadRequest(`unable to parse param 'endTs': strconv.ParseInt: parsing "": invalid syntax`);
  }
  const lookbackMs = integer(params, 'lookback') ?? 24 * 3600 * 1000;
  return data(store.dependencies((endMs - lookbackMs) * 1000, endMs * 1000));
}

/** A trace in the UI's JSON; spans by start time, processes numbered in the order of their first span. */
function traceJson(store: SpanStore, traceID: string, rows: readonly number[]): object {
  const { columns } = store;
  const sorted = [...rows].sort((a, b) => columns.start[a]! - columns.start[b]! || a - b);
  const processIds = new Map<number, string>();
  const spans = sorted.map((row) => {
    const process = columns.process[row]!;
    let processID = processIds.get(process);
    if (processID === undefined) {
      processID = `p${processIds.size + 1}`;
      processIds.set(process, processID);
    }
    const parent = columns.parentHi[row] || columns.parentLo[row];
    const shape = store.shapeOf(row);
    const startTime = Math.floor(columns.start[row]!);
    return {
      traceID,
      spanID: spanIdText(columns.spanHi[row]!, columns.spanLo[row]!),
      flags: 1,
      operationName: shape.operation,
      references: parent
        ? [{ refType: 'CHILD_OF', traceID, spanID: spanIdText(columns.parentHi[row]!, columns.parentLo[row]!) }]
        : [],
      startTime,
      duration: columns.duration[row]!,
      tags: store.tagsOf(row),
      logs: shape.logFields ? [{ timestamp: startTime + columns.duration[row]!, fields: shape.logFields }] : [],
      processID,
      warnings: null,
    };
  });
  const processes: Record<string, unknown> = {};
  for (const [process, id] of processIds) processes[id] = store.processes[process];
  return { traceID, spans, processes, warnings: null };
}
