/**
 * client-go's flowcontrol.Backoff as the kubelet uses it for restarts (10 s doubling to 300 s) and image pulls (the same
 * numbers): forgotten when twice the maximum has passed since the last step.
 */
export class Backoff {
  readonly #entries = new Map<string, { delayMs: number; lastMs: number }>();

  constructor(
    readonly nowMs: () => number,
    readonly initialMs = 10_000,
    readonly maxMs = 300_000,
  ) {}

  delayMs(key: string): number {
    return this.#entries.get(key)?.delayMs ?? 0;
  }

  /** Milliseconds until the back-off that began at `eventMs` is over; 0 when it is. */
  remainingMs(key: string, eventMs: number): number {
    const entry = this.#entries.get(key);
    if (!entry || this.#expired(entry, eventMs)) return 0;
    return Math.max(0, eventMs + entry.delayMs - this.nowMs());
  }

  /** As remainingMs, counted from the last step. */
  remainingSinceUpdateMs(key: string): number {
    const entry = this.#entries.get(key);
    return entry ? this.remainingMs(key, entry.lastMs) : 0;
  }

  next(key: string, eventMs: number): void {
    const entry = this.#entries.get(key);
    const delayMs = entry && !this.#expired(entry, eventMs) ? Math.min(entry.delayMs * 2, this.maxMs) : this.initialMs;
    this.#entries.set(key, { delayMs, lastMs: this.nowMs() });
  }

  forget(prefix: string): void {
    for (const key of [...this.#entries.keys()]) if (key.startsWith(prefix)) this.#entries.delete(key);
  }

  #expired(entry: { lastMs: number }, eventMs: number): boolean {
    return eventMs - entry.lastMs > 2 * this.maxMs;
  }
}
