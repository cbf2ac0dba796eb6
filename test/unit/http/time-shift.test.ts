import { describe, expect, it } from 'vitest';
import { shiftJson, shiftLog, shiftQuery, shiftYaml } from '../../../src/http/time-shift.ts';

const HOUR = 3_600_000;

describe('times at the edge', () => {
  it('moves the fields that are times, and leaves what people wrote', () => {
    const object = (hour: string) => ({
      metadata: {
        creationTimestamp: `2026-01-15T${hour}:00:00Z`,
        managedFields: [{ manager: 'a', time: `2026-01-15T${hour}:00:01Z` }],
        annotations: {
          'kubectl.kubernetes.io/restartedAt': '2026-01-15T09:00:00Z',
          note: '{"creationTimestamp":"2026-01-15T09:00:00Z"}',
        },
      },
      data: { when: '2026-01-15T09:00:00Z', 'file.json': '{"time": "2026-01-15T09:00:00Z"}' },
      spec: { renewTime: `2026-01-15T${hour}:00:00.123456Z`, taints: [{ timeAdded: `2026-01-15T${hour}:00:00Z` }] },
      status: {
        startTime: `2026-01-15T${hour}:00:00Z`,
        containers: [{ startedAt: '1970-01-01T00:00:00Z', finishedAt: null }],
      },
    });
    for (const indent of [undefined, 2])
      expect(shiftJson(JSON.stringify(object('09'), null, indent), 2 * HOUR)).toBe(
        JSON.stringify(object('11'), null, indent),
      );
  });

  it('reads times with an offset, as Python writes them', () => {
    const text = (time: string) => `{"lastTransitionTime": "${time}"}`;
    expect(shiftJson(text('2026-01-15T09:00:00+00:00'), HOUR)).toBe(text('2026-01-15T10:00:00Z'));
    expect(shiftJson(text('2026-01-15T09:00:00.5-05:00'), HOUR)).toBe(text('2026-01-15T15:00:00.5Z'));
  });

  it('moves by whole seconds, and nothing for less than half of one', () => {
    const text = '{"time":"2026-01-15T09:00:00Z"}';
    expect(shiftJson(text, 499)).toBe(text);
    expect(shiftJson(text, -1_600)).toBe('{"time":"2026-01-15T08:59:58Z"}');
  });

  it('knows YAML', () => {
    const text = (hour: string) =>
      `metadata:\n  creationTimestamp: 2026-01-15T${hour}:00:00Z\n  managedFields:\n  - time: "2026-01-15T${hour}:00:00Z"\n  annotations:\n    a: 2026-01-15T09:00:00Z\n`;
    expect(shiftYaml(text('09'), HOUR)).toBe(text('10'));
  });

  it('moves the stamps of log lines, and no others', () => {
    const line = (hour: string) => `2026-01-15T${hour}:00:00.123456789Z 2026-01-15T09:00:00Z said so\n`;
    expect(shiftLog(line('09') + line('09'), HOUR)).toBe(line('10') + line('10'));
  });

  it('moves sinceTime', () => {
    const path = (time: string) => `/api/v1/namespaces/a/pods/b/log?follow=true&sinceTime=${time}&tailLines=1`;
    expect(shiftQuery(path('2026-01-15T09%3A00%3A00Z'), HOUR)).toBe(path('2026-01-15T10%3A00%3A00Z'));
    expect(shiftQuery(path('2026-01-15T09:00:00%2B01:00'), HOUR)).toBe(path('2026-01-15T09%3A00%3A00Z'));
    expect(shiftQuery(path('soon'), HOUR)).toBe(path('soon'));
  });
});
