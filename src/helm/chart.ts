import { UserError } from '../core/errors.ts';
import { parseYaml } from './yaml/parse.ts';

/** A file of a chart as releases store it: path below the chart and text. */
export interface ChartFile {
  name: string;
  data: string;
}

export type Json = Record<string, unknown>;

export interface ChartDependency {
  name: string;
  version?: string;
  repository?: string;
  condition?: string;
  tags?: string[];
  alias?: string;
  'import-values'?: unknown[];
}

export interface Chart {
  /** Chart.yaml. */
  metadata: Json & {
    name: string;
    version: string;
    type?: string;
    appVersion?: string;
    dependencies?: ChartDependency[];
  };
  templates: ChartFile[];
  files: ChartFile[];
  crds: ChartFile[];
  values: Json;
  /** values.yaml as written, for `helm show values`. */
  valuesText: string;
  schema?: string;
  dependencies: Chart[];
}

/**
 * Reads a chart from its files: path below the chart's folder (`templates/x.yaml`) to text. Sub-charts are folders in
 * `charts/`; packed ones (.tgz) are refused. Throws UserError when Chart.yaml is missing or wrong.
 */
export function loadChart(files: Readonly<Record<string, string>>): Chart {
  const kept = applyIgnoreFile(files);
  const chartYaml = kept['Chart.yaml'];
  if (chartYaml === undefined) throw new UserError('INVALID_ARGUMENT', 'Chart.yaml file is missing');
  const metadata = (parseYaml(chartYaml) ?? {}) as Chart['metadata'];
  for (const field of ['apiVersion', 'name', 'version']) {
    if (!metadata[field]) {
      throw new UserError('INVALID_ARGUMENT', `validation: chart.metadata.${field} is required`);
    }
  }
  metadata.version = String(metadata.version);
  const chart: Chart = {
    metadata,
    templates: [],
    files: [],
    crds: [],
    values: valuesOf(kept['values.yaml'] ?? ''),
    valuesText: kept['values.yaml'] ?? '',
    dependencies: [],
  };
  const schema = kept['values.schema.json'];
  if (schema !== undefined) chart.schema = schema;
  const nested = sortFiles(chart, kept);
  for (const name of Object.keys(nested).sort()) chart.dependencies.push(loadChart(nested[name] ?? {}));
  return chart;
}

/** A values file: its documents, the later over the earlier. Throws UserError for what is no map. */
export function readValuesText(text: string): Json {
  let values: Json = {};
  for (const document of text.split(/^---(?=\s|$).*$/m)) {
    let value: unknown;
    try {
      value = parseYaml(document);
    } catch (error) {
      throw new UserError('INVALID_ARGUMENT', `cannot unmarshal yaml document: ${(error as Error).message}`);
    }
    if (value === null) continue;
    if (typeof value !== 'object' || Array.isArray(value)) {
      const kind = Array.isArray(value) ? 'array' : typeof value === 'boolean' ? 'bool' : typeof value;
      const why = `json: cannot unmarshal ${kind} into Go value of type map[string]interface {}`;
      throw new UserError(
        'INVALID_ARGUMENT',
        `cannot unmarshal yaml document: error unmarshaling JSON: while decoding JSON: ${why}`,
      );
    }
    values = mergeMaps(values, value as Json);
  }
  return values;
}

function mergeMaps(base: Json, over: Json): Json {
  const isMap = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value);
  const out = { ...base };
  for (const [key, value] of Object.entries(over)) {
    const own = out[key];
    out[key] = isMap(own) && isMap(value) ? mergeMaps(own, value) : value;
  }
  return out;
}

function valuesOf(text: string): Json {
  try {
    return readValuesText(text);
  } catch (error) {
    throw new UserError('INVALID_ARGUMENT', `cannot load values.yaml: ${(error as Error).message}`);
  }
}

const META = new Set(['Chart.yaml', 'Chart.lock', 'values.yaml', 'values.schema.json']);

/** Puts every file in its place; returns the files of sub-charts by their folder. */
function sortFiles(chart: Chart, files: Record<string, string>): Record<string, Record<string, string>> {
  const nested: Record<string, Record<string, string>> = {};
  for (const name of Object.keys(files).sort()) {
    const data = files[name] ?? '';
    if (META.has(name)) continue;
    if (name.startsWith('templates/')) chart.templates.push({ name, data });
    else if (name.startsWith('charts/')) {
      const [, folder = '', ...rest] = name.split('/');
      if (folder.endsWith('.tgz')) {
        throw new UserError('UNSUPPORTED', `packed sub-charts are not supported: ${name}`, 'unpack it into a folder');
      }
      if (rest.length > 0 && !/^[._]/.test(folder)) {
        nested[folder] ??= {};
        (nested[folder] as Record<string, string>)[rest.join('/')] = data;
      }
    } else {
      if (/^crds\/.*\.(ya?ml|json)$/.test(name)) chart.crds.push({ name, data });
      chart.files.push({ name, data });
    }
  }
  return nested;
}

/** .helmignore: shell patterns, `dir/`, `/anchored`; negation is refused by Helm as well. */
export function applyIgnoreFile(files: Readonly<Record<string, string>>): Record<string, string> {
  const rules = (files['.helmignore'] ?? '')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line && !line.startsWith('#'));
  const patterns = rules.map((rule) => {
    const body = rule
      .replace(/^\/|\/$/g, '')
      .replace(/[.+^${}()|\\]/g, '\\$&')
      .replace(/\*/g, '[^/]*')
      .replace(/\?/g, '[^/]');
    return new RegExp(`${rule.startsWith('/') ? '^' : '(^|/)'}${body}${rule.endsWith('/') ? '/' : '(/|$)'}`);
  });
  const kept: Record<string, string> = {};
  for (const [name, data] of Object.entries(files)) if (!patterns.some((p) => p.test(name))) kept[name] = data;
  return kept;
}
