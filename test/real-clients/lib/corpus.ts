import type { Outcome, TwinOptions } from './twin.ts';

export interface Step {
  run: string;
  /** Virtual seconds that pass afterwards; 1 unless said. */
  settle?: number;
  /** The lines' order is the server's or the network's to choose. */
  unordered?: boolean;
  /** Names hang on the machine's time (a restart's template hash): neither the lines' order nor the columns' widths count. */
  drawnNames?: boolean;
}

/** Commands to compare, with the files they read. */
export interface Corpus {
  name: string;
  /** The commands change nothing: one cluster serves both sides and time stands still between them. */
  shared?: boolean;
  /** Each command stands for itself, so that a sample of them will do. */
  independent?: boolean;
  /** Without HotelReservation, which takes its time to deploy. */
  empty?: boolean;
  /** With metrics-server. */
  metrics?: boolean;
  files?: Record<string, string>;
  steps: (string | Step)[];
}

const DEFAULT_SETTLE_S = 1;

export function settleMs(step: Step, { shared }: TwinOptions): number {
  return (step.settle ?? (shared ? 0 : DEFAULT_SETTLE_S)) * 1000;
}

/** What of an outcome the step asks to be equal. */
export function comparable({ unordered, drawnNames }: Step, outcome: Outcome): Outcome {
  const stdout = drawnNames ? outcome.stdout.replace(/ {2,}/g, ' ') : outcome.stdout;
  return { ...outcome, stdout: unordered || drawnNames ? stdout.split('\n').sort().join('\n') : stdout };
}
