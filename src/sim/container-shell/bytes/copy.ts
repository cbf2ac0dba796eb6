import { bytesOf, textOf } from '../../../core/bytes.ts';
import type { Task } from '../../process/task.ts';
import { FsError } from '../../process/vfs.ts';
import { type CommandContext, CommandError, errnoText } from '../command.ts';
import { firstBytes, type Made, type Make, opened, sizeOf } from './sources.ts';

/** dd: blocks of bytes from here to there. */

const OPERANDS = ['if', 'of', 'bs', 'ibs', 'obs', 'count', 'skip', 'seek', 'conv', 'iflag', 'oflag', 'status', 'cbs'];
const NUMBERS = ['bs', 'ibs', 'obs', 'count', 'skip', 'seek'];
const CONVERSIONS = ['notrunc', 'noerror', 'sync', 'fsync', 'fdatasync', 'ucase', 'lcase', 'swab', 'excl', 'nocreat'];

interface Request {
  values: Record<string, string>;
  numbers: Record<string, number>;
  conversions: ReadonlySet<string>;
  flags: ReadonlySet<string>;
}

function parse(ctx: CommandContext, make: Make): Request {
  const hint = make === 'gnu' ? "\nTry 'dd --help' for more information." : '';
  const values: Record<string, string> = {};
  const numbers: Record<string, number> = {};
  for (const arg of ctx.args) {
    const [name = '', text] = arg.split(/=(.*)/s);
    if (text === undefined || !OPERANDS.includes(name)) throw new CommandError(`unrecognized operand ‘${arg}’${hint}`);
    values[name] = text;
    if (!NUMBERS.includes(name)) continue;
    const number = text.split('x').reduce((product, part) => product * (sizeOf(part) ?? Number.NaN), 1);
    if (Number.isNaN(number) || (number === 0 && /bs$/.test(name)))
      throw new CommandError(make === 'gnu' ? `invalid number: ‘${text}’` : `invalid number '${text}'`);
    numbers[name] = number;
  }
  const conversions = new Set((values['conv'] ?? '').split(',').filter(Boolean));
  for (const one of conversions)
    if (!CONVERSIONS.includes(one)) throw new CommandError(`invalid conversion: ‘${one}’${hint}`);
  return { values, numbers, conversions, flags: new Set([values['iflag'], values['oflag']].join(',').split(',')) };
}

export const dd: Made = (make) =>
  function* (ctx) {
    const request = parse(ctx, make);
    const { values, numbers } = request;
    const started = ctx.th.nowUs;
    const blockSize = numbers['bs'] ?? numbers['ibs'] ?? 512;
    const fail = (verb: string, name: string, error: unknown): never => {
      if (!(error instanceof FsError)) throw error;
      throw new CommandError(
        make === 'gnu'
          ? `failed to ${verb} '${name}': ${errnoText(error)}`
          : `can't open '${name}': ${errnoText(error)}`,
      );
    };
    let input = ctx.stdin;
    try {
      if (values['if'] !== undefined) input = opened(ctx, values['if']);
    } catch (error) {
      fail('open', values['if'] ?? '', error);
    }
    let take: (bytes: Buffer) => void = (bytes) => ctx.out(textOf(bytes));
    try {
      if (values['of'] !== undefined) take = writer(ctx, values['of'], request);
    } catch (error) {
      fail('open', values['of'] ?? '', error);
    }
    const skip = (numbers['skip'] ?? 0) * (request.flags.has('skip_bytes') ? 1 : blockSize);
    if (skip > 0) yield* firstBytes(ctx, input, skip);
    const outSize = numbers['bs'] ?? numbers['obs'] ?? 512;
    const counts = yield* copy(ctx, request, blockSize, outSize, () => firstBytes(ctx, input, blockSize), take);
    if (values['status'] !== 'none') report(ctx, make, counts, ctx.th.nowUs - started, values['status'] === 'noxfer');
    return counts.failed ? 1 : 0;
  };

interface Counts {
  full: number;
  partial: number;
  bytes: number;
  outFull: number;
  outPartial: number;
  failed: boolean;
}

