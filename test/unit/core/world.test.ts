import { describe, expect, it } from 'vitest';
import { Prng } from '../../../src/core/prng.ts';
import { WORLD_EPOCH_MS, World } from '../../../src/sim/world.ts';

describe('the world', () => {
  it('runs events in order of time, then of planning', () => {
    const world = new World({ seed: 1 });
    const seen: string[] = [];
    world.after(20, () => seen.push('late'));
    world.after(10, () => {
      seen.push('first');
      world.after(0, () => seen.push('planned by first'));
    });
    world.after(10, () => seen.push('second'));
    world.advance(15);
    expect(seen).toEqual(['first', 'second', 'planned by first']);
    expect(world.nowMs).toBe(WORLD_EPOCH_MS + 15);
    world.advance(5);
    expect(seen.at(-1)).toBe('late');
  });

  it('keeps whole microseconds, so that times print and compare exactly', () => {
    const world = new World({ seed: 1 });
    let at = 0;
    world.after(0.0004, () => {
      at = world.nowUs;
    });
    world.advance(1.23456789);
    expect(Number.isInteger(at)).toBe(true);
    expect(Number.isInteger(world.nowUs)).toBe(true);
  });

  it('does not run cancelled events and says whether a timer is active', () => {
    const world = new World({ seed: 1 });
    let ran = 0;
    const timer = world.after(5, () => ran++);
    const periodic = world.every(10, () => ran++);
    timer.cancel();
    world.advance(35);
    periodic.cancel();
    world.advance(100);
    expect(ran).toBe(3);
    expect([timer.active, periodic.active]).toEqual([false, false]);
  });

  it('stops as soon as the condition holds, or at the limit', () => {
    const world = new World({ seed: 1 });
    let done = false;
    world.after(30, () => {
      done = true;
    });
    expect(world.runUntil(() => done, 20)).toBe(false);
    expect(world.runUntil(() => done, 1000)).toBe(true);
    expect(world.nowMs).toBe(WORLD_EPOCH_MS + 30);
  });

  it('is settled when nothing was touched for the quiet time', () => {
    const world = new World({ seed: 1 });
    world.after(3_000, () => world.touch());
    expect(world.settle(60_000, 5_000)).toBe(true);
    expect(world.nowMs).toBe(WORLD_EPOCH_MS + 8_000);
    const busy = world.every(1_000, () => world.touch());
    world.touch();
    expect(world.settle(20_000, 5_000)).toBe(false);
    busy.cancel();
  });

  it('gives each name a stream of its own that depends on the seed alone', () => {
    const draw = (seed: string, name: string): number[] => {
      const stream = new World({ seed }).rng(name);
      return [stream.uint32(), stream.uint32()];
    };
    expect(draw('7', 'a')).toEqual(draw('7', 'a'));
    expect(draw('7', 'a')).not.toEqual(draw('7', 'b'));
    expect(draw('7', 'a')).not.toEqual(draw('8', 'a'));
  });
});

describe('the random stream', () => {
  it('has the moments of its distributions', () => {
    const prng = new Prng('moments');
    const mean = (draw: () => number): number =>
      Array.from({ length: 20_000 }, draw).reduce((a, b) => a + b, 0) / 20_000;
    expect(mean(() => prng.float())).toBeCloseTo(0.5, 1);
    expect(mean(() => prng.exponential(3))).toBeCloseTo(3, 0);
    expect(mean(() => prng.normal(10, 2))).toBeCloseTo(10, 0);
    const sorted = Array.from({ length: 20_000 }, () => prng.lognormal(4, 12)).sort((a, b) => a - b);
    expect(sorted[10_000]).toBeGreaterThan(3.8);
    expect(sorted[10_000]).toBeLessThan(4.2);
    expect(sorted[19_000]).toBeGreaterThan(11);
    expect(sorted[19_000]).toBeLessThan(13);
  });
});
