import type { Cluster } from '../../cluster/cluster.ts';
import type { Timer, World } from '../../sim/world.ts';
import { DeadlineReached, type ShellTime } from '../time.ts';

/** Work of a command that runs outside of the machine's own time: requests to the cluster, programs that are promises. */
export interface Errand {
  readonly settled: boolean;
  /** What it threw; a fault of ours unless the caller knows better. */
  readonly error: unknown;
}

/**
 * The time of the agent's machine. Its processes live in a small world of their own that follows the cluster's clock; commands
 * that speak to the cluster are promises ("errands"). While an errand computes, time stands still (but for what its requests
 * take); once all of them wait, time moves on to whatever comes first. That order does not depend on the host.
 */
export class MachineClock {
  readonly #cluster: Cluster;
  readonly #world: World;
  /** Errands that are neither over nor waiting for a time. */
  #active = 0;
  #quiet: (() => void) | undefined;
  #deadlineMs = Number.POSITIVE_INFINITY;

  constructor(cluster: Cluster, world: World) {
    this.#cluster = cluster;
    this.#world = world;
  }

  nowMs(): number {
    return this.#cluster.clock.now();
  }

  /** End of the running call (epoch ms). */
  get deadlineMs(): number {
    return this.#deadlineMs;
  }

  /** Runs what is due; the world may be ahead of the cluster by less than a millisecond. */
  catchUp(): void {
    this.#world.advanceToUs(Math.max(this.#world.nowUs, this.nowMs() * 1000));
  }

  /** Starts an errand; `settled` is called when it is over, within the machine's world. */
  start(work: (time: ShellTime, signal: AbortSignal) => Promise<void>, settled: () => void): Errand & { stop(): void } {
    const abort = new AbortController();
    const errand = { settled: false, error: undefined as unknown, stop: () => abort.abort() };
    const clock = this;
    const time: ShellTime = {
      now: () => this.nowMs(),
      get deadline() {
        return clock.deadlineMs;
      },
      sleep: (ms) => this.#park(ms, abort.signal),
    };
    this.#active++;
    const end = (error?: unknown): void => {
      errand.error = error;
      errand.settled = true;
      this.#left();
      settled();
    };
    // not before the event that starts it is over
    void Promise.resolve()
      .then(() => work(time, abort.signal))
      .then(() => end(), end);
    return errand;
  }

  /** Moves time until `done` holds (true) or the deadline has come (false). */
  async run(done: () => boolean, deadlineMs: number, signal?: AbortSignal): Promise<boolean> {
    this.#deadlineMs = deadlineMs;
    const { clock } = this.#cluster;
    clock.companion = {
      nextMs: () => (this.#world.nextEventUs ?? Number.POSITIVE_INFINITY) / 1000,
      moved: () => {
        this.catchUp();
        if (done() || this.nowMs() >= deadlineMs) this.#wake();
      },
    };
    try {
      for (;;) {
        this.catchUp();
        if (done()) return true;
        signal?.throwIfAborted();
        if (this.nowMs() >= deadlineMs) return false;
        if (this.#active > 0) await this.#untilQuiet(deadlineMs, signal);
        else await this.#forward(deadlineMs, signal);
      }
    } finally {
      clock.companion = undefined;
    }
  }

  /** To the next planned event. */
  async #forward(deadlineMs: number, signal: AbortSignal | undefined): Promise<void> {
    const nextUs = Math.min(this.#world.nextEventUs ?? Number.POSITIVE_INFINITY, deadlineMs * 1000);
    const waitMs = Math.floor(nextUs / 1000) - this.nowMs();
    if (waitMs > 0) await this.#cluster.clock.sleep(waitMs, signal);
    this.#world.advanceToUs(Math.max(nextUs, this.#world.nowUs));
  }

  /** Until some errand ends or waits. Where time passes by itself, the machine's own events must not wait for that. */
  async #untilQuiet(deadlineMs: number, signal: AbortSignal | undefined): Promise<void> {
    const quiet = new Promise<void>((resolve) => {
      this.#quiet = resolve;
    });
    if (this.#cluster.kind === 'embedded') return quiet;
    const nextMs = Math.min((this.#world.nextEventUs ?? Number.POSITIVE_INFINITY) / 1000, deadlineMs);
    const stop = new AbortController();
    const due = this.#cluster.clock
      .sleep(
        Math.max(0, Math.ceil(nextMs - this.nowMs())),
        signal ? AbortSignal.any([signal, stop.signal]) : stop.signal,
      )
      .catch((error: unknown) => {
        if (!stop.signal.aborted) throw error;
      });
    await Promise.race([quiet, due]);
    stop.abort();
  }

  /** An errand waits for what happens in the machine's own time: `begin` gets what ends the wait. */
  pause<T>(begin: (resume: (value: T) => void, fail: (error: Error) => void) => void): Promise<T> {
    const outcome = new Promise<T>((resolve, reject) => {
      const back = <V>(settle: (value: V) => void) => {
        return (value: V): void => {
          this.#active++;
          settle(value);
        };
      };
      begin(back(resolve), back(reject));
    });
    this.#left();
    return outcome;
  }

  #left(): void {
    this.#active--;
    this.#wake();
  }

  #wake(): void {
    this.#quiet?.();
    this.#quiet = undefined;
  }

  /** An errand waits: for the time, or for its end. */
  async #park(ms: number, signal: AbortSignal): Promise<void> {
    if (signal.aborted) throw new DeadlineReached('the command was ended');
    let timer: Timer | undefined;
    let wake: (() => void) | undefined;
    const woken = new Promise<void>((resolve) => {
      wake = () => {
        this.#active++;
        resolve();
      };
    });
    const untilUs = (this.nowMs() + Math.max(0, ms)) * 1000;
    timer = this.#world.atUs(Math.min(untilUs, Number.MAX_SAFE_INTEGER), () => wake?.());
    const aborted = (): void => {
      timer?.cancel();
      wake?.();
    };
    signal.addEventListener('abort', aborted, { once: true });
    this.#left();
    await woken;
    signal.removeEventListener('abort', aborted);
    if (signal.aborted) throw new DeadlineReached('the command was ended');
  }
}
