import type { KubeObject } from '../../kube/object.ts';
import type { Timer, World } from '../world.ts';
import { priorityOf } from './find.ts';

const BACKOFF_BASE_MS = 1_000;
const BACKOFF_MAX_MS = 10_000;
/** Pods that nothing woke are tried again after this. */
const UNSCHEDULABLE_MAX_MS = 5 * 60_000;

interface Waiting {
  uid: string;
  seq: number;
  attempts: number;
  failedMs: number;
  ready: boolean;
  timer?: Timer;
}

/** Pods that wait for a node: active by priority and age, else backing off or unschedulable until something changes. */
export class SchedulingQueue {
  readonly #waiting = new Map<string, Waiting>();
  #seq = 0;

  constructor(
    readonly world: World,
    readonly podOf: (uid: string) => KubeObject | undefined,
    /** Called when a pod became ready to be tried. */
    readonly onReady: () => void,
  ) {}

  add(uid: string): void {
    if (this.#waiting.has(uid)) return;
    this.#waiting.set(uid, { uid, seq: this.#seq++, attempts: 0, failedMs: 0, ready: true });
    this.onReady();
  }

  remove(uid: string): void {
    this.#waiting.get(uid)?.timer?.cancel();
    this.#waiting.delete(uid);
  }

  /** The next pod to try, the highest priority first, then the longest waiting. */
  pop(): string | undefined {
    let best: Waiting | undefined;
    let bestPriority = 0;
    for (const waiting of this.#waiting.values()) {
      if (!waiting.ready) continue;
      const pod = this.podOf(waiting.uid);
      const priority = pod ? priorityOf(pod) : 0;
      if (!best || priority > bestPriority || (priority === bestPriority && waiting.seq < best.seq)) {
        best = waiting;
        bestPriority = priority;
      }
    }
    if (!best) return undefined;
    best.ready = false;
    best.attempts++;
    return best.uid;
  }

  /** The attempt failed: wait for a change, at most five minutes. */
  fail(uid: string): void {
    const waiting = this.#waiting.get(uid);
    if (!waiting) return;
    waiting.failedMs = this.world.nowMs;
    waiting.seq = this.#seq++;
    this.#plan(waiting, UNSCHEDULABLE_MAX_MS);
  }

  /** Something changed that may help the pods which `concerns` names: try them once their back-off is over. */
  wake(concerns: (pod: KubeObject) => boolean): void {
    for (const waiting of this.#waiting.values()) {
      if (waiting.ready || waiting.attempts === 0) continue;
      const pod = this.podOf(waiting.uid);
      if (!pod || !concerns(pod)) continue;
      const backoff = Math.min(BACKOFF_BASE_MS * 2 ** (waiting.attempts - 1), BACKOFF_MAX_MS);
      this.#plan(waiting, Math.max(0, waiting.failedMs + backoff - this.world.nowMs));
    }
  }

  #plan(waiting: Waiting, delayMs: number): void {
    waiting.timer?.cancel();
    waiting.timer = this.world.after(delayMs, () => {
      waiting.ready = true;
      this.onReady();
    });
  }
}
