import { expect, test } from 'vitest';
import { mixedWorkloadType1 } from '../../../src/workload/payloads/mixed-workload-type-1.ts';
import { parseWrkReport } from '../../../src/workload/report.ts';
import { wrkArguments } from '../../../src/workload/wrk2.ts';

const REPORT = `Running 10s test @ http://10.96.0.17:5000
  2 threads and 2 connections

  Thread Stats   Avg      Stdev     99%   +/- Stdev
    Latency     4.82ms    2.51ms  11.02ms   71.43%
    Req/Sec        nan       nan   0.00      0.00%
  Latency Distribution (HdrHistogram - Recorded Latency)
 50.000%    4.12ms
 75.000%    5.99ms
 90.000%    8.01ms
 99.000%   11.02ms
 99.900%    1.20s
 99.990%    1.20s
 99.999%    1.20s
100.000%    1.20s

  Detailed Percentile spectrum:
       Value   Percentile   TotalCount 1/(1-Percentile)

       1.203     0.000000            1         1.00
#[Mean    =        4.820, StdDeviation   =        2.510]
----------------------------------------------------------
  98 requests in 10.00s, 30.12KB read
  Socket errors: connect 0, read 1, write 0, timeout 1
  Non-2xx or 3xx responses: 8
Requests/sec:      9.80
Transfer/sec:      3.01KB
`;

test('reads the report of wrk2', () => {
  expect(parseWrkReport(REPORT)).toEqual({
    requests: 98,
    durationSeconds: 10,
    requestsPerSecond: 9.8,
    badStatus: 8,
    socketErrors: { connect: 0, read: 1, write: 0, timeout: 1 },
    errorRate: 0.1,
    latencyMs: { 50: 4.12, 75: 5.99, 90: 8.01, 99: 11.02, 99.9: 1200, 99.99: 1200, 99.999: 1200, 100: 1200 },
  });
});

test('a log without report is an error, no answer at all is a failed load', () => {
  expect(() => parseWrkReport('unable to connect to 10.96.0.17:5000 Connection refused')).toThrow(
    'the load printed no report',
  );
  expect(parseWrkReport('  0 requests in 10.00s, 0.00B read\n').errorRate).toBe(1);
});

test('passes the arguments that AIOpsLab passes', () => {
  const load = { rate: 100, durationSeconds: 10, dist: 'exp', connections: 2, threads: 2 } as const;
  const args = wrkArguments({ ...load, payload: mixedWorkloadType1, url: 'http://10.96.0.17:5000' });
  expect(args.join(' ')).toBe(
    'wrk -D exp -t 2 -c 2 -d 10s -L -s /scripts/mixed-workload_type_1.lua http://10.96.0.17:5000 -R 100 --latency',
  );
});
