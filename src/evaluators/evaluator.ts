import type { Truth } from '../problems/problem.ts';

/** What an evaluator says: AIOpsLab's result keys, our verdict, and what it rests on. */
export interface Verdict {
  success: boolean;
  /** Keys and values as AIOpsLab writes them for the stage. */
  results: Record<string, unknown>;
  /** One line per finding, for people. */
  evidence: string[];
}

export interface Answered {
  /** The submitted solution; undefined when the session ended without one. */
  solution: unknown;
  /** Virtual seconds from the start of the conversation to the submission. */
  seconds: number;
  expected: { detection: 'Yes' | 'No' } & Partial<Truth>;
}
