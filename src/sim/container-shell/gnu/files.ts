import { latinOf } from '../../../core/bytes.ts';
import type { Task } from '../../process/task.ts';
import { FsError } from '../../process/vfs.ts';
import { device, isEndless } from '../bytes/sources.ts';
import { type Command, type CommandContext, CommandError, errnoText, value } from '../command.ts';
import type { Input } from '../streams.ts';
import { gnuOptions } from './options.ts';

/** File commands in coreutils' words. */

function why(error: unknown): string {
  if (error instanceof FsError) return errnoText(error);
  throw error;
}

function stat(ctx: CommandContext, file: string, lstat = false) {
  try {
    return ctx.os.fs.stat(ctx.path(file), { lstat });
  } catch (error) {
    if (error instanceof FsError) return undefined;
    throw error;
  }
}

function operands(ctx: CommandContext, rest: readonly string[]): readonly string[] {
  if (rest.length === 0) throw new CommandError(`missing operand\nTry '${ctx.name} --help' for more information.`);
  return rest;
}

function* cat(ctx: CommandContext): Task<number> {
  const long = {
    number: 'n',
    'number-nonblank': 'b',
    'show-all': 'A',
    'show-ends': 'E',
    'show-nonprinting': 'v',
    'show-tabs': 'T',
    'squeeze-blank': 's',
  };
  const { flags, rest } = gnuOptions('cat', ctx.args, 'nbAEeTtsuv', long);
  const visible = [...'vAet'].some((letter) => flags.has(letter));
  const shaped = [...'nbAEeTtsv'].some((letter) => flags.has(letter));
  let number = 0;
  let blank = false;
  const shape = (line: string): string => {
    const empty = line === '\n';
    if (flags.has('s') && empty && blank) return '';
    blank = empty;
    let text = line;
    if (visible) text = caret(text);
    if (flags.has('T') || flags.has('A') || flags.has('t')) text = text.replaceAll('\t', '^I');
    if (flags.has('E') || flags.has('A') || flags.has('e')) text = text.replace(/\n$/, '$\n');
    const counted = flags.has('b') ? !empty : flags.has('n');
    return counted ? `${String(++number).padStart(6)}\t${text}` : text;
  };
  let code = 0;
  for (const file of rest.length > 0 ? rest : ['-']) {
    if (file === '-') {
      if (!shaped) yield* passOn(ctx, ctx.stdin);
      else
        for (let line = yield* ctx.stdin.readLine(ctx.th); line !== undefined; line = yield* ctx.stdin.readLine(ctx.th))
          ctx.out(shape(line));
      continue;
    }
    try {
      const path = ctx.path(file);
      if (isEndless(path)) yield* passOn(ctx, device(ctx.os, path));
      if (ctx.os.fs.stat(path).type === 'dir') throw new FsError('EISDIR', file);
      const text = ctx.os.fs.read(path);
      ctx.out(
        shaped
          ? text
              .split(/(?<=\n)/)
              .map(shape)
              .join('')
          : text,
      );
    } catch (error) {
      ctx.err(`${file}: ${why(error)}`);
      code = 1;
    }
  }
  return code;
}

/** `^X` for control characters and `M-` before those with the high bit, as `cat -v` shows bytes. */
function caret(text: string): string {
  return latinOf(text).replace(/[\0-\x08\x0b-\x1f\x7f-\xff]/g, (char) => {
    const code = char.charCodeAt(0);
    const low = code & 0x7f;
    const shown = low === 0x7f ? '^?' : low < 32 ? `^${String.fromCharCode(low + 64)}` : String.fromCharCode(low);
    return code >= 0x80 ? `M-${shown}` : shown;
  });
}

function* passOn(ctx: CommandContext, input: Input): Task<void> {
  for (let text = yield* input.read(ctx.th); text !== undefined; text = yield* input.read(ctx.th)) ctx.out(text);
}

