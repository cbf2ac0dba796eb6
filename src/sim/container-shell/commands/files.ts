import { FsError } from '../../process/vfs.ts';
import { isEndless, opened } from '../bytes/sources.ts';
import { type Command, type CommandContext, CommandError, errnoText, getopt, value } from '../command.ts';

/** File commands of coreutils in busybox's words. */

function* cat(ctx: CommandContext) {
  const { rest } = getopt(ctx.args, 'nbevtsuA');
  let code = 0;
  for (const file of rest.length > 0 ? rest : ['-']) {
    const path = ctx.path(file);
    if (file === '-' || isEndless(path)) {
      const input = opened(ctx, file);
      for (let text = yield* input.read(ctx.th); text !== undefined; text = yield* input.read(ctx.th)) ctx.out(text);
      continue;
    }
    try {
      if (ctx.os.fs.stat(path).type === 'dir') {
        ctx.err('read error: Is a directory');
        code = 1;
      } else ctx.out(ctx.os.fs.read(path));
    } catch (error) {
      if (!(error instanceof FsError)) throw error;
      ctx.err(`can't open '${file}': ${errnoText(error)}`);
      code = 1;
    }
  }
  return code;
}

/** What `-v` tells; nothing without it. */
function teller(ctx: CommandContext, flags: ReadonlySet<string>): (text: string) => void {
  return (text) => {
    if (flags.has('v')) ctx.out(`${text}\n`);
  };
}

/** Runs `action` for each operand; a file error is reported as `verb 'file': reason`. */
function forEach(
  ctx: CommandContext,
  files: readonly string[],
  verb: string,
  action: (path: string, file: string) => void,
): number {
  if (files.length === 0) throw new CommandError('missing operand');
  let code = 0;
  for (const file of files) {
    try {
      action(ctx.path(file), file);
    } catch (error) {
      if (!(error instanceof FsError)) throw error;
      ctx.err(`${verb ? `${verb} '${file}'` : file}: ${errnoText(error)}`);
      code = 1;
    }
  }
  return code;
}

function* mkdir(ctx: CommandContext) {
  const options = getopt(ctx.args, 'pm:v');
  const mode = value(options, 'm');
  const tell = teller(ctx, options.flags);
  return forEach(ctx, options.rest, "can't create directory", (path, file) => {
    const above = options.flags.has('p') ? parents(file) : [];
    const missing = [...above, file].filter((one) => !ctx.os.fs.exists(ctx.path(one)));
    ctx.os.fs.mkdir(path, {
      recursive: options.flags.has('p'),
      mode: mode === undefined ? 0o755 : Number.parseInt(mode, 8),
    });
    for (const made of missing) tell(`created directory: '${made}'`);
  });
}

/** `a/`, `a/b/` of `a/b/c` */
function parents(file: string): string[] {
  const parts = file.replace(/\/+$/, '').split('/');
  const above = parts.slice(1).map((_, i) => parts.slice(0, i + 1).join('/'));
  return above.filter((part) => part !== '').map((part) => `${part}/`);
}

function* rm(ctx: CommandContext) {
  const { flags, rest } = getopt(ctx.args, 'rRfiv');
  const force = flags.has('f');
  const tell = teller(ctx, flags);
  if (rest.length === 0 && force) return 0;
  return forEach(ctx, rest, "can't remove", (path, file) => {
    const { fs } = ctx.os;
    try {
      const stat = fs.stat(path, { lstat: true });
      if (stat.type === 'dir' && !flags.has('r') && !flags.has('R')) {
        ctx.err(`'${file}' is a directory`);
        throw new CommandError(`'${file}' is a directory`);
      }
    } catch (error) {
      if (error instanceof FsError && error.code === 'ENOENT' && force) return;
      throw error;
    }
    const gone = flags.has('v') ? removed(ctx, path, file) : [];
    fs.remove(path, { recursive: true });
    gone.forEach(tell);
  });
}

