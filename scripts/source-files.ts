import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface SourceFile {
  /** Relative to the project's root, with slashes. */
  path: string;
  text: string;
}

/** All TypeScript files below the folders. */
export function sourceFiles(...folders: string[]): SourceFile[] {
  return folders.flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts'))
      .map((name) => join(folder, name).replaceAll('\\', '/'))
      .sort()
      .map((path) => ({ path, text: readFileSync(path, 'utf8') })),
  );
}

/** Prints the findings and ends the process accordingly. */
export function report(check: string, findings: string[]): never {
  for (const finding of findings) console.error(finding);
  console.error(`${check}: ${findings.length === 0 ? 'ok' : `${findings.length} findings`}`);
  process.exit(findings.length === 0 ? 0 : 1);
}