function* rm(ctx: CommandContext): Task<number> {
  const long = { recursive: 'r', force: 'f', verbose: 'v', dir: 'd' };
  const { flags, rest } = gnuOptions('rm', ctx.args, 'rRfivdI', long);
  if (rest.length === 0 && flags.has('f')) return 0;
  let code = 0;
  for (const file of operands(ctx, rest)) {
    const found = stat(ctx, file, true);
    const deep = flags.has('r') || flags.has('R');
    if (!found) {
      if (flags.has('f')) continue;
      ctx.err(`cannot remove '${file}': No such file or directory`);
      code = 1;
    } else if (found.type === 'dir' && !deep) {
      ctx.err(`cannot remove '${file}': Is a directory`);
      code = 1;
    } else {
      try {
        ctx.os.fs.remove(ctx.path(file), { recursive: true });
        if (flags.has('v')) ctx.out(`removed ${found.type === 'dir' ? 'directory ' : ''}'${file}'\n`);
      } catch (error) {
        ctx.err(`cannot remove '${file}': ${why(error)}`);
        code = 1;
      }
    }
  }
  return code;
}

function* mkdir(ctx: CommandContext): Task<number> {
  const options = gnuOptions('mkdir', ctx.args, 'pm:v', { parents: 'p', mode: 'm', verbose: 'v' });
  const mode = Number.parseInt(value(options, 'm') ?? '755', 8);
  let code = 0;
  for (const file of operands(ctx, options.rest)) {
    try {
      ctx.os.fs.mkdir(ctx.path(file), { recursive: options.flags.has('p'), mode });
      if (options.flags.has('v')) ctx.out(`mkdir: created directory '${file}'\n`);
    } catch (error) {
      ctx.err(`cannot create directory ‘${file}’: ${why(error)}`);
      code = 1;
    }
  }
  return code;
}

function* rmdir(ctx: CommandContext): Task<number> {
  let code = 0;
  for (const file of operands(ctx, gnuOptions('rmdir', ctx.args, 'pv').rest)) {
    try {
      if (ctx.os.fs.list(ctx.path(file)).length > 0) throw new FsError('ENOTEMPTY', file);
      ctx.os.fs.remove(ctx.path(file), { recursive: true });
    } catch (error) {
      ctx.err(`failed to remove '${file}': ${why(error)}`);
      code = 1;
    }
  }
  return code;
}

function destination(ctx: CommandContext, target: string, source: string): string {
  const path = ctx.path(target);
  const name = source.split('/').filter(Boolean).pop() ?? '';
  return stat(ctx, path)?.type === 'dir' ? `${path === '/' ? '' : path}/${name}` : path;
}

function copyTree(ctx: CommandContext, from: string, to: string): void {
  const { fs } = ctx.os;
  const found = fs.stat(from);
  if (found.type !== 'dir') {
    fs.write(to, fs.read(from), { mode: found.mode });
    return;
  }
  if (!fs.exists(to)) fs.mkdir(to, { mode: found.mode });
  for (const name of fs.list(from)) copyTree(ctx, `${from}/${name}`, `${to}/${name}`);
}

/** Sources and target of cp, mv and ln: `-t DIR` or the last word. */
function fromTo(ctx: CommandContext, rest: readonly string[], directory: string | undefined): [string[], string] {
  const files = [...operandsOf(ctx, rest)];
  const target = directory ?? (files.pop() as string);
  if (files.length === 0)
    throw new CommandError(
      `missing destination file operand after '${target}'\nTry '${ctx.name} --help' for more information.`,
    );
  if (files.length > 1 && stat(ctx, target)?.type !== 'dir')
    throw new CommandError(`target '${target}' is not a directory`);
  return [files, target];
}

function operandsOf(ctx: CommandContext, rest: readonly string[]): readonly string[] {
  if (rest.length === 0) throw new CommandError(`missing file operand\nTry '${ctx.name} --help' for more information.`);
  return rest;
}

