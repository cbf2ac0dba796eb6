import { UserError } from '../core/errors.ts';
import { type Chart, loadChart } from '../helm/chart.ts';
import { type AppMetadata, appMetadataSchema } from './metadata.ts';

/** The files that ship with the program, by path from its root with forward slashes: `charts/…`, `metadata/…`. */
export interface Assets {
  /** Undefined when there is no such file. */
  read(path: string): string | undefined;
  /** All files below a folder, with their whole paths. */
  list(folder: string): string[];
}

export interface App {
  /** Name of its metadata file, e.g. `hotel-reservation`. */
  id: string;
  metadata: AppMetadata;
  namespace: string;
  releaseName: string;
  chart: Chart;
  /** The chart's files below its folder, as the agent finds them in its home. */
  chartFiles: Record<string, string>;
  /** Where the load goes. */
  frontend: { service: string; port: number };
  /** Pods of service `x` carry the label `<logLabel>=x`. */
  logLabel: string;
}

/** Which label finds a service's pods, by application. */
const LOG_LABELS: Record<string, string> = { 'hotel-reservation': 'io.kompose.service' };

/** Reads an application from metadata/<id>.json and its chart. Throws UserError NOT_FOUND for an unknown one. */
export function loadApp(id: string, assets: Assets): App {
  const text = assets.read(`metadata/${id}.json`);
  if (text === undefined) {
    const known = listApps(assets).join(', ');
    throw new UserError('NOT_FOUND', `no application "${id}"`, `known applications: ${known}`);
  }
  const metadata = appMetadataSchema.parse(JSON.parse(text));
  const folder = `charts/${metadata['Helm Config'].chart_path}/`;
  const chartFiles: Record<string, string> = {};
  for (const path of assets.list(folder)) chartFiles[path.slice(folder.length)] = assets.read(path) ?? '';
  return {
    id,
    metadata,
    namespace: metadata.Namespace,
    releaseName: metadata['Helm Config'].release_name,
    chart: loadChart(chartFiles),
    chartFiles,
    frontend: { service: metadata.frontend_service, port: metadata.frontend_port },
    logLabel: LOG_LABELS[id] ?? 'app.kubernetes.io/name',
  };
}

/** Ids of all applications, sorted. */
export function listApps(assets: Assets): string[] {
  return assets
    .list('metadata/')
    .filter((path) => path.endsWith('.json'))
    .map((path) => path.slice('metadata/'.length, -'.json'.length))
    .sort();
}

/** What the agent is told about the application: four parts, as AIOpsLab words them. */
export function describeApp(app: App): string {
  const { metadata } = app;
  const operations = metadata['Supported Operations'].map((operation) => `  - ${operation}`).join('\n');
  return [
    `Service Name: ${metadata.Name}`,
    `Namespace: ${metadata.Namespace}`,
    `Description: ${metadata.Desc}`,
    `Supported Operations:\n${operations}`,
  ].join('\n');
}
