import { UserError } from '../../../core/errors.ts';
import type { Json } from '../../../helm/chart.ts';
import {
  compareVersions,
  parseConstraints,
  parseVersion,
  type SemVer,
  satisfies,
} from '../../../helm/functions/semver.ts';
import { timestamp } from '../../../helm/releases/release.ts';
import { parseYaml } from '../../../helm/yaml/parse.ts';
import type { HelmContext } from './context.ts';
import { download, resolveUrl } from './download.ts';
import { yaml } from './output.ts';
import { settings } from './settings.ts';

/** An entry of repositories.yaml. */
export interface Repository {
  name: string;
  url: string;
  username: string;
  password: string;
  certFile: string;
  keyFile: string;
  caFile: string;
  insecure_skip_tls_verify: boolean;
  pass_credentials_all: boolean;
}

/** One version of a chart in a repository's index. */
export interface IndexEntry extends Json {
  name: string;
  version: string;
  appVersion?: string;
  description?: string;
  keywords?: string[];
  urls?: string[];
  digest?: string;
}

export interface RepositoryIndex {
  apiVersion: string;
  entries: Record<string, IndexEntry[]>;
}

const unkept = { username: '', password: '', certFile: '', keyFile: '', caFile: '' };

export function newRepository(name: string, url: string, username = '', password = ''): Repository {
  return { ...unkept, name, url, username, password, insecure_skip_tls_verify: false, pass_credentials_all: false };
}

/** The known repositories; undefined when there is no file of them. */
export async function readRepositories(ctx: HelmContext): Promise<Repository[] | undefined> {
  const path = settings(ctx.env, ctx.namespace)['HELM_REPOSITORY_CONFIG'] ?? '';
  if (!(await ctx.fs.exists(path))) return undefined;
  const file = parseYaml(await ctx.fs.readFile(path, 'utf8')) as { repositories?: Repository[] } | null;
  return (file?.repositories ?? []).map((one) => ({ ...newRepository('', ''), ...one }));
}

export async function writeRepositories(ctx: HelmContext, repositories: readonly Repository[]): Promise<void> {
  const path = settings(ctx.env, ctx.namespace)['HELM_REPOSITORY_CONFIG'] ?? '';
  await write(ctx, path, yaml({ apiVersion: '', generated: '0001-01-01T00:00:00Z', repositories }));
}

export async function write(ctx: HelmContext, path: string, data: string | Uint8Array): Promise<void> {
  await ctx.fs.mkdir(path.slice(0, path.lastIndexOf('/')) || '/', { recursive: true });
  await ctx.fs.writeFile(path, data);
}

function cachePath(ctx: HelmContext, file: string): string {
  return `${settings(ctx.env, ctx.namespace)['HELM_REPOSITORY_CACHE']}/${file}`;
}

/** Fetches a repository's index into the cache. */
export async function fetchIndex(ctx: HelmContext, repository: Repository): Promise<RepositoryIndex> {
  const url = `${repository.url.replace(/\/+$/, '')}/index.yaml`;
  const text = await download(ctx, url, repository);
  const index = parseIndex(text);
  await write(
    ctx,
    cachePath(ctx, `${repository.name}-charts.txt`),
    Object.keys(index.entries)
      .map((name) => `${name}\n`)
      .join(''),
  );
  await write(ctx, cachePath(ctx, `${repository.name}-index.yaml`), text);
  return index;
}

export async function dropIndex(ctx: HelmContext, name: string): Promise<void> {
  for (const file of [`${name}-charts.txt`, `${name}-index.yaml`]) {
    if (await ctx.fs.exists(cachePath(ctx, file))) await ctx.fs.rm(cachePath(ctx, file));
  }
}

/** The cached index of a repository. */
export async function cachedIndex(ctx: HelmContext, name: string): Promise<RepositoryIndex> {
  const path = cachePath(ctx, `${name}-index.yaml`);
  if (!(await ctx.fs.exists(path))) throw new UserError('NOT_FOUND', `open ${path}: no such file or directory`);
  return parseIndex(await ctx.fs.readFile(path, 'utf8'));
}

export function parseIndex(text: string): RepositoryIndex {
  if (text === '') throw new UserError('INVALID_ARGUMENT', 'empty index.yaml file');
  let file: Partial<RepositoryIndex> | null;
  try {
    file = parseYaml(text) as Partial<RepositoryIndex> | null;
  } catch (error) {
    throw new UserError('INVALID_ARGUMENT', (error as Error).message);
  }
  if (typeof file !== 'object' || file === null || Array.isArray(file)) {
    const kind = Array.isArray(file) ? 'array' : typeof file;
    const why = `json: cannot unmarshal ${kind} into Go value of type repo.IndexFile`;
    throw new UserError('INVALID_ARGUMENT', `error unmarshaling JSON: while decoding JSON: ${why}`);
  }
  if (!file.apiVersion) throw new UserError('INVALID_ARGUMENT', 'no API version specified');
  const entries: RepositoryIndex['entries'] = {};
  for (const [name, versions] of Object.entries(file.entries ?? {})) {
    const kept = (versions ?? []).filter((one) => one && versionOf(one.version) !== undefined);
    entries[name] = kept.map((one) => ({ ...one, version: String(one.version) })).sort(newestFirst);
  }
  return { apiVersion: file.apiVersion, entries };
}

