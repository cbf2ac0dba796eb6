import { byteLength } from '../../core/bytes.ts';
import { limits } from '../../core/limits.ts';
import type { Program } from './os.ts';
import { type FileStat, FsError, type Vfs } from './vfs.ts';

/**
 * A node of a tree. A tree is shared between layers by copy on write: only nodes whose `owner` is the writing layer are
 * changed in place, so a thousand containers share one image's files.
 */
export interface FsNode {
  type: 'file' | 'dir' | 'symlink';
  mode: number;
  uid: number;
  gid: number;
  mtimeMs: number;
  owner: object;
  content?: string;
  entries?: Map<string, FsNode>;
  target?: string;
  /** What runs when the file is executed. */
  program?: Program;
  /** Files and directories whose content is made when looked at (/proc). The caller's pid is given. */
  live?: { read?(pid: number): string; entries?(pid: number): Map<string, FsNode>; target?(pid: number): string };
  /** Devices and pipes: takes what is written instead of `content`. */
  onWrite?(text: string, pid: number): void;
}

export function dirNode(owner: object, mode = 0o755, mtimeMs = 0): FsNode {
  return { type: 'dir', mode, uid: 0, gid: 0, mtimeMs, owner, entries: new Map() };
}

export function fileNode(owner: object, content: string, mode = 0o644, mtimeMs = 0): FsNode {
  return { type: 'file', mode, uid: 0, gid: 0, mtimeMs, owner, content };
}

export function linkNode(owner: object, target: string, mtimeMs = 0): FsNode {
  return { type: 'symlink', mode: 0o777, uid: 0, gid: 0, mtimeMs, owner, target };
}

/** A tree that can be mounted into containers: a volume, a node's disk, a pod's /etc/hosts. */
export interface Mount {
  root: FsNode;
  readOnly?: boolean;
  /** What `mount` shows, e.g. `tmpfs`, `ext4`. */
  fsType?: string;
  source?: string;
  /** Of a tmpfs with a limit. */
  sizeBytes?: number;
}

/** Characters of all files below a node. */
function contentOf(node: FsNode): number {
  let sum = node.content?.length ?? 0;
  for (const child of node.entries?.values() ?? []) sum += contentOf(child);
  return sum;
}

/** Path without `.`, `..` and doubled slashes; always absolute. */
export function normalize(path: string): string {
  if (path.startsWith('/') && !ROUNDABOUT.test(path)) return path;
  return `/${namesIn(path).join('/')}`;
}

/** Doubled and last slashes, `.` and `..`. */
const ROUNDABOUT = /\/(?:\.\.?)?(?:\/|$)/;

/** The names on a path from the root. */
function namesIn(path: string): string[] {
  const out: string[] = [];
  for (const part of path.split('/')) {
    if (part === '' || part === '.') continue;
    if (part === '..') out.pop();
    else out.push(part);
  }
  return out;
}

interface Found {
  node: FsNode;
  /** Real path after symbolic links. */
  path: string;
  mount: Mount;
  /** From the mount's root to the node, names and nodes, for copy on write. */
  trail: { parent: FsNode; name: string }[];
}

const LINKS_MAX = 40;

/** The file systems of one container: a copy-on-write root and mounts over it. Views of processes are {@link ProcessFs}. */
export class ContainerFs {
  readonly #owner = {};
  readonly #root: Mount;
  readonly #mounts = new Map<string, Mount>();
  #written = 0;

  constructor(
    root: FsNode,
    readonly nowMs: () => number,
    options: { readOnlyRoot?: boolean } = {},
  ) {
    this.#root = { root, readOnly: options.readOnlyRoot, fsType: 'overlay', source: 'overlay' };
  }

