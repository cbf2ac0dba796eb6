import { createHash } from 'node:crypto';
import { UserError } from '../../../core/errors.ts';
import { type Json, loadChart } from '../../../helm/chart.ts';
import { goRegex } from '../../../helm/functions/regexp.ts';
import { parseConstraints, parseVersion, satisfies } from '../../../helm/functions/semver.ts';
import { chartMetadata, unpackChart } from './charts.ts';
import type { HelmContext } from './context.ts';
import type { Parsed } from './flags.ts';
import { json, table, yaml } from './output.ts';
import {
  cachedIndex,
  dropIndex,
  fetchIndex,
  type IndexEntry,
  newestFirst,
  newRepository,
  nowText,
  parseIndex,
  type Repository,
  type RepositoryIndex,
  readRepositories,
  write,
  writeRepositories,
} from './repositories.ts';

const quoted = (text: string): string => JSON.stringify(text);

/** Hosts that the Helm project has shut down. */
const GONE: Record<string, string> = {
  '//kubernetes-charts.storage.googleapis.com': 'https://charts.helm.sh/stable',
  '//kubernetes-charts-incubator.storage.googleapis.com': 'https://charts.helm.sh/incubator',
};

/** `helm repo add`. */
export async function repoAdd(ctx: HelmContext, flags: Parsed): Promise<string> {
  const [name = '', url = ''] = flags.args;
  for (const [old, now] of Object.entries(GONE)) {
    if (!flags.bool('allow-deprecated-repos') && url.includes(old))
      throw new UserError('INVALID_ARGUMENT', `repo ${quoted(url)} is no longer available; try ${quoted(now)} instead`);
  }
  const repositories = (await readRepositories(ctx)) ?? [];
  const password = flags.bool('password-stdin') ? ctx.stdin.replace(/\r?\n$/, '') : (flags.text('password') ?? '');
  const made = newRepository(name, url, flags.text('username') ?? '', password);
  if (name.includes('/')) {
    const why = `repository name (${name}) contains '/', please specify a different name without '/'`;
    throw new UserError('INVALID_ARGUMENT', why);
  }
  const known = repositories.find((one) => one.name === name);
  if (known && !flags.bool('force-update')) {
    if (known.url !== url || known.username !== made.username || known.password !== made.password)
      throw new UserError('CONFLICT', `repository name (${name}) already exists, please specify a different name`);
    return `${quoted(name)} already exists with the same configuration, skipping\n`;
  }
  try {
    const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(url)?.[1] ?? '';
    if (!['http', 'https', 'oci'].includes(scheme))
      throw new UserError('INVALID_ARGUMENT', `could not find protocol handler for: ${scheme}`);
    await fetchIndex(ctx, made);
  } catch (error) {
    const { message } = error as Error;
    if (message.startsWith('could not find protocol')) throw error;
    const why = `looks like ${quoted(url)} is not a valid chart repository or cannot be reached: ${message}`;
    throw new UserError('NOT_FOUND', why);
  }
  const others = repositories.map((one) => (one.name === name ? made : one));
  await writeRepositories(ctx, known ? others : [...others, made]);
  return `${quoted(name)} has been added to your repositories\n`;
}

/** `helm repo list`. */
export async function repoList(ctx: HelmContext, flags: Parsed): Promise<string> {
  const all = (await readRepositories(ctx)) ?? [];
  const format = flags.text('output') ?? 'table';
  const items = all.map(({ name, url }) => ({ name, url }));
  if (format === 'json') return json(items);
  if (format === 'yaml') return yaml(items);
  if (all.length === 0) {
    ctx.warn('no repositories to show');
    return '';
  }
  const rows = items.map(({ name, url }) => [name, url]);
  return table(flags.bool('no-headers') ? rows : [['NAME', 'URL'], ...rows]);
}

