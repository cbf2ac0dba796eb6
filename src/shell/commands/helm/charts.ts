import { gunzipSync } from 'node:zlib';
import { bytesOf, textOf } from '../../../core/bytes.ts';
import { UserError } from '../../../core/errors.ts';
import { unpackTar } from '../../../core/tar.ts';
import { type Chart, type ChartDependency, type Json, loadChart, readValuesText } from '../../../helm/chart.ts';
import { applySet, applySetFile, applySetJson, applySetLiteral, applySetString } from '../../../helm/set-flags.ts';
import { mergeValues } from '../../../helm/values.ts';
import type { HelmContext } from './context.ts';
import { download } from './download.ts';
import type { Parsed } from './flags.ts';
import { pullChart } from './registry.ts';
import { chartUrl, chartUrlIn, newRepository } from './repositories.ts';
import { verifyDownload, verifyPackage } from './verify.ts';

/** A chart from the shell's file system, a repository (`repo/name`, `--repo`) or an URL; fails in helm's words. */
export async function readChart(ctx: HelmContext, given: string, flags: Parsed): Promise<Chart> {
  const files = await locateChart(ctx, given.trim(), flags);
  return loadChart(files);
}

async function locateChart(ctx: HelmContext, path: string, flags: Parsed): Promise<Record<string, string>> {
  if (flags.text('repo') === undefined) {
    const folder = ctx.resolve(path);
    if (!path.startsWith('oci://') && (await ctx.fs.exists(folder))) {
      if (flags.bool('verify')) await verifyPackage(ctx, folder);
      return readLocal(ctx, folder);
    }
    if (/^[./]/.test(path)) throw new UserError('NOT_FOUND', `path "${path}" not found`);
  }
  return unpackChart((await fetchChart(ctx, path, flags)).bytes, path);
}

/** Files of a chart that lies here, as a folder or packed. */
export async function readLocal(ctx: HelmContext, path: string): Promise<Record<string, string>> {
  if ((await ctx.fs.stat(path)).isDirectory) return chartFiles(ctx, path);
  return unpackChart(await ctx.fs.readFileBuffer(path), path);
}

/** Downloads a packed chart: its bytes and the name of its file. */
export async function fetchChart(
  ctx: HelmContext,
  reference: string,
  flags: Parsed,
): Promise<{ bytes: Uint8Array; file: string }> {
  if (reference.startsWith('oci://')) return pullChart(ctx, reference, flags);
  const version = (flags.text('version') ?? (flags.bool('devel') ? '>0.0.0-0' : '')).trim();
  const repo = flags.text('repo');
  const kept = newRepository('', repo ?? '', flags.text('username') ?? '', flags.text('password') ?? '');
  const { url, login = kept } =
    repo === undefined
      ? await chartUrl(ctx, reference, version)
      : { url: await chartUrlIn(ctx, kept, reference, version), login: kept };
  const bytes = bytesOf(await download(ctx, url, login));
  if (flags.bool('verify')) await verifyDownload(ctx, url, login);
  return { bytes, file: url.split('?')[0]?.split('/').at(-1) ?? '' };
}

/** Files of a chart's folder by their path below it; packed sub-charts come unpacked unless said otherwise. */
export async function chartFiles(ctx: HelmContext, folder: string, unpack = true): Promise<Record<string, string>> {
  const files: Record<string, string> = {};
  await collect(ctx, folder, '', files, unpack);
  return files;
}

/** Chart.yaml's fields in the form in which helm writes them: known ones that are not empty. */
export function chartMetadata(metadata: Chart['metadata']): Json {
  const out: Json = {};
  for (const field of METADATA_FIELDS) {
    const value = metadata[field];
    const empty = value === undefined || value === null || value === '' || value === false;
    if (empty || (typeof value === 'object' && Object.keys(value as object).length === 0)) continue;
    out[field] = ['version', 'appVersion', 'kubeVersion'].includes(field) ? String(value) : value;
  }
  const dependencies = out['dependencies'] as ChartDependency[] | undefined;
  if (dependencies) out['dependencies'] = dependencies.map((one) => ({ ...one, repository: one.repository ?? '' }));
  return out;
}

