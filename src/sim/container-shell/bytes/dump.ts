import { textOf } from '../../../core/bytes.ts';
import type { Task } from '../../process/task.ts';
import { FsError } from '../../process/vfs.ts';
import { type CommandContext, CommandError, errnoText, getopt, lines, type Options, value } from '../command.ts';
import { gnuOptions } from '../gnu/options.ts';
import { firstBytes, type Made, opened, sizeOf } from './sources.ts';

/** od, hexdump and xxd. */

/** The bytes that are asked for: all files one after the other, without what is skipped, at most so many. */
function* wanted(
  ctx: CommandContext,
  files: readonly string[],
  skip: number,
  limit: number,
): Task<{ bytes: Buffer; failed: number }> {
  const parts: Buffer[] = [];
  let failed = 0;
  let left = skip + limit;
  for (const file of files.length > 0 ? files : ['-']) {
    try {
      const part = yield* firstBytes(ctx, opened(ctx, file), left);
      parts.push(part);
      left -= part.length;
    } catch (error) {
      if (!(error instanceof FsError)) throw error;
      ctx.err(`${file}: ${errnoText(error)}`);
      failed++;
    }
  }
  return { bytes: Buffer.concat(parts).subarray(skip), failed };
}

const count = (text: string | undefined, otherwise: number): number => {
  if (text === undefined) return otherwise;
  const size = sizeOf(text);
  if (size === undefined) throw new CommandError(`invalid number '${text}'`);
  return size;
};

/** How od shows one kind of field: its bytes, its width without the blank before it, its words. */
interface Field {
  size: number;
  width: number;
  show(bytes: Buffer): string;
  /** Adds `>text<`. */
  text: boolean;
}

const NAMES =
  'nul soh stx etx eot enq ack bel bs ht nl vt ff cr so si dle dc1 dc2 dc3 dc4 nak syn etb can em sub esc fs gs rs us sp'.split(
    ' ',
  );
const BACKSLASHED: Record<number, string> = {
  0: '\\0',
  7: '\\a',
  8: '\\b',
  9: '\\t',
  10: '\\n',
  11: '\\v',
  12: '\\f',
  13: '\\r',
};

const octal = (byte: number): string => byte.toString(8).padStart(3, '0');
const printable = (byte: number): boolean => byte >= 32 && byte < 127;
const shownChar = (byte: number): string =>
  BACKSLASHED[byte] ?? (printable(byte) ? String.fromCharCode(byte) : octal(byte));
const dotted = (bytes: Uint8Array): string =>
  Array.from(bytes, (byte) => (printable(byte) ? String.fromCharCode(byte) : '.')).join('');

function unsigned(bytes: Buffer): bigint {
  let out = 0n;
  for (let i = bytes.length - 1; i >= 0; i--) out = (out << 8n) | BigInt(bytes[i] as number);
  return out;
}

const WIDTHS: Record<string, Record<number, number>> = {
  x: { 1: 2, 2: 4, 4: 8, 8: 16 },
  o: { 1: 3, 2: 6, 4: 11, 8: 22 },
  u: { 1: 3, 2: 5, 4: 10, 8: 20 },
  d: { 1: 4, 2: 6, 4: 11, 8: 20 },
};
const SIZES: Record<string, number> = { C: 1, S: 2, I: 4, L: 8 };

function fields(type: string): Field[] {
  const out: Field[] = [];
  const token = /([acxoudf])([CSILFD]|\d+)?(z?)/y;
  while (token.lastIndex < type.length) {
    const at = token.lastIndex;
    const [, letter = '', given, z] = token.exec(type) ?? [];
    if (letter === '') throw new CommandError(`invalid type string ‘${type}’`);
    const text = z === 'z';
    if (letter === 'c' || letter === 'a') {
      const show = (bytes: Buffer): string => {
        const byte = bytes[0] as number;
        if (letter === 'c') return shownChar(byte);
        const low = byte & 0x7f;
        return low === 127 ? 'del' : (NAMES[low] ?? String.fromCharCode(low));
      };
      out.push({ size: 1, width: 3, text, show });
    } else if (letter === 'f') {
      const size = given === undefined || given === 'D' ? 8 : given === 'F' ? 4 : Number(given);
      const show = (bytes: Buffer): string =>
        size === 4 ? String(Number(bytes.readFloatLE().toPrecision(8))) : String(bytes.readDoubleLE());
      out.push({ size, width: size === 4 ? 15 : 24, text, show });
    } else {
      const size = SIZES[given ?? 'I'] ?? Number(given);
      const width = WIDTHS[letter]?.[size];
      if (width === undefined)
        throw new CommandError(
          `invalid type string ‘${type}’;\nthis system doesn't provide a ${given}-byte integral type`,
        );
      const radix = letter === 'x' ? 16 : letter === 'o' ? 8 : 10;
      const show = (bytes: Buffer): string => {
        const number = unsigned(bytes);
        const text = (letter === 'd' ? BigInt.asIntN(size * 8, number) : number).toString(radix);
        return radix === 10 ? text : text.padStart(width, '0');
      };
      out.push({ size, width, text, show });
    }
    if (token.lastIndex === at) break;
  }
  return out;
}

