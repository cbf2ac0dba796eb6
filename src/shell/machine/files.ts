import type { FileContent, FsStat, IFileSystem } from 'just-bash';
import { bytesOf, textOf } from '../../core/bytes.ts';
import { normalize, type ProcessFs } from '../../sim/process/memory-fs.ts';
import { FsError } from '../../sim/process/vfs.ts';

type ReadFileOptions = Exclude<Parameters<IFileSystem['readFile']>[1], string | undefined>;
type WriteFileOptions = Exclude<Parameters<IFileSystem['writeFile']>[2], string | undefined>;
type DirentEntry = Awaited<ReturnType<NonNullable<IFileSystem['readdirWithFileTypes']>>>[number];

/** The machine's files as hosted commands and the session see them. Errors are worded as Node's. */
export class MachineFiles implements IFileSystem {
  readonly #fs: ProcessFs;

  constructor(fs: ProcessFs) {
    this.#fs = fs;
  }

  async readFile(path: string, options?: ReadFileOptions | BufferEncoding): Promise<string> {
    const text = this.#spoken(path, 'open', () => this.#fs.read(path));
    const encoding = typeof options === 'string' ? options : options?.encoding;
    return encoding && !/^utf-?8$/.test(encoding) ? bytesOf(text).toString(encoding) : text;
  }

  async readFileBuffer(path: string): Promise<Uint8Array> {
    return bytesOf(await this.readFile(path));
  }

  async writeFile(path: string, content: FileContent, options?: WriteFileOptions | BufferEncoding): Promise<void> {
    this.#spoken(path, 'open', () => {
      this.#parents(path);
      this.#fs.write(path, asText(content, options));
    });
  }

  async appendFile(path: string, content: FileContent, options?: WriteFileOptions | BufferEncoding): Promise<void> {
    this.#spoken(path, 'open', () => {
      this.#parents(path);
      this.#fs.write(path, asText(content, options), { append: true });
    });
  }

  async exists(path: string): Promise<boolean> {
    return this.#fs.exists(path);
  }

  async stat(path: string): Promise<FsStat> {
    return this.#spoken(path, 'stat', () => statOf(this.#fs, path, false));
  }

  async lstat(path: string): Promise<FsStat> {
    return this.#spoken(path, 'lstat', () => statOf(this.#fs, path, true));
  }

  async mkdir(path: string, options?: { recursive?: boolean }): Promise<void> {
    this.#spoken(path, 'mkdir', () => this.#fs.mkdir(path, options));
  }

  async readdir(path: string): Promise<string[]> {
    return this.#spoken(path, 'scandir', () => this.#fs.list(path));
  }

  async readdirWithFileTypes(path: string): Promise<DirentEntry[]> {
    const base = path === '/' ? '' : path;
    return this.#spoken(path, 'scandir', () =>
      this.#fs.list(path).map((name) => {
        const { isFile, isDirectory, isSymbolicLink } = statOf(this.#fs, `${base}/${name}`, true);
        return { name, isFile, isDirectory, isSymbolicLink };
      }),
    );
  }

  async rm(path: string, options: { recursive?: boolean; force?: boolean } = {}): Promise<void> {
    if (options.force && !this.#fs.exists(path)) return;
    this.#spoken(path, 'rm', () => this.#fs.remove(path, options));
  }

  async cp(src: string, dest: string, options: { recursive?: boolean } = {}): Promise<void> {
    const stat = await this.stat(src);
    if (!stat.isDirectory) {
      await this.writeFile(dest, await this.readFile(src));
      return;
    }
    if (!options.recursive) throw new Error(`EISDIR: illegal operation on a directory, cp '${src}'`);
    await this.mkdir(dest, { recursive: true });
    for (const name of await this.readdir(src)) await this.cp(`${src}/${name}`, `${dest}/${name}`, options);
  }

  async mv(src: string, dest: string): Promise<void> {
    this.#spoken(src, 'rename', () => this.#fs.rename(src, dest));
  }

  resolvePath(base: string, path: string): string {
    return normalize(path.startsWith('/') ? path : `${base}/${path}`);
  }

  getAllPaths(): string[] {
    const out: string[] = [];
    const visit = (path: string): void => {
      out.push(path || '/');
      if (path === '/proc' || path === '/sys') return;
      for (const name of this.#fs.list(path || '/')) {
        const child = `${path}/${name}`;
        if (this.#fs.stat(child, { lstat: true }).type === 'dir') visit(child);
        else out.push(child);
      }
    };
    visit('');
    return out;
  }

  async chmod(path: string, mode: number): Promise<void> {
    this.#spoken(path, 'chmod', () => this.#fs.chmod(path, mode));
  }

  async symlink(target: string, linkPath: string): Promise<void> {
    this.#spoken(linkPath, 'symlink', () => this.#fs.symlink(target, linkPath));
  }

  async link(existingPath: string, newPath: string): Promise<void> {
    await this.writeFile(newPath, await this.readFile(existingPath));
  }

  async readlink(path: string): Promise<string> {
    return this.#spoken(path, 'readlink', () => this.#fs.readlink(path));
  }

  async realpath(path: string): Promise<string> {
    return this.#spoken(path, 'realpath', () => {
      const found = this.#fs.container.find(path, this.#fs.pid);
      return found?.path ?? path;
    });
  }

  async utimes(path: string, _atime: Date, mtime: Date): Promise<void> {
    this.#spoken(path, 'utimes', () => {
      this.#fs.container.own(path, this.#fs.pid).mtimeMs = mtime.getTime();
    });
  }

  #parents(path: string): void {
    const parent = path.slice(0, path.lastIndexOf('/'));
    if (parent !== '' && !this.#fs.exists(parent)) this.#fs.mkdir(parent, { recursive: true });
  }

  #spoken<T>(path: string, call: string, work: () => T): T {
    try {
      return work();
    } catch (error) {
      if (!(error instanceof FsError)) throw error;
      throw Object.assign(new Error(`${error.code}: ${WORDS[error.code] ?? 'error'}, ${call} '${path}'`), {
        code: error.code,
      });
    }
  }
}

const WORDS: Record<string, string> = {
  ENOENT: 'no such file or directory',
  EEXIST: 'file already exists',
  ENOTDIR: 'not a directory',
  EISDIR: 'illegal operation on a directory',
  EACCES: 'permission denied',
  EROFS: 'read-only file system',
  ENOTEMPTY: 'directory not empty',
  ELOOP: 'too many symbolic links encountered',
  EPERM: 'operation not permitted',
};

function asText(content: FileContent, options?: WriteFileOptions | BufferEncoding): string {
  if (typeof content !== 'string') return textOf(content);
  const encoding = typeof options === 'string' ? options : options?.encoding;
  return encoding && !/^utf-?8$/.test(encoding) ? textOf(Buffer.from(content, encoding)) : content;
}

function statOf(fs: ProcessFs, path: string, lstat: boolean): FsStat {
  const { type, mode, size, mtimeMs } = fs.stat(path, { lstat });
  return {
    isFile: type === 'file',
    isDirectory: type === 'dir',
    isSymbolicLink: type === 'symlink',
    mode,
    size,
    mtime: new Date(mtimeMs),
  };
}
