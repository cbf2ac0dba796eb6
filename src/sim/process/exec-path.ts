import type { FsNode, ProcessFs } from './memory-fs.ts';
import { normalize } from './memory-fs.ts';
import type { Program } from './os.ts';
import { SpawnError } from './os.ts';
import { FsError } from './vfs.ts';

const SCRIPT_DEPTH_MAX = 5;

/** Docker's default, which containerd gives to images without a PATH of their own. */
export const DEFAULT_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

export interface Executable {
  program: Program;
  /** With the interpreter and the script's path in front when the file is a script. */
  argv: string[];
}

/** Finds what exec would run: PATH search, permission bits, `#!` lines. Throws {@link SpawnError}. */
export function resolveExecutable(
  fs: ProcessFs,
  argv: readonly string[],
  env: Readonly<Record<string, string>>,
  cwd: string,
  depth = 0,
): Executable {
  const command = argv[0] ?? '';
  const path = searchPath(fs, command, env, cwd);
  const node = fs.lookup(path);
  if (node.program) return { program: node.program, argv: [...argv] };
  const shebang = /^#!\s*(\S+)[ \t]*([^\n]*)/.exec(fs.read(path));
  // A text file without `#!` gives ENOEXEC; shells then run it themselves, runc reports "exec format error".
  if (!shebang || depth >= SCRIPT_DEPTH_MAX) throw new SpawnError('EACCES', command);
  const [, interpreter = '', argument = ''] = shebang;
  const rest = argument.trim() ? [argument.trim()] : [];
  return resolveExecutable(fs, [interpreter, ...rest, path, ...argv.slice(1)], env, cwd, depth + 1);
}

function searchPath(fs: ProcessFs, command: string, env: Readonly<Record<string, string>>, cwd: string): string {
  if (command === '') throw new SpawnError('ENOENT', command);
  if (command.includes('/')) {
    const path = command.startsWith('/') ? command : normalize(`${cwd}/${command}`);
    const node = lookup(fs, path);
    if (!node) throw new SpawnError('ENOENT', command);
    if (node.type === 'dir') throw new SpawnError('EISDIR', command);
    if (!isExecutable(node)) throw new SpawnError('EACCES', command);
    return path;
  }
  let denied = false;
  for (const dir of (env['PATH'] ?? DEFAULT_PATH).split(':')) {
    const path = normalize(`${dir || cwd}/${command}`);
    const node = lookup(fs, path);
    if (!node || node.type === 'dir') continue;
    if (isExecutable(node)) return path;
    denied = true;
  }
  throw new SpawnError(denied ? 'EACCES' : 'ENOENT', command);
}

/** Undefined when there is none; most directories of a PATH do not hold the command, so that is no error. */
function lookup(fs: ProcessFs, path: string): FsNode | undefined {
  try {
    return fs.tryLookup(path);
  } catch (error) {
    if (error instanceof FsError) return undefined;
    throw error;
  }
}

function isExecutable(node: FsNode): boolean {
  return (node.mode & 0o111) !== 0;
}
