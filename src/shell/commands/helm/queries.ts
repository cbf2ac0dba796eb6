import { computedValues } from '../../../helm/releases/actions.ts';
import { objectsOf } from '../../../helm/releases/apply.ts';
import { KubeClient, type Manifested } from '../../../helm/releases/kube.ts';
import type { Release } from '../../../helm/releases/release.ts';
import { TabWriter } from '../../kubectl/tabwriter.ts';
import type { HelmContext } from './context.ts';
import type { Parsed } from './flags.ts';
import {
  ansic,
  appVersion,
  chartName,
  everything,
  hooks,
  json,
  listTime,
  releaseJson,
  sortedJson,
  status,
  table,
  userValues,
  yaml,
} from './output.ts';

const STATUS_FLAGS: Record<string, string[]> = {
  deployed: ['deployed'],
  failed: ['failed'],
  pending: ['pending-install', 'pending-upgrade', 'pending-rollback'],
  superseded: ['superseded'],
  uninstalled: ['uninstalled'],
  uninstalling: ['uninstalling'],
};

const LIST_MAX = 256;

/** `helm list`: the last revision of each release, or all that have an asked-for status. */
export async function list(ctx: HelmContext, flags: Parsed): Promise<string> {
  const wanted = Object.entries(STATUS_FLAGS).flatMap(([flag, states]) => (flags.bool(flag) ? states : []));
  const labels =
    flags
      .text('selector')
      ?.split(',')
      .map((pair) => pair.split(/==?/) as [string, string]) ?? [];
  const all = await ctx.helm.store(flags.bool('all-namespaces') ? '' : ctx.namespace).query(Object.fromEntries(labels));
  const filter = flags.text('filter');
  const pattern = filter === undefined ? undefined : new RegExp(filter);
  let releases = lastRevisions(all).filter((r) => wanted.length === 0 || wanted.includes(r.info.status));
  if (pattern) releases = releases.filter((r) => pattern.test(r.name));
  releases.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : a.namespace < b.namespace ? -1 : 1));
  if (flags.bool('date')) releases.sort((a, b) => (a.info.last_deployed < b.info.last_deployed ? -1 : 1));
  if (flags.bool('reverse')) releases.reverse();
  const offset = flags.int('offset') ?? 0;
  releases = releases.slice(offset, offset + (flags.int('max') || LIST_MAX));
  return printList(releases, flags);
}

function lastRevisions(all: readonly Release[]): Release[] {
  const last = new Map<string, Release>();
  for (const release of all) {
    const key = `${release.namespace}/${release.name}`;
    const known = last.get(key);
    if (!known || known.version < release.version) last.set(key, release);
  }
  return [...last.values()];
}

function printList(releases: readonly Release[], flags: Parsed): string {
  const format = flags.text('output') ?? 'table';
  if (flags.bool('short')) {
    const names = releases.map((r) => r.name);
    if (format === 'json') return json(names);
    return format === 'yaml' ? yaml(names) : names.map((name) => `${name}\n`).join('');
  }
  const items = releases.map((r) => ({
    name: r.name,
    namespace: r.namespace,
    revision: String(r.version),
    updated: listTime(r.info.last_deployed),
    status: r.info.status,
    chart: chartName(r),
    app_version: appVersion(r),
  }));
  if (format === 'json') return json(items);
  if (format === 'yaml') return yaml(items);
  const header = ['NAME', 'NAMESPACE', 'REVISION', 'UPDATED', 'STATUS', 'CHART', 'APP VERSION'];
  const rows = items.map((item) => Object.values(item));
  return table(flags.bool('no-headers') ? rows : [header, ...rows]);
}

/** `helm history`. */
export async function history(ctx: HelmContext, flags: Parsed): Promise<string> {
  const [name = ''] = flags.args;
  await ctx.helm.store(ctx.namespace).last(name);
  const all = await ctx.helm.store(ctx.namespace).history(name);
  const items = all.slice(-(flags.int('max') ?? LIST_MAX)).map((r) => ({
    revision: r.version,
    updated: r.info.last_deployed,
    status: r.info.status,
    chart: chartName(r),
    app_version: appVersion(r),
    description: r.info.description,
  }));
  const format = flags.text('output') ?? 'table';
  if (format === 'json') return json(items);
  if (format === 'yaml') return yaml(items);
  const rows = items.map((item) => [
    String(item.revision),
    ansic(item.updated),
    item.status,
    item.chart,
    item.app_version,
    item.description,
  ]);
  return table([['REVISION', 'UPDATED', 'STATUS', 'CHART', 'APP VERSION', 'DESCRIPTION'], ...rows]);
}

