import { createHash, type Hash } from 'node:crypto';
import type { SessionRecord, TranscriptEntry } from './store.ts';

/** Appends entries, keeps AIOpsLab's trace, and the hash by which two runs are compared. */
export class Transcript {
  readonly trace: { role: 'assistant' | 'env'; content: string }[] = [];
  readonly #hash: Hash = createHash('sha256');
  readonly #record: SessionRecord;
  readonly #lines: string[] = [];
  outputChars = 0;

  constructor(record: SessionRecord) {
    this.#record = record;
  }

  add(entry: TranscriptEntry): void {
    this.#record.transcript(entry);
    const line = `${JSON.stringify(entry)}\n`;
    this.#lines.push(line);
    this.#hash.update(line);
    const content = entry.role === 'assistant' ? `${entry.tool}(${entry.content})` : entry.content;
    this.trace.push({ role: entry.role, content });
    if (entry.role === 'env') this.outputChars += entry.content.length;
  }

  text(): string {
    return this.#lines.join('');
  }

  sha256(): string {
    return this.#hash.copy().digest('hex');
  }
}
