import type { Os, Program } from '../process/os.ts';
import { SpawnError } from '../process/os.ts';
import type { Task, Thread } from '../process/task.ts';
import { type Errno, FsError } from '../process/vfs.ts';
import { Input } from './streams.ts';

/** What a core command gets: its words, streams and the process that it runs as. */
export interface CommandContext {
  os: Os;
  th: Thread;
  /** argv[0]'s last part. */
  name: string;
  args: string[];
  stdin: Input;
  out(text: string): void;
  /** A line on stderr: `name: text`. */
  err(text: string): void;
  /** Makes a path absolute. */
  path(path: string): string;
}

/** A core command; the result is its exit code. */
export type Command = (ctx: CommandContext) => Task<number>;

/** Ends a command with a message `name: text` and an exit code. */
export class CommandError extends Error {
  override readonly name = 'CommandError';
  constructor(
    message: string,
    readonly code = 1,
  ) {
    super(message);
  }
}

const ERRNO_TEXT: Record<Errno, string> = {
  ENOENT: 'No such file or directory',
  EEXIST: 'File exists',
  ENOTDIR: 'Not a directory',
  EISDIR: 'Is a directory',
  EACCES: 'Permission denied',
  EROFS: 'Read-only file system',
  ENOTEMPTY: 'Directory not empty',
  ELOOP: 'Symbolic link loop',
  ENOSPC: 'No space left on device',
  EPERM: 'Operation not permitted',
};

export function errnoText(error: FsError): string {
  return ERRNO_TEXT[error.code];
}

/** Makes a program of a command. */
export function program(command: Command): Program {
  return function* (os) {
    const name = (os.argv[0] ?? '').split('/').pop() ?? '';
    const ctx: CommandContext = {
      os,
      th: os.main,
      name,
      args: os.argv.slice(1),
      stdin: Input.of(os.stdin),
      out: (text) => os.stdout.write(text),
      err: (text) => os.stderr.write(`${name}: ${text}\n`),
      path: (path) => absolute(os.cwd, path),
    };
    os.useCpu(300);
    os.main.spend(400);
    try {
      return yield* command(ctx);
    } catch (error) {
      if (error instanceof CommandError) {
        ctx.err(error.message);
        return error.code;
      }
      if (error instanceof FsError) {
        ctx.err(`${error.path}: ${errnoText(error)}`);
        return 1;
      }
      if (error instanceof SpawnError) {
        ctx.err(`can't execute '${error.command}': ${spawnText(error)}`);
        return error.code === 'ENOENT' ? 127 : 126;
      }
      throw error;
    }
  };
}

export function spawnText(error: SpawnError): string {
  return error.code === 'ENOENT' ? 'No such file or directory' : 'Permission denied';
}

export function absolute(cwd: string, path: string): string {
  const parts: string[] = [];
  for (const part of (path.startsWith('/') ? path : `${cwd}/${path}`).split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '' && part !== '.') parts.push(part);
  }
  return `/${parts.join('/')}`;
}

/** getopt's short options: `spec` as in getopt(3), long options by name. */
export interface Options {
  flags: Set<string>;
  values: Map<string, string[]>;
  rest: string[];
}

/** Parses options; unknown ones end the command as getopt and busybox word it. `long` maps `--name` to a letter. */
export function getopt(
  args: string[],
  spec: string,
  long: Record<string, string> = {},
  stopAtOperand = false,
): Options {
  const options: Options = { flags: new Set(), values: new Map(), rest: [] };
  const set = (letter: string, value?: string): void => {
    options.flags.add(letter);
    if (value !== undefined) options.values.set(letter, [...(options.values.get(letter) ?? []), value]);
  };
  const takes = (letter: string): boolean => spec[spec.indexOf(letter) + 1] === ':';
  for (let i = 0; i < args.length; i++) {
    const arg = args[i] as string;
    if (arg === '--') {
      options.rest.push(...args.slice(i + 1));
      break;
    }
    if (arg.startsWith('--')) {
      const [name = '', value] = arg.slice(2).split(/=(.*)/s);
      const letter = long[name];
      if (letter === undefined) throw new CommandError(`unrecognized option: ${name}`);
      set(letter, takes(letter) ? (value ?? args[++i] ?? '') : undefined);
    } else if (arg.startsWith('-') && arg.length > 1) {
      for (let j = 1; j < arg.length; j++) {
        const letter = arg[j] as string;
        if (letter === ':' || !spec.includes(letter)) throw new CommandError(`invalid option -- '${letter}'`);
        if (!takes(letter)) {
          set(letter);
          continue;
        }
        const value = j + 1 < arg.length ? arg.slice(j + 1) : args[++i];
        if (value === undefined) throw new CommandError(`option requires an argument -- '${letter}'`);
        set(letter, value);
        break;
      }
    } else if (stopAtOperand) {
      options.rest.push(...args.slice(i));
      break;
    } else {
      options.rest.push(arg);
    }
  }
  return options;
}

export function value(options: Options, letter: string): string | undefined {
  return options.values.get(letter)?.at(-1);
}

/** Reads the named files, `-` or nothing being stdin; missing ones are reported and skipped. */
export function* inputs(
  ctx: CommandContext,
  files: string[],
  failed: { code: number },
): Task<{ name: string; text: string }[]> {
  const found: { name: string; text: string }[] = [];
  for (const file of files.length > 0 ? files : ['-']) {
    if (file === '-') {
      found.push({ name: '-', text: yield* ctx.stdin.readAll(ctx.th) });
      continue;
    }
    try {
      found.push({ name: file, text: readFile(ctx, file) });
    } catch (error) {
      if (!(error instanceof FsError)) throw error;
      ctx.err(openError(ctx, file, error));
      failed.code = 1;
    }
  }
  return found;
}

export function openError(_ctx: CommandContext, file: string, error: FsError): string {
  return error.code === 'EISDIR' ? 'read error: Is a directory' : `${file}: ${errnoText(error)}`;
}

export function readFile(ctx: CommandContext, file: string): string {
  const path = ctx.path(file);
  if (ctx.os.fs.exists(path) && ctx.os.fs.stat(path).type === 'dir') throw new FsError('EISDIR', file);
  return ctx.os.fs.read(path);
}

/** Lines without their newlines; a final newline does not make an empty line. */
export function lines(text: string): string[] {
  if (text === '') return [];
  return (text.endsWith('\n') ? text.slice(0, -1) : text).split('\n');
}