function* copy(
  ctx: CommandContext,
  { numbers, conversions, flags }: Request,
  blockSize: number,
  outSize: number,
  next: () => Task<Buffer>,
  take: (bytes: Buffer) => void,
): Task<Counts> {
  const counts: Counts = { full: 0, partial: 0, bytes: 0, outFull: 0, outPartial: 0, failed: false };
  const limit = numbers['count'] ?? Number.POSITIVE_INFINITY;
  const inBytes = flags.has('count_bytes');
  for (let left = limit; left > 0; left -= inBytes ? blockSize : 1) {
    let block = yield* next();
    if (block.length === 0) break;
    if (inBytes) block = block.subarray(0, left);
    if (block.length === blockSize) counts.full++;
    else counts.partial++;
    if (conversions.has('sync') && block.length < blockSize)
      block = Buffer.concat([block, Buffer.alloc(blockSize - block.length)]);
    block = converted(block, conversions);
    try {
      take(block);
    } catch (error) {
      if (!(error instanceof FsError)) throw error;
      ctx.err(`error writing: ${errnoText(error)}`);
      counts.failed = true;
      break;
    }
    counts.bytes += block.length;
    ctx.os.useCpu(2 + block.length / 4000);
    ctx.th.spend(2 + block.length / 1000);
  }
  counts.outFull = numbers['bs'] === undefined ? Math.floor(counts.bytes / outSize) : counts.full;
  counts.outPartial = numbers['bs'] === undefined ? Math.sign(counts.bytes % outSize) : counts.partial;
  return counts;
}

function converted(block: Buffer, conversions: ReadonlySet<string>): Buffer {
  if (conversions.has('swab') && block.length % 2 === 0) return Buffer.from(block).swap16();
  if (conversions.has('ucase'))
    return Buffer.from(
      block.toString('latin1').replace(/[a-z]+/g, (x) => x.toUpperCase()),
      'latin1',
    );
  if (conversions.has('lcase'))
    return Buffer.from(
      block.toString('latin1').replace(/[A-Z]+/g, (x) => x.toLowerCase()),
      'latin1',
    );
  return block;
}

/** Writes to a file from `seek` on; what stood there stays before it, and behind it when it is not cut. */
function writer(
  ctx: CommandContext,
  file: string,
  { numbers, values, conversions, flags }: Request,
): (bytes: Buffer) => void {
  const { fs } = ctx.os;
  const path = ctx.path(file);
  const seek = (numbers['seek'] ?? 0) * (flags.has('seek_bytes') ? 1 : (numbers['bs'] ?? numbers['obs'] ?? 512));
  const keeps = conversions.has('notrunc');
  if (values['oflag']?.includes('append') || (seek === 0 && !keeps)) {
    fs.write(path, '', { append: values['oflag']?.includes('append') ?? false });
    return (bytes) => fs.write(path, textOf(bytes), { append: true });
  }
  const old = fs.exists(path) ? bytesOf(fs.read(path)) : Buffer.alloc(0);
  let whole = Buffer.concat([old, Buffer.alloc(Math.max(0, seek - old.length))]);
  if (!keeps) whole = whole.subarray(0, seek);
  fs.write(path, textOf(whole));
  let at = seek;
  return (bytes) => {
    whole = Buffer.concat([whole.subarray(0, at), bytes, whole.subarray(at + bytes.length)]);
    at += bytes.length;
    fs.write(path, textOf(whole));
  };
}

function report(ctx: CommandContext, make: Make, counts: Counts, spentUs: number, short: boolean): void {
  const { bytes } = counts;
  let text = `${counts.full}+${counts.partial} records in\n${counts.outFull}+${counts.outPartial} records out\n`;
  const seconds = Math.max(1, spentUs) / 1e6;
  const rate = bytes / seconds;
  if (!short && make === 'busybox')
    text += `${bytes} bytes (${binary(bytes, '')}B) copied, ${seconds.toFixed(6)} seconds, ${binary(rate, '')}B/s\n`;
  else if (!short) {
    const sizes = [
      ...(bytes >= 1000 ? [`${decimal(bytes)}B`] : []),
      ...(bytes >= 1024 ? [`${binary(bytes, ' ')}iB`] : []),
    ];
    const unit = bytes === 1 ? 'byte' : 'bytes';
    text += `${bytes} ${unit}${sizes.length > 0 ? ` (${sizes.join(', ')})` : ''} copied, ${Number(seconds.toPrecision(6))} s, ${decimal(rate)}B/s\n`;
  }
  ctx.os.stderr.write(text);
}

/** `3.1 M`, `258 k`: two digits where there are few. */
function decimal(value: number): string {
  return scaled(value, 1000, 'kMGT', ' ');
}

function binary(value: number, gap: string): string {
  return scaled(value, 1024, 'KMGT', gap);
}

function scaled(value: number, base: number, units: string, gap: string): string {
  if (value < base) return `${Math.round(value)}${gap}`;
  let power = 0;
  let number = value;
  while (number >= base && power < units.length) {
    number /= base;
    power++;
  }
  const shown = gap === '' || number < 10 ? number.toFixed(1) : String(Math.round(number));
  return `${shown}${gap}${units[power - 1]}`;
}
