import type { SessionState } from './agent-view.ts';

/** A process of this machine. A number alone is used again, so the time of its start stands beside it where it can be had. */
export interface ProcessId {
  pid: number;
  started?: string;
}

/** One line of a session's journal. Written before the effect it announces. */
export type JournalEntry =
  | {
      event: 'created';
      sessionId: string;
      problemId: string;
      task: string;
      seed: string;
      agent: string;
      versions: Record<string, string>;
      owner: ProcessId;
      wallMs: number;
    }
  | { event: 'state'; state: SessionState; wallMs: number; reason?: string }
  /** What undoes the injected fault, as the fault returned it. */
  | { event: 'injected'; undo: unknown; wallMs: number };

/** One line of the transcript. Holds nothing that differs between two runs of the same seed. */
export interface TranscriptEntry {
  step: number;
  /** Virtual time, RFC 3339. */
  at: string;
  role: 'assistant' | 'env';
  tool: string;
  /** Arguments of the call (assistant) or the answer's text (env). */
  content: string;
}

/** AIOpsLab's session file (agent … results), and beside it what we add. */
export interface SessionResult {
  agent: string;
  session_id: string;
  problem_id: string;
  /** Epoch seconds of the wall clock. */
  start_time: number;
  end_time: number;
  trace: { role: 'assistant' | 'env'; content: string }[];
  results: Record<string, unknown>;
  outcome: 'scored' | 'void' | 'aborted';
  verdict: { success: boolean; evidence: string[] };
  task: string;
  seed: string;
  versions: Record<string, string>;
  wall_ms: number;
  virtual_s: number;
  steps: number;
  refusals: number;
  output_chars: number;
  transcript_sha256: string;
}

/** Where one session's lines go. Appending returns when the line is safe against a kill. */
export interface SessionRecord {
  journal(entry: JournalEntry): void;
  transcript(entry: TranscriptEntry): void;
  result(result: SessionResult): void;
}

/** Keeps sessions. Safe for several processes: each session has one writer. */
export interface SessionStore {
  open(sessionId: string): SessionRecord;
  /** Finished sessions, oldest first. */
  results(): SessionResult[];
  /** Ends what killed processes left unfinished, as aborted. Idempotent; never touches sessions of living processes. */
  recover(): number;
}

/** A store that forgets: for tests and single runs that keep nothing. */
export class MemoryStore implements SessionStore {
  readonly #results: SessionResult[] = [];
  readonly journals = new Map<string, JournalEntry[]>();

  open(sessionId: string): SessionRecord {
    const journal: JournalEntry[] = [];
    this.journals.set(sessionId, journal);
    return {
      journal: (entry) => void journal.push(entry),
      transcript: () => {},
      result: (result) => void this.#results.push(result),
    };
  }

  results(): SessionResult[] {
    return [...this.#results];
  }

  recover(): number {
    return 0;
  }
}
