import { FsError } from '../../process/vfs.ts';
import { hasGlob, matches, type PatternChar } from './pattern.ts';
import type { Shell } from './shell.ts';

/** Pathname expansion: sorted matches, or undefined when there is none (the pattern then stands for itself). */
export function expandGlob(sh: Shell, field: readonly PatternChar[]): string[] | undefined {
  const parts: PatternChar[][] = [[]];
  for (const char of field) {
    if (char.text === '/') parts.push([]);
    else parts.at(-1)?.push(char);
  }
  let found = [''];
  for (const [index, part] of parts.entries()) {
    const last = index === parts.length - 1;
    const text = part.map((char) => char.text).join('');
    if (!hasGlob(part)) {
      found = found.map((prefix) => prefix + text + (last ? '' : '/'));
      if (last) found = found.filter((path) => sh.os.fs.exists(sh.path(path)));
      continue;
    }
    found = found.flatMap((prefix) =>
      entries(sh, prefix)
        .filter((name) => (!name.startsWith('.') || text.startsWith('.')) && matches(part, name))
        .filter((name) => last || isDir(sh, prefix + name))
        .map((name) => prefix + name + (last ? '' : '/')),
    );
  }
  return found.length > 0 ? found.sort() : undefined;
}

function entries(sh: Shell, prefix: string): string[] {
  try {
    return sh.os.fs.list(sh.path(prefix === '' ? '.' : prefix));
  } catch (error) {
    if (error instanceof FsError) return [];
    throw error;
  }
}

function isDir(sh: Shell, path: string): boolean {
  try {
    return sh.os.fs.stat(sh.path(path)).type === 'dir';
  } catch (error) {
    if (error instanceof FsError) return false;
    throw error;
  }
}
