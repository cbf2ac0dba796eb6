import { describe, expect, it } from 'vitest';
import { differingLines, eventReasons, normalise } from '../../../scripts/compare/normalise.ts';
import { reasonFor } from '../../../scripts/compare/reasons.ts';

describe('answers of different clouds', () => {
  it('are equal but for names, addresses, times and widths', () => {
    const here = 'NAME                      READY   STATUS   AGE\npod/web-784955b564-2xgjr   1/1   Running   5m30s\n';
    const there = 'NAME                    READY   STATUS    AGE\npod/web-5d4f8c7b9c-abcde   1/1     Running   12s\n';
    expect(differingLines(here, there)).toEqual({ onlyA: [], onlyB: [] });
  });

  it('name what differs, in whatever order it comes', () => {
    expect(differingLines('a\nb\nc\n', 'c\na\nd\n')).toEqual({ onlyA: ['b'], onlyB: ['d'] });
  });

  it('keep what counts', () => {
    expect(normalise('Error: 3 of 8 failed on port 9090')).toEqual(['Error: 3 of 8 failed on port 9090']);
    expect(normalise('0/3 nodes are available: 3 node(s) had untolerated taint(s).')).toEqual([
      '<n> nodes are available: <n> node(s) had untolerated taint(s).',
    ]);
  });

  it('tell the reasons of events', () => {
    const table =
      'LAST SEEN   TYPE      REASON      OBJECT      MESSAGE\n5s   Warning   BackOff   pod/a   x\n9s   Warning   BackOff   pod/a   x\n9s   Warning   Failed   pod/a   x\n';
    expect(eventReasons(table)).toEqual(['BackOff', 'Failed']);
  });

  it('are not explained away', () => {
    expect(reasonFor('Error: everything is on fire')).toBeUndefined();
    expect(reasonFor('Killed')).toBe('cgroup v1 kills one process, cgroup v2 the whole container');
  });
});
