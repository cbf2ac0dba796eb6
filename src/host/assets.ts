import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Assets } from '../apps/index.ts';

/** metadata/ and charts/ of the installed package. */
export function packageAssets(root: string): Assets {
  return {
    read: (path) => readFileSync(join(root, path), 'utf8'),
    folder(path) {
      const files: Record<string, string> = {};
      for (const entry of readdirSync(join(root, path), { recursive: true, withFileTypes: true })) {
        if (!entry.isFile()) continue;
        const full = join(entry.parentPath, entry.name);
        const relative = full.slice(join(root, path).length + 1).replaceAll('\\', '/');
        files[relative] = readFileSync(full, 'utf8');
      }
      return files;
    },
  };
}
