import { byteLength, bytesOf, textOf } from '../../../core/bytes.ts';
import type { Task } from '../../process/task.ts';
import { FsError } from '../../process/vfs.ts';
import { device, isEndless } from '../bytes/sources.ts';
import { type Command, type CommandContext, CommandError, errnoText, value } from '../command.ts';
import { Input } from '../streams.ts';
import { gnuOptions } from './options.ts';

/** head, tail, wc and seq in coreutils' words; what comes through a pipe is passed on line by line. */

/** A count with coreutils' suffixes. */
function amount(text: string, what: string): number {
  const match = /^([-+]?\d+)(b|[KMGT]B?|[kmg]i?B?|Ki?B?|Mi?B?|Gi?B?)?$/.exec(text);
  if (!match) throw new CommandError(`invalid number of ${what}: ‘${text}’`);
  const unit = match[2] ?? '';
  const base = /B$/.test(unit) && !/iB$/.test(unit) ? 1000 : 1024;
  const power = unit === '' ? 0 : unit === 'b' ? 0 : 'kmgt'.indexOf(unit[0]!.toLowerCase()) + 1;
  return Number(match[1]) * (unit === 'b' ? 512 : base ** power);
}

function* sources(
  ctx: CommandContext,
  files: readonly string[],
  wording: (file: string, why: string) => string,
  work: (name: string, input: Input, piped: boolean) => Task<void>,
): Task<number> {
  let code = 0;
  for (const file of files.length > 0 ? files : ['-']) {
    if (file === '-' || file === '/dev/stdin') {
      yield* work(file, ctx.stdin, true);
      continue;
    }
    try {
      const path = ctx.path(file);
      if (isEndless(path)) {
        yield* work(file, device(ctx.os, path), true);
        continue;
      }
      if (ctx.os.fs.stat(path).type === 'dir') throw new FsError('EISDIR', file);
      yield* work(file, Input.text(ctx.os.fs.read(path)), false);
    } catch (error) {
      if (!(error instanceof FsError)) throw error;
      ctx.err(wording(file, errnoText(error)));
      code = 1;
    }
  }
  return code;
}

const cannotOpen = (file: string, why: string): string =>
  why === 'Is a directory' ? `error reading '${file}': ${why}` : `cannot open '${file}' for reading: ${why}`;

function oldStyle(args: readonly string[]): string[] {
  return args.map((arg, i) => (i === 0 && /^-\d+[a-z]*$/.test(arg) ? `-n${arg.slice(1)}` : arg));
}

function* head(ctx: CommandContext): Task<number> {
  const long = { lines: 'n', bytes: 'c', quiet: 'q', silent: 'q', verbose: 'v' };
  const options = gnuOptions('head', oldStyle(ctx.args), 'n:c:qvz', long);
  const bytes = value(options, 'c');
  const lines = amount(value(options, 'n') ?? '10', 'lines');
  const size = bytes === undefined ? 0 : amount(bytes, 'bytes');
  const titled = (options.rest.length > 1 || options.flags.has('v')) && !options.flags.has('q');
  let first = true;
  return yield* sources(ctx, options.rest, cannotOpen, function* (name, input) {
    if (titled) ctx.out(`${first ? '' : '\n'}==> ${name === '-' ? 'standard input' : name} <==\n`);
    first = false;
    if (bytes !== undefined) yield* headBytes(ctx, input, size);
    else yield* headLines(ctx, input, lines);
  });
}

function* headLines(ctx: CommandContext, input: Input, count: number): Task<void> {
  const held: string[] = [];
  for (let shown = 0; count < 0 || shown < count; shown++) {
    const line = yield* input.readLine(ctx.th);
    if (line === undefined) return;
    if (count >= 0) ctx.out(line);
    else {
      held.push(line);
      if (held.length > -count) ctx.out(held.shift() as string);
    }
  }
}

function* headBytes(ctx: CommandContext, input: Input, size: number): Task<void> {
  let left = size;
  if (size < 0) {
    const all = bytesOf(yield* input.readAll(ctx.th));
    ctx.out(textOf(all.subarray(0, Math.max(0, all.length + size))));
    return;
  }
  while (left > 0) {
    const text = yield* input.read(ctx.th);
    if (text === undefined) return;
    const part = bytesOf(text);
    if (part.length > left) {
      ctx.out(textOf(part.subarray(0, left)));
      return;
    }
    ctx.out(text);
    left -= part.length;
  }
}

