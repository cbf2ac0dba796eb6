import type { Command } from '../command.ts';
import { base64 } from './base64.ts';
import { cmp } from './compare.ts';
import { dd } from './copy.ts';
import { cksum, digest } from './digest.ts';
import { hexdump, od, xxd } from './dump.ts';
import { gzip } from './gzip.ts';
import type { Made, Make } from './sources.ts';
import { tr } from './translate.ts';

const EVERYWHERE: Record<string, Made> = {
  base64,
  cksum,
  cmp,
  dd,
  gunzip: gzip,
  gzip,
  md5sum: digest('md5'),
  od,
  sha1sum: digest('sha1'),
  sha256sum: digest('sha256'),
  sha512sum: digest('sha512'),
  tr,
  zcat: gzip,
};

/** Packages of their own on Debian, which images of programs lack. */
const EXTRA: Record<string, Made> = { hd: hexdump, hexdump, xxd };

const made = (make: Make, tools: Record<string, Made>): Record<string, Command> =>
  Object.fromEntries(Object.entries(tools).map(([name, tool]) => [name, tool(make)]));

export const busyboxByteCommands = made('busybox', { ...EVERYWHERE, ...EXTRA });
export const gnuByteCommands = made('gnu', {
  ...EVERYWHERE,
  ...EXTRA,
  sha224sum: digest('sha224'),
  sha384sum: digest('sha384'),
});
export const extraByteCommands = Object.keys(EXTRA);
