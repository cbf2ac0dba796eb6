import { gzipSync } from 'node:zlib';
import { UserError } from '../../../core/errors.ts';
import { packTar } from '../../../core/tar.ts';
import { applyIgnoreFile, loadChart } from '../../../helm/chart.ts';
import { checkDependencies } from '../../../helm/values.ts';
import { chartFiles } from './charts.ts';
import type { HelmContext } from './context.ts';
import type { Parsed } from './flags.ts';

/** A chart's archive: its files in a folder of its name. */
export function packFiles(files: Readonly<Record<string, string>>, name: string, mtimeMs: number): Uint8Array {
  const entries = Object.entries(files).map(([file, text]) => ({
    name: `${name}/${file}`,
    type: 'file' as const,
    mode: 0o644,
    mtimeMs,
    data: new TextEncoder().encode(text),
  }));
  return gzipSync(packTar(entries));
}

/** `helm package`: packs charts into `NAME-VERSION.tgz` in the working directory or --destination. */
export async function packageChart(ctx: HelmContext, flags: Parsed): Promise<string> {
  if (flags.args.length === 0)
    throw new UserError('INVALID_ARGUMENT', 'need at least one argument, the path to the chart');
  let out = '';
  for (const path of flags.args) {
    const folder = ctx.resolve(path);
    if (!(await ctx.fs.exists(folder))) throw new UserError('NOT_FOUND', `stat ${path}: no such file or directory`);
    const files = applyIgnoreFile(await chartFiles(ctx, folder));
    for (const [flag, key] of [
      ['version', 'version'],
      ['app-version', 'appVersion'],
    ] as const) {
      const given = flags.text(flag);
      if (given === undefined) continue;
      const line = `${key}: ${JSON.stringify(given)}`;
      const old = files['Chart.yaml'] ?? '';
      files['Chart.yaml'] = new RegExp(`^${key}:`, 'm').test(old)
        ? old.replace(new RegExp(`^${key}:.*$`, 'm'), line)
        : `${old.trimEnd()}\n${line}\n`;
    }
    const chart = loadChart(files);
    checkDependencies(chart);
    const { name, version } = chart.metadata;
    const target = `${ctx.resolve(flags.text('destination') ?? '.')}/${name}-${version}.tgz`;
    await ctx.fs.writeFile(target, packFiles(files, name, ctx.cluster.clock.now()));
    out += `Successfully packaged chart and saved it to: ${target}\n`;
  }
  return out;
}
