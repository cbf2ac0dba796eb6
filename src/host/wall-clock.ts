import type { WallClock } from '../cluster/kubernetes.ts';

/** The machine's own clock. */
export const wallClock: WallClock = {
  now: Date.now,
  after(ms, run) {
    const handle = setTimeout(run, ms);
    return () => clearTimeout(handle);
  },
};
