import { createHash } from 'node:crypto';
import { bytesOf } from '../../../core/bytes.ts';
import { UserError } from '../../../core/errors.ts';
import { type Chart, type ChartDependency, loadChart } from '../../../helm/chart.ts';
import { marshalJson } from '../../../helm/functions/encoding.ts';
import { parseConstraints, satisfies } from '../../../helm/functions/semver.ts';
import { fromJson, type Value } from '../../../helm/template/value.ts';
import { parseYaml } from '../../../helm/yaml/parse.ts';
import { chartFiles, readLocal, unpackChart } from './charts.ts';
import type { HelmContext } from './context.ts';
import { download, resolveUrl } from './download.ts';
import type { Parsed } from './flags.ts';
import { table, yaml } from './output.ts';
import { packFiles } from './pack.ts';
import { updateAll } from './repo.ts';
import {
  cachedIndex,
  newRepository,
  nowText,
  pick,
  type Repository,
  readRepositories,
  versionOf,
  write,
} from './repositories.ts';

const quoted = (text: string): string => JSON.stringify(text);

interface Lock {
  dependencies: ChartDependency[];
  digest: string;
}

async function loadFolder(ctx: HelmContext, given: string): Promise<{ chart: Chart; files: Record<string, string> }> {
  const folder = ctx.resolve(given);
  if (!(await ctx.fs.exists(folder)))
    throw new UserError('NOT_FOUND', `could not find ${given}: stat ${given}: no such file or directory`);
  if (!(await ctx.fs.stat(folder)).isDirectory)
    throw new UserError('INVALID_ARGUMENT', 'only unpacked charts can be updated');
  const files = await chartFiles(ctx, folder);
  return { chart: loadChart(files), files };
}

