import { StacklessError } from '../../core/errors.ts';
import type { World } from '../world.ts';

/**
 * Simulated work as a generator. It yields a {@link Wait} when it must really wait and is resumed when that is over.
 * Short costs (a lookup, a hop, a query of some ms) are not yielded: they are added to the thread's own clock
 * ({@link Thread.spend}), which may run a little ahead of the world's. That is what makes simulated load cheap.
 */
export type Task<T> = Generator<Wait, T, void>;

export type Wait =
  /** Resume when the world's clock has reached this time. */
  | { readonly untilUs: number }
  /** Resume when the signal fires, or at `deadlineUs` if that comes first. */
  | { readonly signal: Signal; readonly deadlineUs?: number };

/** Something that may happen once or many times; threads wait for it. */
export class Signal {
  /** Made when somebody waits: most signals are never waited for. */
  #waiters: Set<() => void> | undefined;

  /** Wakes everything that waits now. */
  fire(): void {
    const waiters = this.#waiters;
    if (!waiters) return;
    this.#waiters = undefined;
    for (const wake of waiters) wake();
  }

  subscribe(wake: () => void): () => void {
    this.#waiters ??= new Set();
    const waiters = this.#waiters;
    waiters.add(wake);
    return () => waiters.delete(wake);
  }
}

/** Thrown into a task whose thread was cancelled, so that its `finally` blocks run. Never catch it. */
export class Cancelled extends StacklessError {
  override readonly name = 'Cancelled';
  constructor() {
    super('cancelled');
  }
}

/** One line of simulated execution with its own clock, never behind the world's when it runs. */
export class Thread {
  #aheadUs = 0;
  #generator: Task<void> | undefined;
  #cancelWait: (() => void) | undefined;
  #done: Signal | undefined;
  #running = false;
  finished = false;
  /** What the task threw, if it did (never {@link Cancelled}). */
  error: unknown;

  constructor(readonly world: World) {}

  /** This thread's time, µs since the epoch. */
  get nowUs(): number {
    return Math.max(this.#aheadUs, this.world.nowUs);
  }

  get nowMs(): number {
    return Math.floor(this.nowUs / 1000);
  }

  /** Adds a short cost in µs to the thread's clock without giving up control. */
  spend(us: number): void {
    this.#aheadUs = this.nowUs + us;
  }

  /** Rounded up: who waits, however shortly, finds the time passed, or loops that wait for it would never end. */
  #after(ms: number): number {
    return Math.ceil(this.nowUs + ms * 1000);
  }

  /** Waits in virtual time. */
  *sleep(ms: number): Task<void> {
    yield { untilUs: this.#after(ms) };
  }

  /** Brings the world up to this thread's clock, e.g. before an effect that others must not see early. */
  *sync(): Task<void> {
    if (this.#aheadUs > this.world.nowUs) yield { untilUs: this.#aheadUs };
  }

  /** Waits for the signal; false when `timeoutMs` passed first. */
  *wait(signal: Signal, timeoutMs?: number): Task<boolean> {
    let fired = false;
    const off = signal.subscribe(() => {
      fired = true;
    });
    try {
      const deadlineUs = timeoutMs === undefined ? undefined : this.#after(timeoutMs);
      yield { signal, deadlineUs };
      return fired;
    } finally {
      off();
    }
  }

  /** Starts the task now (until its first wait) and lets it run on by itself. */
  start(task: Task<void>): this {
    this.#generator = task;
    this.#step();
    return this;
  }

  /** Goes on with a task whose generator has already yielded `wait`. Used by callers that tried it inline first. */
  adopt(task: Task<void>, wait: Wait): this {
    this.#generator = task;
    this.#plan(wait);
    return this;
  }

  /** Ends the task where it stands; its `finally` blocks run. Harmless when finished. */
  cancel(): void {
    if (this.finished) return;
    this.#cancelWait?.();
    this.#cancelWait = undefined;
    if (this.#running) {
      // The task cancels itself (a process that exits inside its own handler): it unwinds at its next wait.
      this.#generator = undefined;
      return;
    }
    const generator = this.#generator;
    this.#generator = undefined;
    this.finished = true;
    try {
      generator?.throw(new Cancelled());
    } catch (error) {
      if (!(error instanceof Cancelled)) throw error;
    }
    this.#done?.fire();
  }

  /** Fires once when the task has ended in whatever way. Check {@link finished} first. */
  get done(): Signal {
    this.#done ??= new Signal();
    return this.#done;
  }

  #step(): void {
    const generator = this.#generator;
    if (!generator || this.finished) return;
    this.#running = true;
    let result: IteratorResult<Wait, void>;
    try {
      result = generator.next();
    } catch (error) {
      if (!(error instanceof Cancelled)) this.error = error;
      result = { done: true, value: undefined };
    } finally {
      this.#running = false;
    }
    if (result.done) {
      this.finished = true;
      this.#generator = undefined;
      this.#done?.fire();
    } else if (this.#generator === undefined) {
      this.#generator = generator;
      this.cancel();
    } else {
      this.#plan(result.value);
    }
  }

  #plan(wait: Wait): void {
    const resume = (): void => {
      this.#cancelWait?.();
      this.#cancelWait = undefined;
      this.#step();
    };
    if ('untilUs' in wait) {
      const timer = this.world.atUs(wait.untilUs, resume);
      this.#cancelWait = () => timer.cancel();
      return;
    }
    // A signal resumes through the queue: whoever fires it is not interrupted.
    let woken = false;
    let timer = wait.deadlineUs === undefined ? undefined : this.world.atUs(wait.deadlineUs, resume);
    const off = wait.signal.subscribe(() => {
      if (woken) return;
      woken = true;
      timer?.cancel();
      timer = this.world.after(0, resume);
    });
    this.#cancelWait = () => {
      off();
      timer?.cancel();
    };
  }
}
