import type { Cluster, ClusterClock } from '../cluster/cluster.ts';

/** Thrown by a wait that met the deadline of the command (or of `timeout`) that it runs in. */
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

/**
 * Time as the commands of one shell see it: the cluster's clock under a stack of deadlines (exec_shell's own limit, `timeout N`).
 * Waiting is the only thing that takes time.
 */
export class ClockTime implements ShellTime {
  readonly #clock: ClusterClock;
  readonly #levels: { deadline: number; stop: () => void }[] = [];

  constructor(cluster: Cluster) {
    this.#clock = cluster.clock;
  }

  now(): number {
    return this.#clock.now();
  }

  /** Earliest deadline in force (epoch ms), Infinity without one. */
  get deadline(): number {
    return Math.min(Number.POSITIVE_INFINITY, ...this.#levels.map((level) => level.deadline));
  }

  /** Deadlines in force: 1 in a call, one more in each `timeout`. */
  get depth(): number {
    return this.#levels.length;
  }

  get expired(): boolean {
    return this.now() >= this.deadline;
  }

  /** Waits at most until the deadline; throws {@link DeadlineReached} when that came first. */
  async sleep(ms: number, signal?: AbortSignal): Promise<void> {
    const until = this.now() + Math.max(0, ms);
    const deadline = this.deadline;
    const target = Math.min(until, deadline);
    if (target > this.now()) await this.#clock.sleep(target - this.now(), signal);
    if (until > deadline) throw new DeadlineReached('deadline reached');
  }

  /** Runs `work` under one more deadline; `stop` keeps whatever runs there from starting anything more. */
  async within<T>(ms: number, stop: () => void, work: () => Promise<T>): Promise<T> {
    this.#levels.push({ deadline: this.now() + ms, stop });
    try {
      return await work();
    } finally {
      this.#levels.pop();
    }
  }

  /** True when the time of the whole call is over, not only that of an inner `timeout`. */
  get outermostExpired(): boolean {
    return this.#levels[0] !== undefined && this.now() >= this.#levels[0].deadline;
  }

  /** Stops the outermost level whose time is over. */
  stopExpired(): void {
    const now = this.now();
    this.#levels.find((level) => now >= level.deadline)?.stop();
  }
}