const OD_LONG = {
  'address-radix': 'A',
  format: 't',
  'skip-bytes': 'j',
  'read-bytes': 'N',
  'output-duplicates': 'v',
  width: 'w',
};
/** Old letters for types. */
const OLD: Record<string, string> = {
  a: 'a',
  b: 'o1',
  c: 'c',
  d: 'u2',
  f: 'f4',
  i: 'dI',
  l: 'dL',
  o: 'o2',
  s: 'd2',
  x: 'x2',
};

export const od: Made = () =>
  function* (ctx) {
    const args = ctx.args.map((arg) => (/^-w$|^--width$/.test(arg) ? '-w32' : arg));
    const options = gnuOptions('od', args, 'A:t:j:N:vw:abcdfiloshx', OD_LONG);
    const types = args.flatMap((arg) =>
      /^-[a-z]+$/.test(arg) && !/^-[tjNwA]/.test(arg) ? [...arg.slice(1)].map((letter) => OLD[letter] ?? '') : [],
    );
    const shown = [...types, ...(options.values.get('t') ?? [])].filter(Boolean).flatMap(fields);
    if (shown.length === 0) shown.push(...fields('o2'));
    const skip = count(value(options, 'j'), 0);
    const { bytes, failed } = yield* wanted(
      ctx,
      options.rest,
      skip,
      count(value(options, 'N'), Number.POSITIVE_INFINITY),
    );
    if (failed > 0 && failed === Math.max(1, options.rest.length)) return 1;
    const radix = value(options, 'A') ?? 'o';
    if (!/^[doxn]$/.test(radix))
      throw new CommandError(`invalid output address radix '${radix}'; it must be one character from [doxn]`);
    const address = (at: number): string =>
      radix === 'n'
        ? ''
        : at.toString(radix === 'x' ? 16 : radix === 'd' ? 10 : 8).padStart(radix === 'x' ? 6 : 7, '0');
    const perLine = count(value(options, 'w'), 16);
    rows(
      bytes,
      perLine,
      options.flags.has('v'),
      (at, part) => ctx.out(odLines(address(skip + at), part, perLine, shown)),
      () => ctx.out('*\n'),
    );
    if (radix !== 'n') ctx.out(`${address(skip + bytes.length)}\n`);
    return failed > 0 ? 1 : 0;
  };

/** Calls `show` for each line; of lines that are the same only the first, then `again` once. */
function rows(
  bytes: Buffer,
  size: number,
  all: boolean,
  show: (at: number, part: Buffer) => void,
  again: () => void,
): void {
  let skipped = false;
  for (let at = 0; at < bytes.length; at += size) {
    const part = bytes.subarray(at, at + size);
    const same = !all && at > 0 && part.length === size && part.equals(bytes.subarray(at - size, at));
    if (!same) show(at, part);
    else if (!skipped) again();
    skipped = same;
  }
}