/** `helm dependency list`. */
export async function dependencyList(ctx: HelmContext, flags: Parsed): Promise<string> {
  const given = flags.args[0] ?? '.';
  const folder = ctx.resolve(given);
  if (!(await ctx.fs.exists(folder))) throw new UserError('NOT_FOUND', `stat ${given}: no such file or directory`);
  const chart = loadChart(await readLocal(ctx, folder));
  const declared = chart.metadata.dependencies;
  const charts = `${given === '.' ? '' : `${given.replace(/\/+$/, '').replace(/^\.\//, '')}/`}charts`;
  if (!declared || declared.length === 0) return `WARNING: no dependencies at ${charts}\n`;
  const archives = await inCharts(ctx, folder);
  const rows = declared.map((one) => [
    one.name,
    one.version ?? '',
    one.repository ?? '',
    statusOf(one, chart, archives),
  ]);
  let out = `${table([['NAME', 'VERSION', 'REPOSITORY', 'STATUS'], ...rows], flags.int('max-col-width') ?? 80)}\n`;
  for (const { path, chart: sub } of archives) {
    if (!sub) out += `WARNING: "${charts}/${path}" is not a chart.\n`;
    else if (!declared.some((one) => one.name === sub.metadata.name))
      out += `WARNING: "${charts}/${path}" is not in Chart.yaml.\n`;
  }
  return out;
}

interface InCharts {
  path: string;
  packed: boolean;
  chart: Chart | undefined;
}

/** What lies in `charts/`: folders and archives, with the chart in them. */
async function inCharts(ctx: HelmContext, folder: string): Promise<InCharts[]> {
  const base = `${folder}/charts`;
  if (!(await ctx.fs.exists(base))) return [];
  const out: InCharts[] = [];
  for (const path of (await ctx.fs.readdir(base)).sort()) {
    const packed = !(await ctx.fs.stat(`${base}/${path}`)).isDirectory;
    if (packed && !path.endsWith('.tgz')) continue;
    let chart: Chart | undefined;
    try {
      chart = loadChart(await readLocal(ctx, `${base}/${path}`));
    } catch {
      chart = undefined;
    }
    out.push({ path, packed, chart });
  }
  return out;
}

function statusOf(one: ChartDependency, parent: Chart, archives: readonly InCharts[]): string {
  const packed = archives.filter(({ path, packed: isPacked }) => isPacked && path.startsWith(`${one.name}-`));
  const fits = (chart: Chart): string | undefined => {
    if (chart.metadata.version === one.version) return undefined;
    const version = versionOf(chart.metadata.version);
    try {
      if (!version) return 'invalid version';
      return satisfies(parseConstraints(one.version ?? ''), version) ? undefined : 'wrong version';
    } catch {
      return 'invalid version';
    }
  };
  const strict = packed.filter(({ path }) => /^\d+\.\d+\.\d+/.test(path.slice(one.name.length + 1)));
  if (packed.length > 1 && strict.length > 1) return 'too many matches';
  const only = packed.length === 1 ? packed[0] : strict[0];
  if (only) {
    if (!only.chart) return 'corrupt';
    if (only.chart.metadata.name !== one.name) return 'misnamed';
    return fits(only.chart) ?? 'ok';
  }
  const unpacked = parent.dependencies.find((sub) => sub.metadata.name === one.name);
  return unpacked ? (fits(unpacked) ?? 'unpacked') : 'missing';
}

/** What a dependency command printed, and how it failed if it did. */
interface Outcome {
  stdout: string;
  error?: string;
}

/** `helm dependency update` and `build`. */
export async function dependencyUpdate(ctx: HelmContext, flags: Parsed, build: boolean): Promise<Outcome> {
  return run(new Manager(ctx, flags.args[0] ?? '.', flags.bool('skip-refresh')), build);
}

/** As `helm install --dependency-update` brings in what a chart lacks. */
export async function updateDependencies(ctx: HelmContext, given: string): Promise<Outcome> {
  return run(new Manager(ctx, given, false), false);
}

async function run(manager: Manager, build: boolean): Promise<Outcome> {
  try {
    await (build ? manager.build() : manager.update());
    return { stdout: manager.out };
  } catch (error) {
    if (!(error instanceof Error) || !['UserError', 'FunctionError'].includes(error.name)) throw error;
    return { stdout: manager.out, error: error.message };
  }
}

class Manager {
  out = '';
  readonly folder: string;
  constructor(
    readonly ctx: HelmContext,
    readonly given: string,
    readonly skipRefresh: boolean,
  ) {
    this.folder = ctx.resolve(given);
  }

  async build(): Promise<void> {
    const { chart, files } = await loadFolder(this.ctx, this.given);
    const text = files['Chart.lock'];
    if (text === undefined) {
      await this.update();
      return;
    }
    const lock = parseYaml(text) as Lock;
    const wanted = chart.metadata.dependencies ?? [];
    await this.#names(wanted);
    if (digestOf(wanted, lock.dependencies ?? []) !== lock.digest) {
      const why =
        'the lock file (Chart.lock) is out of sync with the dependencies file (Chart.yaml). Please update the dependencies';
      throw new UserError('STATE', why);
    }
    const repositories = (await readRepositories(this.ctx)) ?? [];
    const unknown = (lock.dependencies ?? [])
      .map((one) => one.repository ?? '')
      .filter(
        (url) => url !== '' && !/^(file|oci):\/\//.test(url) && !repositories.some((one) => sameUrl(one.url, url)),
      );
    if (unknown.length > 0) throw new UserError('NOT_FOUND', `no repository definition for ${unknown.join(', ')}`);
    await this.#refresh(repositories);
    await this.#fetchAll(lock.dependencies ?? [], new Map());
  }

  async update(): Promise<void> {
    const { chart, files } = await loadFolder(this.ctx, this.given);
    const wanted = chart.metadata.dependencies;
    if (!wanted) return;
    const names = await this.#names(wanted);
    await this.#unmanaged(wanted, names);
    await this.#refresh((await readRepositories(this.ctx)) ?? []);
    const locked = await this.#resolve(wanted, names);
    await this.#fetchAll(locked, names);
    const digest = digestOf(wanted, locked);
    const old = files['Chart.lock'] === undefined ? undefined : (parseYaml(files['Chart.lock']) as Lock);
    if (old?.digest === digest) return;
    const lock = { dependencies: locked.map(lockedFields), digest, generated: nowText(this.ctx) };
    await write(this.ctx, `${this.folder}/Chart.lock`, yaml(lock));
  }

  /** Names of the repositories that the dependencies come from; aliases become URLs. */
  async #names(wanted: readonly ChartDependency[]): Promise<Map<string, string>> {
    const repositories = await readRepositories(this.ctx);
    const names = new Map<string, string>();
    const missing: string[] = [];
    for (const one of wanted) {
      const url = one.repository ?? '';
      if (url === '') continue;
      if (url.startsWith('file://')) {
        await this.#localPath(url);
        names.set(one.name, url);
        continue;
      }
      const alias = /^(?:@|alias:)(.*)$/.exec(url)?.[1];
      const known = repositories?.find((repository) =>
        alias === undefined ? sameUrl(repository.url, url) : repository.name === alias,
      );
      if (known) {
        one.repository = known.url;
        names.set(one.name, known.name);
      } else if (!/^[a-z][a-z0-9+.-]*:/i.test(url) || alias !== undefined) missing.push(url);
    }
    if (missing.length === 0) return names;
    let text = `no repository definition for ${missing.join(', ')}. Please add them via 'helm repo add'`;
    if (missing.some((url) => !url.includes('//') && !/^(@|alias:)/.test(url)))
      text +=
        '\nNote that repositories must be URLs or aliases. For example, to refer to the "example"\nrepository, use "https://charts.example.com/" or "@example" instead of\n"example". Don\'t forget to add the repo, too (\'helm repo add\').';
    throw new UserError('NOT_FOUND', text);
  }

  /** Repositories that are no one's get an index of their own. */
  async #unmanaged(wanted: readonly ChartDependency[], names: Map<string, string>): Promise<void> {
    const others: Repository[] = [];
    for (const one of wanted) {
      const url = one.repository ?? '';
      if (url === '' || names.has(one.name)) continue;
      const name = `helm-manager-${createHash('sha256').update(url).digest('hex')}`;
      names.set(one.name, name);
      others.push(newRepository(name, url));
    }
    if (others.length === 0 || this.skipRefresh) return;
    this.out += 'Getting updates for unmanaged Helm repositories...\n';
    for (const other of others) {
      const { failed, text } = await updateAll(this.ctx, [other]);
      const why = text.slice(text.indexOf('\t') + 1).trimEnd();
      this.out +=
        failed.length === 0
          ? `...Successfully got an update from the ${quoted(other.url)} chart repository\n`
          : `...Unable to get an update from the ${quoted(other.url)} chart repository:\n\t${why}\n`;
    }
  }

  async #refresh(repositories: readonly Repository[]): Promise<void> {
    if (this.skipRefresh || repositories.length === 0) return;
    this.out += 'Hang tight while we grab the latest from your chart repositories...\n';
    this.out += (await updateAll(this.ctx, repositories)).text;
    this.out += 'Update Complete. ⎈Happy Helming!⎈\n';
  }

  async #localPath(url: string): Promise<string> {
    const path = url.slice('file://'.length);
    const full = path.startsWith('/') ? path : this.ctx.resolve(`${this.folder}/${path}`);
    if (!(await this.ctx.fs.exists(full))) {
      const shown = path.startsWith('/') || this.given.startsWith('/') ? full : relative(this.given, path);
      throw new UserError('NOT_FOUND', `directory ${shown} not found`);
    }
    return full;
  }

  async #resolve(wanted: readonly ChartDependency[], names: ReadonlyMap<string, string>): Promise<ChartDependency[]> {
    const out: ChartDependency[] = [];
    const missing: string[] = [];
    for (const one of wanted) {
      const { name, version = '', repository = '' } = one;
      let constraint: ReturnType<typeof parseConstraints>;
      try {
        constraint = parseConstraints(version);
      } catch (error) {
        throw new UserError(
          'INVALID_ARGUMENT',
          `dependency ${quoted(name)} has an invalid version/constraint format: ${(error as Error).message}`,
        );
      }
      const none = (): void =>
        void missing.push(`${quoted(name)} (repository ${quoted(repository)}, version ${quoted(version)})`);
      if (repository === '') {
        await this.#localPath(`file://charts/${name}`);
        out.push({ name, version, repository });
        continue;
      }
      const found = repository.startsWith('file://')
        ? loadChart(await chartFiles(this.ctx, await this.#localPath(repository))).metadata.version
        : await this.#newest(one, names.get(name) ?? '', constraint);
      const parsed = versionOf(found);
      if (found === undefined || !parsed || !satisfies(constraint, parsed)) none();
      else out.push({ name, version: found, repository });
    }
    if (missing.length === 0) return out;
    const hint =
      'Make sure a matching chart version exists in the repo, or change the version constraint in Chart.yaml';
    throw new UserError(
      'NOT_FOUND',
      `can't get a valid version for ${missing.length} subchart(s): ${missing.join(', ')}. ${hint}`,
    );
  }

  async #newest(
    one: ChartDependency,
    repository: string,
    constraint: ReturnType<typeof parseConstraints>,
  ): Promise<string | undefined> {
    let versions: { version: string }[] | undefined;
    try {
      versions = (await cachedIndex(this.ctx, repository)).entries[one.name];
    } catch (error) {
      const why = `no cached repository for ${repository} found. (try 'helm repo update'): ${(error as Error).message}`;
      throw new UserError('NOT_FOUND', why);
    }
    if (!versions) throw new UserError('NOT_FOUND', `${one.name} chart not found in repo ${one.repository}`);
    return versions.find(({ version }) => {
      const parsed = versionOf(version);
      return parsed !== undefined && satisfies(constraint, parsed);
    })?.version;
  }

  async #fetchAll(locked: readonly ChartDependency[], names: ReadonlyMap<string, string>): Promise<void> {
    this.out += `Saving ${locked.length} charts\n`;
    const fetched = new Map<string, Uint8Array>();
    try {
      for (const one of locked) {
        const got = await this.#fetch(one, names, fetched);
        if (got) fetched.set(got.file, got.bytes);
      }
    } catch (error) {
      this.out += `Save error occurred:  ${(error as Error).message}\n`;
      throw error;
    }
    const charts = `${this.folder}/charts`;
    await this.ctx.fs.mkdir(charts, { recursive: true });
    const before = await this.ctx.fs.readdir(charts);
    for (const [file, bytes] of fetched) await write(this.ctx, `${charts}/${file}`, bytes);
    this.out += 'Deleting outdated charts\n';
    const local = locked.filter((one) => !one.repository).map((one) => one.name);
    for (const name of before) {
      if (!name.endsWith('.tgz') || fetched.has(name)) continue;
      const chart = loadChart(unpackChart(await this.ctx.fs.readFileBuffer(`${charts}/${name}`), name));
      if (!local.includes(chart.metadata.name)) await this.ctx.fs.rm(`${charts}/${name}`);
    }
  }

  async #fetch(
    one: ChartDependency,
    names: ReadonlyMap<string, string>,
    fetched: ReadonlyMap<string, Uint8Array>,
  ): Promise<{ file: string; bytes: Uint8Array } | undefined> {
    const { name, version = '', repository = '' } = one;
    if (repository === '') {
      this.out += `Dependency ${name} did not declare a repository. Assuming it exists in the charts directory\n`;
      return undefined;
    }
    if (repository.startsWith('file://')) {
      const files = await chartFiles(this.ctx, await this.#localPath(repository), false);
      const chart = loadChart(files);
      const bytes = packFiles(files, chart.metadata.name, this.ctx.cluster.clock.now());
      return { file: `${chart.metadata.name}-${chart.metadata.version}.tgz`, bytes };
    }
    const known = ((await readRepositories(this.ctx)) ?? []).find((candidate) => sameUrl(candidate.url, repository));
    const index = await cachedIndex(this.ctx, known?.name ?? names.get(name) ?? '');
    const entry = pick(this.ctx, index, name, version);
    const url = resolveUrl(repository, entry.urls?.[0] ?? '');
    const file = url.split('/').at(-1) ?? '';
    if (fetched.has(file)) {
      this.out += `Already downloaded ${name} from repo ${repository}\n`;
      return undefined;
    }
    this.out += `Downloading ${name} from repo ${repository}\n`;
    try {
      return { file, bytes: bytesOf(await download(this.ctx, url, known)) };
    } catch (error) {
      throw new UserError('NOT_FOUND', `could not download ${url}: ${(error as Error).message}`);
    }
  }
}

