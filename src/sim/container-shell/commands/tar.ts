import { bytesOf, textOf } from '../../../core/bytes.ts';
import { packTar, type TarEntry, TarError, unpackTar } from '../../../core/tar.ts';
import type { Task } from '../../process/task.ts';
import { type FileStat, FsError } from '../../process/vfs.ts';
import { packed, unpacked } from '../bytes/gzip.ts';
import { absolute, type Command, type CommandContext, CommandError, errnoText } from '../command.ts';

/**
 * tar as `kubectl cp` and people use it: create, extract and list, on files or standard streams. The two makes differ in
 * words and exit codes (recorded with busybox 1.35 and GNU tar 1.34).
 */
type Make = 'busybox' | 'gnu';

interface Request {
  make: Make;
  mode: 'c' | 'x' | 't';
  file: string;
  /** Directory that names are relative to. */
  dir: string;
  verbose: boolean;
  gzipped: boolean;
  toStdout: boolean;
  keepOld: boolean;
  recurse: boolean;
  strip: number;
  names: string[];
}

const LONG: Record<string, string> = {
  create: 'c',
  extract: 'x',
  get: 'x',
  list: 't',
  verbose: 'v',
  'to-stdout': 'O',
  touch: 'm',
  'keep-old-files': 'k',
  dereference: 'h',
  'no-same-owner': 'o',
  gzip: 'z',
  gunzip: 'z',
  ungzip: 'z',
};
const LONG_VALUES: Record<string, string> = { file: 'f', directory: 'C', 'strip-components': '#' };
const ACCEPTED = new Set(['overwrite', 'no-same-permissions', 'numeric-owner', 'same-owner', 'preserve-permissions']);

const COMPRESSIONS = 'ZJja';

function unsupported(make: Make, what: string): CommandError {
  return new CommandError(
    make === 'busybox' ? `${what} is not supported by this tar` : `${what}: Cannot use: not supported by this tar`,
    make === 'busybox' ? 1 : 2,
  );
}

/** Reads the words; a first word without a dash is a bundle of letters, whose values are the words after it. */
function parse(ctx: CommandContext, make: Make): Request {
  const modes: string[] = [];
  const flags = new Set<string>();
  const values = new Map<string, string>();
  const names: string[] = [];
  const words = [...ctx.args];
  if (words[0] !== undefined && !words[0].startsWith('-')) words[0] = `-${words[0]}`;
  const bundle = ctx.args[0]?.startsWith('-') === false;
  const takeValue = (letter: string): void => {
    const given = words.shift();
    if (given === undefined) throw new CommandError(`option requires an argument -- '${letter}'`, failure(make));
    values.set(letter, given);
  };
  for (let first = true; words.length > 0; first = false) {
    const word = words.shift() as string;
    if (word === '--') names.push(...words.splice(0));
    else if (word.startsWith('--')) longOption(word.slice(2));
    else if (word.startsWith('-') && word.length > 1) letters(word.slice(1), first && bundle);
    else names.push(word);
  }

  function longOption(word: string): void {
    const [name = '', given] = word.split(/=(.*)/s);
    if (LONG[name] !== undefined) apply(LONG[name] as string);
    else if (LONG_VALUES[name] !== undefined) {
      if (given !== undefined) values.set(LONG_VALUES[name] as string, given);
      else takeValue(LONG_VALUES[name] as string);
    } else if (name === 'no-recursion') flags.add('n');
    else if (!ACCEPTED.has(name)) throw new CommandError(`unrecognized option '--${name}'`, failure(make));
  }

  function letters(text: string, valuesFollow: boolean): void {
    for (let i = 0; i < text.length; i++) {
      const letter = text[i] as string;
      if (letter !== 'f' && letter !== 'C') apply(letter);
      else if (!valuesFollow && i + 1 < text.length) {
        values.set(letter, text.slice(i + 1));
        return;
      } else takeValue(letter);
    }
  }

  function apply(letter: string): void {
    if ('cxt'.includes(letter)) modes.push(letter);
    else if (COMPRESSIONS.includes(letter)) throw unsupported(make, 'compression');
    else if ('vOmkohpz'.includes(letter)) flags.add(letter);
    else throw new CommandError(`invalid option -- '${letter}'`, failure(make));
  }

  return {
    make,
    mode: theMode(make, modes),
    file: values.get('f') ?? '-',
    dir: values.get('C') ?? '.',
    verbose: flags.has('v'),
    gzipped: flags.has('z'),
    toStdout: flags.has('O'),
    keepOld: flags.has('k'),
    recurse: !flags.has('n'),
    strip: Number(values.get('#') ?? 0),
    names,
  };
}

function theMode(make: Make, modes: string[]): Request['mode'] {
  const distinct = new Set(modes);
  if (distinct.size === 1) return modes[0] as Request['mode'];
  if (make === 'busybox') throw new CommandError('no operation given: use one of c, x, t', 1);
  throw new CommandError(
    distinct.size === 0
      ? "You must specify one of the '-Acdtrux', '--delete' or '--test-label' options\nTry 'tar --help' or 'tar --usage' for more information."
      : "You may not specify more than one '-Acdtrux', '--delete' or  '--test-label' option\nTry 'tar --help' or 'tar --usage' for more information.",
    2,
  );
}

