import { UserError } from '../../../core/errors.ts';
import { applyIgnoreFile, loadChart } from '../../../helm/chart.ts';
import { parseVersion } from '../../../helm/functions/semver.ts';
import { missingDependencies } from '../../../helm/values.ts';
import { chartFiles } from './charts.ts';
import type { HelmContext } from './context.ts';
import { updateDependencies } from './dependency.ts';
import type { Parsed } from './flags.ts';
import { packFiles } from './pack.ts';
import { write } from './repositories.ts';

/** `helm package`: packs charts into `NAME-VERSION.tgz` in the working directory or --destination. */
export async function packageChart(ctx: HelmContext, flags: Parsed): Promise<string> {
  if (flags.args.length === 0)
    throw new UserError('INVALID_ARGUMENT', 'need at least one argument, the path to the chart');
  if (flags.bool('sign')) {
    if (!flags.text('key')) throw new UserError('UNSUPPORTED', '--key is required for signing a package');
    const ring = flags.text('keyring') ?? `${ctx.env.get('HOME') ?? ''}/.gnupg/pubring.gpg`;
    throw (await ctx.fs.exists(ctx.resolve(ring)))
      ? new UserError('UNSUPPORTED', 'packages cannot be signed in this shell: leave --sign out')
      : new UserError('NOT_FOUND', `open ${ring}: no such file or directory`);
  }
  let out = '';
  for (const path of flags.args) out += await packageOne(ctx, flags, path);
  return out;
}

async function packageOne(ctx: HelmContext, flags: Parsed, path: string): Promise<string> {
  const folder = ctx.resolve(path);
  if (!(await ctx.fs.exists(folder))) throw new UserError('NOT_FOUND', `stat ${path}: no such file or directory`);
  if (flags.bool('dependency-update')) {
    const done = await updateDependencies(ctx, path);
    if (done.error !== undefined) throw new UserError('NOT_FOUND', done.error);
  }
  const files = applyIgnoreFile(await chartFiles(ctx, folder));
  for (const [flag, key] of [
    ['version', 'version'],
    ['app-version', 'appVersion'],
  ] as const) {
    const given = flags.text(flag);
    if (given === undefined) continue;
    if (key === 'version') parseVersion(given);
    const line = `${key}: ${JSON.stringify(given)}`;
    const old = files['Chart.yaml'] ?? '';
    files['Chart.yaml'] = new RegExp(`^${key}:`, 'm').test(old)
      ? old.replace(new RegExp(`^${key}:.*$`, 'm'), line)
      : `${old.trimEnd()}\n${line}\n`;
  }
  const chart = loadChart(files);
  const missing = missingDependencies(chart);
  if (missing) throw new UserError('INVALID_ARGUMENT', missing);
  const { name, version } = chart.metadata;
  const given = flags.text('destination');
  const file = `${name}-${version}.tgz`;
  const shown = given === undefined || given === '.' ? ctx.resolve(file) : `${given.replace(/\/+$/, '')}/${file}`;
  await write(ctx, ctx.resolve(shown), packFiles(files, name, ctx.cluster.clock.now()));
  return `Successfully packaged chart and saved it to: ${shown}\n`;
}