const METADATA_FIELDS = (
  'name home sources version description keywords maintainers icon apiVersion condition tags appVersion deprecated annotations ' +
  'kubeVersion dependencies type'
).split(' ');

/** Files of a packed chart without the folder that they are in. */
export function unpackChart(packed: Uint8Array, path: string): Record<string, string> {
  if (packed[0] !== 0x1f || packed[1] !== 0x8b) {
    throw new UserError(
      'INVALID_ARGUMENT',
      `file '${path}' does not appear to be a gzipped archive; got 'application/octet-stream'`,
    );
  }
  const files: Record<string, string> = {};
  for (const { name, type, data } of unpackTar(gunzipSync(packed, { maxOutputLength: CHART_BYTES_MAX }))) {
    if (type !== 'file') continue;
    const inner = name.slice(name.indexOf('/') + 1);
    const text = textOf(data).replace(/^\ufeff/, '');
    const sub = /^charts\/[^/]+\.tgz$/.test(inner) ? unpackChart(data, inner) : undefined;
    if (!sub) files[inner] = text;
    for (const [below, content] of Object.entries(sub ?? {}))
      files[`${inner.replace(/\.tgz$/, '')}/${below}`] = content;
  }
  return files;
}

const FILES_MAX = 2_000;
/** Of an unpacked chart. */
const CHART_BYTES_MAX = 20 * 1024 * 1024;

async function collect(
  ctx: HelmContext,
  folder: string,
  prefix: string,
  files: Record<string, string>,
  unpack: boolean,
): Promise<void> {
  for (const name of (await ctx.fs.readdir(folder)).sort()) {
    const path = `${folder}/${name}`;
    if ((await ctx.fs.stat(path)).isDirectory) await collect(ctx, path, `${prefix}${name}/`, files, unpack);
    else if (unpack && prefix === 'charts/' && name.endsWith('.tgz')) {
      const sub = unpackChart(await ctx.fs.readFileBuffer(path), path);
      for (const [below, text] of Object.entries(sub)) files[`charts/${name.replace(/\.tgz$/, '')}/${below}`] = text;
    } else files[prefix + name] = await ctx.fs.readFile(path, 'utf8');
    if (Object.keys(files).length > FILES_MAX) throw new UserError('LIMIT', `chart has more than ${FILES_MAX} files`);
  }
}

/** Values of -f and the --set family, in Helm's order. */
export async function readValues(ctx: HelmContext, flags: Parsed): Promise<Json> {
  let values: Json = {};
  for (const path of flags.list('values').flatMap((item) => item.split(','))) {
    const text = await readText(ctx, path);
    try {
      values = mergeValues(values, readValuesText(text));
    } catch (error) {
      throw new UserError('INVALID_ARGUMENT', `failed to parse ${path}: ${(error as Error).message}`);
    }
  }
  for (const item of flags.list('set-json')) {
    const whole = applySetJson(values, item);
    if (whole) values = mergeValues(values, whole);
  }
  for (const item of flags.list('set')) applySet(values, item);
  for (const item of flags.list('set-string')) applySetString(values, item);
  for (const item of flags.list('set-file')) {
    const texts = new Map<string, string>();
    try {
      for (const part of item.split(',')) {
        const path = part.slice(part.indexOf('=') + 1);
        texts.set(path, await readText(ctx, path));
      }
    } catch (error) {
      throw new UserError('NOT_FOUND', `failed parsing --set-file data: ${(error as Error).message}`);
    }
    applySetFile(values, item, (path) => texts.get(path) ?? '');
  }
  for (const item of flags.list('set-literal')) applySetLiteral(values, item);
  return values;
}

async function readText(ctx: HelmContext, path: string): Promise<string> {
  if (path.trim() === '-') return ctx.stdin;
  if (/^https?:\/\//.test(path)) return download(ctx, path);
  try {
    return await ctx.fs.readFile(ctx.resolve(path), 'utf8');
  } catch {
    throw new UserError('NOT_FOUND', `open ${path}: no such file or directory`);
  }
}
