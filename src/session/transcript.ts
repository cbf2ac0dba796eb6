import { createHash, type Hash } from 'node:crypto';
import type { SessionRecord, SessionResult, TranscriptEntry } from './store.ts';

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
    this.trace.push(toTrace(entry));
    if (entry.role === 'env') this.outputChars += entry.content.length;
  }

  text(): string {
    return this.#lines.join('');
  }

  sha256(): string {
    return this.#hash.copy().digest('hex');
  }
}

/** An entry as AIOpsLab's trace has it. */
export function toTrace({ role, tool, content }: TranscriptEntry): SessionResult['trace'][number] {
  return { role, content: role === 'assistant' ? `${tool}(${content})` : content };
}
