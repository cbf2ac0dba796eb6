import { InternalError } from '../core/errors.ts';
import { uuid } from '../core/ids.ts';
import { limits } from '../core/limits.ts';
import { Prng } from '../core/prng.ts';

/** Where virtual time begins (epoch ms) unless told otherwise. Fixed, so that a run does not depend on the day it is made. */
export const WORLD_EPOCH_MS = Date.UTC(2026, 0, 15, 9, 0, 0);

/** Handle of a planned event. */
export interface Timer {
  cancel(): void;
  readonly active: boolean;
}

class Entry implements Timer {
  active = true;
  constructor(
    readonly atUs: number,
    readonly seq: number,
    public run: (() => void) | undefined,
  ) {}
  cancel(): void {
    this.active = false;
    this.run = undefined;
  }
}

/**
 * Virtual time, the event queue, seeded randomness and ids: all that the simulated cluster may know of the outside.
 * Synchronous and single threaded: the same seed and the same calls give the same run.
 * Times are microseconds since the epoch inside, milliseconds at the edges.
 */
export class World {
  readonly seed: string;
  /** Mistakes of ours that happened inside simulated work (a program that threw). A run with any of them is void. */
  readonly internalErrors: InternalError[] = [];
  #nowUs: number;
  #seq = 0;
  #heap: Entry[] = [];
  #streams = new Map<string, Prng>();
  #lastChangeUs: number;
  #running = false;
  #iso = { second: -1, text: '' };

  constructor({ seed, epochMs = WORLD_EPOCH_MS }: { seed: string | number; epochMs?: number }) {
    this.seed = String(seed);
    this.#nowUs = epochMs * 1000;
    this.#lastChangeUs = this.#nowUs;
  }

  get nowUs(): number {
    return this.#nowUs;
  }

  /** Whole milliseconds since the epoch. */
  get nowMs(): number {
    return Math.floor(this.#nowUs / 1000);
  }

  /** RFC 3339 to the second, as metav1.Time prints it. */
  get nowIso(): string {
    const second = Math.floor(this.#nowUs / 1_000_000);
    if (this.#iso.second !== second) {
      this.#iso = { second, text: `${new Date(second * 1000).toISOString().slice(0, 19)}Z` };
    }
    return this.#iso.text;
  }

  /** RFC 3339 with microseconds, as metav1.MicroTime prints it. */
  get nowIsoMicro(): string {
    return `${this.nowIso.slice(0, 19)}.${String(this.#nowUs % 1_000_000).padStart(6, '0')}Z`;
  }

  /** The random stream of that name; the same object each time. */
  rng(name: string): Prng {
    let stream = this.#streams.get(name);
    if (!stream) {
      stream = new Prng(`${this.seed}/${name}`);
      this.#streams.set(name, stream);
    }
    return stream;
  }

  /** Records a mistake of ours that must not look like a symptom of the simulated system. */
  reportInternalError(where: string, cause: unknown): void {
    this.internalErrors.push(
      new InternalError(`${where}: ${cause instanceof Error ? (cause.stack ?? cause.message) : String(cause)}`, {
        cause,
      }),
    );
  }

  uuid(): string {
    return uuid(this.rng('uuid'));
  }

  /** Plans `run` for `delayMs` from now (0 = after the running event, in order of planning). */
  after(delayMs: number, run: () => void): Timer {
    return this.atUs(this.#nowUs + Math.max(0, Math.round(delayMs * 1000)), run);
  }

  atUs(timeUs: number, run: () => void): Timer {
    const entry = new Entry(Math.max(Math.round(timeUs), this.#nowUs), this.#seq++, run);
    this.#push(entry);
    return entry;
  }

  /** Calls `run` every `periodMs`, first after `firstMs` (default: one period). */
  every(periodMs: number, run: () => void, firstMs = periodMs): Timer {
    const state = { active: true, timer: undefined as Timer | undefined };
    const tick = (): void => {
      run();
      if (state.active) state.timer = this.after(periodMs, tick);
    };
    state.timer = this.after(firstMs, tick);
    return {
      get active() {
        return state.active;
      },
      cancel() {
        state.active = false;
        state.timer?.cancel();
      },
    };
  }

  /** Moves time forward by `ms`, running all that falls due. */
  advance(ms: number): void {
    this.advanceToUs(this.#nowUs + Math.round(ms * 1000));
  }

  advanceToUs(untilUs: number): void {
    this.#loop(untilUs, () => false);
  }

  /** Runs until `done()` holds (looked at after each event) or `limitMs` have passed; says whether it held. */
  runUntil(done: () => boolean, limitMs: number): boolean {
    if (done()) return true;
    return this.#loop(this.#nowUs + Math.round(limitMs * 1000), done);
  }

  /** When the next planned event is due (µs since the epoch); undefined when nothing is planned. */
  get nextEventUs(): number | undefined {
    for (let top = this.#heap[0]; top; top = this.#heap[0]) {
      if (top.active) return top.atUs;
      this.#pop();
    }
    return undefined;
  }

  /** A change that matters (an object written, a process started): keeps {@link settle} from calling it quiet. */
  touch(): void {
    this.#lastChangeUs = this.#nowUs;
  }

  /** Runs until nothing was {@link touch}ed for `quietMs`, at most `limitMs`; says whether it became quiet. */
  settle(limitMs: number, quietMs = 5_000): boolean {
    const endUs = this.#nowUs + Math.round(limitMs * 1000);
    while (this.#nowUs < endUs) {
      const quietAtUs = this.#lastChangeUs + quietMs * 1000;
      if (this.#nowUs >= quietAtUs) return true;
      this.advanceToUs(Math.min(quietAtUs, endUs));
    }
    return this.#nowUs >= this.#lastChangeUs + quietMs * 1000;
  }

  #loop(untilUs: number, done: () => boolean): boolean {
    if (this.#running) throw new InternalError('the world cannot be advanced from inside one of its events');
    this.#running = true;
    try {
      let ran = 0;
      for (let top = this.#heap[0]; top && top.atUs <= untilUs; top = this.#heap[0]) {
        this.#pop();
        const run = top.run;
        if (!run) continue;
        this.#nowUs = top.atUs;
        top.active = false;
        run();
        if (done()) return true;
        if (++ran > limits.worldEventsPerAdvanceMax) throw new InternalError('the event queue does not come to rest');
      }
      this.#nowUs = Math.max(this.#nowUs, Math.round(untilUs));
      return false;
    } finally {
      this.#running = false;
    }
  }

  #push(entry: Entry): void {
    const heap = this.#heap;
    let i = heap.length;
    heap.push(entry);
    while (i > 0) {
      const parent = (i - 1) >> 1;
      const above = heap[parent] as Entry;
      if (!before(entry, above)) break;
      heap[i] = above;
      i = parent;
    }
    heap[i] = entry;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop() as Entry;
    if (heap.length === 0) return;
    let i = 0;
    for (;;) {
      let child = 2 * i + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && before(heap[child + 1] as Entry, heap[child] as Entry)) child++;
      if (!before(heap[child] as Entry, last)) break;
      heap[i] = heap[child] as Entry;
      i = child;
    }
    heap[i] = last;
  }
}

function before(a: Entry, b: Entry): boolean {
  return a.atUs < b.atUs || (a.atUs === b.atUs && a.seq < b.seq);
}
