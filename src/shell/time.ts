/** Thrown by a wait of a command that was ended meanwhile; whoever meets it says nothing more. */
export class DeadlineReached extends Error {
  override readonly name = 'DeadlineReached';
}

/** Time as a command of the shell sees it. Waiting is the only thing that takes time. */
export interface ShellTime {
  /** The cluster's clock (epoch ms). */
  now(): number;
  /** When the whole call ends (epoch ms), Infinity without a limit. */
  readonly deadline: number;
  /** Throws {@link DeadlineReached} when the command was ended meanwhile. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}