function odLines(address: string, part: Buffer, perLine: number, shown: readonly Field[]): string {
  const widest = Math.max(...shown.map((field) => (field.width + 1) * (perLine / field.size)));
  return shown
    .map((field, row) => {
      const many = perLine / field.size;
      const spare = widest - (field.width + 1) * many;
      let left = spare;
      let line = row === 0 ? address : ' '.repeat(address.length);
      for (let i = many; i > 0; i--) {
        const next = Math.floor((spare * (i - 1)) / many);
        const at = (many - i) * field.size;
        const width = 1 + field.width + left - next;
        left = next;
        if (at < part.length) {
          const piece = Buffer.concat([part.subarray(at, at + field.size)], field.size);
          line += field.show(piece).padStart(width);
        } else if (field.text) line += ' '.repeat(width);
      }
      return `${line}${field.text ? `  >${dotted(part)}<` : ''}\n`;
    })
    .join('');
}

/** How hexdump's options show a line of 16 bytes: the size of a field and how it looks, blank before it included. */
const HEXDUMP: Record<string, { size: number; show(value: number): string; width: number }> = {
  '': { size: 2, width: 5, show: (value) => ` ${value.toString(16).padStart(4, '0')}` },
  b: { size: 1, width: 4, show: (value) => ` ${octal(value)}` },
  c: { size: 1, width: 4, show: (value) => ` ${shownChar(value).padStart(3)}` },
  d: { size: 2, width: 8, show: (value) => `   ${String(value).padStart(5, '0')}` },
  o: { size: 2, width: 8, show: (value) => `  ${value.toString(8).padStart(6, '0')}` },
  x: { size: 2, width: 8, show: (value) => `    ${value.toString(16).padStart(4, '0')}` },
};

export const hexdump: Made = (make) =>
  function* (ctx) {
    const options = getopt(ctx.args, 'bcCdoxn:s:ve:f:', {
      canonical: 'C',
      length: 'n',
      skip: 's',
      'no-squeezing': 'v',
    });
    const { flags, rest } = options;
    if (flags.has('e') || flags.has('f'))
      throw new CommandError('formats of one’s own (-e, -f) are not supported here');
    const skip = count(value(options, 's'), 0);
    const { bytes, failed } = yield* wanted(ctx, rest, skip, count(value(options, 'n'), Number.POSITIVE_INFINITY));
    if (failed > 0 && failed === rest.length) {
      if (make === 'gnu') ctx.err('all input file arguments failed');
      return 1;
    }
    const canonical = flags.has('C') || ctx.name === 'hd';
    const digits = canonical ? 8 : 7;
    const address = (at: number): string => (skip + at).toString(16).padStart(digits, '0');
    const format = HEXDUMP[[...'bcdox'].find((letter) => flags.has(letter)) ?? ''] as (typeof HEXDUMP)[string];
    const line = (part: Buffer): string => {
      if (canonical) return canonicalLine(part);
      let out = '';
      for (let at = 0; at < part.length; at += format.size)
        out += format.show(format.size === 1 ? (part[at] as number) : Number(unsigned(part.subarray(at, at + 2))));
      return out.padEnd((16 / format.size) * format.width);
    };
    rows(
      bytes,
      16,
      flags.has('v'),
      (at, part) => ctx.out(`${address(at)}${line(part)}\n`),
      () => ctx.out('*\n'),
    );
    if (bytes.length > 0) ctx.out(`${address(bytes.length)}\n`);
    return failed > 0 ? 1 : 0;
  };

function canonicalLine(part: Buffer): string {
  const hex = (from: number): string =>
    Array.from(part.subarray(from, from + 8), (byte) => ` ${byte.toString(16).padStart(2, '0')}`).join('');
  return `${`${` ${hex(0)}`.padEnd(26)}${hex(8)}`.padEnd(52)}|${dotted(part)}|`;
}

/** xxd, with `-r` back from its own output. */
export const xxd: Made = (make) =>
  function* (ctx) {
    const spelled = ctx.args.map(
      (arg) =>
        ({ '-ps': '-p', '-plain': '-p', '-postscript': '-p', '-revert': '-r', '-include': '-i', '-bits': '-b' })[arg] ??
        arg,
    );
    const options = getopt(spelled, make === 'gnu' ? 'prbiuel:s:c:g:o:' : 'pril:s:c:g:o:', { len: 'l' });
    const { flags, rest } = options;
    const skip = count(value(options, 's')?.replace(/^\+/, ''), 0);
    const { bytes, failed } = yield* wanted(
      ctx,
      rest.slice(0, 1),
      flags.has('r') ? 0 : skip,
      count(value(options, 'l'), Number.POSITIVE_INFINITY),
    );
    if (failed > 0) return make === 'gnu' ? 2 : 1;
    let text: string;
    if (flags.has('r')) text = textOf(reverted(textOf(bytes), flags.has('p')));
    else if (flags.has('i')) text = included(bytes, rest[0], flags.has('u'), make === 'busybox');
    else if (flags.has('p')) text = plain(bytes, Number(value(options, 'c') ?? 30), flags.has('u'));
    else text = xxdLines(bytes, skip + count(value(options, 'o'), 0), options);
    if (rest[1] === undefined || rest[1] === '-') ctx.out(text);
    else ctx.os.fs.write(ctx.path(rest[1]), text);
    return 0;
  };

