import { type Expr, QueryError } from './parse.ts';
import type { Series, Tsdb } from './tsdb.ts';

/** How far back an instant selector looks for a sample (Prometheus' default). */
const LOOKBACK_MS = 300_000;

export type Labels = Readonly<Record<string, string>>;

export interface Sample {
  labels: Labels;
  value: number;
}

export type Value = number | Sample[];

/** Evaluates an expression at one instant. */
export function evaluate(expr: Expr, db: Tsdb, atMs: number): Value {
  switch (expr.kind) {
    case 'number':
      return expr.value;
    case 'selector':
      if (expr.rangeMs !== undefined)
        throw new QueryError(
          'invalid expression type "range vector" for range query, must be Scalar or instant Vector',
        );
      return instant(expr, db, atMs);
    case 'call':
      return call(expr, db, atMs);
    case 'aggregate':
      return aggregate(expr, vector(evaluate(expr.expr, db, atMs)));
    case 'binary':
      return binary(expr.op, evaluate(expr.left, db, atMs), evaluate(expr.right, db, atMs));
  }
}

function instant(expr: Expr & { kind: 'selector' }, db: Tsdb, atMs: number): Sample[] {
  const timeMs = atMs - expr.offsetMs;
  const found: Sample[] = [];
  for (const series of db.select(expr.matchers)) {
    const index = series.lastBefore(timeMs);
    if (index < 0 || series.timeAt(index) <= timeMs - LOOKBACK_MS) continue;
    const value = series.valueAt(index);
    if (!Number.isNaN(value)) found.push({ labels: series.labels, value });
  }
  return found;
}

type RangeFunction = (
  series: Series,
  first: number,
  last: number,
  rangeMs: number,
  endMs: number,
) => number | undefined;

const RANGE_FUNCTIONS: Readonly<Record<string, RangeFunction>> = {
  rate: (series, first, last, rangeMs, endMs) => extrapolated(series, first, last, rangeMs, endMs, true, true),
  increase: (series, first, last, rangeMs, endMs) => extrapolated(series, first, last, rangeMs, endMs, true, false),
  delta: (series, first, last, rangeMs, endMs) => extrapolated(series, first, last, rangeMs, endMs, false, false),
  irate(series, first, last) {
    if (last <= first) return undefined;
    const before = series.valueAt(last - 1);
    const now = series.valueAt(last);
    return (now < before ? now : now - before) / ((series.timeAt(last) - series.timeAt(last - 1)) / 1000);
  },
  avg_over_time: (series, first, last) => over(series, first, last, (a, b) => a + b) / (last - first + 1),
  sum_over_time: (series, first, last) => over(series, first, last, (a, b) => a + b),
  max_over_time: (series, first, last) => over(series, first, last, Math.max),
  min_over_time: (series, first, last) => over(series, first, last, Math.min),
  count_over_time: (_series, first, last) => last - first + 1,
};

function over(series: Series, first: number, last: number, fold: (a: number, b: number) => number): number {
  let result = series.valueAt(first);
  for (let i = first + 1; i <= last; i++) result = fold(result, series.valueAt(i));
  return result;
}

/** Prometheus' extrapolation to the ends of the range, with counter resets. */
function extrapolated(
  series: Series,
  first: number,
  last: number,
  rangeMs: number,
  endMs: number,
  counter: boolean,
  perSecond: boolean,
): number | undefined {
  if (last <= first) return undefined;
  let result = series.valueAt(last) - series.valueAt(first);
  if (counter) {
    for (let i = first + 1; i <= last; i++)
      if (series.valueAt(i) < series.valueAt(i - 1)) result += series.valueAt(i - 1);
  }
  const sampledMs = series.timeAt(last) - series.timeAt(first);
  const gapMs = sampledMs / (last - first);
  const threshold = gapMs * 1.1;
  let startMs = series.timeAt(first) - (endMs - rangeMs);
  let restMs = endMs - series.timeAt(last);
  if (startMs >= threshold) startMs = gapMs / 2;
  if (counter && result > 0 && series.valueAt(first) >= 0) {
    startMs = Math.min(startMs, sampledMs * (series.valueAt(first) / result));
  }
  if (restMs >= threshold) restMs = gapMs / 2;
  result *= (sampledMs + startMs + restMs) / sampledMs;
  return perSecond ? result / (rangeMs / 1000) : result;
}

