import { createHash } from 'node:crypto';
import type { JournalEntry, ProcessId, SessionRecord, SessionResult, SessionStore, TranscriptEntry } from './store.ts';
import { toTrace } from './transcript.ts';

/** The disk as this store needs it; given by the composition root. What was written survives the death of the process. */
export interface Disk {
  /** Appends; makes missing directories. With `sync` it survives the death of the machine too. */
  append(path: string, text: string, options?: { sync: boolean }): void;
  /** Writes a whole file atomically and syncs. */
  write(path: string, text: string): void;
  read(path: string): string | undefined;
  /** Names in a directory, sorted; empty when it does not exist. */
  list(path: string): string[];
  /** Removes a file; a missing one is fine. */
  remove(path: string): void;
  /** Whether a process of this machine is alive. */
  alive(process: ProcessId): boolean;
}

/** `<root>/<session id>/{journal.jsonl,transcript.jsonl,result.json}`. */
export class DiskStore implements SessionStore {
  constructor(
    readonly root: string,
    readonly disk: Disk,
    readonly wallNow: () => number,
  ) {}

  open(sessionId: string): SessionRecord {
    const { disk } = this;
    const directory = `${this.root}/${sessionId}`;
    return {
      // What undoes a fault on a real cluster must outlive this machine; what an agent said need not.
      journal: (entry: JournalEntry) =>
        disk.append(`${directory}/journal.jsonl`, `${JSON.stringify(entry)}\n`, { sync: true }),
      transcript: (entry: TranscriptEntry) =>
        disk.append(`${directory}/transcript.jsonl`, `${JSON.stringify(entry)}\n`),
      result: (result: SessionResult) => disk.write(`${directory}/result.json`, `${JSON.stringify(result, null, 4)}\n`),
    };
  }

  results(): SessionResult[] {
    const found = this.disk
      .list(this.root)
      .map((id) => this.disk.read(`${this.root}/${id}/result.json`))
      .filter((text) => text !== undefined)
      .map((text) => JSON.parse(text) as SessionResult);
    return found.sort((a, b) => a.start_time - b.start_time);
  }

  recover(): number {
    let ended = 0;
    for (const id of this.disk.list(this.root)) {
      const names = this.disk.list(`${this.root}/${id}`);
      const finished = names.includes('result.json');
      const unfinished = names.filter((name) => name.endsWith('.tmp'));
      if (finished && unfinished.length === 0) continue;
      const journal = parseLines<JournalEntry>(this.disk.read(`${this.root}/${id}/journal.jsonl`) ?? '');
      const created = journal.find((entry) => entry.event === 'created');
      if (!created || this.disk.alive(created.owner)) continue;
      for (const name of unfinished) this.disk.remove(`${this.root}/${id}/${name}`);
      if (finished) continue;
      this.open(id).result(this.#abortedResult(id, created, journal));
      ended++;
    }
    return ended;
  }

  #abortedResult(id: string, created: JournalEntry & { event: 'created' }, journal: JournalEntry[]): SessionResult {
    const transcript = parseLines<TranscriptEntry>(this.disk.read(`${this.root}/${id}/transcript.jsonl`) ?? '');
    const hash = createHash('sha256');
    for (const entry of transcript) hash.update(`${JSON.stringify(entry)}\n`);
    const lastWallMs = journal.at(-1)?.wallMs ?? created.wallMs;
    const states = journal.filter((entry) => entry.event === 'state');
    const last = states.at(-1)?.state ?? 'created';
    return {
      agent: created.agent,
      session_id: id,
      problem_id: created.problemId,
      start_time: created.wallMs / 1000,
      end_time: this.wallNow() / 1000,
      trace: transcript.map(toTrace),
      results: {},
      outcome: 'aborted',
      verdict: { success: false, evidence: [`the process ended while the session was ${last}`] },
      task: created.task,
      seed: created.seed,
      versions: created.versions,
      wall_ms: lastWallMs - created.wallMs,
      virtual_s: 0,
      steps: transcript.filter((entry) => entry.role === 'assistant').length,
      refusals: 0,
      output_chars: transcript
        .filter((entry) => entry.role === 'env')
        .reduce((sum, entry) => sum + entry.content.length, 0),
      transcript_sha256: hash.digest('hex'),
    };
  }
}

/** JSON lines; a last line that a kill cut short is dropped. */
function parseLines<T>(text: string): T[] {
  const parsed: T[] = [];
  for (const line of text.split('\n')) {
    if (line === '') continue;
    try {
      parsed.push(JSON.parse(line) as T);
    } catch {
      break;
    }
  }
  return parsed;
}
