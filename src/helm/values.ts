import { UserError } from '../core/errors.ts';
import type { Chart, ChartDependency, Json } from './chart.ts';
import { semverCompare } from './functions/semver.ts';

/** Values as Helm computes them: a plain tree; numbers of `--set` are {@link Int64} until they are stored. */
export type Values = Json;

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

/** User values over chart defaults; a null of the user deletes the key. */
export function coalesceTables(over: Json, defaults: Json): Json {
  const out = copy(over) as Json;
  for (const [key, value] of Object.entries(defaults)) {
    const own = out[key];
    if (Object.hasOwn(out, key) && own === null) delete out[key];
    else if (!Object.hasOwn(out, key)) out[key] = copy(value);
    else if (isTable(own) && isTable(value)) out[key] = coalesceTables(own, value);
  }
  return out;
}

/** Later files and flags over earlier ones; nulls are kept, they delete defaults later. */
export function mergeValues(base: Json, over: Json): Json {
  const out = copy(base) as Json;
  for (const [key, value] of Object.entries(over)) {
    const own = out[key];
    out[key] = isTable(own) && isTable(value) ? mergeValues(own, value) : copy(value);
  }
  return out;
}

/** The values that a chart and its sub-charts see: defaults, user values, `global` handed down. */
export function coalesceValues(chart: Chart, user: Json): Json {
  const out = dropNulls(coalesceTables(user, chart.values), chart.values);
  for (const dependency of chart.dependencies) {
    const name = dependency.metadata.name;
    const given = isTable(out[name]) ? (out[name] as Json) : {};
    const withGlobal = { ...given };
    const globals = isTable(out['global']) ? (out['global'] as Json) : {};
    const own = isTable(given['global']) ? (given['global'] as Json) : {};
    withGlobal['global'] = mergeValues(own, globals);
    out[name] = coalesceValues(dependency, withGlobal);
  }
  return out;
}

/** A null that overrides nothing stays out of the computed values only where a default of that name existed. */
function dropNulls(values: Json, defaults: Json): Json {
  for (const key of Object.keys(values)) if (values[key] === null && defaults[key] === null) delete values[key];
  return values;
}

/**
 * Drops sub-charts that conditions or tags disable, and renames aliased ones (processDependencies). Returns the chart
 * to render; the given one is unchanged.
 */
export function enableDependencies(chart: Chart, user: Json): Chart {
  const values = mergeValues(chart.values, user);
  const declared = chart.metadata.dependencies;
  const dependencies: Chart[] = [];
  for (const sub of chart.dependencies) {
    const requests = declared?.filter((d) => d.name === sub.metadata.name) ?? [];
    if (requests.length === 0) dependencies.push(sub);
    for (const request of requests) {
      if (request['import-values'])
        throw new UserError('UNSUPPORTED', `${sub.metadata.name}: import-values is not supported`);
      if (!isEnabled(request, values)) continue;
      const name = request.alias ?? sub.metadata.name;
      dependencies.push({ ...sub, metadata: { ...sub.metadata, name } });
    }
  }
  const enabled = dependencies.map((sub) => {
    const own = values[sub.metadata.name];
    return enableDependencies(sub, isTable(own) ? own : {});
  });
  return { ...chart, dependencies: enabled };
}

function isEnabled(request: ChartDependency, values: Json): boolean {
  let enabled = true;
  const tags = isTable(values['tags']) ? (values['tags'] as Json) : {};
  const tagged = (request.tags ?? []).map((tag) => tags[tag]).filter((v) => typeof v === 'boolean');
  if (tagged.length > 0) enabled = tagged.includes(true);
  for (const condition of (request.condition ?? '').split(',').filter(Boolean)) {
    const value = lookUp(values, condition.trim());
    if (typeof value !== 'boolean') continue;
    return value;
  }
  return enabled;
}

function lookUp(values: Json, path: string): unknown {
  let value: unknown = values;
  for (const part of path.split('.')) value = isTable(value) && Object.hasOwn(value, part) ? value[part] : undefined;
  return value;
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