function failure(make: Make): number {
  return make === 'busybox' ? 1 : 2;
}

/** The last line of a run in which something was missing. */
function delayed(ctx: CommandContext, make: Make): number {
  ctx.err(
    make === 'busybox'
      ? 'error exit delayed from previous errors'
      : 'Exiting with failure status due to previous errors',
  );
  return failure(make);
}

/** Names lose what would lead outside of the place where they are extracted. */
function memberName(ctx: CommandContext, make: Make, name: string, said: Set<string>): string {
  const lead = /^(?:\/+|(?:.*\/)?\.\.(?:\/+|$))/.exec(name)?.[0] ?? '';
  if (lead === '') return name.replace(/^(\.\/)+(?=.)/, make === 'gnu' ? '$&' : '');
  const shown = lead.startsWith('/') ? '/' : lead;
  if (!said.has(shown)) {
    ctx.err(
      make === 'busybox'
        ? `removing leading '${shown}' from member names`
        : `Removing leading \`${shown}' from member names`,
    );
    said.add(shown);
  }
  return name.slice(lead.length);
}

function collect(ctx: CommandContext, request: Request, base: string, archive: string): [TarEntry[], boolean] {
  const { fs } = ctx.os;
  const entries: TarEntry[] = [];
  const said = new Set<string>();
  let failed = false;
  const add = (name: string, path: string): void => {
    if (path === archive) return;
    let stat: FileStat;
    try {
      stat = fs.stat(path, { lstat: true });
    } catch (error) {
      if (!(error instanceof FsError)) throw error;
      ctx.err(
        request.make === 'busybox' ? `${name}: ${errnoText(error)}` : `${name}: Cannot stat: ${errnoText(error)}`,
      );
      failed = true;
      return;
    }
    const stored = memberName(ctx, request.make, name, said);
    const { type, mode, mtimeMs } = stat;
    const data = bytesOf(type === 'file' ? fs.read(path) : '');
    const target = type === 'symlink' ? fs.readlink(path) : undefined;
    if (stored !== '')
      entries.push({ name: type === 'dir' ? stored.replace(/\/*$/, '/') : stored, type, mode, mtimeMs, data, target });
    if (type !== 'dir' || !request.recurse) return;
    for (const child of fs.list(path))
      add(`${name.replace(/\/+$/, '')}/${child}`, `${path === '/' ? '' : path}/${child}`);
  };
  for (const name of request.names) add(name, absolute(base, name));
  return [entries, failed];
}

function create(ctx: CommandContext, request: Request, base: string): number {
  const { make, file } = request;
  if (request.names.length === 0) {
    throw make === 'busybox'
      ? new CommandError('empty archive', 1)
      : new CommandError(
          "Cowardly refusing to create an empty archive\nTry 'tar --help' or 'tar --usage' for more information.",
          2,
        );
  }
  const archive = file === '-' ? '' : ctx.path(file);
  const [entries, failed] = collect(ctx, request, base, archive);
  const say = file === '-' ? (text: string) => ctx.os.stderr.write(text) : ctx.out;
  if (request.verbose) for (const entry of entries) say(`${entry.name}\n`);
  const archived = packTar(entries);
  const bytes = textOf(request.gzipped ? packed(archived) : archived);
  if (file === '-') ctx.out(bytes);
  else ctx.os.fs.write(archive, bytes);
  return failed ? delayed(ctx, make) : 0;
}

/** `-rw-r--r-- root/root         5 2026-11-22 05:54:31 d/e/f`; GNU's has no seconds. */
function longLine(entry: TarEntry, make: Make): string {
  const letters = { file: '-', dir: 'd', symlink: 'l' }[entry.type];
  const bits = [...'rwxrwxrwx'].map((bit, i) => (entry.mode & (0o400 >> i) ? bit : '-')).join('');
  const time = new Date(entry.mtimeMs).toISOString();
  const when = `${time.slice(0, 10)} ${time.slice(11, make === 'gnu' ? 16 : 19)}`;
  const link = entry.target === undefined ? '' : ` -> ${entry.target}`;
  return `${letters}${bits} root/root ${String(entry.data.length).padStart(9)} ${when} ${entry.name}${link}\n`;
}

function* archiveBytes(ctx: CommandContext, request: Request): Task<Uint8Array> {
  if (request.file === '-') return bytesOf(yield* ctx.stdin.readAll(ctx.th));
  try {
    return bytesOf(ctx.os.fs.read(ctx.path(request.file)));
  } catch (error) {
    if (!(error instanceof FsError)) throw error;
    if (request.make === 'busybox') throw new CommandError(`can't open '${request.file}': ${errnoText(error)}`);
    ctx.err(`${request.file}: Cannot open: ${errnoText(error)}`);
    throw new CommandError('Error is not recoverable: exiting now', 2);
  }
}

const GZIP_MAGIC = [0x1f, 0x8b];

/** Undoes the compression: where it is asked for, and GNU's also where a file begins as gzip's do. */
function plainBytes(ctx: CommandContext, request: Request, bytes: Uint8Array): Uint8Array {
  const looksPacked = GZIP_MAGIC.every((byte, at) => bytes[at] === byte);
  const { make } = request;
  if (!request.gzipped) {
    if (!looksPacked || make === 'busybox') return bytes;
    if (request.file === '-') {
      ctx.err('Archive is compressed. Use -z option');
      throw new CommandError('Error is not recoverable: exiting now', 2);
    }
  }
  const plain = unpacked(bytes);
  if (plain) return plain;
  if (make === 'busybox') throw new CommandError('invalid magic');
  ctx.os.stderr.write('\ngzip: stdin: not in gzip format\n');
  ctx.err('Child returned status 1');
  throw new CommandError('Error is not recoverable: exiting now', 2);
}

function entriesOf(ctx: CommandContext, make: Make, bytes: Uint8Array): TarEntry[] {
  try {
    return unpackTar(bytes);
  } catch (error) {
    if (!(error instanceof TarError)) throw error;
    if (make === 'busybox') throw new CommandError(error.code === 'invalid' ? 'invalid tar magic' : 'short read');
    ctx.err('This does not look like a tar archive');
    throw new CommandError('Exiting with failure status due to previous errors', 2);
  }
}

function extract(ctx: CommandContext, request: Request, base: string, entry: TarEntry): void {
  const { fs } = ctx.os;
  const name = entry.name.split('/').slice(request.strip).join('/');
  if (name.replace(/\/$/, '') === '') return;
  const path = absolute(base, name.replace(/^\/+/, ''));
  if (request.toStdout) {
    if (entry.type === 'file') ctx.out(textOf(entry.data));
    return;
  }
  if (entry.type === 'dir') {
    fs.mkdir(path, { recursive: true, mode: entry.mode });
    return;
  }
  if (request.keepOld && fs.exists(path)) return;
  fs.mkdir(path.slice(0, path.lastIndexOf('/')) || '/', { recursive: true });
  if (entry.type === 'symlink') {
    if (fs.exists(path)) fs.remove(path);
    fs.symlink(entry.target ?? '', path);
    return;
  }
  fs.write(path, textOf(entry.data), { mode: entry.mode });
}

function* read(ctx: CommandContext, request: Request, base: string): Task<number> {
  const { make, mode, names, verbose } = request;
  const entries = entriesOf(ctx, make, plainBytes(ctx, request, yield* archiveBytes(ctx, request)));
  const wanted = names.map((name) => name.replace(/\/+$/, ''));
  const met = new Set<string>();
  const chosen = (entry: TarEntry): boolean => {
    const name = entry.name.replace(/\/+$/, '');
    const hit = wanted.find((want) => name === want || name.startsWith(`${want}/`));
    if (hit !== undefined) met.add(hit);
    return hit !== undefined || wanted.length === 0;
  };
  let failed = false;
  for (const entry of entries.filter(chosen)) {
    if (mode === 't') ctx.out(verbose ? longLine(entry, make) : `${entry.name}\n`);
    else {
      if (verbose) (request.toStdout ? ctx.os.stderr.write.bind(ctx.os.stderr) : ctx.out)(`${entry.name}\n`);
      try {
        extract(ctx, request, base, entry);
      } catch (error) {
        if (!(error instanceof FsError)) throw error;
        if (make === 'busybox')
          throw new CommandError(
            `can't create ${entry.type === 'dir' ? 'directory' : 'file'} '${entry.name.replace(/\/$/, '')}': ${errnoText(error)}`,
          );
        ctx.err(`${entry.name}: Cannot open: ${errnoText(error)}`);
        failed = true;
      }
    }
  }
  for (const want of wanted.filter((name) => !met.has(name))) {
    if (make === 'busybox') throw new CommandError(`${want}: not found in archive`);
    ctx.err(`${want}: Not found in archive`);
    failed = true;
  }
  return failed ? delayed(ctx, make) : 0;
}

function tar(make: Make): Command {
  return function* (ctx) {
    const request = parse(ctx, make);
    const base = ctx.path(request.dir);
    const isDir = ctx.os.fs.exists(base) && ctx.os.fs.stat(base).type === 'dir';
    if (!isDir) {
      if (make === 'busybox')
        throw new CommandError(`can't change directory to '${request.dir}': No such file or directory`);
      ctx.err(`${request.dir}: Cannot open: No such file or directory`);
      throw new CommandError('Error is not recoverable: exiting now', 2);
    }
    return request.mode === 'c' ? create(ctx, request, base) : yield* read(ctx, request, base);
  };
}

/** GNU tar, as full distributions have it. */
export const gnuTar = tar('gnu');

export const tarCommands: Record<string, Command> = { tar: tar('busybox') };
