import { describe, expect, it } from 'vitest';
import { shiftForm, shiftTelemetryAnswer, shiftTelemetryQuery } from '../../../src/http/telemetry-shift.ts';

const HOUR = 3_600_000;
const PROXY = '/api/v1/namespaces/observe/services/prometheus-server:80/proxy';

describe('times of metrics and traces', () => {
  it.each([
    [
      '/api/v1/query_range?query=up&start=1768467600&end=1768467660.5&step=15',
      '/api/v1/query_range?query=up&start=1768471200&end=1768471260.5&step=15',
    ],
    ['/api/v1/query?query=up&time=2026-01-15T09:00:00Z', '/api/v1/query?query=up&time=2026-01-15T10%3A00%3A00.000Z'],
    ['/api/v1/query?query=time', '/api/v1/query?query=time'],
    [`${PROXY}/api/v1/series?match[]=up&start=1768467600`, `${PROXY}/api/v1/series?match[]=up&start=1768471200`],
    [
      '/api/traces?service=a&start=1768467600000000&lookback=60s',
      '/api/traces?service=a&start=1768471200000000&lookback=60s',
    ],
    ['/api/dependencies?endTs=1768467600000&lookback=600', '/api/dependencies?endTs=1768471200000&lookback=600'],
    ['/hotels?start=1768467600', '/hotels?start=1768467600'],
  ])('are moved in what is asked: %s', (asked, sent) => {
    expect(shiftTelemetryQuery(asked, HOUR)).toBe(sent);
    expect(shiftTelemetryQuery(asked, 100)).toBe(asked);
  });

  it('are moved in forms', () => {
    expect(shiftForm('/api/v1/query_range', 'query=up%7B%7D&start=1768467600&end=1768467660&step=15', -HOUR)).toBe(
      'query=up%7B%7D&start=1768464000&end=1768464060&step=15',
    );
  });

  it('are moved in what is answered', () => {
    const matrix = (s: number) => `{"data":{"result":[{"metric":{},"values":[[${s}.5,"1"],[${s + 15}.5,"2"]]}]}}`;
    const vector = (s: number) => `{"data":{"result":[{"metric":{},"value":[${s}.123,"1"]}]}}`;
    const spans = (us: number) =>
      `{"data":[{"spans":[{"startTime":${us},"duration":12,"logs":[{"timestamp":${us + 1}}]}]}]}`;
    const [from, to] = [1_768_467_600, 1_768_471_200];
    expect(shiftTelemetryAnswer('/api/v1/query_range?x', matrix(from), HOUR)).toBe(matrix(to));
    expect(shiftTelemetryAnswer(`${PROXY}/api/v1/query?x`, vector(from), HOUR)).toBe(vector(to));
    expect(shiftTelemetryAnswer('/api/traces?x', spans(from * 1e6), HOUR)).toBe(spans(to * 1e6));
    expect(shiftTelemetryAnswer('/hotels', vector(from), HOUR)).toBe(vector(from));
  });
});