function* cp(ctx: CommandContext): Task<number> {
  const long = { recursive: 'r', archive: 'a', force: 'f', verbose: 'v', 'target-directory': 't', 'no-clobber': 'n' };
  const options = gnuOptions('cp', ctx.args, 'rRaLPpfdvinut:T', long);
  const { flags } = options;
  const [files, target] = fromTo(ctx, options.rest, value(options, 't'));
  let code = 0;
  for (const file of files) {
    const found = stat(ctx, file);
    try {
      if (!found) throw new CommandError(`cannot stat '${file}': No such file or directory`);
      if (found.type === 'dir' && !['r', 'R', 'a'].some((letter) => flags.has(letter)))
        throw new CommandError(`-r not specified; omitting directory '${file}'`);
      const to = destination(ctx, target, file);
      if (to === ctx.path(file)) throw new CommandError(`'${file}' and '${target}' are the same file`);
      if (flags.has('n') && ctx.os.fs.exists(to)) continue;
      copyTree(ctx, ctx.path(file), to);
      if (flags.has('v')) ctx.out(`'${file}' -> '${target}'\n`);
    } catch (error) {
      if (error instanceof CommandError) ctx.err(error.message);
      else ctx.err(`cannot create regular file '${target}': ${why(error)}`);
      code = 1;
    }
  }
  return code;
}

function* mv(ctx: CommandContext): Task<number> {
  const options = gnuOptions('mv', ctx.args, 'finvut:T', {
    force: 'f',
    verbose: 'v',
    'target-directory': 't',
    'no-clobber': 'n',
  });
  const [files, target] = fromTo(ctx, options.rest, value(options, 't'));
  let code = 0;
  for (const file of files) {
    try {
      if (!stat(ctx, file, true)) throw new CommandError(`cannot stat '${file}': No such file or directory`);
      const to = destination(ctx, target, file);
      if (options.flags.has('n') && ctx.os.fs.exists(to)) continue;
      ctx.os.fs.rename(ctx.path(file), to);
      if (options.flags.has('v')) ctx.out(`renamed '${file}' -> '${target}'\n`);
    } catch (error) {
      ctx.err(error instanceof CommandError ? error.message : `cannot move '${file}' to '${target}': ${why(error)}`);
      code = 1;
    }
  }
  return code;
}

function* touch(ctx: CommandContext): Task<number> {
  const { flags, rest } = gnuOptions('touch', ctx.args, 'cht:d:r:am', { 'no-create': 'c', date: 'd', reference: 'r' });
  const files = operandsOf(ctx, rest);
  let code = 0;
  for (const file of files) {
    try {
      const found = stat(ctx, file);
      if (!found && !flags.has('c')) ctx.os.fs.write(ctx.path(file), '');
      else if (found?.type === 'file') ctx.os.fs.write(ctx.path(file), '', { append: true });
    } catch (error) {
      ctx.err(`cannot touch '${file}': ${why(error)}`);
      code = 1;
    }
  }
  return code;
}

function* ln(ctx: CommandContext): Task<number> {
  const { flags, rest } = gnuOptions('ln', ctx.args, 'sfnTvr', {
    symbolic: 's',
    force: 'f',
    verbose: 'v',
    'no-dereference': 'n',
  });
  const [source] = operandsOf(ctx, rest);
  const file = source as string;
  const path = destination(ctx, rest[1] ?? '.', file);
  const kind = flags.has('s') ? 'symbolic link' : 'hard link';
  try {
    if (flags.has('f') && stat(ctx, path, true)) ctx.os.fs.remove(path, { recursive: true });
    if (stat(ctx, path, true)) throw new FsError('EEXIST', path);
    if (flags.has('s')) ctx.os.fs.symlink(file, path);
    else ctx.os.fs.write(path, ctx.os.fs.read(ctx.path(file)));
    return 0;
  } catch (error) {
    ctx.err(`failed to create ${kind} '${rest[1] ?? file}': ${why(error)}`);
    return 1;
  }
}

function* realpath(ctx: CommandContext): Task<number> {
  const { rest } = gnuOptions('realpath', ctx.args, 'emszLP', {
    'canonicalize-missing': 'm',
    'canonicalize-existing': 'e',
  });
  for (const file of operands(ctx, rest)) {
    let path = ctx.path(file);
    for (let i = 0; i < 40 && stat(ctx, path, true)?.type === 'symlink'; i++) {
      const to = ctx.os.fs.readlink(path);
      path = to.startsWith('/') ? to : ctx.path(`${path.slice(0, path.lastIndexOf('/'))}/${to}`);
    }
    ctx.out(`${path}\n`);
  }
  return 0;
}

export const fileCommands: Record<string, Command> = { cat, rm, mkdir, rmdir, cp, mv, touch, ln, realpath };
