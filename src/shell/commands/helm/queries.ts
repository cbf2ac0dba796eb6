import type { ChartDependency, Json } from '../../../helm/chart.ts';
import { goRegex } from '../../../helm/functions/regexp.ts';
import { objectsOf } from '../../../helm/releases/apply.ts';
import { KubeClient, type Manifested } from '../../../helm/releases/kube.ts';
import { computedValues } from '../../../helm/releases/parts.ts';
import type { Release } from '../../../helm/releases/release.ts';
import { fromJson, GoMap, type Value } from '../../../helm/template/value.ts';
import { TabWriter } from '../../kubectl/tabwriter.ts';
import type { HelmContext } from './context.ts';
import type { Parsed } from './flags.ts';
import { renderText } from './naming.ts';
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
  const pattern = filter === undefined ? undefined : goRegex(filter);
  const matches = (name: string): boolean => {
    if (pattern) pattern.lastIndex = 0;
    return pattern?.test(name) ?? true;
  };
  let releases = lastRevisions(all).filter((r) => wanted.length === 0 || wanted.includes(r.info.status));
  if (pattern) releases = releases.filter((r) => matches(r.name));
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
  if (format !== 'table') {
    const resources = await resourceObjects(ctx, release);
    const shown = releaseJson({ ...release, info: { ...release.info, ...(resources ? { resources } : {}) } });
    return format === 'json' ? json(shown) : yaml(shown);
  }
  return status(release, { resources: await resourceTables(ctx, release) });
}

/** The release's objects as the server has them, by version and kind. */
async function resourceObjects(ctx: HelmContext, release: Release): Promise<Record<string, unknown[]> | undefined> {
  const kube = new KubeClient(ctx.cluster, ctx.signal);
  const found: Record<string, unknown[]> = {};
  const add = (title: string, object: unknown): void => {
    found[title] = [...(found[title] ?? []), object];
  };
  for (const object of objectsOf(release.manifest)) {
    const there = await kube.get(object, release.namespace);
    if (there) add(`${object.apiVersion.split('/').at(-1)}/${object.kind}`, there);
  }
  for (const object of objectsOf(release.manifest)) {
    const selector = podSelector(object);
    if (!selector) continue;
    const namespace = object.metadata.namespace ?? release.namespace;
    const pods = await kube.json(
      'GET',
      `/api/v1/namespaces/${namespace}/pods?labelSelector=${encodeURIComponent(selector)}`,
    );
    for (const pod of (pods?.['items'] ?? []) as Json[])
      add('v1/Pod(related)', { kind: 'Pod', apiVersion: 'v1', ...pod });
  }
  if (Object.keys(found).length === 0) return undefined;
  return Object.fromEntries(Object.entries(found).sort(([a], [b]) => (a < b ? -1 : 1)));
}

interface TableAnswer {
  columnDefinitions: { name: string; priority: number }[];
  rows: { cells: unknown[] }[];
}

const TABLE = 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json';

