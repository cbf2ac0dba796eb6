import type { Task } from '../../process/task.ts';
import { type Command, type CommandContext, CommandError, getopt, inputs, value } from '../command.ts';

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
  const endless = options.rest.some((name) => ctx.path(name) === '/dev/zero');
  if (isHead && endless && bytes !== undefined) return yield* zeros(ctx, sizeOf(bytes));
  if (!isHead && endless) yield* endlessLine(ctx);
  if (!isHead && bytes !== undefined && options.rest.length === 0 && !bytes.startsWith('+'))
    return yield* lastBytes(ctx, sizeOf(bytes));
  const found = yield* inputs(ctx, options.rest, failed);
  for (const [i, { name, text }] of found.entries()) {
    if (found.length > 1 && !options.flags.has('q')) ctx.out(`${i > 0 ? '\n' : ''}==> ${name} <==\n`);
    ctx.out(
      bytes === undefined
        ? cutLines(text, count, isHead)
        : isHead
          ? text.slice(0, Number(bytes))
          : text.slice(-Number(bytes)),
    );
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

const PIECE_BYTES = 1024 * 1024;

function* zeros(ctx: CommandContext, bytes: number): Task<number> {
  for (let left = bytes; left > 0; left -= PIECE_BYTES) {
    ctx.out('\0'.repeat(Math.min(left, PIECE_BYTES)));
    ctx.os.useCpu(400);
    yield* ctx.th.sleep(0.5);
  }
  return 0;
}

/** The last bytes of a stream are held in memory as they come. */
function* lastBytes(ctx: CommandContext, bytes: number): Task<number> {
  const pieces: string[] = [];
  let held = 0;
  for (let piece = yield* ctx.stdin.read(ctx.th); piece !== undefined; piece = yield* ctx.stdin.read(ctx.th)) {
    pieces.push(piece);
    held += piece.length;
    while (held - (pieces[0]?.length ?? 0) >= bytes) held -= pieces.shift()?.length ?? 0;
    ctx.os.useCpu(piece.length / 4_000);
    ctx.os.setMemory(500_000 + held);
  }
  ctx.out(pieces.join('').slice(-bytes));
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
