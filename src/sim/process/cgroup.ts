import type { World } from '../world.ts';

/** Limits of a container's cgroup; undefined means none. */
export interface CgroupLimits {
  memoryBytes?: number;
  /** CPU time per period of 100 ms, in µs. */
  cpuQuotaUs?: number;
  /** Relative weight as cgroup v1's cpu.shares. */
  cpuShares: number;
}

const PERIOD_US = 100_000;
const STARTED_CACHE_BYTES = 1_638_400;

/** What the kernel counts for one container: CPU with CFS bandwidth control, memory, OOM kills. */
export class Cgroup {
  cpuUsageUs = 0;
  throttledUs = 0;
  throttledPeriods = 0;
  periods = 0;
  oomEvents = 0;
  /** File pages charged to it: the program's own, which starting it reads. */
  cacheBytes = STARTED_CACHE_BYTES;
  #period = -1;
  #usedInPeriod = 0;
  #memory = new Map<number, number>();
  #memorySum = 0;
  #threads = new Map<number, number>();

  constructor(
    readonly world: World,
    public limits: CgroupLimits,
  ) {}

  /**
   * Charges CPU time and says how long, in µs, the caller has to wait for it: what goes over the quota runs in the following periods
   * and counts as throttled time. With `overUs` the time was used little by little in that long a past, which nobody waits for.
   */
  useCpu(us: number, overUs = 0): number {
    this.cpuUsageUs += us;
    const quota = this.limits.cpuQuotaUs;
    if (overUs > PERIOD_US) {
      const periods = Math.floor(overUs / PERIOD_US);
      this.periods += periods;
      const excessUs = quota === undefined ? 0 : us - quota * periods;
      if (excessUs > 0) {
        this.throttledPeriods += periods;
        this.throttledUs += excessUs;
      }
      return 0;
    }
    const now = Math.floor(this.world.nowUs / PERIOD_US);
    if (now > this.#period) {
      this.#period = now;
      this.#usedInPeriod = 0;
      this.periods++;
    }
    this.#usedInPeriod += us;
    while (quota !== undefined && this.#usedInPeriod > quota) {
      this.#usedInPeriod -= quota;
      this.#period++;
      this.periods++;
      this.throttledPeriods++;
      this.throttledUs += Math.max(0, PERIOD_US - quota);
    }
    return this.#period > now ? this.#period * PERIOD_US - this.world.nowUs : 0;
  }

  /** Threads of its processes; one of which nothing is known has one. */
  threads(pids: readonly number[]): number {
    return pids.reduce((sum, pid) => sum + (this.#threads.get(pid) ?? 1), 0);
  }

  setThreads(pid: number, count: number): void {
    this.#threads.set(pid, count);
  }

  get memoryRssBytes(): number {
    return this.#memorySum;
  }

  /** Sets what a process holds; true when the cgroup is over its limit and the kernel must kill. */
  setMemory(pid: number, bytes: number): boolean {
    this.#memorySum += bytes - (this.#memory.get(pid) ?? 0);
    if (bytes === 0) this.#memory.delete(pid);
    else this.#memory.set(pid, bytes);
    return this.limits.memoryBytes !== undefined && this.#memorySum > this.limits.memoryBytes;
  }
}
