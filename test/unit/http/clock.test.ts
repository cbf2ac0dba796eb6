import { describe, expect, it } from 'vitest';
import { type Timers, WorldClock } from '../../../src/http/clock.ts';
import { World } from '../../../src/sim/world.ts';

const START_MS = Date.UTC(2026, 5, 1);

/** A wall clock that moves when told; one tick per call. */
class Wall implements Timers {
  #nowMs = START_MS;
  #run: () => void = () => {};
  now(): number {
    return this.#nowMs;
  }
  every(_ms: number, run: () => void): () => void {
    this.#run = run;
    return () => {
      this.#run = () => {};
    };
  }
  pass(ms: number): void {
    this.#nowMs += ms;
    this.#run();
  }
  /** Time in which nothing gets its turn. */
  skip(ms: number): void {
    this.#nowMs += ms;
  }
}

function clockOf(policy: 'wall' | 'stepped', speed?: number) {
  const [wall, world] = [new Wall(), new World({ seed: 1, epochMs: START_MS })];
  const clock = new WorldClock(world, policy, wall, (error) => expect.fail(String(error)), speed);
  return { wall, clock, passed: () => world.nowMs - START_MS };
}

describe('the clock of a served world', () => {
  it('follows the wall clock', () => {
    const { wall, clock, passed } = clockOf('wall');
    for (let i = 0; i < 50; i++) wall.pass(20);
    expect(passed()).toBe(1_000);
    expect(clock.offsetMs).toBe(0);
    clock.stop();
    wall.pass(1_000);
    expect(passed()).toBe(1_000);
  });

  it('is up to date when a request arrives, also between ticks', () => {
    const { wall, clock } = clockOf('wall');
    wall.pass(20);
    wall.skip(700);
    clock.requestArrived();
    expect(clock.offsetMs).toBe(0);
    wall.pass(20);
    expect(clock.offsetMs).toBe(0);
  });

  it('runs faster when asked', () => {
    const { wall, clock, passed } = clockOf('wall', 30);
    for (let i = 0; i < 50; i++) wall.pass(20);
    expect(passed()).toBe(30_000);
    expect(clock.offsetMs).toBe(-29_000);
  });

  it.each([
    [1, 5_000],
    [10, 5_000],
    [500, 20_000],
  ])('makes up for a pause of the machine in small pieces, at speed %d', (speed, ms) => {
    const { wall, passed } = clockOf('wall', speed);
    wall.pass(3_600_000);
    expect(passed()).toBe(ms);
  });

  it('stands still while nobody waits, when stepped', () => {
    const { wall, clock, passed } = clockOf('stepped');
    wall.pass(1_000);
    expect(passed()).toBe(0);
    const release = clock.hold();
    wall.pass(100);
    expect(passed()).toBe(1_000);
    release();
    release();
    wall.pass(100);
    expect(passed()).toBe(1_000);
  });
});