/** `helm status`. */
export async function showStatus(ctx: HelmContext, flags: Parsed): Promise<string> {
  const release = await ctx.helm.store(ctx.namespace).get(flags.args[0] ?? '', flags.int('revision') ?? 0);
  const format = flags.text('output') ?? 'table';
  if (format === 'json') return json(releaseJson(release));
  if (format === 'yaml') return yaml(releaseJson(release));
  return status(release, { resources: await resourceTables(ctx, release) });
}

interface TableAnswer {
  columnDefinitions: { name: string; priority: number }[];
  rows: { cells: unknown[] }[];
}

const TABLE = 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json';

/** Tables of a release's objects by kind, and of the pods that its workloads select. */
async function resourceTables(ctx: HelmContext, release: Release): Promise<string> {
  const kube = new KubeClient(ctx.cluster, ctx.signal);
  const sections = new Map<string, TableAnswer>();
  const add = async (title: string, path: string): Promise<void> => {
    const response = await ctx.cluster.request({ method: 'GET', path, headers: { accept: TABLE } });
    if (response.status !== 200) return;
    const answer = JSON.parse(response.body) as TableAnswer;
    const known = sections.get(title);
    if (known) known.rows.push(...answer.rows);
    else sections.set(title, answer);
  };
  for (const object of objectsOf(release.manifest)) {
    await add(`${object.apiVersion.split('/').at(-1)}/${object.kind}`, await kube.pathOf(object, release.namespace));
  }
  for (const object of objectsOf(release.manifest)) {
    const selector = podSelector(object);
    if (!selector) continue;
    const namespace = object.metadata.namespace ?? release.namespace;
    await add('v1/Pod(related)', `/api/v1/namespaces/${namespace}/pods?labelSelector=${encodeURIComponent(selector)}`);
  }
  return [...sections].map(([title, answer]) => `==> ${title}\n${layOut(answer)}\n`).join('');
}

function podSelector(object: Manifested): string | undefined {
  const spec = object['spec'] as { selector?: { matchLabels?: Record<string, string> } } | undefined;
  if (!['Deployment', 'StatefulSet', 'DaemonSet', 'ReplicaSet'].includes(object.kind)) return undefined;
  const labels = Object.entries(spec?.selector?.matchLabels ?? {});
  return labels.map(([key, value]) => `${key}=${value}`).join(',');
}

function layOut(answer: TableAnswer): string {
  const shown = answer.columnDefinitions.flatMap((column, i) => (column.priority === 0 ? [i] : []));
  const rows = answer.rows.map((row) => shown.map((i) => String(row.cells[i] ?? '<none>')));
  const header = shown.map((i) => answer.columnDefinitions[i]?.name.toUpperCase() ?? '');
  const writer = new TabWriter({ minWidth: 6, padding: 3 });
  for (const row of [header, ...rows]) writer.write(`${row.join('\t')}\n`);
  writer.flush();
  return writer.take();
}

/** `helm get <what>`. */
export async function get(ctx: HelmContext, what: string, flags: Parsed): Promise<string> {
  const release = await ctx.helm.store(ctx.namespace).get(flags.args[0] ?? '', flags.int('revision') ?? 0);
  switch (what) {
    case 'manifest':
      return `${release.manifest}\n`;
    case 'hooks':
      return hooks(release);
    case 'notes':
      return release.info.notes ? `NOTES:\n${release.info.notes}\n` : '';
    case 'all':
      return everything(release);
    case 'metadata':
      return metadata(release);
    default:
      return values(release, flags);
  }
}

function values(release: Release, flags: Parsed): string {
  const all = flags.bool('all');
  const shown = all ? computedValues(release) : (release.config ?? null);
  const format = flags.text('output') ?? 'table';
  if (format === 'json') return sortedJson(shown);
  if (format === 'yaml') return yaml(shown);
  return all ? `COMPUTED VALUES:\n${yaml(shown)}` : userValues(release);
}

function metadata(release: Release): string {
  const labels = Object.entries(release.labels ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
  const { metadata: chart } = release.chart;
  const lines = [
    `NAME: ${release.name}`,
    `CHART: ${chart.name}`,
    `VERSION: ${chart.version}`,
    `APP_VERSION: ${appVersion(release)}`,
    'ANNOTATIONS: ',
    `LABELS: ${labels.map(([key, value]) => `${key}=${value}`).join(',')}`,
    `DEPENDENCIES: ${(chart.dependencies ?? []).map((d) => d.name).join(',')}`,
    `NAMESPACE: ${release.namespace}`,
    `REVISION: ${release.version}`,
    `STATUS: ${release.info.status}`,
    `DEPLOYED_AT: ${release.info.last_deployed.replace(/\.\d+Z$/, 'Z')}`,
    `APPLY_METHOD: ${release.apply_method === 'csa' ? 'client-side apply (defaulted)' : 'server-side apply'}`,
  ];
  return `${lines.join('\n')}\n`;
}