function call(expr: Expr & { kind: 'call' }, db: Tsdb, atMs: number): Value {
  const range = RANGE_FUNCTIONS[expr.name];
  const [argument] = expr.args;
  if (!range) throw new QueryError(`function ${JSON.stringify(expr.name)} is not supported by this server`);
  if (argument?.kind !== 'selector' || argument.rangeMs === undefined) {
    throw new QueryError(
      `expected type range vector in call to function ${JSON.stringify(expr.name)}, got instant vector`,
    );
  }
  const endMs = atMs - argument.offsetMs;
  const found: Sample[] = [];
  for (const series of db.select(argument.matchers)) {
    const last = series.lastBefore(endMs);
    const first = series.lastBefore(endMs - argument.rangeMs) + 1;
    if (last < first) continue;
    const value = range(series, first, last, argument.rangeMs, endMs);
    if (value !== undefined) found.push({ labels: withoutName(series.labels), value });
  }
  return found;
}

function withoutName(labels: Labels): Labels {
  const { __name__: _, ...rest } = labels;
  return rest;
}

function vector(value: Value): Sample[] {
  if (typeof value === 'number')
    throw new QueryError('expected type instant vector in aggregation expression, got scalar');
  return value;
}

function aggregate(expr: Expr & { kind: 'aggregate' }, samples: Sample[]): Sample[] {
  const groups = new Map<string, { labels: Labels; values: number[] }>();
  for (const { labels, value } of samples) {
    const kept = expr.by
      ? Object.fromEntries(
          expr.by.filter((name) => labels[name] !== undefined).map((name) => [name, labels[name] as string]),
        )
      : expr.without
        ? Object.fromEntries(
            Object.entries(labels).filter(([name]) => name !== '__name__' && !expr.without?.includes(name)),
          )
        : {};
    const key = JSON.stringify(kept);
    const group = groups.get(key);
    if (group) group.values.push(value);
    else groups.set(key, { labels: kept, values: [value] });
  }
  return [...groups.values()].map(({ labels, values }) => ({ labels, value: fold(expr.op, values) }));
}

function fold(op: string, values: number[]): number {
  const sum = values.reduce((a, b) => a + b, 0);
  if (op === 'count') return values.length;
  if (op === 'avg') return sum / values.length;
  if (op === 'min') return Math.min(...values);
  if (op === 'max') return Math.max(...values);
  return sum;
}

function binary(op: string, left: Value, right: Value): Value {
  if (typeof left === 'number' && typeof right === 'number') return arithmetic(op, left, right) ?? Number.NaN;
  if (typeof right === 'number') return map(left as Sample[], op, (value) => [value, right]);
  if (typeof left === 'number') return map(right, op, (value) => [left, value]);
  const byKey = new Map(right.map((sample) => [JSON.stringify(sorted(sample.labels)), sample.value]));
  return left.flatMap(({ labels, value }) => {
    const other = byKey.get(JSON.stringify(sorted(labels)));
    const result = other === undefined ? undefined : arithmetic(op, value, other);
    return result === undefined
      ? []
      : [{ labels: isComparison(op) ? labels : withoutName(labels), value: isComparison(op) ? value : result }];
  });
}

function map(samples: Sample[], op: string, sides: (value: number) => [number, number]): Sample[] {
  return samples.flatMap(({ labels, value }) => {
    const result = arithmetic(op, ...sides(value));
    if (result === undefined) return [];
    return [isComparison(op) ? { labels, value } : { labels: withoutName(labels), value: result }];
  });
}

function isComparison(op: string): boolean {
  return ['>', '<', '>=', '<=', '==', '!='].includes(op);
}

/** Undefined when a comparison filters the value out. */
function arithmetic(op: string, a: number, b: number): number | undefined {
  switch (op) {
    case '+':
      return a + b;
    case '-':
      return a - b;
    case '*':
      return a * b;
    case '/':
      return a / b;
    case '%':
      return a % b;
    case '>':
      return a > b ? a : undefined;
    case '<':
      return a < b ? a : undefined;
    case '>=':
      return a >= b ? a : undefined;
    case '<=':
      return a <= b ? a : undefined;
    case '==':
      return a === b ? a : undefined;
    default:
      return a !== b ? a : undefined;
  }
}

function sorted(labels: Labels): [string, string][] {
  return Object.entries(withoutName(labels)).sort(([a], [b]) => (a < b ? -1 : 1));
}
