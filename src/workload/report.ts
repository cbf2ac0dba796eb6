import { UserError } from '../core/errors.ts';

/** What wrk2 prints at its end, in numbers. */
export interface WrkReport {
  /** Requests that got an answer. */
  requests: number;
  durationSeconds: number;
  requestsPerSecond: number;
  /** Answers with a status of 400 or more. */
  badStatus: number;
  socketErrors: { connect: number; read: number; write: number; timeout: number };
  /** Share (0..1) of attempts that failed: bad answers and socket errors over all attempts. */
  errorRate: number;
  /** Latency in ms by percentile, e.g. `'50'`, `'99'`, `'99.9'`, `'100'`; corrected for coordinated omission. */
  latencyMs: Record<string, number>;
}

const UNIT_MS: Record<string, number> = { us: 0.001, ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** `1.20ms`, `3.4s`, `1.5m` in ms. */
function milliseconds(text: string): number {
  const match = /^([\d.]+)(us|ms|s|m|h)$/.exec(text);
  return match ? Number(match[1]) * (UNIT_MS[match[2] ?? ''] ?? Number.NaN) : Number.NaN;
}

/** Parses the report of `wrk … -L --latency`. Throws UserError when the text holds none. */
export function parseWrkReport(text: string): WrkReport {
  const total = /^\s*(\d+) requests in ([\d.]+(?:us|ms|s|m|h)),/m.exec(text);
  if (!total) throw new UserError('STATE', 'the load printed no report', text.slice(-500));
  const requests = Number(total[1]);
  const errors = /Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)/.exec(text);
  const [connect = 0, read = 0, write = 0, timeout = 0] = (errors?.slice(1) ?? []).map(Number);
  const badStatus = Number(/Non-2xx or 3xx responses: (\d+)/.exec(text)?.[1] ?? 0);
  const latencyMs: Record<string, number> = {};
  for (const match of text.matchAll(/^\s*(\d+\.\d+)%\s+([\d.]+(?:us|ms|s|m|h))\s*$/gm)) {
    latencyMs[String(Number(match[1]))] = milliseconds(match[2] ?? '');
  }
  const socket = connect + read + write + timeout;
  const attempts = requests + socket;
  return {
    requests,
    durationSeconds: milliseconds(total[2] ?? '') / 1000,
    requestsPerSecond: Number(/Requests\/sec:\s+([\d.]+)/.exec(text)?.[1] ?? 0),
    badStatus,
    socketErrors: { connect, read, write, timeout },
    // no answer at all is the worst outcome, not a perfect one
    errorRate: attempts === 0 ? 1 : (badStatus + socket) / attempts,
    latencyMs,
  };
}