const hexOf = (bytes: Buffer, upper: boolean): string =>
  upper ? bytes.toString('hex').toUpperCase() : bytes.toString('hex');

function plain(bytes: Buffer, perLine: number, upper: boolean): string {
  const width = perLine === 0 ? bytes.length * 2 : perLine * 2;
  return hexOf(bytes, upper).replace(new RegExp(`.{1,${Math.max(1, width)}}`, 'g'), '$&\n');
}

function included(bytes: Buffer, name: string | undefined, upper: boolean, comma: boolean): string {
  const cells = Array.from(bytes, (byte) =>
    upper ? `0X${byte.toString(16).toUpperCase().padStart(2, '0')}` : `0x${byte.toString(16).padStart(2, '0')}`,
  );
  const body: string[] = [];
  for (let at = 0; at < cells.length; at += 12) body.push(`  ${cells.slice(at, at + 12).join(', ')}`);
  const list = `${body.join(',\n')}${comma && body.length > 0 ? ',' : ''}\n`;
  if (name === undefined || name === '-') return list;
  const word = name.replace(/[^A-Za-z0-9]/g, '_').replace(/^(?=\d)/, '__');
  return `unsigned char ${word}[] = {\n${list}};\nunsigned int ${word}_len = ${bytes.length};\n`;
}

function xxdLines(bytes: Buffer, offset: number, options: Options): string {
  const { flags } = options;
  const bits = flags.has('b');
  const perLine = Number(value(options, 'c') ?? (bits ? 6 : 16));
  const given = Number(value(options, 'g') ?? (bits ? 1 : flags.has('e') ? 4 : 2));
  const group = given === 0 ? perLine : given;
  const cell = (byte: number): string => {
    if (bits) return byte.toString(2).padStart(8, '0');
    const hex = byte.toString(16).padStart(2, '0');
    return flags.has('u') ? hex.toUpperCase() : hex;
  };
  const digits = bits ? 8 : 2;
  const groups = Math.ceil(perLine / group);
  const width = perLine * digits + groups;
  let out = '';
  for (let at = 0; at < bytes.length; at += perLine) {
    const part = bytes.subarray(at, at + perLine);
    const words: string[] = [];
    for (let i = 0; i < part.length; i += group) {
      const cells = Array.from(part.subarray(i, i + group), cell);
      words.push(
        flags.has('e')
          ? cells
              .reverse()
              .join('')
              .padStart(group * digits)
          : cells.join(''),
      );
    }
    out += `${(offset + at).toString(16).padStart(8, '0')}: ${words.join(' ').padEnd(width)} ${dotted(part)}\n`;
  }
  return out;
}

/** The bytes of a dump, at the places that it names. */
function reverted(text: string, isPlain: boolean): Buffer {
  if (isPlain) return Buffer.from(text.replace(/[^0-9a-fA-F]/g, ''), 'hex');
  let out = Buffer.alloc(0);
  for (const line of lines(text)) {
    const [, address = '', rest = ''] = /^\s*([0-9a-f]+):\s?(.*)$/i.exec(line) ?? [];
    if (address === '') continue;
    const hex = (/^(?:[0-9a-f]{2,} ?)+/i.exec(rest)?.[0] ?? '').replace(/ /g, '').slice(0, 32);
    const at = Number.parseInt(address, 16);
    const piece = Buffer.from(hex, 'hex');
    const whole = Buffer.concat([out, Buffer.alloc(Math.max(0, at - out.length))]);
    out = Buffer.concat([whole.subarray(0, at), piece, whole.subarray(at + piece.length)]);
  }
  return out;
}
