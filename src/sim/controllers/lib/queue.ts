import type { Prng } from '../../../core/prng.ts';
import { ApiError } from '../../../kube/status.ts';
import type { Timer, World } from '../../world.ts';

/** client-go's default rate limit per key: 5 ms, doubling, at most 1000 s. */
const BACKOFF_BASE_MS = 5;
const BACKOFF_MAX_MS = 1_000_000;

/**
 * A controller's work queue on virtual time: a key waits at most once, one worker takes a few seeded ms a key, and a sync
 * that the API server refuses comes back with client-go's exponential delay.
 */
export class WorkQueue {
  readonly #world: World;
  readonly #sync: (key: string) => void;
  readonly #rng: Prng;
  readonly #pending = new Set<string>();
  readonly #failures = new Map<string, number>();
  readonly #delayed = new Map<string, { atMs: number; timer: Timer }>();

  constructor(world: World, name: string, sync: (key: string) => void) {
    this.#world = world;
    this.#sync = sync;
    this.#rng = world.rng(`controller/${name}`);
  }

  add(key: string): void {
    if (this.#pending.has(key)) return;
    this.#pending.add(key);
    this.#world.after(this.#rng.between(1, 5), () => this.#run(key));
  }

  /** Like AddAfter: of several delays of one key the earliest counts. */
  addAfter(key: string, delayMs: number): void {
    if (delayMs <= 0) {
      this.add(key);
      return;
    }
    const atMs = this.#world.nowMs + delayMs;
    const waiting = this.#delayed.get(key);
    if (waiting?.timer.active) {
      if (waiting.atMs <= atMs) return;
      waiting.timer.cancel();
    }
    const timer = this.#world.after(delayMs, () => {
      this.#delayed.delete(key);
      this.add(key);
    });
    this.#delayed.set(key, { atMs, timer });
  }

  addRateLimited(key: string): void {
    const failures = this.#failures.get(key) ?? 0;
    this.#failures.set(key, failures + 1);
    this.addAfter(key, Math.min(BACKOFF_BASE_MS * 2 ** failures, BACKOFF_MAX_MS));
  }

  #run(key: string): void {
    this.#pending.delete(key);
    try {
      this.#sync(key);
      this.#failures.delete(key);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      this.addRateLimited(key);
    }
  }
}