const sameUrl = (a: string, b: string): boolean => a.replace(/\/+$/, '') === b.replace(/\/+$/, '');

function relative(given: string, path: string): string {
  const out: string[] = [];
  for (const part of `${given}/${path}`.split('/')) {
    if (part === '' || part === '.') continue;
    if (part === '..' && out.length > 0 && out.at(-1) !== '..') out.pop();
    else out.push(part);
  }
  return out.join('/') || '.';
}

function lockedFields({ name, version, repository }: ChartDependency): ChartDependency {
  return { name, repository: repository ?? '', ...(version === undefined ? {} : { version }) };
}

/** The digest of a lock: SHA-256 over what is wanted and what was found, as encoding/json writes both. */
function digestOf(wanted: readonly ChartDependency[], locked: readonly ChartDependency[]): string {
  const text = `[${[wanted, locked].map((list) => `[${list.map(dependencyJson).join(',')}]`).join(',')}]`;
  // helm's digest is taken of the text itself
  return `sha256:${createHash('sha256').update(text).digest('hex')}`;
}

function dependencyJson(one: ChartDependency): string {
  const fields = ['name', 'version', 'repository', 'condition', 'tags', 'enabled', 'import-values', 'alias'] as const;
  const parts: string[] = [];
  for (const field of fields) {
    const value = (one as unknown as Record<string, unknown>)[field];
    const empty =
      value === undefined ||
      value === null ||
      value === '' ||
      value === false ||
      (Array.isArray(value) && value.length === 0);
    if (empty && field !== 'name' && field !== 'repository') continue;
    parts.push(`"${field}":${marshalJson(fromJson(value ?? '') as Value)}`);
  }
  return `{${parts.join(',')}}`;
}
