import type { WallClock } from '../cluster/kubernetes.ts';
import type { Timers } from '../http/clock.ts';

/** The machine's own clock. */
export const wallClock: WallClock & Timers = {
  now: Date.now,
  after(ms, run) {
    const handle = setTimeout(run, ms);
    return () => clearTimeout(handle);
  },
  every(ms, run) {
    const handle = setInterval(run, ms);
    return () => clearInterval(handle);
  },
};