/** `helm repo update`: what could not be updated is told and fails the command. */
export async function repoUpdate(ctx: HelmContext, flags: Parsed): Promise<{ stdout: string; error?: string }> {
  const all = (await readRepositories(ctx)) ?? [];
  if (all.length === 0) throw new UserError('NOT_FOUND', 'no repositories found. You must add one before updating');
  const unknown = flags.args.find((name) => !all.some((one) => one.name === name));
  if (unknown !== undefined)
    throw new UserError('NOT_FOUND', `no repositories found matching '${unknown}'.  Nothing will be updated`);
  const wanted = all.filter((one) => flags.args.length === 0 || flags.args.includes(one.name));
  const head = 'Hang tight while we grab the latest from your chart repositories...\n';
  const { text, failed } = await updateAll(ctx, wanted);
  if (failed.length > 0)
    return { stdout: head + text, error: `failed to update the following repositories: [${failed.join(' ')}]` };
  return { stdout: `${head}${text}Update Complete. ⎈Happy Helming!⎈\n` };
}

export async function updateAll(
  ctx: HelmContext,
  wanted: readonly Repository[],
): Promise<{ text: string; failed: string[] }> {
  let text = '';
  const failed: string[] = [];
  for (const repository of wanted) {
    try {
      await fetchIndex(ctx, repository);
      text += `...Successfully got an update from the ${quoted(repository.name)} chart repository\n`;
    } catch (error) {
      text += `...Unable to get an update from the ${quoted(repository.name)} chart repository (${repository.url}):\n`;
      text += `\t${(error as Error).message}\n`;
      failed.push(repository.url);
    }
  }
  return { text, failed };
}

/** `helm repo remove`. */
export async function repoRemove(ctx: HelmContext, flags: Parsed): Promise<{ stdout: string; error?: string }> {
  let all = (await readRepositories(ctx)) ?? [];
  if (all.length === 0) throw new UserError('NOT_FOUND', 'no repositories configured');
  let stdout = '';
  for (const name of flags.args) {
    if (!all.some((one) => one.name === name)) return { stdout, error: `no repo named ${quoted(name)} found` };
    all = all.filter((one) => one.name !== name);
    await writeRepositories(ctx, all);
    await dropIndex(ctx, name);
    stdout += `${quoted(name)} has been removed from your repositories\n`;
  }
  return { stdout };
}

/** `helm repo index`: writes index.yaml for the packed charts of a folder. */
export async function repoIndex(ctx: HelmContext, flags: Parsed): Promise<string> {
  const folder = ctx.resolve(flags.args[0] ?? '');
  const index: RepositoryIndex = { apiVersion: 'v1', entries: {} };
  for (const path of await archivesBelow(ctx, folder)) {
    const bytes = await ctx.fs.readFileBuffer(`${folder}/${path}`);
    let metadata: Json;
    try {
      metadata = chartMetadata(loadChart(unpackChart(bytes, path)).metadata);
    } catch {
      continue;
    }
    const base = flags.text('url') ?? '';
    const url = base === '' ? path : `${base.replace(/\/+$/, '')}/${path}`;
    const digest = createHash('sha256').update(bytes).digest('hex');
    add(index, { ...metadata, created: nowText(ctx), digest, urls: [url] } as unknown as IndexEntry);
  }
  const merge = flags.text('merge');
  if (merge !== undefined && (await ctx.fs.exists(ctx.resolve(merge)))) {
    const other = parseIndex(await ctx.fs.readFile(ctx.resolve(merge), 'utf8'));
    for (const entry of Object.values(other.entries).flat()) {
      if (!index.entries[entry.name]?.some((one) => one.version === entry.version)) add(index, entry);
    }
  }
  for (const versions of Object.values(index.entries)) versions.sort(newestFirst);
  const content = { ...index, generated: nowText(ctx) };
  await write(ctx, `${folder}/index.yaml`, flags.bool('json') ? json(content).trimEnd() : yaml(content));
  return '';
}

function add(index: RepositoryIndex, entry: IndexEntry): void {
  index.entries[entry.name] = [...(index.entries[entry.name] ?? []), entry];
}