/** Tables of a release's objects by kind, and of the pods that its workloads select. */
async function resourceTables(ctx: HelmContext, release: Release): Promise<string> {
  const kube = new KubeClient(ctx.cluster, ctx.signal);
  const sections = new Map<string, TableAnswer[]>();
  const add = async (title: string, path: string): Promise<void> => {
    const response = await ctx.cluster.request({ method: 'GET', path, headers: { accept: TABLE } });
    if (response.status !== 200) return;
    sections.set(title, [...(sections.get(title) ?? []), JSON.parse(response.body) as TableAnswer]);
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
  return [...sections].map(([title, answers]) => `==> ${title}\n${layOut(answers)}\n`).join('');
}

function podSelector(object: Manifested): string | undefined {
  const spec = object['spec'] as { selector?: { matchLabels?: Record<string, string> } } | undefined;
  if (!['Deployment', 'StatefulSet', 'DaemonSet', 'ReplicaSet'].includes(object.kind)) return undefined;
  const labels = Object.entries(spec?.selector?.matchLabels ?? {});
  return labels.map(([key, value]) => `${key}=${value}`).join(',');
}

/** Each object is printed on its own, with columns as wide as it needs; the header comes with the first. */
function layOut(answers: readonly TableAnswer[]): string {
  let out = '';
  answers.forEach((answer, i) => {
    const writer = new TabWriter({ minWidth: 6, padding: 3 });
    const shown = answer.columnDefinitions.flatMap((column, at) => (column.priority === 0 ? [at] : []));
    const rows = answer.rows.map((row) => shown.map((at) => String(row.cells[at] ?? '<none>')));
    const header = shown.map((at) => answer.columnDefinitions[at]?.name.toUpperCase() ?? '');
    for (const row of i === 0 ? [header, ...rows] : rows) writer.write(`${row.join('\t')}\n`);
    writer.flush();
    out += writer.take();
  });
  return out;
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
    case 'all': {
      const template = flags.text('template');
      return template ? renderText(ctx, 'out', template, releaseObject(release)) : everything(release);
    }
    case 'metadata':
      return metadata(release, flags);
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

function metadata(release: Release, flags: Parsed): string {
  const { metadata: chart } = release.chart;
  const annotations = (chart['annotations'] ?? {}) as Record<string, string>;
  const dependencies = chart.dependencies ?? [];
  const labels = Object.fromEntries(Object.entries(release.labels ?? {}).sort(([a], [b]) => (a < b ? -1 : 1)));
  const deployedAt = release.info.last_deployed.replace(/\.\d+/, '');
  const format = flags.text('output') ?? 'table';
  if (format !== 'table') {
    const filled = <T extends object>(value: T): T | undefined => (Object.keys(value).length > 0 ? value : undefined);
    const fields = {
      name: release.name,
      chart: chart.name,
      version: chart.version,
      appVersion: appVersion(release),
      annotations: filled(annotations),
      labels: filled(labels),
      dependencies: filled(dependencies.map(dependencyFields)),
      namespace: release.namespace,
      revision: release.version,
      status: release.info.status,
      deployedAt,
      applyMethod: release.apply_method,
    };
    return format === 'json' ? json(fields) : yaml(JSON.parse(JSON.stringify(fields)));
  }
  const pairs = (all: Record<string, string>): string =>
    Object.entries(all)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, value]) => `${key}=${value}`)
      .join(',');
  const methods = { ssa: 'server-side apply', csa: 'client-side apply' };
  const lines = [
    `NAME: ${release.name}`,
    `CHART: ${chart.name}`,
    `VERSION: ${chart.version}`,
    `APP_VERSION: ${appVersion(release)}`,
    `ANNOTATIONS: ${pairs(annotations)}`,
    `LABELS: ${pairs(labels)}`,
    `DEPENDENCIES: ${dependencies.map((d) => d.name).join(',')}`,
    `NAMESPACE: ${release.namespace}`,
    `REVISION: ${release.version}`,
    `STATUS: ${release.info.status}`,
    `DEPLOYED_AT: ${deployedAt}`,
    `APPLY_METHOD: ${release.apply_method ? methods[release.apply_method] : 'client-side apply (defaulted)'}`,
  ];
  return `${lines.join('\n')}\n`;
}

/** In the order of Go's fields; what is empty is left out. */
function dependencyFields(one: ChartDependency): Record<string, unknown> {
  const all: Record<string, unknown> = { ...one, repository: one.repository ?? '' };
  const order = ['name', 'version', 'repository', 'condition', 'tags', 'enabled', 'import-values', 'alias'];
  return Object.fromEntries(order.filter((key) => all[key] !== undefined).map((key) => [key, all[key]]));
}

/** A release as the templates of `get all --template` see it: fields with Go's names. */
function releaseObject(release: Release): GoMap {
  const named = (value: unknown): Value => {
    if (Array.isArray(value)) return value.map(named);
    if (typeof value !== 'object' || value === null) return fromJson(value);
    const map = new GoMap();
    for (const [key, item] of Object.entries(value)) map.set(GO_NAMES[key] ?? goName(key), named(item));
    return map;
  };
  const { chart, config, ...rest } = release;
  const object = named({ ...rest, chart: { ...chart, values: null } }) as GoMap;
  object.set('Config', fromJson(config ?? {}));
  return new GoMap().set('Release', object);
}

const GO_NAMES: Record<string, string> = { apiVersion: 'APIVersion', first_deployed: 'FirstDeployed' };
const goName = (key: string): string =>
  key
    .split('_')
    .map((word) => word.slice(0, 1).toUpperCase() + word.slice(1))
    .join('');
