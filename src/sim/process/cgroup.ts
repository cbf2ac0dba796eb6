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

/** What the kernel counts for one container: CPU with CFS bandwidth control, memory, OOM kills. */
export class Cgroup {
  cpuUsageUs = 0;
  throttledUs = 0;
  throttledPeriods = 0;
  periods = 0;
  oomEvents = 0;
  cacheBytes = 0;
  #period = -1;
  #usedInPeriod = 0;
  #memory = new Map<number, number>();
  #memorySum = 0;

  constructor(
    readonly world: World,
    public limits: CgroupLimits,
  ) {}

  /** Charges CPU time; what goes over the quota runs in the following periods and counts as throttled time. */
  useCpu(us: number): void {
    this.cpuUsageUs += us;
    const quota = this.limits.cpuQuotaUs;
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
