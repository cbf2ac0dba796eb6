import { Prng } from '../../core/prng.ts';
import type { World } from '../world.ts';

/** How long one draw holds, µs: about what a neighbour's burst or a collector's pause lasts. */
const SLOT_US = 20_000;
const KEPT_SLOTS = 64;
const BUSY = { share: 0.075, median: 3, p95: 5 };
const STALLED = { share: 0.02, median: 8, p95: 14 };
const QUIET = { median: 1, p95: 1.2 };

/**
 * How much longer work takes at a time (µs since the epoch) than on an idle machine. The nodes share one machine, as kind's do, so that whatever
 * runs in a slow moment is slow together: measured latencies have tails that single operations' spreads do not add up to.
 */
export function machineSlowdown(world: World): (nowUs: number) => number {
  const known = new Map<number, number>();
  return (nowUs) => {
    const slot = Math.floor(nowUs / SLOT_US);
    let factor = known.get(slot);
    if (factor === undefined) {
      factor = draw(new Prng(`${world.seed}/machine/${slot}`));
      known.set(slot, factor);
      if (known.size > KEPT_SLOTS) known.delete(known.keys().next().value as number);
    }
    return factor;
  };
}

function draw(rng: Prng): number {
  const where = rng.float();
  const { median, p95 } = where < STALLED.share ? STALLED : where < STALLED.share + BUSY.share ? BUSY : QUIET;
  return rng.lognormal(median, p95);
}