function* tail(ctx: CommandContext): Task<number> {
  const args = ctx.args.map((arg, i) => (i === 0 && /^[-+]\d+$/.test(arg) ? `-n${arg.replace(/^-/, '')}` : arg));
  const long = {
    lines: 'n',
    bytes: 'c',
    quiet: 'q',
    silent: 'q',
    verbose: 'v',
    follow: 'f',
    retry: 'r',
    pid: 'p',
    'sleep-interval': 's',
  };
  const options = gnuOptions('tail', args, 'n:c:qvf?Fs:rp:z', long);
  const { flags, rest } = options;
  const bytes = value(options, 'c');
  const text = bytes ?? value(options, 'n') ?? '10';
  const count = amount(text, bytes === undefined ? 'lines' : 'bytes');
  const follows = flags.has('f') || flags.has('F');
  const titled = (rest.length > 1 || flags.has('v')) && !flags.has('q');
  let first = true;
  const code = yield* sources(ctx, rest, cannotOpen, function* (name, input) {
    if (titled) ctx.out(`${first ? '' : '\n'}==> ${name === '-' ? 'standard input' : name} <==\n`);
    first = false;
    yield* tailOf(ctx, input, text.startsWith('+'), count, bytes !== undefined);
  });
  if (follows && rest.some((file) => file !== '-')) yield* follow(ctx, rest, titled);
  return code;
}

function* tailOf(ctx: CommandContext, input: Input, from: boolean, count: number, bytes: boolean): Task<void> {
  const size = Math.abs(count);
  if (bytes) {
    const all = bytesOf(yield* input.readAll(ctx.th));
    ctx.out(textOf(from ? all.subarray(Math.max(0, size - 1)) : size === 0 ? Buffer.alloc(0) : all.subarray(-size)));
    return;
  }
  const held: string[] = [];
  let number = 0;
  for (let line = yield* input.readLine(ctx.th); line !== undefined; line = yield* input.readLine(ctx.th)) {
    number++;
    if (from) {
      if (number >= size) ctx.out(line);
      continue;
    }
    held.push(line);
    if (held.length > size) held.shift();
    if (number % 50_000 === 0) yield* ctx.th.sleep(0.1);
  }
  if (!from) ctx.out(held.join(''));
}

function* follow(ctx: CommandContext, files: readonly string[], titled: boolean): Task<never> {
  const { fs } = ctx.os;
  const read = (file: string): string => (fs.exists(ctx.path(file)) ? fs.read(ctx.path(file)) : '');
  const seen = new Map(files.map((file) => [file, read(file).length]));
  let last = files.at(-1);
  for (;;) {
    yield* ctx.th.sleep(1000);
    for (const file of files) {
      const text = read(file);
      const known = seen.get(file) ?? 0;
      seen.set(file, text.length);
      if (text.length < known) ctx.err(`${file}: file truncated`);
      const fresh = text.slice(text.length < known ? 0 : known);
      if (fresh === '') continue;
      if (titled && last !== file) ctx.out(`\n==> ${file} <==\n`);
      last = file;
      ctx.out(fresh);
    }
  }
}

const WC_LONG = { lines: 'l', words: 'w', chars: 'm', bytes: 'c', 'max-line-length': 'L' };

function* wc(ctx: CommandContext): Task<number> {
  const { flags, rest } = gnuOptions('wc', ctx.args, 'lwmcL', WC_LONG);
  const shown = flags.size === 0 ? ['l', 'w', 'c'] : [...'lwmcL'].filter((letter) => flags.has(letter));
  const rows: { values: number[]; name: string }[] = [];
  let size = 0;
  let piped = false;
  const code = yield* sources(
    ctx,
    rest,
    (file, why) => `${file}: ${why}`,
    function* (name, input, isPipe) {
      piped ||= isPipe && !input.whole;
      const counts = { l: 0, w: 0, m: 0, c: 0, L: 0 };
      let inside = false;
      for (let text = yield* input.read(ctx.th); text !== undefined; text = yield* input.read(ctx.th)) {
        count(counts, text, inside);
        inside = /\S$/.test(text);
      }
      size += counts.c;
      rows.push({
        values: shown.map((letter) => counts[letter as keyof typeof counts]),
        name: rest.length === 0 ? '' : name,
      });
    },
  );
  if (rest.length > 1) {
    const total = shown.map((letter, at) =>
      rows.reduce(
        (sum, row) => (letter === 'L' ? Math.max(sum, row.values[at] as number) : sum + (row.values[at] as number)),
        0,
      ),
    );
    rows.push({ values: total, name: 'total' });
  }
  const alone = rows.length === 1 && shown.length === 1;
  const width = alone ? 1 : piped ? 7 : String(size).length;
  for (const { values, name } of rows)
    ctx.out(`${values.map((number) => String(number).padStart(width)).join(' ')}${name ? ` ${name}` : ''}\n`);
  return code;
}

