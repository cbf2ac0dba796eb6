import type { HttpRequest, HttpResponse } from '../../net/protocols.ts';
import { evaluate, type Labels, type Sample, type Value } from './evaluate.ts';
import { parseDuration, parseQuery, QueryError } from './parse.ts';
import type { Tsdb } from './tsdb.ts';

/** Points of one range query (Prometheus' own ceiling). */
const POINTS_MAX = 11_000;

/** The HTTP API of Prometheus, as far as this server goes: query, query_range, series, labels, label values, targets, health. */
export function answerApi(request: HttpRequest, db: Tsdb, nowMs: number, targets: () => unknown[]): HttpResponse {
  const [path = '', query = ''] = request.path.split('?');
  const params = new URLSearchParams(request.method === 'POST' ? request.body : query);
  try {
    if (path === '/-/healthy') return text(200, 'Prometheus Server is Healthy.\n');
    if (path === '/-/ready') return text(200, 'Prometheus Server is Ready.\n');
    if (!path.startsWith('/api/v1/')) return text(404, '404 page not found\n');
    const data = route(path.slice('/api/v1/'.length), params, db, nowMs, targets);
    return data === undefined ? text(404, '404 page not found\n') : json(200, { status: 'success', data });
  } catch (error) {
    if (!(error instanceof QueryError)) throw error;
    return json(400, { status: 'error', errorType: 'bad_data', error: error.message });
  }
}

function route(path: string, params: URLSearchParams, db: Tsdb, nowMs: number, targets: () => unknown[]): unknown {
  const label = /^label\/([^/]+)\/values$/.exec(path)?.[1];
  if (label !== undefined) return labelValues(db, label);
  switch (path) {
    case 'query':
      return instantQuery(required(params, 'query'), db, time(params, 'time', nowMs));
    case 'query_range':
      return rangeQuery(params, db, nowMs);
    case 'series':
      return params.getAll('match[]').flatMap((match) => {
        const expr = parseQuery(match);
        if (expr.kind !== 'selector') throw new QueryError(`invalid parameter "match[]": ${match}`);
        return db.select(expr.matchers).map((series) => series.labels);
      });
    case 'labels':
      return [...new Set(db.select([]).flatMap((series) => Object.keys(series.labels)))].sort();
    case 'targets':
      return { activeTargets: targets(), droppedTargets: [] };
    case 'status/buildinfo':
      return { version: '2.55.1', revision: '', branch: 'HEAD', buildUser: '', buildDate: '', goVersion: 'go1.23.2' };
    default:
      return undefined;
  }
}

function labelValues(db: Tsdb, label: string): string[] {
  if (label === '__name__') return db.names();
  return [...new Set(db.select([]).flatMap((series) => series.labels[label] ?? []))].sort();
}

function instantQuery(query: string, db: Tsdb, atMs: number): unknown {
  const value = evaluate(parseQuery(query), db, atMs);
  if (typeof value === 'number') return { resultType: 'scalar', result: [atMs / 1000, format(value)] };
  return {
    resultType: 'vector',
    result: value.map((sample) => ({ metric: sample.labels, value: [atMs / 1000, format(sample.value)] })),
  };
}

function rangeQuery(params: URLSearchParams, db: Tsdb, nowMs: number): unknown {
  const expr = parseQuery(required(params, 'query'));
  const startMs = time(params, 'start', nowMs);
  const endMs = time(params, 'end', nowMs);
  const step = required(params, 'step');
  const stepMs = /^[\d.]+$/.test(step) ? Number(step) * 1000 : parseDuration(step);
  if (endMs < startMs) throw new QueryError('invalid parameter "end": end timestamp must not be before start time');
  if (!(stepMs > 0))
    throw new QueryError(
      'invalid parameter "step": zero or negative query resolution step widths are not accepted. Try a positive integer',
    );
  if ((endMs - startMs) / stepMs > POINTS_MAX) {
    throw new QueryError(
      'exceeded maximum resolution of 11,000 points per timeseries. Try decreasing the query resolution (?step=XX)',
    );
  }
  const series = new Map<string, { metric: Labels; values: [number, string][] }>();
  for (let atMs = startMs; atMs <= endMs; atMs += stepMs) {
    for (const { labels, value } of samples(evaluate(expr, db, atMs))) {
      const key = JSON.stringify(labels);
      const found = series.get(key);
      if (found) found.values.push([atMs / 1000, format(value)]);
      else series.set(key, { metric: labels, values: [[atMs / 1000, format(value)]] });
    }
  }
  return { resultType: 'matrix', result: [...series.values()] };
}

function samples(value: Value): Sample[] {
  return typeof value === 'number' ? [{ labels: {}, value }] : value;
}

function required(params: URLSearchParams, name: string): string {
  const value = params.get(name);
  if (value === null || value === '')
    throw new QueryError(
      `invalid parameter ${JSON.stringify(name)}: unknown position: parse error: no expression found in input`,
    );
  return value;
}

/** A Unix time in seconds or RFC 3339, as epoch ms. */
function time(params: URLSearchParams, name: string, nowMs: number): number {
  const value = params.get(name);
  if (value === null || value === '') return nowMs;
  const ms = /^[\d.]+$/.test(value) ? Number(value) * 1000 : Date.parse(value);
  if (Number.isNaN(ms))
    throw new QueryError(
      `invalid parameter ${JSON.stringify(name)}: cannot parse ${JSON.stringify(value)} to a valid timestamp`,
    );
  return ms;
}

function format(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (value === Number.POSITIVE_INFINITY) return '+Inf';
  if (value === Number.NEGATIVE_INFINITY) return '-Inf';
  return String(value);
}

function json(status: number, body: unknown): HttpResponse {
  return {
    proto: 'http',
    kind: 'response',
    status,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  };
}

function text(status: number, body: string): HttpResponse {
  return { proto: 'http', kind: 'response', status, headers: { 'content-type': 'text/plain; charset=utf-8' }, body };
}