/** What is told of a tree that goes: what lies in a directory before it. */
function removed(ctx: CommandContext, path: string, file: string): string[] {
  const { fs } = ctx.os;
  if (fs.stat(path, { lstat: true }).type !== 'dir') return [`removed '${file}'`];
  const within = fs.list(path).flatMap((name) => removed(ctx, `${path}/${name}`, `${file}/${name}`));
  return [...within, `removed directory: '${file}'`];
}

function* rmdir(ctx: CommandContext) {
  return forEach(ctx, getopt(ctx.args, 'p').rest, '', (path) => {
    if (ctx.os.fs.list(path).length > 0) throw new FsError('ENOTEMPTY', path);
    ctx.os.fs.remove(path, { recursive: true });
  });
}

/** Where `source` goes, as words show it: into a target that is a directory, else to the target itself. */
function destination(ctx: CommandContext, target: string, source: string): string {
  const path = ctx.path(target);
  const isDir = ctx.os.fs.exists(path) && ctx.os.fs.stat(path).type === 'dir';
  return isDir ? `${target.replace(/\/+$/, '')}/${source.split('/').filter(Boolean).pop()}` : target;
}

/** `-t DIRECTORY SOURCE...` or `SOURCE... DEST` */
function sourcesAndTarget(options: ReturnType<typeof getopt>): [sources: string[], target: string] {
  const rest = [...options.rest];
  const target = value(options, 't') ?? rest.pop();
  if (target === undefined || rest.length === 0) throw new CommandError('missing operand');
  return [rest, target];
}

function* mv(ctx: CommandContext) {
  const options = getopt(ctx.args, 'finvt:T');
  const [sources, target] = sourcesAndTarget(options);
  const tell = teller(ctx, options.flags);
  return forEach(ctx, sources, "can't rename", (path, file) => {
    const to = options.flags.has('T') ? target : destination(ctx, target, file);
    ctx.os.fs.rename(path, ctx.path(to));
    tell(`'${file.replace(/(?<=.)\/+$/, '')}' -> '${to}'`);
  });
}

function* cp(ctx: CommandContext) {
  const options = getopt(ctx.args, 'rRaLPpfdvit:T');
  const { flags } = options;
  const [sources, target] = sourcesAndTarget(options);
  const deep = flags.has('r') || flags.has('R') || flags.has('a');
  const tell = teller(ctx, flags);
  return forEach(ctx, sources, "can't stat", (path, file) => {
    if (ctx.os.fs.stat(path).type === 'dir' && !deep) throw new CommandError(`omitting directory '${file}'`);
    copy(ctx, file, flags.has('T') ? target : destination(ctx, target, file), tell);
  });
}

function copy(ctx: CommandContext, from: string, to: string, tell: (text: string) => void): void {
  const { fs } = ctx.os;
  const stat = fs.stat(ctx.path(from));
  if (stat.type === 'dir') {
    fs.mkdir(ctx.path(to), { recursive: true, mode: stat.mode });
    for (const name of fs.list(ctx.path(from))) copy(ctx, `${from}/${name}`, `${to}/${name}`, tell);
  } else fs.write(ctx.path(to), fs.read(ctx.path(from)), { mode: stat.mode });
  tell(`'${from}' -> '${to}'`);
}

function* touch(ctx: CommandContext) {
  const { flags, rest } = getopt(ctx.args, 'cht:d:r:am');
  return forEach(ctx, rest, '', (path) => {
    const { fs } = ctx.os;
    if (!fs.exists(path)) {
      if (!flags.has('c')) fs.write(path, '');
    } else if (fs.stat(path).type === 'file') fs.write(path, '', { append: true });
  });
}

function* ln(ctx: CommandContext) {
  const { flags, rest } = getopt(ctx.args, 'sfnTv');
  const [source, target] = rest;
  if (source === undefined) throw new CommandError('missing operand');
  const shown = destination(ctx, target ?? '.', source);
  const path = ctx.path(shown);
  if (flags.has('f') && ctx.os.fs.exists(path)) ctx.os.fs.remove(path);
  if (flags.has('s')) ctx.os.fs.symlink(source, path);
  else ctx.os.fs.write(path, ctx.os.fs.read(ctx.path(source)));
  teller(ctx, flags)(`'${shown}' -> '${source}'`);
  return 0;
}