/** Adds a piece of text; one pass, because pieces may be large. */
function count(counts: { l: number; w: number; m: number; c: number; L: number }, text: string, inside: boolean): void {
  let word = inside;
  let line = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === 10) {
      counts.l++;
      counts.L = Math.max(counts.L, line);
      line = 0;
    } else line++;
    const blank = code === 32 || (code >= 9 && code <= 13);
    if (!blank && !word) counts.w++;
    word = !blank;
    if ((code & 0xfc00) !== 0xdc00) counts.m++;
  }
  counts.L = Math.max(counts.L, line);
  counts.c += byteLength(text);
}

function* seq(ctx: CommandContext): Task<number> {
  const words: string[] = [];
  let separator = '\n';
  let format: string | undefined;
  let wide = false;
  for (let i = 0; i < ctx.args.length; i++) {
    const arg = ctx.args[i] as string;
    if (/^-s/.test(arg)) separator = arg.length > 2 ? arg.slice(2) : (ctx.args[++i] ?? '');
    else if (arg.startsWith('--separator=')) separator = arg.slice(12);
    else if (/^-f/.test(arg)) format = arg.length > 2 ? arg.slice(2) : (ctx.args[++i] ?? '');
    else if (arg === '-w' || arg === '--equal-width') wide = true;
    else words.push(arg);
  }
  if (words.length === 0) throw new CommandError("missing operand\nTry 'seq --help' for more information.");
  const bad = words.find((word) => !/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(word));
  if (bad !== undefined)
    throw new CommandError(`invalid floating point argument: ‘${bad}’\nTry 'seq --help' for more information.`);
  const [first, step, last] =
    words.length === 1
      ? ['1', '1', words[0]!]
      : words.length === 2
        ? [words[0]!, '1', words[1]!]
        : (words as [string, string, string]);
  const digits = Math.max(decimals(first), decimals(step));
  const by = Number(step);
  if (by === 0)
    throw new CommandError(`invalid Zero increment value: ‘${step}’\nTry 'seq --help' for more information.`);
  const show = (number: number): string =>
    format === undefined
      ? number.toFixed(digits)
      : format.replace(/%[^a-zA-Z%]*[a-zA-Z]/, (spec) => shaped(spec, number));
  const width = wide ? Math.max(show(Number(first)).length, show(Number(last)).length) : 0;
  let out = '';
  for (let i = 0; ; i++) {
    const number = Number(first) + i * by;
    if (by > 0 ? number > Number(last) + 1e-9 : number < Number(last) - 1e-9) break;
    const text = show(number);
    const padded = text.startsWith('-') ? `-${text.slice(1).padStart(width - 1, '0')}` : text.padStart(width, '0');
    out += (i > 0 ? separator : '') + padded;
    if (out.length > 8192) {
      ctx.out(out);
      out = '';
      yield* ctx.th.sleep(0.05);
    }
  }
  if (out !== '') ctx.out(`${out}\n`);
  return 0;
}

const decimals = (text: string): number => /\.(\d*)/.exec(text)?.[1]?.length ?? 0;

function shaped(spec: string, number: number): string {
  const [, flags = '', width = '', precision] = /^%([-+ 0#]*)(\d*)(?:\.(\d+))?[a-z]$/i.exec(spec) ?? [];
  const text = spec.endsWith('g') && precision === undefined ? String(number) : number.toFixed(Number(precision ?? 6));
  if (flags.includes('-')) return text.padEnd(Number(width));
  return text.padStart(Number(width), flags.includes('0') ? '0' : ' ');
}

export const lineCommands: Record<string, Command> = { head, tail, wc, seq };
