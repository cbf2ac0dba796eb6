import { StacklessError } from '../../core/errors.ts';

/**
 * The file system that a process sees: a tree with mounts. Contract; the implementation is in memory-fs.ts.
 * Paths are absolute POSIX paths. Errors are {@link FsError} with the errno's name.
 */
export type Errno =
  | 'ENOENT'
  | 'EEXIST'
  | 'ENOTDIR'
  | 'EISDIR'
  | 'EACCES'
  | 'EROFS'
  | 'ENOTEMPTY'
  | 'ELOOP'
  | 'ENOSPC'
  | 'EPERM';

export class FsError extends StacklessError {
  override readonly name = 'FsError';
  constructor(
    readonly code: Errno,
    readonly path: string,
  ) {
    super(`${code}: ${path}`);
  }
}

export interface FileStat {
  type: 'file' | 'dir' | 'symlink';
  /** Permission bits, e.g. 0o644. */
  mode: number;
  size: number;
  mtimeMs: number;
  uid: number;
  gid: number;
}

/** Content is text; bytes that are no UTF-8 are kept in it as core/bytes.ts says. Sizes are bytes. */
export interface Vfs {
  read(path: string): string;
  write(path: string, content: string, options?: { append?: boolean; mode?: number }): void;
  /** Follows symbolic links unless `lstat`. */
  stat(path: string, options?: { lstat?: boolean }): FileStat;
  exists(path: string): boolean;
  /** Sorted entry names. */
  list(path: string): string[];
  mkdir(path: string, options?: { recursive?: boolean; mode?: number }): void;
  remove(path: string, options?: { recursive?: boolean }): void;
  rename(from: string, to: string): void;
  symlink(target: string, path: string): void;
  readlink(path: string): string;
  chmod(path: string, mode: number): void;
}