export function versionOf(text: unknown): SemVer | undefined {
  try {
    return parseVersion(String(text));
  } catch {
    return undefined;
  }
}

export function newestFirst(a: { version: string }, b: { version: string }): number {
  const [x, y] = [versionOf(a.version), versionOf(b.version)];
  if (!x || !y) return x ? -1 : y ? 1 : 0;
  return compareVersions(y, x);
}

/** The version of a chart that an index has for a constraint; throws what IndexFile.Get says. */
export function pick(ctx: HelmContext, index: RepositoryIndex, name: string, version: string): IndexEntry {
  const versions = index.entries[name];
  if (!versions) throw new UserError('NOT_FOUND', 'no chart name found');
  if (versions.length === 0) throw new UserError('NOT_FOUND', 'no chart version found');
  const exact = versions.find((one) => one.version === version);
  if (exact) return exact;
  const constraint = parseConstraints(version || '*');
  const found = versions.find((one) => satisfies(constraint, parseVersion(one.version)));
  if (!found) throw new UserError('NOT_FOUND', `no chart version found for ${name}-${version}`);
  if (version !== '') {
    const details = `chart=${name} requested=${slogText(version)} selected=${found.version}`;
    ctx.warn(
      `level=WARN msg="unable to find exact version requested; falling back to closest available version" ${details}`,
    );
  }
  return found;
}

const slogText = (text: string): string => (/^[!#-<>-~]+$/.test(text) ? text : JSON.stringify(text));

/** Where a chart given as `repo/name` or by an URL is downloaded. */
export async function chartUrl(
  ctx: HelmContext,
  reference: string,
  version: string,
): Promise<{ url: string; login?: Repository }> {
  const repositories = (await readRepositories(ctx)) ?? [];
  if (/^[a-z][a-z0-9+.-]*:\/\/[^/]+\/./i.test(reference)) return { url: reference };
  const slash = reference.indexOf('/');
  if (slash < 0) {
    const why = `non-absolute URLs should be in form of repo_name/path_to_chart, got: ${reference}`;
    throw new UserError('NOT_FOUND', why);
  }
  const [name, chart] = [reference.slice(0, slash), reference.slice(slash + 1)];
  const repository = repositories.find((one) => one.name === name);
  if (!repository) throw new UserError('NOT_FOUND', `repo ${name} not found`);
  let index: RepositoryIndex;
  try {
    index = await cachedIndex(ctx, name);
  } catch (error) {
    throw new UserError('NOT_FOUND', `no cached repo found. (try 'helm repo update'): ${(error as Error).message}`);
  }
  let entry: IndexEntry;
  try {
    entry = pick(ctx, index, chart, version);
  } catch (error) {
    const why = `${(error as Error).message}`;
    throw new UserError(
      'NOT_FOUND',
      `chart ${JSON.stringify(chart)} matching ${version} not found in ${name} index. (try 'helm repo update'): ${why}`,
    );
  }
  const [first] = entry.urls ?? [];
  if (first === undefined)
    throw new UserError('NOT_FOUND', `chart ${JSON.stringify(reference)} has no downloadable URLs`);
  return { url: resolveUrl(repository.url, first), login: repository };
}

/** Where a chart of a repository that is not kept (`--repo`) is downloaded. */
export async function chartUrlIn(
  ctx: HelmContext,
  repository: Repository,
  chart: string,
  version: string,
): Promise<string> {
  let index: RepositoryIndex;
  const { url } = repository;
  try {
    index = parseIndex(await download(ctx, `${url.replace(/\/+$/, '')}/index.yaml`, repository));
  } catch (error) {
    throw new UserError(
      'NOT_FOUND',
      `looks like ${JSON.stringify(url)} is not a valid chart repository or cannot be reached: ${(error as Error).message}`,
    );
  }
  const what = `chart ${JSON.stringify(chart)}${version ? ` version ${JSON.stringify(version)}` : ''}`;
  let entry: IndexEntry;
  try {
    entry = pick(ctx, index, chart, version);
  } catch {
    throw new UserError('NOT_FOUND', `${what} not found in ${url} repository`);
  }
  const [first] = entry.urls ?? [];
  if (first === undefined) throw new UserError('NOT_FOUND', `${what} has no downloadable URLs`);
  return resolveUrl(url, first);
}

/** The moment as index files and locks write it. */
export function nowText(ctx: HelmContext): string {
  return timestamp(ctx.cluster.clock.now());
}
