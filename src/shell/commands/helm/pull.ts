import { gunzipSync } from 'node:zlib';
import { UserError } from '../../../core/errors.ts';
import { unpackTar } from '../../../core/tar.ts';
import { fetchChart } from './charts.ts';
import type { HelmContext } from './context.ts';
import type { Parsed } from './flags.ts';
import { write } from './repositories.ts';

/** `helm pull`: packed charts into the working directory, or unpacked with --untar. */
export async function pull(ctx: HelmContext, flags: Parsed): Promise<string> {
  const destination = flags.text('destination') ?? '.';
  for (const reference of flags.args) {
    const { bytes, file } = await fetchChart(ctx, reference, flags);
    if (flags.bool('untar')) await untar(ctx, flags, reference, destination, bytes);
    else {
      const folder = ctx.resolve(destination);
      if (!(await ctx.fs.exists(folder))) {
        throw new UserError('NOT_FOUND', `open ${destination}/${file}: no such file or directory`);
      }
      await write(ctx, `${folder}/${file}`, bytes);
    }
  }
  return '';
}

async function untar(
  ctx: HelmContext,
  flags: Parsed,
  reference: string,
  destination: string,
  bytes: Uint8Array,
): Promise<void> {
  const given = flags.text('untardir') ?? '.';
  const joined = given.startsWith('/')
    ? given
    : `${destination}/${given}`.replace(/(\/\.)+$/, '').replace(/^\.\//, '') || '.';
  const chart = reference.slice(reference.lastIndexOf('/') + 1);
  const check = joined === '.' ? chart : `${joined}/${chart}`;
  if (await ctx.fs.exists(ctx.resolve(check)))
    throw new UserError('CONFLICT', `failed to untar: a file or directory with the name ${check} already exists`);
  const folder = ctx.resolve(joined);
  await ctx.fs.mkdir(ctx.resolve(check), { recursive: true });
  for (const { name, type, data } of unpackTar(gunzipSync(bytes, { maxOutputLength: 20 * 1024 * 1024 }))) {
    if (type === 'file' && !name.split('/').includes('..')) await write(ctx, `${folder}/${name}`, data);
  }
}