  /** Notes that a file grows, before it does. Throws ENOSPC when the disk is full; what was removed since is counted then. */
  charge(bytes: number, path: string): void {
    this.#written += Math.max(0, bytes);
    if (this.#written <= limits.containerFileBytesMax) return;
    const kept = contentOf(this.#root.root);
    if (kept + bytes > limits.containerFileBytesMax) {
      this.#written = kept;
      throw new FsError('ENOSPC', path);
    }
    this.#written = kept + bytes;
  }

  /** Makes the mount point (and its parents) in the layer below, as runc does. */
  mount(path: string, mount: Mount): void {
    const at = normalize(path);
    if (at === '/') {
      this.#root.root = mount.root;
      return;
    }
    const below = this.find(at, 0, true);
    if (!below) {
      const readOnly = this.#root.readOnly;
      this.#root.readOnly = false;
      const slash = at.lastIndexOf('/');
      const parent = at.slice(0, slash) || '/';
      if (!this.find(parent, 0, true)) this.mkdir(parent, true, 0o755, 0, 0);
      const placeholder =
        mount.root.type === 'dir'
          ? dirNode(this.#owner, 0o755, this.nowMs())
          : fileNode(this.#owner, '', 0o644, this.nowMs());
      this.put(at, placeholder, 0);
      this.#root.readOnly = readOnly;
    }
    this.#mounts.set(at, mount);
  }

  /** Mount points with their mounts, the root first. */
  mounts(): [string, Mount][] {
    return [['/', this.#root], ...this.#mounts];
  }

  /** Undefined for ENOENT when `quiet`; other errors and ENOENT otherwise are thrown. */
  find(path: string, pid: number, quiet?: boolean, lstat?: boolean): Found | undefined {
    let links = 0;
    let pending = namesIn(path);
    let next = 0;
    let at = '';
    let mount = this.#root;
    let node = mount.root;
    let trail: Found['trail'] = [];
    const restart = (): void => {
      at = '';
      mount = this.#root;
      node = mount.root;
      trail = [];
    };
    while (next < pending.length) {
      const name = pending[next++] as string;
      if (node.type !== 'dir') throw new FsError('ENOTDIR', path);
      const child = (node.live?.entries ? node.live.entries(pid) : node.entries)?.get(name);
      const childPath = `${at}/${name}`;
      const mounted = this.#mounts.get(childPath);
      if (mounted) {
        mount = mounted;
        node = mounted.root;
        trail = [];
        at = childPath;
        continue;
      }
      if (!child) {
        if (quiet) return undefined;
        throw new FsError('ENOENT', path);
      }
      if (child.type === 'symlink' && !(lstat && next === pending.length)) {
        if (++links > LINKS_MAX) throw new FsError('ELOOP', path);
        const target = child.live?.target ? child.live.target(pid) : (child.target as string);
        const base = target.startsWith('/') ? target : `${at}/${target}`;
        pending = [...namesIn(base), ...pending.slice(next)];
        next = 0;
        restart();
        continue;
      }
      trail.push({ parent: node, name });
      node = child;
      at = childPath;
    }
    return { node, path: at || '/', mount, trail };
  }

  /** The node at `path`, private to its layer, so that it can be changed. */
  own(path: string, pid: number): FsNode {
    const found = this.find(path, pid) as Found;
    if (found.mount.readOnly) throw new FsError('EROFS', path);
    return this.#own(found);
  }

  #own(found: Found): FsNode {
    if (found.mount !== this.#root) return found.node;
    if (found.node.owner === this.#owner) return found.node;
    let parent = this.#root.root;
    if (parent.owner !== this.#owner) {
      parent = { ...parent, owner: this.#owner, entries: new Map(parent.entries) };
      this.#root.root = parent;
    }
    for (const { name } of found.trail) {
      let child = parent.entries?.get(name) as FsNode;
      if (child.owner !== this.#owner) {
        child = { ...child, owner: this.#owner, entries: child.entries && new Map(child.entries) };
        parent.entries?.set(name, child);
      }
      parent = child;
    }
    return parent;
  }

  /** Puts a node under its parent directory, which must exist and be writable for `uid`. */
  put(path: string, node: FsNode | undefined, pid: number, uid = 0): void {
    const at = normalize(path);
    const slash = at.lastIndexOf('/');
    const parent = this.find(at.slice(0, slash) || '/', pid) as Found;
    if (parent.node.type !== 'dir') throw new FsError('ENOTDIR', path);
    if (parent.mount.readOnly) throw new FsError('EROFS', path);
    if (parent.node.live) throw new FsError('EPERM', path);
    checkAccess(parent.node, uid, 2, path);
    const name = at.slice(slash + 1);
    if (this.#mounts.has(parent.path === '/' ? `/${name}` : `${parent.path}/${name}`)) throw new FsError('EPERM', path);
    const dir = this.#own(parent);
    dir.mtimeMs = this.nowMs();
    if (node) dir.entries?.set(name, node);
    else dir.entries?.delete(name);
  }

  mkdir(path: string, recursive: boolean, mode: number, pid: number, uid: number, gid = 0): void {
    const at = normalize(path);
    const existing = this.find(at, pid, true);
    if (existing) {
      if (recursive && existing.node.type === 'dir') return;
      throw new FsError('EEXIST', path);
    }
    const slash = at.lastIndexOf('/');
    const parent = at.slice(0, slash) || '/';
    if (recursive && !this.find(parent, pid, true)) this.mkdir(parent, true, mode, pid, uid, gid);
    this.put(at, { ...dirNode(this.#owner, mode, this.nowMs()), uid, gid }, pid, uid);
  }

  /** Marks nodes of this container's own layer. */
  get owner(): object {
    return this.#owner;
  }
}

function checkAccess(node: FsNode, uid: number, bit: 4 | 2 | 1, path: string): void {
  if (uid === 0) return;
  const shift = node.uid === uid ? 6 : 0;
  if (((node.mode >> shift) & bit) === 0 && (shift === 0 ? ((node.mode >> 3) & bit) === 0 || node.gid === 0 : true))
    throw new FsError('EACCES', path);
}

/** A process's view of its container's files: its pid (for /proc/self) and user (for permissions). */
export class ProcessFs implements Vfs {
  constructor(
    readonly container: ContainerFs,
    readonly pid: number,
    readonly uid: number,
    readonly gid = 0,
  ) {}

  #find(path: string, lstat?: boolean): Found {
    return this.container.find(path, this.pid, false, lstat) as Found;
  }

  /** The node itself, for executing it. */
  lookup(path: string): FsNode {
    return this.#find(path).node;
  }

  /** As lookup; undefined instead of ENOENT. */
  tryLookup(path: string): FsNode | undefined {
    return this.container.find(path, this.pid, true)?.node;
  }

  read(path: string): string {
    const { node } = this.#find(path);
    if (node.type === 'dir') throw new FsError('EISDIR', path);
    checkAccess(node, this.uid, 4, path);
    return node.live?.read ? node.live.read(this.pid) : (node.content ?? '');
  }

  write(path: string, content: string, options: { append?: boolean; mode?: number } = {}): void {
    const found = this.container.find(path, this.pid, true);
    if (!found) {
      this.container.charge(content.length, path);
      const node = fileNode(this.container.owner, content, options.mode ?? 0o644, this.container.nowMs());
      node.uid = this.uid;
      node.gid = this.gid;
      this.container.put(this.#throughLink(path), node, this.pid, this.uid);
      return;
    }
    if (found.node.type === 'dir') throw new FsError('EISDIR', path);
    checkAccess(found.node, this.uid, 2, path);
    if (found.node.onWrite) {
      found.node.onWrite(content, this.pid);
      return;
    }
    if (found.node.live) throw new FsError('EACCES', path);
    this.container.charge(content.length - (options.append ? 0 : (found.node.content?.length ?? 0)), path);
    const node = this.container.own(path, this.pid);
    node.content = options.append ? (node.content ?? '') + content : content;
    if (node.program && !options.append) node.program = undefined;
    if (options.mode !== undefined && !options.append) node.mode = options.mode;
    node.mtimeMs = this.container.nowMs();
  }

  /** Writing to a dangling symbolic link makes its target. */
  #throughLink(path: string): string {
    const link = this.container.find(path, this.pid, true, true);
    if (link?.node.type !== 'symlink') return path;
    const target = link.node.target as string;
    return target.startsWith('/') ? target : `${link.path.slice(0, link.path.lastIndexOf('/'))}/${target}`;
  }

  stat(path: string, options: { lstat?: boolean } = {}): FileStat {
    const { node } = this.#find(path, options.lstat);
    const { type, mode, mtimeMs, uid, gid } = node;
    const text = type === 'symlink' ? (node.target ?? '') : node.live ? '' : (node.content ?? '');
    return { type, mode, size: type === 'dir' ? 4096 : byteLength(text), mtimeMs, uid, gid };
  }

  exists(path: string): boolean {
    try {
      return this.container.find(path, this.pid, true) !== undefined;
    } catch (error) {
      if (error instanceof FsError) return false;
      throw error;
    }
  }

  list(path: string): string[] {
    const { node, path: real } = this.#find(path);
    if (node.type !== 'dir') throw new FsError('ENOTDIR', path);
    checkAccess(node, this.uid, 4, path);
    const names = [...((node.live?.entries ? node.live.entries(this.pid) : node.entries) ?? new Map()).keys()];
    const prefix = real === '/' ? '/' : `${real}/`;
    for (const [at] of this.container.mounts()) {
      const name = at.startsWith(prefix) ? at.slice(prefix.length) : '';
      if (name && !name.includes('/') && !names.includes(name)) names.push(name);
    }
    return names.sort();
  }

  mkdir(path: string, options: { recursive?: boolean; mode?: number } = {}): void {
    this.container.mkdir(path, options.recursive ?? false, options.mode ?? 0o755, this.pid, this.uid, this.gid);
  }

  remove(path: string, options: { recursive?: boolean } = {}): void {
    const { node } = this.#find(path, true);
    if (node.type === 'dir' && !options.recursive) {
      throw new FsError((node.entries?.size ?? 0) > 0 || node.live ? 'ENOTEMPTY' : 'EISDIR', path);
    }
    this.container.put(path, undefined, this.pid, this.uid);
  }

  rename(from: string, to: string): void {
    const { node } = this.#find(from, true);
    const target = this.container.find(to, this.pid, true, true)?.node;
    if (target?.type === 'dir') {
      if (node.type !== 'dir') throw new FsError('EISDIR', to);
      if ((target.entries?.size ?? 0) > 0) throw new FsError('ENOTEMPTY', to);
    }
    if (`${normalize(to)}/`.startsWith(`${normalize(from)}/`) && node.type === 'dir') throw new FsError('EPERM', to);
    // A file may leave the image's layer for a volume, where writing does not copy: it must not stay shared.
    const moved = node.type === 'dir' ? node : { ...node, owner: this.container.owner };
    this.container.put(to, moved, this.pid, this.uid);
    this.container.put(from, undefined, this.pid, this.uid);
  }

  symlink(target: string, path: string): void {
    if (this.container.find(path, this.pid, true, true)) throw new FsError('EEXIST', path);
    this.container.put(path, linkNode(this.container.owner, target, this.container.nowMs()), this.pid, this.uid);
  }

  readlink(path: string): string {
    const { node } = this.#find(path, true);
    if (node.type !== 'symlink') throw new FsError('EPERM', path);
    return node.live?.target ? node.live.target(this.pid) : (node.target as string);
  }

  chmod(path: string, mode: number): void {
    const { node } = this.#find(path);
    if (this.uid !== 0 && node.uid !== this.uid) throw new FsError('EPERM', path);
    this.container.own(path, this.pid).mode = mode & 0o7777;
  }
}
