import type { ImageDef } from '../images/image.ts';
import { dirNode, type FsNode, fileNode, linkNode } from './memory-fs.ts';

const roots = new WeakMap<ImageDef, FsNode>();

/** Shown as the size of an executable; the content itself is never looked into. */
const BINARY = '\u007fELF';

/** The read-only root of an image, built once and shared by all its containers. */
export function imageRoot(image: ImageDef): FsNode {
  const known = roots.get(image);
  if (known) return known;
  const owner = image;
  const root = dirNode(owner);
  for (const dir of ['dev', 'etc', 'proc', 'root', 'sys', 'tmp', 'var']) {
    root.entries?.set(dir, dirNode(owner, dir === 'tmp' ? 0o1777 : dir === 'root' ? 0o700 : 0o755));
  }
  for (const [path, file] of Object.entries(image.files)) {
    const { content, mode } = typeof file === 'string' ? { content: file, mode: 0o644 } : file;
    place(root, path, fileNode(owner, content, mode));
  }
  for (const [path, program] of Object.entries(image.programs)) {
    place(root, path, { ...fileNode(owner, BINARY, 0o755), program });
  }
  for (const [path, target] of Object.entries(image.links ?? {})) place(root, path, linkNode(owner, target));
  roots.set(image, root);
  return root;
}

/** Puts a node at an absolute path of a tree that is owned as a whole, making directories as needed. */
export function place(root: FsNode, path: string, node: FsNode): void {
  const parts = path.split('/').filter(Boolean);
  const name = parts.pop();
  if (name === undefined) return;
  let dir = root;
  for (const part of parts) {
    let next = dir.entries?.get(part);
    if (next?.type !== 'dir') {
      next = dirNode(root.owner);
      dir.entries?.set(part, next);
    }
    dir = next;
  }
  dir.entries?.set(name, node);
}
