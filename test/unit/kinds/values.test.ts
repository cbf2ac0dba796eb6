import { describe, expect, it } from 'vitest';
import { humanDuration } from '../../../src/kube/duration.ts';
import {
  addQuantities,
  canonicalQuantity,
  quantityMilli,
  quantityValue,
  subtractQuantities,
} from '../../../src/kube/quantity.ts';
import { CronError, nextCronTime, parseCron } from '../../../src/sim/api/kinds/common/cron.ts';

describe('quantities', () => {
  it.each([
    ['1000m', '1'],
    ['0.5', '500m'],
    ['1024Mi', '1Gi'],
    ['1.5Gi', '1536Mi'],
    ['1023Ki', '1023Ki'],
    ['0.5Ki', '512'],
    ['1000', '1k'],
    ['128974848', '128974848'],
    ['1e3', '1e3'],
    ['100e-3', '100e-3'],
    ['0', '0'],
    ['-500m', '-500m'],
    ['0.0000000001', '1n'],
  ])('%s is %s', (text, canonical) => {
    expect(canonicalQuantity(text)).toBe(canonical);
  });

  it('rounds resource lists up to thousandths', () => {
    expect(canonicalQuantity('0.1m', true)).toBe('1m');
  });

  it('calculates in the format of the left side', () => {
    expect([addQuantities('1Gi', '512Mi'), addQuantities('0', '100m'), subtractQuantities('1', '250m')]).toEqual([
      '1536Mi',
      '100m',
      '750m',
    ]);
    expect([quantityValue('500m'), quantityMilli('1.5'), quantityValue('1Ki')]).toEqual([1, 1500, 1024]);
  });

  it('refuses what is none', () => {
    expect(() => canonicalQuantity('1x')).toThrow('quantities must match the regular expression');
  });
});

it.each([
  [-3_000, '<invalid>'],
  [-500, '0s'],
  [119_000, '119s'],
  [120_000, '2m'],
  [599_000, '9m59s'],
  [600_000, '10m'],
  [10_799_000, '179m'],
  [10_800_000, '3h'],
  [11_460_000, '3h11m'],
  [172_800_000, '2d'],
  [176_400_000, '2d1h'],
  [8 * 86_400_000, '8d'],
  [800 * 86_400_000, '2y70d'],
])('%i ms is %s', (ms, text) => {
  expect(humanDuration(ms)).toBe(text);
});

it.each([
  ['*/5 * * * *', '2026-01-15T09:05:00.000Z'],
  ['0 0 * * 0', '2026-01-18T00:00:00.000Z'],
  ['30 2 1 * *', '2026-02-01T02:30:00.000Z'],
  ['0 12 29 feb *', '2028-02-29T12:00:00.000Z'],
  ['@every 90s', '2026-01-15T09:01:30.000Z'],
  ['0 0 13 * fri', '2026-01-16T00:00:00.000Z'],
])('after nine comes %s', (spec, next) => {
  expect(new Date(nextCronTime(parseCron(spec), Date.UTC(2026, 0, 15, 9)) ?? 0).toISOString()).toBe(next);
});

it('names what is wrong with a schedule', () => {
  expect(() => parseCron('60 * * * *')).toThrow(new CronError('end of range (60) above maximum (59): 60'));
});
