import { UserError } from '../../../core/errors.ts';
import type { HelmContext } from './context.ts';
import data from './create.data.json' with { type: 'json' };
import type { Parsed } from './flags.ts';
import { settings } from './settings.ts';

/** The scaffold that helm writes; `<CHARTNAME>` stands for the chart's name. */
const FILES: Readonly<Record<string, string>> = data.files;

/** `helm create`: a new chart in the working directory, from the scaffold or from a starter. */
export async function create(ctx: HelmContext, flags: Parsed): Promise<{ stdout: string; error?: string }> {
  const [given = ''] = flags.args;
  const stdout = `Creating ${given}\n`;
  try {
    await scaffold(ctx, flags, given);
    return { stdout };
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return { stdout, error: error.message };
  }
}

async function scaffold(ctx: HelmContext, flags: Parsed, given: string): Promise<void> {
  const path = ctx.resolve(given);
  const name = path.slice(path.lastIndexOf('/') + 1);
  if (!/^[a-zA-Z0-9._-]+$/.test(name)) {
    throw new UserError('INVALID_ARGUMENT', `chart name must match the regular expression "^[a-zA-Z0-9._-]+$"`);
  }
  if (name.length > 250) throw new UserError('INVALID_ARGUMENT', 'chart name must be between 1 and 250 characters');
  if (flags.text('starter') !== undefined) {
    const starter = flags.text('starter') ?? '';
    const folder = `${settings(ctx.env, ctx.namespace)['HELM_DATA_HOME']}/starters/${starter}`;
    throw new UserError('NOT_FOUND', `could not load ${starter}: stat ${folder}: no such file or directory`);
  }
  const parent = path.slice(0, path.lastIndexOf('/')) || '/';
  if (!(await ctx.fs.exists(parent))) throw new UserError('NOT_FOUND', `stat ${parent}: no such file or directory`);
  if ((await ctx.fs.exists(path)) && !(await ctx.fs.stat(path)).isDirectory)
    throw new UserError('INVALID_ARGUMENT', `file ${path} already exists and is not a directory`);

  await ctx.fs.mkdir(`${path}/charts`, { recursive: true });
  for (const [file, text] of Object.entries(FILES)) {
    const target = `${path}/${file}`;
    if (await ctx.fs.exists(target)) ctx.warn(`WARNING: File ${quoted(target)} already exists. Overwriting.`);
    await ctx.fs.mkdir(target.slice(0, target.lastIndexOf('/')), { recursive: true });
    await ctx.fs.writeFile(target, text.replaceAll('<CHARTNAME>', name));
  }
}

const quoted = (text: string): string => JSON.stringify(text);
