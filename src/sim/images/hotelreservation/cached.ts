import type { Task, Thread } from '../../process/task.ts';
import { lasting, type Spread } from './grpc.ts';
import type { Running } from './startup.ts';
import type { Span } from './tracing.ts';

/** A span around a request for no keys at all, which the cache's client answers by itself. */
export const NO_KEYS: Spread = [6, 20];

/**
 * Runs `work` under a child span and lets it last at least as long as drawn from `spread`: the measured durations hold
 * whatever the network below already costs.
 */
export function* traced<T>(
  { os, tracer }: Running,
  th: Thread,
  parent: Span,
  shape: number,
  spread: Spread,
  work: (span: Span) => Task<T>,
): Task<T> {
  const span = tracer.child(th, parent);
  const endUs = span.startUs + lasting(os, th, spread);
  const result = yield* work(span);
  if (th.nowUs < endUs) th.spend(endUs - th.nowUs);
  tracer.finish(th, span, shape);
  return result;
}

/** Runs the tasks side by side, as goroutines with a WaitGroup, and waits for the slowest. */
export function* inParallel<A>(
  { os }: Running,
  th: Thread,
  items: readonly A[],
  body: (th: Thread, item: A) => Task<void>,
): Task<void> {
  const startUs = th.nowUs;
  const threads = items.map((item) =>
    os.thread(function* (own) {
      own.spend(Math.max(0, startUs - own.nowUs));
      yield* body(own, item);
    }),
  );
  for (const thread of threads) {
    while (!thread.finished) yield* th.wait(thread.done);
    th.spend(Math.max(0, thread.nowUs - th.nowUs));
  }
}
