import { bytesOf, textOf } from '../../../core/bytes.ts';
import type { Task } from '../../process/task.ts';
import { isEndless, opened } from '../bytes/sources.ts';
import { type Command, type CommandContext, CommandError, getopt, inputs, value } from '../command.ts';
import type { Input } from '../streams.ts';

function* headTail(ctx: CommandContext): Task<number> {
  const args = ctx.args.map((arg) => (/^-\d+$/.test(arg) ? `-n${arg.slice(1)}` : arg));
  const options = getopt(args, 'n:c:qvfFs:', { lines: 'n', bytes: 'c' });
  const isHead = ctx.name === 'head';
  const failed = { code: 0 };
  const count = value(options, 'n') ?? '10';
  const bytes = value(options, 'c');
  if (isHead && bytes === undefined && options.rest.length === 0 && !count.startsWith('-')) {
    for (let i = 0; i < Number(count); i++) {
      const line = yield* ctx.stdin.readLine(ctx.th);
      if (line === undefined) break;
      ctx.out(line);
    }
    return 0;
  }
  const endless = options.rest.find((name) => isEndless(ctx.path(name)));
  if (isHead && bytes !== undefined && !bytes.startsWith('-') && (endless !== undefined || options.rest.length === 0))
    return yield* headBytes(ctx, opened(ctx, endless ?? '-'), sizeOf(bytes));
  if (!isHead && endless !== undefined) yield* endlessLine(ctx);
  if (!isHead && bytes !== undefined && options.rest.length === 0 && !bytes.startsWith('+'))
    return yield* lastBytes(ctx, sizeOf(bytes));
  const found = yield* inputs(ctx, options.rest, failed);
  for (const [i, { name, text }] of found.entries()) {
    if (found.length > 1 && !options.flags.has('q')) ctx.out(`${i > 0 ? '\n' : ''}==> ${name} <==\n`);
    ctx.out(bytes === undefined ? cutLines(text, count, isHead) : cutBytes(text, bytes, isHead));
  }
  if (!isHead && (options.flags.has('f') || options.flags.has('F'))) yield* follow(ctx, options.rest);
  return failed.code;
}

/** busybox's size suffixes. */
function sizeOf(text: string): number {
  const [, digits = '', unit = ''] = /^-?(\d+)([bkmgKMG]?)$/.exec(text) ?? [];
  if (digits === '') throw new CommandError(`invalid number '${text}'`);
  return Number(digits) * ({ b: 512, k: 1024, m: 1024 ** 2, g: 1024 ** 3 }[unit.toLowerCase()] ?? 1);
}

function* headBytes(ctx: CommandContext, input: Input, size: number): Task<number> {
  for (let left = size; left > 0; ) {
    const text = yield* input.read(ctx.th);
    if (text === undefined) break;
    const part = bytesOf(text);
    ctx.out(part.length > left ? textOf(part.subarray(0, left)) : text);
    left -= part.length;
  }
  return 0;
}

function cutBytes(text: string, count: string, isHead: boolean): string {
  const bytes = bytesOf(text);
  const size = sizeOf(count.replace('+', ''));
  if (isHead) return textOf(bytes.subarray(0, count.startsWith('-') ? Math.max(0, bytes.length - size) : size));
  if (count.startsWith('+')) return textOf(bytes.subarray(Math.max(0, size - 1)));
  return textOf(size === 0 ? Buffer.alloc(0) : bytes.subarray(-size));
}

/** The last bytes of a stream are held in memory as they come. */
function* lastBytes(ctx: CommandContext, bytes: number): Task<number> {
  const pieces: Buffer[] = [];
  let held = 0;
  for (let text = yield* ctx.stdin.read(ctx.th); text !== undefined; text = yield* ctx.stdin.read(ctx.th)) {
    const piece = bytesOf(text);
    pieces.push(piece);
    held += piece.length;
    while (held - (pieces[0]?.length ?? 0) >= bytes) held -= pieces.shift()?.length ?? 0;
    ctx.os.useCpu(piece.length / 4_000);
    ctx.os.setMemory(500_000 + held);
  }
  ctx.out(bytes === 0 ? '' : textOf(Buffer.concat(pieces).subarray(-bytes)));
  return 0;
}

/** A line without an end is kept in memory as it comes, until the kernel has no more. */
function* endlessLine(ctx: CommandContext): Task<never> {
  for (let bytes = 1_000_000; ; bytes += 8_000_000) {
    ctx.os.useCpu(2_000);
    ctx.os.setMemory(bytes);
    yield* ctx.th.sleep(2);
  }
}

function cutLines(text: string, count: string, isHead: boolean): string {
  const all = text.split(/(?<=\n)/);
  if (text === '') return '';
  if (isHead) return all.slice(0, count.startsWith('-') ? Number(count) : Number(count)).join('');
  if (count.startsWith('+')) return all.slice(Math.max(0, Number(count) - 1)).join('');
  const size = Math.abs(Number(count));
  return size === 0 ? '' : all.slice(-size).join('');
}

function* follow(ctx: CommandContext, files: string[]): Task<void> {
  const seen = files.map((file) => (ctx.os.fs.exists(ctx.path(file)) ? ctx.os.fs.read(ctx.path(file)).length : 0));
  for (;;) {
    yield* ctx.th.sleep(1000);
    for (const [i, file] of files.entries()) {
      if (!ctx.os.fs.exists(ctx.path(file))) continue;
      const text = ctx.os.fs.read(ctx.path(file));
      if (text.length > (seen[i] ?? 0)) ctx.out(text.slice(seen[i]));
      seen[i] = text.length;
    }
  }
}

export const headTailCommands: Record<string, Command> = { head: headTail, tail: headTail };
