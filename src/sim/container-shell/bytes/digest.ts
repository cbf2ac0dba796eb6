import { createHash } from 'node:crypto';
import { textOf } from '../../../core/bytes.ts';
import type { Task } from '../../process/task.ts';
import { type CommandContext, getopt, lines } from '../command.ts';
import { gnuOptions } from '../gnu/options.ts';
import { contents, type Made, type Make } from './sources.ts';

/** md5sum and its family: the sums of files, and their check (`-c`). */

const LONG = {
  check: 'c',
  binary: 'b',
  text: 't',
  quiet: 'q',
  status: 's',
  warn: 'w',
  tag: 'T',
  strict: 'S',
  zero: 'z',
};

function optionsOf(ctx: CommandContext, make: Make) {
  return make === 'gnu' ? gnuOptions(ctx.name, ctx.args, 'cbtqswTSz', LONG) : getopt(ctx.args, 'csbtw');
}

const cannotOpen =
  (make: Make) =>
  (file: string, why: string): string =>
    make === 'gnu' ? `${file}: ${why}` : `can't open '${file}': ${why}`;

export const digest =
  (algorithm: string): Made =>
  (make) =>
    function* (ctx) {
      const { flags, rest } = optionsOf(ctx, make);
      const sum = (bytes: Buffer): string => createHash(algorithm).update(bytes).digest('hex');
      if (flags.has('c')) return yield* check(ctx, make, flags, rest, sum);
      const failed = { code: 0 };
      for (const file of rest.length > 0 ? rest : ['-'])
        for (const { name, bytes } of yield* contents(ctx, [file], failed, cannotOpen(make))) {
          const hex = sum(bytes);
          ctx.out(flags.has('T') ? `${algorithm.toUpperCase()} (${name}) = ${hex}\n` : `${hex}  ${name}\n`);
        }
      return failed.code;
    };

function* check(
  ctx: CommandContext,
  make: Make,
  flags: ReadonlySet<string>,
  lists: readonly string[],
  sum: (bytes: Buffer) => string,
): Task<number> {
  const failed = { code: 0 };
  const silent = flags.has('s');
  for (const list of yield* contents(ctx, lists, failed)) {
    const count = { all: 0, wrong: 0, missing: 0 };
    for (const line of lines(textOf(list.bytes))) {
      const [, hex = '', plain] = /^\\?([0-9a-f]{32,128}) [ *](.+)$/i.exec(line) ?? [];
      const [, tagged, taggedHex = ''] = /^\w+ \((.+)\) = ([0-9a-f]+)$/.exec(line) ?? [];
      const name = plain ?? tagged;
      if (name === undefined) continue;
      count.all++;
      const lost = { code: 0 };
      const [file] = yield* contents(ctx, [name], lost, cannotOpen(make));
      const good = file !== undefined && sum(file.bytes) === (hex || taggedHex).toLowerCase();
      if (!file) count.missing++;
      else if (!good) count.wrong++;
      if (!silent && !(good && flags.has('q')))
        ctx.out(`${name}: ${good ? 'OK' : file || make === 'busybox' ? 'FAILED' : 'FAILED open or read'}\n`);
    }
    if (count.all === 0 || count.wrong + count.missing > 0) failed.code = 1;
    if (!silent) warn(ctx, make, list.name, count);
  }
  return failed.code;
}

function warn(
  ctx: CommandContext,
  make: Make,
  list: string,
  { all, wrong, missing }: { all: number; wrong: number; missing: number },
): void {
  const many = (n: number, one: string, more: string): string => `${n} ${n === 1 ? one : more}`;
  if (make === 'busybox') {
    const bad = all === 0 ? 1 : wrong + missing;
    if (bad > 0) ctx.err(`WARNING: ${bad} of ${Math.max(1, all)} computed checksums did NOT match`);
    return;
  }
  if (all === 0) ctx.err(`${list === '-' ? "'standard input'" : list}: no properly formatted checksum lines found`);
  if (missing > 0) ctx.err(`WARNING: ${many(missing, 'listed file', 'listed files')} could not be read`);
  if (wrong > 0) ctx.err(`WARNING: ${many(wrong, 'computed checksum', 'computed checksums')} did NOT match`);
}

const CRC_POLYNOMIAL = 0x04c11db7;

/** POSIX cksum: a CRC over the bytes and then over their count. */
export const cksum: Made = () =>
  function* (ctx) {
    const failed = { code: 0 };
    for (const { name, bytes } of yield* contents(ctx, ctx.args, failed)) {
      let crc = 0;
      const take = (byte: number): void => {
        crc ^= byte << 24;
        for (let bit = 0; bit < 8; bit++) crc = crc & 0x80000000 ? (crc << 1) ^ CRC_POLYNOMIAL : crc << 1;
      };
      for (const byte of bytes) take(byte);
      for (let rest = bytes.length; rest > 0; rest = Math.floor(rest / 256)) take(rest & 0xff);
      ctx.out(`${~crc >>> 0} ${bytes.length}${name === '-' ? '' : ` ${name}`}\n`);
    }
    return failed.code;
  };
