import { UserError } from '../core/errors.ts';
import { type Chart, loadChart } from '../helm/chart.ts';
import { type AppMetadata, appMetadataSchema } from './metadata.ts';

/** The files that ship with the program, by path from its root with forward slashes. */
export interface Assets {
  /** Text of a file; throws when there is none. */
  read(path: string): string;
  /** All files below a folder, by their path below it. */
  folder(path: string): Record<string, string>;
}

/** An application as its metadata and chart define it. */
export interface AppDefinition {
  /** Name of its metadata file, e.g. `hotel-reservation`. */
  name: string;
  metadata: AppMetadata;
  namespace: string;
  releaseName: string;
  chart: Chart;
  /** The chart's files below its folder, as the agent finds them in its home. */
  chartFiles: Record<string, string>;
  /** Where the load goes. */
  frontend: { service: string; port: number };
  /** Pods of service `x` carry the label `<serviceLabel>=x`. */
  serviceLabel: string;
  /** What the agent is told: name, namespace, description, operations. */
  summary: string;
}

/** An application that is in the cluster. */
export interface DeployedApp
  extends Pick<AppDefinition, 'name' | 'namespace' | 'frontend' | 'serviceLabel' | 'summary'> {
  definition: AppDefinition;
}

/** Which label finds a service's pods, by application. */
const SERVICE_LABELS: Record<string, string> = { 'hotel-reservation': 'io.kompose.service' };

/** Reads an application from metadata/<name>.json and its chart. Throws UserError NOT_FOUND for an unknown one. */
export function loadApp(name: string, assets: Assets): AppDefinition {
  const known = listApps(assets);
  if (!known.includes(name)) {
    throw new UserError('NOT_FOUND', `no application "${name}"`, `known applications: ${known.join(', ')}`);
  }
  const metadata = appMetadataSchema.parse(JSON.parse(assets.read(`metadata/${name}.json`)));
  const chartFiles = assets.folder(`charts/${metadata['Helm Config'].chart_path}`);
  return {
    name,
    metadata,
    namespace: metadata.Namespace,
    releaseName: metadata['Helm Config'].release_name,
    chart: loadChart(chartFiles),
    chartFiles,
    frontend: { service: metadata.frontend_service, port: metadata.frontend_port },
    serviceLabel: SERVICE_LABELS[name] ?? 'app.kubernetes.io/name',
    summary: describeApp(metadata),
  };
}

/** Names of all applications, sorted. */
export function listApps(assets: Assets): string[] {
  const files = Object.keys(assets.folder('metadata')).filter((path) => path.endsWith('.json'));
  return files.map((path) => path.slice(0, -'.json'.length)).sort();
}

/** What the agent is told about the application: four parts, as AIOpsLab words them. */
function describeApp(metadata: AppMetadata): string {
  const operations = metadata['Supported Operations'].map((operation) => `  - ${operation}`).join('\n');
  return [
    `Service Name: ${metadata.Name}`,
    `Namespace: ${metadata.Namespace}`,
    `Description: ${metadata.Desc}`,
    `Supported Operations:\n${operations}`,
  ].join('\n');
}
