import { readFileSync, writeFileSync } from 'node:fs';
import { gunzipSync, gzipSync } from 'node:zlib';
import type { Outcome } from './sequence.ts';

const file = new URL('../sequences.json.gz', import.meta.url);

/** What the real API server answered, by number of the sequence. */
export function loadSequences(): Outcome[][] {
  return JSON.parse(gunzipSync(readFileSync(file)).toString());
}

export function saveSequences(sequences: Outcome[][]): void {
  writeFileSync(file, gzipSync(JSON.stringify(sequences), { level: 9 }));
}