function* chmod(ctx: CommandContext) {
  const recursive = ctx.args.includes('-R');
  const [mode = '', ...files] = ctx.args.filter((arg) => arg !== '-R');
  const apply = (path: string): void => {
    const stat = ctx.os.fs.stat(path);
    ctx.os.fs.chmod(path, changedMode(stat.mode, mode));
    if (recursive && stat.type === 'dir') for (const name of ctx.os.fs.list(path)) apply(`${path}/${name}`);
  };
  return forEach(ctx, files, '', apply);
}

function changedMode(old: number, text: string): number {
  if (/^[0-7]+$/.test(text)) return Number.parseInt(text, 8);
  let mode = old;
  for (const clause of text.split(',')) {
    const match = /^([ugoa]*)([-+=])([rwxX]*)$/.exec(clause);
    if (!match) throw new CommandError(`invalid mode '${text}'`);
    const [, who = '', operator, what = ''] = match;
    const bits = [...what].reduce((sum, letter) => sum | (letter === 'r' ? 4 : letter === 'w' ? 2 : 1), 0);
    for (const target of who === '' || who.includes('a') ? 'ugo' : who) {
      const shift = target === 'u' ? 6 : target === 'g' ? 3 : 0;
      if (operator === '=') mode &= ~(7 << shift);
      mode = operator === '-' ? mode & ~(bits << shift) : mode | (bits << shift);
    }
  }
  return mode;
}

function* chown(ctx: CommandContext) {
  const files = ctx.args.filter((arg) => !arg.startsWith('-')).slice(1);
  return forEach(ctx, files, '', (path) => {
    ctx.os.fs.stat(path);
    if (ctx.os.uid !== 0) throw new FsError('EPERM', path);
  });
}

function* readlink(ctx: CommandContext) {
  const { flags, rest } = getopt(ctx.args, 'fnve');
  for (const file of rest) {
    const path = ctx.path(file);
    if (flags.has('f')) ctx.out(`${resolveLinks(ctx, path)}\n`);
    else if (ctx.os.fs.stat(path, { lstat: true }).type === 'symlink') ctx.out(`${ctx.os.fs.readlink(path)}\n`);
    else return 1;
  }
  return 0;
}

function resolveLinks(ctx: CommandContext, path: string): string {
  if (!ctx.os.fs.exists(path) || ctx.os.fs.stat(path, { lstat: true }).type !== 'symlink') return path;
  const target = ctx.os.fs.readlink(path);
  return target.startsWith('/') ? target : `${path.slice(0, path.lastIndexOf('/'))}/${target}`;
}

function* which(ctx: CommandContext) {
  let code = 0;
  for (const name of ctx.args) {
    const found = (ctx.os.env['PATH'] ?? '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin')
      .split(':')
      .map((dir) => `${dir}/${name}`)
      .find((path) => ctx.os.fs.exists(path) && (ctx.os.fs.stat(path).mode & 0o111) !== 0);
    if (found) ctx.out(`${found}\n`);
    else code = 1;
  }
  return code;
}

function* mktemp(ctx: CommandContext) {
  const { flags, rest } = getopt(ctx.args, 'dqtp:');
  const template = rest[0] ?? '/tmp/tmp.XXXXXX';
  const letters = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789';
  const path = template.replace(/X+$/, (run) => [...run].map(() => letters[ctx.os.rng.int(letters.length)]).join(''));
  if (flags.has('d')) ctx.os.fs.mkdir(ctx.path(path), { mode: 0o700 });
  else ctx.os.fs.write(ctx.path(path), '', { mode: 0o600 });
  ctx.out(`${path}\n`);
  return 0;
}

export const fileCommands: Record<string, Command> = {
  cat,
  mkdir,
  rm,
  rmdir,
  mv,
  cp,
  touch,
  ln,
  chmod,
  chown,
  readlink,
  which,
  mktemp,
};
