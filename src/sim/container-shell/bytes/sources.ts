import { bytesOf, textOf } from '../../../core/bytes.ts';
import type { Os } from '../../process/os.ts';
import type { Task } from '../../process/task.ts';
import { FsError } from '../../process/vfs.ts';
import { type Command, type CommandContext, errnoText } from '../command.ts';
import { Input } from '../streams.ts';

/** Commands that look at bytes. Busybox and the GNU programs differ in words and exit codes (recorded with 1.35 and Debian 12). */
export type Make = 'busybox' | 'gnu';

export type Made = (make: Make) => Command;

const PIECE_BYTES = 65_536;
const ZEROS = '\0'.repeat(PIECE_BYTES);

/** Devices that never end: a piece at a time, until the reader has enough. */
export function device(os: Os, path: string): Input {
  return new Input({
    *read(th) {
      os.useCpu(60);
      yield* th.sleep(0.5);
      return path === '/dev/zero'
        ? ZEROS
        : textOf(new Uint8Array(Uint32Array.from({ length: 4096 }, () => os.rng.uint32()).buffer));
    },
  });
}

export const isEndless = (path: string): boolean => /^\/dev\/(zero|u?random)$/.test(path);

/** What a file, `-` or an endless device gives, piece by piece. Throws FsError. */
export function opened(ctx: CommandContext, file: string): Input {
  if (file === '-' || file === '/dev/stdin') return ctx.stdin;
  const path = ctx.path(file);
  if (isEndless(path)) return device(ctx.os, path);
  if (ctx.os.fs.stat(path).type === 'dir') throw new FsError('EISDIR', file);
  return Input.text(ctx.os.fs.read(path));
}

/** The bytes of files, stdin for none; what cannot be read is told and left out. */
export function* contents(
  ctx: CommandContext,
  files: readonly string[],
  failed: { code: number },
  said: (file: string, why: string) => string = (file, why) => `${file}: ${why}`,
): Task<{ name: string; bytes: Buffer }[]> {
  const out: { name: string; bytes: Buffer }[] = [];
  for (const name of files.length > 0 ? files : ['-']) {
    try {
      out.push({ name, bytes: bytesOf(yield* opened(ctx, name).readAll(ctx.th)) });
    } catch (error) {
      if (!(error instanceof FsError)) throw error;
      ctx.err(said(name, errnoText(error)));
      failed.code = 1;
    }
  }
  return out;
}

/** At most so many bytes of an input. */
export function* firstBytes(ctx: CommandContext, input: Input, size: number): Task<Buffer> {
  const parts: Buffer[] = [];
  let have = 0;
  while (have < size) {
    const text = yield* input.read(ctx.th);
    if (text === undefined) break;
    const part = bytesOf(text);
    parts.push(part);
    have += part.length;
  }
  const all = Buffer.concat(parts);
  if (all.length > size) input.unread(textOf(all.subarray(size)));
  return all.subarray(0, size);
}

const UNITS: Record<string, number> = { b: 512, c: 1, w: 2, k: 1024, m: 1024 ** 2, g: 1024 ** 3, t: 1024 ** 4 };

/** A number of bytes with a unit: `4k`, `1M`, `2MB`, `0x10`; undefined when it is none. */
export function sizeOf(text: string): number | undefined {
  if (/^0x[0-9a-f]+$/i.test(text)) return Number(text);
  const [, digits, unit = '', tail = ''] = /^(\d+)(?:([bcwkmgt])(i?b)?)?$/i.exec(text) ?? [];
  if (digits === undefined) return undefined;
  if (tail.toLowerCase() === 'b' && unit !== '')
    return Number(digits) * 1000 ** ('kmgt'.indexOf(unit.toLowerCase()) + 1);
  return Number(digits) * (unit === '' ? 1 : (UNITS[unit.toLowerCase()] as number));
}
