import type { Os } from '../../process/os.ts';

/** CPU and memory of a process as measured at rest and under 30 requests/s. */
export interface Usage {
  idleMillicores: number;
  /** CPU of one request, µs. */
  requestUs: number;
  /** Resident memory at rest and once it has warmed up, MiB. */
  idleMiB: number;
  loadedMiB: number;
}

const IDLE_STEP_MS = 10_000;
const MIB = 1024 * 1024;
/** Requests after which about two thirds of the growth are reached. */
const WARM_UP_REQUESTS = 600;

/** The background cost of a process that waits. */
export function idleCpu(os: Os, millicores: number): void {
  if (millicores <= 0) return;
  os.thread(function* (th) {
    for (;;) {
      yield* th.sleep(IDLE_STEP_MS);
      os.useCpu(IDLE_STEP_MS * millicores);
    }
  });
}

/** Resident memory that grows from rest towards its warm level, and the CPU of each request. */
export class MemoryGauge {
  #requests = 0;

  constructor(
    readonly os: Os,
    readonly usage: Usage,
  ) {
    os.setMemory(usage.idleMiB * MIB);
  }

  /** Counts one request: its CPU now, the memory every 64th time. */
  request(share = 1): void {
    this.os.useCpu(this.usage.requestUs * share);
    if ((++this.#requests & 63) !== 0) return;
    const { idleMiB, loadedMiB } = this.usage;
    const warm = 1 - Math.exp(-this.#requests / WARM_UP_REQUESTS);
    this.os.setMemory(Math.round((idleMiB + (loadedMiB - idleMiB) * warm) * MIB));
  }
}
