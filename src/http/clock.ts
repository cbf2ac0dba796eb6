import type { World } from '../sim/world.ts';

/** Real time, handed in by the composition root. */
export interface Timers {
  now(): number;
  /** Calls `run` again and again; the result ends it. */
  every(ms: number, run: () => void): () => void;
}

const TICK_MS = 20;
/** What one request costs on a stepped clock, in virtual ms. */
const REQUEST_COST_MS = 10;
/** A client that asks again and again lets time pass between: this much at most for each pause. */
const POLL_MS_MAX = 1_000;
/** How much faster than the wall a stepped world runs while something waits for it. */
const STEPPED_SPEED = 10;
/** One tick never runs more virtual time than this, so that a sleeping laptop does not wake to hours of simulation at once. */
const CATCH_UP_MS_MAX = 5_000;

/**
 * Moves the world. `wall`: it follows the wall clock, `speed` virtual seconds for each of its own (as many of them as this machine can
 * simulate). `stepped`: it runs ahead while a watch, a log follow or an exec is open, advances a little for each request and between
 * requests that follow closely, and stands still otherwise.
 */
export class WorldClock {
  #lastMs: number;
  #lastRequestMs: number;
  readonly #end: () => void;
  #waiting = 0;
  readonly #afterTick = new Set<() => void>();
  #busy = false;

  constructor(
    readonly world: World,
    readonly policy: 'wall' | 'stepped',
    readonly timers: Timers,
    readonly onError: (error: unknown) => void,
    readonly speed = 1,
  ) {
    this.#lastMs = timers.now();
    this.#lastRequestMs = this.#lastMs;
    this.#end = timers.every(TICK_MS, () => {
      this.#tick();
      for (const run of this.#afterTick) run();
    });
  }

  /** Calls `run` after each tick; the result ends that. */
  afterTick(run: () => void): () => void {
    this.#afterTick.add(run);
    return () => this.#afterTick.delete(run);
  }

  /** Wall time minus virtual time. */
  get offsetMs(): number {
    return this.timers.now() - this.world.nowMs;
  }

  /** Something is open that waits for time to pass; call the result when it is over. */
  hold(): () => void {
    this.#waiting++;
    let held = true;
    return () => {
      if (held) this.#waiting--;
      held = false;
    };
  }

  /** Before a request is handled. */
  requestArrived(): void {
    if (this.policy === 'wall') {
      this.#tick();
      return;
    }
    if (this.#waiting === 0) this.#advance(Math.min(this.timers.now() - this.#lastRequestMs, POLL_MS_MAX));
    this.#lastRequestMs = this.timers.now();
  }

  /** After a request has been answered. */
  requestDone(): void {
    if (this.policy === 'stepped') this.#advance(REQUEST_COST_MS);
  }

  stop(): void {
    this.#end();
  }

  #tick(): void {
    const now = this.timers.now();
    const passed = now - this.#lastMs;
    this.#lastMs = now;
    const speed = this.policy === 'wall' ? this.speed : this.#waiting > 0 ? STEPPED_SPEED : 0;
    this.#advance(Math.min(passed * speed, Math.max(CATCH_UP_MS_MAX, 2 * TICK_MS * speed)));
  }

  #advance(ms: number): void {
    if (this.#busy || ms <= 0) return;
    this.#busy = true;
    try {
      this.world.advance(ms);
    } catch (error) {
      this.onError(error);
    } finally {
      this.#busy = false;
    }
  }
}
