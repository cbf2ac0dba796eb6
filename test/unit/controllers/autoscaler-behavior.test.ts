import { describe, expect, it } from 'vitest';
import { type AutoscalerMemory, applyBehavior } from '../../../src/sim/controllers/lib/autoscaler-behavior.ts';

const policy = (type: string, value: number, periodSeconds = 60): object => ({ type, value, periodSeconds });
const up = { stabilizationWindowSeconds: 0, selectPolicy: 'Max', policies: [policy('Pods', 2), policy('Percent', 50)] };
const down = {
  stabilizationWindowSeconds: 0,
  selectPolicy: 'Max',
  policies: [policy('Pods', 1), policy('Percent', 50)],
};
const empty = (): AutoscalerMemory => ({ recommendations: [], changes: [] });

function decide(behavior: object, current: number, proposed: number, memory = empty(), nowMs = 0): object {
  const { replicas, able, limited } = applyBehavior(
    { spec: { maxReplicas: 20, behavior }, nowMs, current, min: 1 },
    proposed,
    memory,
  );
  return { replicas, able: able[0], limited: limited?.[0] };
}

describe('spec.behavior of an autoscaler', () => {
  it('limits how fast it grows and shrinks, by the widest policy', () => {
    const behavior = { scaleUp: up, scaleDown: down };
    expect(decide(behavior, 10, 19)).toEqual({ replicas: 15, able: 'ReadyForNewScale', limited: 'ScaleUpLimit' });
    expect(decide(behavior, 10, 1)).toEqual({ replicas: 5, able: 'ReadyForNewScale', limited: 'ScaleDownLimit' });
    expect(decide(behavior, 19, 25)).toEqual({ replicas: 20, able: 'ReadyForNewScale', limited: 'TooManyReplicas' });
  });

  it('takes the narrowest policy, or none, when told so', () => {
    expect(decide({ scaleUp: { ...up, selectPolicy: 'Min' }, scaleDown: down }, 10, 19)).toEqual({
      replicas: 12,
      able: 'ReadyForNewScale',
      limited: 'ScaleUpLimit',
    });
    expect(decide({ scaleUp: up, scaleDown: { selectPolicy: 'Disabled' } }, 10, 2)).toEqual({
      replicas: 10,
      able: 'ReadyForNewScale',
      limited: 'ScaleDownLimit',
    });
  });

  it('counts what it changed within the period', () => {
    const memory: AutoscalerMemory = { recommendations: [], changes: [{ atMs: 0, by: 2 }] };
    const behavior = { scaleUp: { ...up, policies: [policy('Pods', 2)] }, scaleDown: down };
    expect(decide(behavior, 6, 9, memory, 30_000)).toMatchObject({ replicas: 6 });
    expect(decide(behavior, 6, 9, memory, 61_000)).toMatchObject({ replicas: 8 });
  });

  it('waits out the windows of both directions', () => {
    const behavior = {
      scaleUp: { ...up, stabilizationWindowSeconds: 60 },
      scaleDown: { ...down, stabilizationWindowSeconds: 60 },
    };
    const memory = empty();
    decide(behavior, 4, 4, memory, 0);
    expect(decide(behavior, 4, 8, memory, 15_000)).toEqual({
      replicas: 4,
      able: 'ScaleUpStabilized',
      limited: undefined,
    });
    expect(decide(behavior, 4, 2, memory, 30_000)).toEqual({
      replicas: 4,
      able: 'ScaleDownStabilized',
      limited: undefined,
    });
  });
});
