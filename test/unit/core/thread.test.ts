import { describe, expect, it } from 'vitest';
import { Signal, type Task, Thread } from '../../../src/sim/process/task.ts';
import { WORLD_EPOCH_MS, World } from '../../../src/sim/world.ts';

function run(body: (th: Thread) => Task<void>): { world: World; thread: Thread } {
  const world = new World({ seed: 1 });
  const thread = new Thread(world);
  thread.start(body(thread));
  return { world, thread };
}

describe('a thread', () => {
  it('adds short costs to its own clock and waits for the world when it must', () => {
    const marks: number[] = [];
    const { world, thread } = run(function* (th) {
      th.spend(250);
      marks.push(th.nowUs - WORLD_EPOCH_MS * 1000);
      yield* th.sleep(2);
      marks.push(th.nowUs - WORLD_EPOCH_MS * 1000);
    });
    expect(marks).toEqual([250]);
    world.advance(10);
    expect(marks).toEqual([250, 2250]);
    expect(thread.finished).toBe(true);
  });

  it('wakes by a signal or at the deadline, and says which', () => {
    const signal = new Signal();
    const answers: boolean[] = [];
    const { world } = run(function* (th) {
      answers.push(yield* th.wait(signal, 100));
      answers.push(yield* th.wait(signal, 100));
    });
    world.advance(10);
    signal.fire();
    world.advance(1000);
    expect(answers).toEqual([true, false]);
  });

  it('makes progress even with waits shorter than a microsecond', () => {
    let rounds = 0;
    const { world, thread } = run(function* (th) {
      const endUs = th.nowUs + 3.5;
      while (th.nowUs < endUs) {
        rounds++;
        yield* th.wait(new Signal(), (endUs - th.nowUs) / 1000);
      }
    });
    world.advance(1);
    expect(thread.finished).toBe(true);
    expect(rounds).toBeLessThan(5);
  });

  it('runs its finally blocks when it is cancelled, and nothing else', () => {
    const seen: string[] = [];
    const { world, thread } = run(function* (th) {
      try {
        yield* th.sleep(10);
        seen.push('after the sleep');
      } finally {
        seen.push('finally');
      }
    });
    thread.cancel();
    world.advance(100);
    expect(seen).toEqual(['finally']);
    expect([thread.finished, thread.error]).toEqual([true, undefined]);
  });
});
