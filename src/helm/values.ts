import { UserError } from '../core/errors.ts';
import type { Chart, Json } from './chart.ts';
import { semverCompare } from './functions/semver.ts';
import { formatV } from './template/format.ts';
import { fromJson } from './template/value.ts';

/** Values as Helm computes them: a plain tree; numbers of `--set` are {@link Int64} until they are stored. */
export type Values = Json;

/** Hears what Helm logs about values that do not fit together. */
export type Warn = (text: string) => void;

const silent: Warn = () => {};

export function isTable(value: unknown): value is Json {
  return (
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    Object.getPrototypeOf(value) === Object.prototype
  );
}

function copy(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(copy);
  if (isTable(value)) return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, copy(item)]));
  return value;
}

const copied = (values: Json): Json => copy(values) as Json;
const path = (prefix: string, key: string): string => (prefix === '' ? key : `${prefix}.${key}`);
const shown = (value: unknown): string => formatV(fromJson(value));

/** User values over defaults; a null of the user deletes the key of a default. */
export function coalesceTables(over: Json, defaults: Json, warn: Warn = silent): Json {
  return coalesceInto(copied(over), copied(defaults), '', false, warn);
}

/**
 * Fills `into` with what it lacks, in place. Where a default is nulled the key goes, but not with `merge`, which keeps nulls for
 * a later step.
 */
function coalesceInto(into: Json, defaults: Json, prefix: string, merge: boolean, warn: Warn): Json {
  const given = new Set(Object.keys(defaults).filter((key) => defaults[key] !== null));
  for (const [key, value] of Object.entries(into)) if (value === null) defaults[key] = null;
  for (const key of Object.keys(defaults)) {
    const value = defaults[key];
    const own = into[key];
    const place = path(prefix, key);
    if (!Object.hasOwn(into, key)) into[key] = value;
    else if (!merge && own === null && given.has(key)) delete into[key];
    else if (isTable(value)) {
      if (isTable(own)) coalesceInto(own, value, place, merge, warn);
      else warn(`warning: cannot overwrite table with non table for ${place} (${shown(value)})`);
    } else if (isTable(own) && value !== null) {
      warn(`warning: destination for ${place} is a table. Ignoring non-table value (${shown(value)})`);
    }
  }
  return into;
}

/** Later files and flags over earlier ones; nulls are kept, they delete defaults later. */
export function mergeValues(base: Json, over: Json): Json {
  const out = copied(base);
  for (const [key, value] of Object.entries(over)) {
    const own = out[key];
    out[key] = isTable(own) && isTable(value) ? mergeValues(own, value) : copy(value);
  }
  return out;
}

/** The values that a chart and its sub-charts see: defaults, user values, `global` handed down. */
export function coalesceValues(chart: Chart, user: Json, warn: Warn = silent): Json {
  return coalesce(chart, copied(user), '', false, warn);
}

function coalesce(chart: Chart, values: Json, prefix: string, merge: boolean, warn: Warn): Json {
  ownValues(chart, values, prefix, merge, warn);
  for (const sub of chart.dependencies) {
    const { name } = sub.metadata;
    const given = values[name];
    if (Object.hasOwn(values, name) && !isTable(given)) {
      throw new UserError('INVALID_ARGUMENT', `type mismatch on ${name}: ${mismatch(given)}`);
    }
    const table = isTable(given) ? given : {};
    values[name] = table;
    const below = path(prefix, chart.metadata.name);
    handDownGlobals(table, values, below, warn);
    coalesce(sub, table, below, merge, warn);
  }
  return values;
}

/** fmt's %t of what is no bool. */
function mismatch(value: unknown): string {
  if (typeof value === 'boolean') return String(value);
  if (value === null) return '%!t(<nil>)';
  const type =
    typeof value === 'string'
      ? 'string'
      : Array.isArray(value)
        ? '[]interface {}'
        : typeof value === 'number'
          ? 'float64'
          : 'int64';
  return `%!t(${type}=${shown(value)})`;
}

function ownValues(chart: Chart, values: Json, prefix: string, merge: boolean, warn: Warn): void {
  const place = path(prefix, chart.metadata.name);
  const isSub = (key: string): boolean => chart.dependencies.some((sub) => sub.metadata.name === key);
  for (const [key, value] of Object.entries(copied(chart.values))) {
    if (!Object.hasOwn(values, key)) {
      values[key] = value;
      continue;
    }
    const own = values[key];
    if (own === null && !merge) delete values[key];
    else if (isTable(own)) {
      if (isTable(value)) coalesceInto(own, value, path(place, key), merge || isSub(key), warn);
      else if (value !== null) warn(`warning: skipped value for ${place}.${key}: Not a table.`);
    }
  }
}

function handDownGlobals(to: Json, from: Json, prefix: string, warn: Warn): void {
  const [own, above] = [to['global'] ?? {}, from['global'] ?? {}];
  if (!isTable(own) || !isTable(above)) {
    const which = isTable(own) ? 'source' : 'destination';
    warn(`warning: skipping globals because ${which} global is not a table.`);
    return;
  }
  for (const [key, value] of Object.entries(above)) {
    const there = own[key];
    if (!isTable(value)) {
      if (isTable(there)) warn(`key ${key} is table. Skipping`);
      else own[key] = value;
    } else if (!Object.hasOwn(own, key)) own[key] = { ...value };
    else if (!isTable(there)) warn(`Conflict: cannot merge map onto non-map for ${JSON.stringify(key)}. Skipping.`);
    else own[key] = coalesceInto({ ...value }, there, path(prefix, key), true, warn);
  }
  to['global'] = own;
}

/** Like {@link coalesceTables}, but nulls are kept. */
export function mergeTables(over: Json, defaults: Json): Json {
  return coalesceInto(copied(over), copied(defaults), '', true, silent);
}

/** Defaults of a chart with those of its sub-charts; nulls are kept. */
export function mergeDefaults(chart: Chart, warn: Warn): Json {
  return coalesce(chart, {}, '', true, warn);
}

/** Refuses a chart for other versions of Kubernetes. */
export function checkKubeVersion({ metadata }: Chart, kubeVersion: string): void {
  const wanted = metadata['kubeVersion'];
  if (typeof wanted !== 'string' || wanted === '' || semverCompare(wanted, kubeVersion)) return;
  throw new UserError(
    'INVALID_ARGUMENT',
    `chart requires kubeVersion: ${wanted} which is incompatible with Kubernetes ${kubeVersion}`,
  );
}

/** Refuses a chart whose declared sub-charts are not all there. */
export function checkDependencies(chart: Chart): void {
  const missing = missingDependencies(chart);
  if (missing === undefined) return;
  throw new UserError(
    'INVALID_ARGUMENT',
    'an error occurred while checking for chart dependencies. You may need to run `helm dependency build` to fetch missing ' +
      `dependencies: ${missing}`,
  );
}

/** What is said of declared sub-charts that are not there. */
export function missingDependencies(chart: Chart): string | undefined {
  const there = new Set(chart.dependencies.map((sub) => sub.metadata.name));
  const missing = [...new Set((chart.metadata.dependencies ?? []).map(({ name }) => name))].filter(
    (n) => !there.has(n),
  );
  if (missing.length === 0) return undefined;
  return `found in Chart.yaml, but missing in charts/ directory: ${missing.join(', ')}`;
}
