import type { Chart, ChartDependency, Json } from './chart.ts';
import { parseConstraints, parseVersion, satisfies } from './functions/semver.ts';
import { coalesceValues, isTable, mergeDefaults, mergeTables, type Warn } from './values.ts';

/**
 * Drops sub-charts that conditions or tags disable, renames aliased ones and imports values of sub-charts into their parents
 * (processDependencies). Returns the chart to render, whose defaults hold those of its sub-charts; the given one is unchanged.
 */
export function enableDependencies(chart: Chart, user: Json, warn: Warn = () => {}): Chart {
  return importValues(enable(chart, user, '', warn), warn);
}

function enable(chart: Chart, values: Json, path: string, warn: Warn): Chart {
  const declared = chart.metadata.dependencies;
  if (!declared) return chart;
  const wanted = declared.map((request) => ({ ...request, name: request.alias || request.name, enabled: true }));
  const known = { ...chart, dependencies: subCharts(chart, declared) };
  const computed = coalesceValues(known, values, warn);
  for (const request of wanted) request.enabled = byTags(request, computed);
  for (const request of wanted) request.enabled = byCondition(request, computed, path);
  const dropped = new Set(wanted.filter((request) => !request.enabled).map((request) => request.name));
  const dependencies = known.dependencies
    .filter((sub) => !dropped.has(sub.metadata.name))
    .map((sub) => enable(sub, computed, `${path}${sub.metadata.name}.`, warn));
  const kept = wanted.filter((request) => !dropped.has(request.name));
  const { dependencies: _, ...metadata } = chart.metadata;
  return { ...chart, metadata: kept.length > 0 ? { ...metadata, dependencies: kept } : metadata, dependencies };
}

/** Those that Chart.yaml does not name, then those that it names, under their aliases. */
function subCharts(chart: Chart, declared: readonly ChartDependency[]): Chart[] {
  const fits = (request: ChartDependency, sub: Chart): boolean =>
    request.name === sub.metadata.name && isCompatible(request.version ?? '', sub.metadata.version);
  const others = chart.dependencies.filter((sub) => !declared.some((request) => fits(request, sub)));
  const named = declared.flatMap((request) => {
    const sub = chart.dependencies.find((one) => fits(request, one));
    return sub ? [{ ...sub, metadata: { ...sub.metadata, name: request.alias || sub.metadata.name } }] : [];
  });
  return [...others, ...named];
}

function isCompatible(constraint: string, version: string): boolean {
  try {
    return satisfies(parseConstraints(constraint), parseVersion(version));
  } catch {
    return false;
  }
}

function byTags(request: ChartDependency, values: Json): boolean {
  const tags = isTable(values['tags']) ? values['tags'] : {};
  const set = (request.tags ?? []).map((tag) => tags[tag]).filter((value) => typeof value === 'boolean');
  return set.length === 0 || set.includes(true);
}

function byCondition(request: ChartDependency & { enabled: boolean }, values: Json, path: string): boolean {
  for (const condition of (request.condition ?? '').trim().split(',').filter(Boolean)) {
    const value = lookUp(values, path + condition);
    if (typeof value === 'boolean') return value;
  }
  return request.enabled;
}

function lookUp(values: Json, path: string): unknown {
  let value: unknown = values;
  for (const part of path.split('.')) value = isTable(value) && Object.hasOwn(value, part) ? value[part] : undefined;
  return value;
}

/** Sub-charts first; what a chart imports ranks below its own values. */
function importValues(chart: Chart, warn: Warn): Chart {
  const dependencies = chart.dependencies.map((sub) => importValues(sub, warn));
  const known = { ...chart, dependencies };
  const declared = chart.metadata.dependencies;
  if (!declared) return known;
  const values = mergeDefaults(known, warn);
  let imported: Json = {};
  for (const { name, 'import-values': wanted = [] } of declared) {
    for (const item of wanted) {
      const { child, parent } = isTable(item)
        ? { child: String(item['child']), parent: String(item['parent']) }
        : { child: `exports.${String(item)}`, parent: '.' };
      const table = lookUp(values, `${name}.${child}`);
      if (isTable(table)) imported = mergeTables(imported, nested(parent, table));
    }
  }
  return { ...known, values: mergeTables(values, imported) };
}

function nested(path: string, table: Json): Json {
  if (path === '.') return table;
  return path.split('.').reduceRight<Json>((inner, key) => ({ [key]: inner }), table);
}
