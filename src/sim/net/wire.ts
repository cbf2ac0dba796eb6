import type { Prng } from '../../core/prng.ts';
import type { NetworkDisturbances } from '../disturb/disturbances.ts';
import type { Task, Thread } from '../process/task.ts';
import type { World } from '../world.ts';
import type { Stack } from './stack.ts';

/** Linux: initial and largest retransmission time-out, retries before the connection is given up (tcp_retries2). */
const RTO_FIRST_MS = 200;
const RTO_MAX_MS = 120_000;
const RETRIES_MAX = 15;
/** A delay above this is really waited for; below it only moves the thread's clock. */
const WAITED_DELAY_MS = 50;

export type Delivery = 'delivered' | 'timeout' | 'given-up';

/** The links between stacks: latency, and what disturbances make of packets. */
export class Wire {
  readonly #rng: Prng;

  constructor(
    world: World,
    readonly disturb: NetworkDisturbances,
  ) {
    this.#rng = world.rng('net/latency');
  }

  /** One way, in µs: little over a bridge, more between nodes that share a machine, nearly nothing on the loopback. */
  latencyUs(from: Stack, to: Stack): number {
    if (from === to) return 4 + this.#rng.int(6);
    return from.ns.nodeName === to.ns.nodeName ? 8 + this.#rng.int(14) : 20 + this.#rng.int(30);
  }

  disturbed(a: Stack, b: Stack): boolean {
    if (this.disturb.none || a === b) return false;
    return this.disturb.of(a.ns, b.ns) !== undefined || this.disturb.of(b.ns, a.ns) !== undefined;
  }

  /** Whether one packet sent now gets lost. */
  loses(from: Stack, to: Stack): boolean {
    if (from === to) return false;
    const out = this.disturb.of(from.ns, to.ns);
    const lost =
      out?.partitioned === true ||
      this.disturb.of(to.ns, from.ns)?.partitioned === true ||
      (out !== undefined && out.loss > 0 && (out.loss >= 1 || this.#rng.chance(out.loss)));
    if (lost) from.counters.txDropped++;
    return lost;
  }

  /** Added delay in ms of one packet sent now. */
  delayMs(from: Stack, to: Stack): number {
    const out = from === to ? undefined : this.disturb.of(from.ns, to.ns);
    if (!out || (out.delayMs === 0 && out.jitterMs === 0)) return 0;
    return Math.max(0, out.delayMs + (out.jitterMs === 0 ? 0 : this.#rng.between(-out.jitterMs, out.jitterMs)));
  }

  /** Lets a delay pass on the thread. */
  *pass(th: Thread, delayMs: number): Task<void> {
    if (delayMs > WAITED_DELAY_MS) yield* th.sleep(delayMs);
    else if (delayMs > 0) th.spend(Math.round(delayMs * 1000));
  }

  /** Carries one TCP message over a disturbed path, with retransmissions. */
  *carry(th: Thread, from: Stack, to: Stack, deadlineUs: number | undefined): Task<Delivery> {
    let rtoMs = RTO_FIRST_MS;
    for (let retries = 0; this.loses(from, to); retries++) {
      if (retries >= RETRIES_MAX) return 'given-up';
      if (!(yield* this.#untilRetransmit(th, from, to, rtoMs, deadlineUs))) return 'timeout';
      rtoMs = Math.min(rtoMs * 2, RTO_MAX_MS);
    }
    const delayMs = this.delayMs(from, to);
    if (deadlineUs !== undefined && th.nowUs + delayMs * 1000 > deadlineUs) {
      yield* this.pass(th, (deadlineUs - th.nowUs) / 1000);
      return 'timeout';
    }
    yield* this.pass(th, delayMs);
    th.spend(this.latencyUs(from, to));
    return 'delivered';
  }

  /**
   * Waits for the next retransmission; false when the deadline came first. When the path becomes clear meanwhile, acknowledgements and
   * other traffic of the connection bring it back sooner than the doubled time-out: seen 1 to 3 s after the loss ended.
   */
  *#untilRetransmit(th: Thread, from: Stack, to: Stack, rtoMs: number, deadlineUs: number | undefined): Task<boolean> {
    let untilUs = th.nowUs + rtoMs * 1000;
    while (th.nowUs < untilUs) {
      const endUs = deadlineUs === undefined ? untilUs : Math.min(untilUs, deadlineUs);
      const changed = yield* th.wait(this.disturb.changed, (endUs - th.nowUs) / 1000);
      if (deadlineUs !== undefined && th.nowUs >= deadlineUs) return false;
      if (changed && !this.#blocked(from, to)) {
        untilUs = Math.min(untilUs, th.nowUs + this.#rng.between(1_000_000, 3_000_000));
      }
    }
    return true;
  }

  #blocked(from: Stack, to: Stack): boolean {
    const out = this.disturb.of(from.ns, to.ns);
    return out?.partitioned === true || this.disturb.of(to.ns, from.ns)?.partitioned === true || (out?.loss ?? 0) >= 1;
  }
}
