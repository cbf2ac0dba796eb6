import type { ClusterClock } from '../cluster/cluster.ts';

/** The wall clock as sessions need it; given by the composition root. */
export interface WallTime {
  /** Epoch ms. */
  now(): number;
  sleep(ms: number): Promise<void>;
}

/**
 * Keeps a cluster's time beside the wall clock's (`serve --clock wall`). Nobody sees the world between two calls, so it is enough
 * that it catches up when a call comes, and that an answer waits until the wall clock has got where the call went.
 */
export class WallPace {
  readonly #clock: ClusterClock;
  readonly #wall: WallTime;
  readonly #aheadMs: number;

  /** From now on both clocks go side by side. */
  constructor(clock: ClusterClock, wall: WallTime) {
    this.#clock = clock;
    this.#wall = wall;
    this.#aheadMs = clock.now() - wall.now();
  }

  /** Moves the cluster to where the wall clock is, by at most `limitMs`. */
  async catchUp(limitMs: number): Promise<void> {
    const behindMs = this.#wall.now() + this.#aheadMs - this.#clock.now();
    if (behindMs > 0) await this.#clock.sleep(Math.min(behindMs, limitMs));
  }

  /** Waits until the wall clock is where the cluster is. */
  async waitUp(): Promise<void> {
    const aheadMs = this.#clock.now() - this.#aheadMs - this.#wall.now();
    if (aheadMs > 0) await this.#wall.sleep(aheadMs);
  }
}
