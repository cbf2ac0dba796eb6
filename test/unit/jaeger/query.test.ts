import { describe, expect, it } from 'vitest';
import { handleQuery, parseGoDuration } from '../../../src/sim/images/jaeger/query.ts';
import { SpanColumns, type SpanContext } from '../../../src/sim/images/jaeger/spans.ts';
import { SpanStore } from '../../../src/sim/images/jaeger/store.ts';

const NOW_US = 1_768_467_600_000_000;
const context = (trace: number, span: number): SpanContext => ({ traceHi: 0, traceLo: trace, spanHi: 0, spanLo: span });

function store(traces: number): SpanStore {
  const made = new SpanStore();
  const send = (service: string, operation: string, parent: boolean): void => {
    const columns = new SpanColumns();
    const urls = new Map<number, string>();
    for (let t = 1; t <= traces; t++) {
      const row = columns.push(
        context(t, parent ? t + 1000 : t),
        parent ? context(t, t) : undefined,
        NOW_US - 1e6 * t,
        5 * t,
        0,
        0,
      );
      if (!parent) urls.set(row, `/x?${t}`);
    }
    const method = { key: 'http.method', type: 'string', value: 'GET' } as const;
    made.add({ process: { serviceName: service, tags: [] }, shapes: [{ operation, tags: [method] }], columns, urls });
  };
  send('frontend', 'HTTP GET /x', false);
  send('geo', '/geo.Geo/Nearby', true);
  return made;
}

const get = (s: SpanStore, path: string) => {
  const { status, body } = handleQuery(
    s,
    { proto: 'http', kind: 'request', method: 'GET', path, headers: {}, body: '' },
    NOW_US,
  );
  return { status, ...JSON.parse(body) };
};

describe('the query API', () => {
  it('prints traces, services and dependencies in the wire form', () => {
    const s = store(1);
    expect(get(s, '/api/services')).toEqual({
      status: 200,
      data: ['frontend', 'geo'],
      total: 2,
      limit: 0,
      offset: 0,
      errors: null,
    });
    expect(get(s, '/api/traces?service=geo')).toEqual({
      status: 200,
      data: [
        {
          traceID: '0000000000000001',
          spans: [
            {
              traceID: '0000000000000001',
              spanID: '0000000000000001',
              flags: 1,
              operationName: 'HTTP GET /x',
              references: [],
              startTime: NOW_US - 1e6,
              duration: 5,
              tags: [
                { key: 'http.method', type: 'string', value: 'GET' },
                { key: 'http.url', type: 'string', value: '/x?1' },
              ],
              logs: [],
              processID: 'p1',
              warnings: null,
            },
            {
              traceID: '0000000000000001',
              spanID: '00000000000003e9',
              flags: 1,
              operationName: '/geo.Geo/Nearby',
              references: [{ refType: 'CHILD_OF', traceID: '0000000000000001', spanID: '0000000000000001' }],
              startTime: NOW_US - 1e6,
              duration: 5,
              tags: [{ key: 'http.method', type: 'string', value: 'GET' }],
              logs: [],
              processID: 'p2',
              warnings: null,
            },
          ],
          processes: { p1: { serviceName: 'frontend', tags: [] }, p2: { serviceName: 'geo', tags: [] } },
          warnings: null,
        },
      ],
      total: 0,
      limit: 0,
      offset: 0,
      errors: null,
    });
    expect(get(s, `/api/dependencies?endTs=${NOW_US / 1000}&lookback=60000`).data).toEqual([
      { parent: 'frontend', child: 'geo', callCount: 1 },
    ]);
  });

  it('keeps the newest hundred unless told otherwise, and filters', () => {
    const s = store(150);
    expect(get(s, '/api/traces?service=geo').data).toHaveLength(100);
    expect(get(s, '/api/traces?service=geo&limit=5&minDuration=700us').data).toHaveLength(5);
    expect(get(s, '/api/traces?service=frontend&lookback=10s').data).toHaveLength(10);
    expect(get(s, `/api/traces?service=frontend&tags=${encodeURIComponent('{"http.url":"/x?7"}')}`).data).toHaveLength(
      1,
    );
  });

  it('refuses as the real one does', () => {
    const s = store(1);
    expect(get(s, '/api/traces')).toMatchObject({
      status: 400,
      data: null,
      errors: [{ code: 400, msg: "parameter 'service' is required" }],
    });
    expect(get(s, '/api/traces/abc')).toMatchObject({ status: 404, errors: [{ code: 404, msg: 'trace not found' }] });
    expect(get(s, '/api/services/nobody/operations')).toEqual({
      status: 200,
      data: [],
      total: 0,
      limit: 0,
      offset: 0,
      errors: null,
    });
    expect(parseGoDuration('1h30m')).toBe(5_400e6);
    expect(parseGoDuration('x')).toBeUndefined();
  });
});
