import { UserError } from '../../../core/errors.ts';
import type { HelmContext } from './context.ts';
import { download } from './download.ts';
import type { Parsed } from './flags.ts';

const unable = (): UserError =>
  new UserError('UNSUPPORTED', 'signatures cannot be checked in this shell: leave --verify out');

/** Looks for what a chart's signature is checked by, as helm does, and refuses when all of it is there. */
export async function verifyPackage(ctx: HelmContext, path: string, keyring?: string): Promise<void> {
  const missing = (call: string, what: string): string => `${call} ${what}: no such file or directory`;
  const full = ctx.resolve(path);
  if (!(await ctx.fs.exists(full))) throw new UserError('NOT_FOUND', missing('stat', path));
  if ((await ctx.fs.stat(full)).isDirectory)
    throw new UserError('INVALID_ARGUMENT', 'unpacked charts cannot be verified');
  const proof = `${path}.prov`;
  if (!(await ctx.fs.exists(ctx.resolve(proof))))
    throw new UserError('NOT_FOUND', `could not load provenance file ${proof}: ${missing('stat', proof)}`);
  const ring = keyring ?? `${ctx.env.get('HOME') ?? ''}/.gnupg/pubring.gpg`;
  if (!(await ctx.fs.exists(ctx.resolve(ring))))
    throw new UserError('NOT_FOUND', `failed to load keyring: ${missing('open', ring)}`);
  throw unable();
}

/** The same for a chart that was downloaded: its proof lies beside it. */
export async function verifyDownload(
  ctx: HelmContext,
  url: string,
  login?: { username: string; password: string },
): Promise<never> {
  await download(ctx, `${url}.prov`, login).catch(() => {
    throw new UserError('NOT_FOUND', `failed to fetch provenance ${JSON.stringify(`${url}.prov`)}`);
  });
  throw unable();
}

/** `helm verify`. */
export async function verify(ctx: HelmContext, flags: Parsed): Promise<string> {
  await verifyPackage(ctx, flags.args[0] ?? '', flags.text('keyring'));
  return '';
}
