import { gunzipSync, gzipSync } from 'node:zlib';
import { bytesOf, textOf } from '../../../core/bytes.ts';
import type { Task } from '../../process/task.ts';
import { FsError } from '../../process/vfs.ts';
import { type CommandContext, errnoText, getopt, type Options } from '../command.ts';
import { gnuOptions } from '../gnu/options.ts';
import { type Made, type Make, opened } from './sources.ts';

const LONG = {
  stdout: 'c',
  'to-stdout': 'c',
  decompress: 'd',
  uncompress: 'd',
  force: 'f',
  keep: 'k',
  list: 'l',
  'no-name': 'n',
  name: 'N',
  quiet: 'q',
  recursive: 'r',
  test: 't',
  verbose: 'v',
  fast: '1',
  best: '9',
};

const OS_OF_MAKER = 9;
const UNIX = 3;

/** The same bytes on every machine: no time, and the maker is said to be Unix. */
export function packed(bytes: Uint8Array): Buffer {
  const out = gzipSync(bytes);
  out[OS_OF_MAKER] = UNIX;
  return out;
}

/** Undefined when the bytes are no gzip, or damaged. */
export function unpacked(bytes: Uint8Array): Buffer | undefined {
  try {
    return gunzipSync(bytes);
  } catch {
    return undefined;
  }
}

/** gzip, gunzip and zcat. */
export const gzip: Made = (make) =>
  function* (ctx) {
    const letters = 'cdfklnNqrtv123456789';
    const options =
      make === 'gnu' ? gnuOptions(ctx.name, ctx.args, letters, LONG) : getopt(ctx.args, 'cdfktv123456789');
    if (ctx.name !== 'gzip') options.flags.add('d');
    if (ctx.name === 'zcat') options.flags.add('c');
    let code = 0;
    if (options.flags.has('l')) return listing(ctx, options.rest);
    for (const file of options.rest.length > 0 ? options.rest : ['-']) {
      const failed = yield* one(ctx, make, options, file);
      if (code !== 1) code = failed || code;
    }
    return code;
  };

function* one(ctx: CommandContext, make: Make, options: Options, named: string): Task<number> {
  const { flags } = options;
  const say = (text: string): void => {
    ctx.os.stderr.write(`${make === 'gnu' ? 'gzip' : ctx.name}: ${text}\n`);
  };
  const unpacks = flags.has('d') || flags.has('t');
  let file = named;
  let text: string;
  try {
    if (unpacks && make === 'gnu' && file !== '-' && !file.endsWith('.gz') && !ctx.os.fs.exists(ctx.path(file)))
      file += '.gz';
    text = yield* opened(ctx, file).readAll(ctx.th);
  } catch (error) {
    if (!(error instanceof FsError)) throw error;
    if (error.code === 'EISDIR' && make === 'gnu') {
      say(`${file} is a directory -- ignored`);
      return 2;
    }
    say(`${file}: ${errnoText(error)}`);
    return 1;
  }
  const toStdout = flags.has('c') || file === '-';
  if (unpacks && !toStdout && !flags.has('t') && !/\.t?gz$/.test(file)) {
    say(make === 'gnu' ? `${file}: unknown suffix -- ignored` : `${file}: unknown suffix - ignored`);
    return make === 'gnu' ? 2 : 1;
  }
  if (!unpacks && !toStdout && file.endsWith('.gz') && make === 'gnu') {
    say(`${file} already has .gz suffix -- unchanged`);
    return 2;
  }
  const bytes = bytesOf(text);
  const done = unpacks ? unpacked(bytes) : packed(bytes);
  ctx.os.useCpu(bytes.length / 20);
  if (!done) {
    if (make === 'busybox') say('invalid magic');
    else
      ctx.os.stderr.write(
        `\ngzip: ${file === '-' ? 'stdin' : file}: ${bytes.length === 0 ? 'unexpected end of file' : 'not in gzip format'}\n`,
      );
    return 1;
  }
  if (flags.has('t')) {
    if (flags.has('v')) ctx.os.stderr.write(`${file}:\t OK\n`);
    return 0;
  }
  if (toStdout) ctx.out(textOf(done));
  else return replace(ctx, make, flags, file, bytes, done, say);
  return 0;
}

/** Puts the result beside the file, which then goes. */
function replace(
  ctx: CommandContext,
  make: Make,
  flags: ReadonlySet<string>,
  file: string,
  before: Buffer,
  after: Buffer,
  say: (text: string) => void,
): number {
  const unpacks = flags.has('d');
  const target = unpacks ? file.replace(/\.gz$/, '').replace(/\.tgz$/, '.tar') : `${file}.gz`;
  const { fs } = ctx.os;
  if (fs.exists(ctx.path(target)) && !flags.has('f')) {
    say(make === 'gnu' ? `${target} already exists;\tnot overwritten` : `can't open '${target}': File exists`);
    return make === 'gnu' ? 2 : 1;
  }
  fs.write(ctx.path(target), textOf(after), { mode: fs.stat(ctx.path(file)).mode });
  if (!flags.has('k')) fs.remove(ctx.path(file));
  if (flags.has('v') && make === 'gnu') {
    const [plain, small] = unpacks ? [after.length, before.length] : [before.length, after.length];
    const verb = flags.has('k') ? 'created' : 'replaced with';
    ctx.os.stderr.write(`${file}:\t${ratio(plain, small)} -- ${verb} ${target}\n`);
  }
  return 0;
}

/** What compression saved; gzip leaves its own 18 bytes of frame out. */
function ratio(plain: number, small: number): string {
  const saved = plain === 0 ? 0 : (100 * (plain - (small - 18))) / plain;
  return `${saved.toFixed(1).padStart(5)}%`;
}

function listing(ctx: CommandContext, files: readonly string[]): number {
  ctx.out('         compressed        uncompressed  ratio uncompressed_name\n');
  let code = 0;
  for (const file of files) {
    const path = ctx.path(file);
    const bytes = ctx.os.fs.exists(path) ? bytesOf(ctx.os.fs.read(path)) : undefined;
    const plain = bytes && unpacked(bytes);
    if (!bytes || !plain) {
      ctx.os.stderr.write(
        bytes ? `\ngzip: ${file}: not in gzip format\n` : `gzip: ${file}: No such file or directory\n`,
      );
      code = 1;
      continue;
    }
    const sizes = `${String(bytes.length).padStart(19)} ${String(plain.length).padStart(19)}`;
    ctx.out(`${sizes} ${ratio(plain.length, bytes.length)} ${file.replace(/\.gz$/, '')}\n`);
  }
  return code;
}
