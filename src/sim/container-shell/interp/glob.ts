import { FsError } from '../../process/vfs.ts';
import { shopt } from './builtins-bash.ts';
import { hasGlob, matches, type PatternChar } from './pattern.ts';
import type { Shell } from './shell.ts';

/** Pathname expansion: sorted matches, or undefined when there is none (the pattern then stands for itself). */
export function expandGlob(sh: Shell, field: readonly PatternChar[]): string[] | undefined {
  const parts: PatternChar[][] = [[]];
  for (const char of field) {
    if (char.text === '/') parts.push([]);
    else parts.at(-1)?.push(char);
  }
  const lower = shopt(sh, 'nocaseglob');
  const like = (part: readonly PatternChar[], name: string): boolean =>
    lower
      ? matches(
          part.map((char) => ({ ...char, text: char.text.toLowerCase() })),
          name.toLowerCase(),
        )
      : matches([...part], name);
  let found = [''];
  for (const [index, part] of parts.entries()) {
    const last = index === parts.length - 1;
    const text = part.map((char) => char.text).join('');
    if (text === '**' && shopt(sh, 'globstar')) {
      found = found.flatMap((prefix) => [...(last ? [] : [prefix]), ...below(sh, prefix, !last)]);
      continue;
    }
    if (!hasGlob(part)) {
      found = found.map((prefix) => prefix + text + (last ? '' : '/'));
      if (last) found = found.filter((path) => sh.os.fs.exists(sh.path(path)));
      continue;
    }
    found = found.flatMap((prefix) =>
      entries(sh, prefix)
        .filter((name) => (!name.startsWith('.') || text.startsWith('.') || shopt(sh, 'dotglob')) && like(part, name))
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

/** Everything under a directory; with `slash` only directories, ready for what follows. */
function below(sh: Shell, prefix: string, slash: boolean): string[] {
  return entries(sh, prefix)
    .filter((name) => !name.startsWith('.'))
    .flatMap((name) => {
      const path = prefix + name;
      const inner = isDir(sh, path) ? below(sh, `${path}/`, slash) : [];
      if (slash) return isDir(sh, path) ? [`${path}/`, ...inner] : [];
      return [path, ...inner];
    });
}

function isDir(sh: Shell, path: string): boolean {
  try {
    return sh.os.fs.stat(sh.path(path)).type === 'dir';
  } catch (error) {
    if (error instanceof FsError) return false;
    throw error;
  }
}
