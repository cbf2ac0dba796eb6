import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const ROOT = new URL('../../../', import.meta.url);

export function readFile(path: string): string {
  return readFileSync(new URL(path, ROOT), 'utf8');
}

/** Files below a folder of the repository, by their path below it. */
export function readFolder(path: string): Record<string, string> {
  const files: Record<string, string> = {};
  const walk = (folder: string, prefix: string): void => {
    for (const entry of readdirSync(fileURLToPath(new URL(folder, ROOT)), { withFileTypes: true })) {
      if (entry.isDirectory()) walk(`${folder}/${entry.name}`, `${prefix}${entry.name}/`);
      else files[prefix + entry.name] = readFile(`${folder}/${entry.name}`);
    }
  };
  walk(path, '');
  return files;
}