async function archivesBelow(ctx: HelmContext, folder: string): Promise<string[]> {
  if (!(await ctx.fs.exists(folder))) return [];
  const names = (await ctx.fs.readdir(folder)).sort();
  const out = names.filter((name) => name.endsWith('.tgz'));
  for (const name of names) {
    if (!(await ctx.fs.stat(`${folder}/${name}`)).isDirectory) continue;
    for (const inner of (await ctx.fs.readdir(`${folder}/${name}`)).sort())
      if (inner.endsWith('.tgz')) out.push(`${name}/${inner}`);
  }
  return out;
}

interface Hit {
  name: string;
  score: number;
  entry: IndexEntry;
}

/** `helm search repo`. */
export async function searchRepo(ctx: HelmContext, flags: Parsed): Promise<string> {
  const all = (await readRepositories(ctx)) ?? [];
  if (all.length === 0) throw new UserError('NOT_FOUND', 'no repositories configured');
  const given = flags.text('version');
  const every = flags.bool('versions') || given !== undefined || flags.bool('devel');
  const hits: Hit[] = [];
  for (const { name } of all) {
    let index: RepositoryIndex;
    try {
      index = await cachedIndex(ctx, name);
    } catch (error) {
      ctx.warn(`level=WARN msg="repo is corrupt or missing" repo=${name} error=${quoted((error as Error).message)}`);
      continue;
    }
    for (const [chart, versions] of Object.entries(index.entries)) {
      const kept = every || given === undefined ? versions : versions.slice(0, 1);
      for (const entry of kept) hits.push({ name: `${name}/${chart}`, score: 0, entry });
    }
  }
  const term = flags.args.join(' ');
  const found = term === '' ? hits : hits.flatMap((hit) => scored(hit, term, flags.bool('regexp')));
  found.sort(
    (a, b) => a.score - b.score || (a.name < b.name ? -1 : a.name > b.name ? 1 : newestFirst(a.entry, b.entry)),
  );
  const shown = constrained(found, given ?? (flags.bool('devel') ? '>0.0.0-0' : '>0.0.0'), flags.bool('versions'));
  return printHits(shown, flags);
}

const SEPARATOR = '\v';
const SCORE_MAX = 25;

function scored(hit: Hit, term: string, isRegexp: boolean): Hit[] {
  const { entry } = hit;
  const [repository = ''] = hit.name.split('/');
  const line = [
    entry.name,
    `${repository}/${entry.name}`,
    entry.description ?? '',
    (entry.keywords ?? []).join(' '),
  ].join(SEPARATOR);
  const at = isRegexp ? (goRegex(term).exec(line)?.index ?? -1) : line.toLowerCase().indexOf(term.toLowerCase());
  if (at < 0) return [];
  const score = line.slice(0, at).split(SEPARATOR).length - 1;
  return score < SCORE_MAX ? [{ ...hit, score }] : [];
}

function constrained(hits: readonly Hit[], version: string, every: boolean): Hit[] {
  let constraint: ReturnType<typeof parseConstraints>;
  try {
    constraint = parseConstraints(version);
  } catch (error) {
    throw new UserError('INVALID_ARGUMENT', `an invalid version/constraint format: ${(error as Error).message}`);
  }
  const seen = new Set<string>();
  return hits.filter(({ name, entry }) => {
    if ((!every && seen.has(name)) || !satisfies(constraint, parseVersion(entry.version))) return false;
    seen.add(name);
    return true;
  });
}

function printHits(hits: readonly Hit[], flags: Parsed): string {
  const format = flags.text('output') ?? 'table';
  if (hits.length === 0 && flags.bool('fail-on-no-result')) throw new UserError('NOT_FOUND', 'no results found');
  const items = hits.map(({ name, entry }) => ({
    name,
    version: entry.version,
    app_version: String(entry.appVersion ?? ''),
    description: entry.description ?? '',
  }));
  if (format === 'json') return json(items);
  if (format === 'yaml') return yaml(items);
  if (hits.length === 0) return 'No results found\n';
  const rows = items.map((item) => Object.values(item));
  return table([['NAME', 'CHART VERSION', 'APP VERSION', 'DESCRIPTION'], ...rows], flags.int('max-col-width') ?? 50);
}
