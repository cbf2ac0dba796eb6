import { gunzipSync } from 'node:zlib';
import { UserError } from '../../../core/errors.ts';
import { unpackTar } from '../../../core/tar.ts';
import { type Chart, type Json, loadChart } from '../../../helm/chart.ts';
import { applySet, applySetFile, applySetJson, applySetString } from '../../../helm/set-flags.ts';
import { mergeValues } from '../../../helm/values.ts';
import { parseYaml } from '../../../helm/yaml/parse.ts';
import type { HelmContext } from './context.ts';
import type { Parsed } from './flags.ts';

const NO_NETWORK = 'dial tcp: lookup failed: this shell has no network beside the cluster';

/** Reads a chart from the shell's file system, or says as Helm does why there is none. */
export async function readChart(ctx: HelmContext, path: string): Promise<Chart> {
  if (/^(oci|https?):\/\//.test(path)) throw new UserError('UNSUPPORTED', `Get "${path}": ${NO_NETWORK}`);
  const folder = ctx.resolve(path);
  if (!(await ctx.fs.exists(folder))) {
    if (/^[./]/.test(path)) throw new UserError('NOT_FOUND', `path "${path}" not found`);
    const [repo, name, ...rest] = path.split('/');
    if (!name || rest.length > 0) {
      throw new UserError('NOT_FOUND', `non-absolute URLs should be in form of repo_name/path_to_chart, got: ${path}`);
    }
    throw new UserError('NOT_FOUND', `repo ${repo} not found`);
  }
  if (!(await ctx.fs.stat(folder)).isDirectory)
    return loadChart(unpackChart(await ctx.fs.readFileBuffer(folder), folder));
  return loadChart(await chartFiles(ctx, folder));
}

/** Files of a chart's folder by their path below it; packed sub-charts come unpacked. */
export async function chartFiles(ctx: HelmContext, folder: string): Promise<Record<string, string>> {
  const files: Record<string, string> = {};
  await collect(ctx, folder, '', files);
  return files;
}

/** Files of a packed chart without the folder that they are in. */
function unpackChart(packed: Uint8Array, path: string): Record<string, string> {
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
    const text = new TextDecoder().decode(data);
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

async function collect(ctx: HelmContext, folder: string, prefix: string, files: Record<string, string>): Promise<void> {
  for (const name of (await ctx.fs.readdir(folder)).sort()) {
    const path = `${folder}/${name}`;
    if ((await ctx.fs.stat(path)).isDirectory) await collect(ctx, path, `${prefix}${name}/`, files);
    else if (prefix === 'charts/' && name.endsWith('.tgz')) {
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
    const text = path === '-' ? ctx.stdin : await readText(ctx, path);
    try {
      values = mergeValues(values, (parseYaml(text) ?? {}) as Json);
    } catch (error) {
      throw new UserError('INVALID_ARGUMENT', `failed to parse ${path}: ${(error as Error).message}`);
    }
  }
  for (const item of flags.list('set-json')) applySetJson(values, item);
  for (const item of flags.list('set')) applySet(values, item);
  for (const item of flags.list('set-string')) applySetString(values, item);
  for (const item of flags.list('set-file')) {
    const texts = new Map<string, string>();
    for (const part of item.split(',')) {
      const path = part.slice(part.indexOf('=') + 1);
      texts.set(path, await readText(ctx, path));
    }
    applySetFile(values, item, (path) => texts.get(path) ?? '');
  }
  for (const item of flags.list('set-literal')) {
    const at = item.indexOf('=');
    applySetFile(values, `${item.slice(0, at)}=x`, () => item.slice(at + 1));
  }
  return values;
}

async function readText(ctx: HelmContext, path: string): Promise<string> {
  try {
    return await ctx.fs.readFile(ctx.resolve(path), 'utf8');
  } catch {
    throw new UserError('NOT_FOUND', `open ${path}: no such file or directory`);
  }
}
