import { gzipSync } from 'node:zlib';
import { bytesOf } from '../../../core/bytes.ts';
import { packTar } from '../../../core/tar.ts';

/** A chart's archive: its files in a folder of its name. */
export function packFiles(files: Readonly<Record<string, string>>, name: string, mtimeMs: number): Uint8Array {
  const entries = Object.entries(files).map(([file, text]) => ({
    name: `${name}/${file}`,
    type: 'file' as const,
    mode: 0o644,
    mtimeMs,
    data: bytesOf(text),
  }));
  return gzipSync(packTar(entries));
}
