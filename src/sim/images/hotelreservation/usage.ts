import type { Os } from '../../process/os.ts';
import type { Task, Thread } from '../../process/task.ts';

/** CPU and memory of a process as measured at rest and under 30 requests/s. */
export interface Usage {
  idleMillicores: number;
  /** CPU of one request that follows closely on another, µs. */
  requestUs: number;
  /** What it costs more, µs, after a pause that let the process fall asleep and its caches go cold. */
  wakeUs: number;
  /** Resident memory at rest and once it has warmed up, MiB. */
  idleMiB: number;
  loadedMiB: number;
}

const IDLE_STEP_MS = 10_000;
const MIB = 1024 * 1024;
/** What Go's runtime keeps for a small server on several processors. */
const GO_THREADS = 10;
/** Requests after which about two thirds of the growth are reached. */
const WARM_UP_REQUESTS = 600;
/** Pause after which about two thirds of the waking cost are due: fits what was measured at 10 and at 30 requests/s. */
const ASLEEP_MS = 100;

/** The background cost of a process that waits. */
export function idleCpu(os: Os, millicores: number): void {
  if (millicores <= 0) return;
  os.thread(function* (th) {
    for (;;) {
      yield* th.sleep(IDLE_STEP_MS);
      os.useCpu(IDLE_STEP_MS * millicores, IDLE_STEP_MS * 1000);
    }
  });
}

/** Resident memory that grows from rest towards its warm level, and the CPU of each request. */
export class MemoryGauge {
  #requests = 0;
  #lastUs = 0;

  constructor(
    readonly os: Os,
    readonly usage: Usage,
  ) {
    os.setMemory(usage.idleMiB * MIB);
    os.setThreads(GO_THREADS);
  }

  /** Counts one request of that thread: its CPU now, which may have to be waited for, and the memory every 64th time. */
  *request(th: Thread, share = 1): Task<void> {
    const pauseMs = Math.max(0, (th.nowUs - this.#lastUs) / 1000);
    this.#lastUs = th.nowUs;
    const { requestUs, wakeUs } = this.usage;
    const cpuUs = (requestUs + wakeUs * (1 - Math.exp(-pauseMs / ASLEEP_MS))) * share;
    const throttledUs = this.os.useCpu(cpuUs);
    if (throttledUs > 0) yield* th.sleep(throttledUs / 1000);
    if ((++this.#requests & 63) !== 0) return;
    const { idleMiB, loadedMiB } = this.usage;
    const warm = 1 - Math.exp(-this.#requests / WARM_UP_REQUESTS);
    this.os.setMemory(Math.round((idleMiB + (loadedMiB - idleMiB) * warm) * MIB));
  }
}
