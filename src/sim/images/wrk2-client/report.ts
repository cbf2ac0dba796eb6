/** Latencies in µs in logarithmic buckets (128 to the octave, under 1 % of error), and wrk2's report of them. */
const SUB = 128;
const BUCKETS = 40 * SUB;

export class LatencyRecorder {
  readonly #counts = new Float64Array(BUCKETS);
  total = 0;
  maxUs = 0;
  #sum = 0;
  #squares = 0;

  add(us: number): void {
    const value = Math.max(1, us);
    const bucket = Math.min(BUCKETS - 1, Math.floor(Math.log2(value) * SUB));
    this.#counts[bucket]! += 1;
    this.total++;
    this.#sum += value;
    this.#squares += value * value;
    if (value > this.maxUs) this.maxUs = value;
  }

  get meanUs(): number {
    return this.total === 0 ? 0 : this.#sum / this.total;
  }

  get deviationUs(): number {
    return this.total === 0 ? 0 : Math.sqrt(Math.max(0, this.#squares / this.total - this.meanUs ** 2));
  }

  /** Share of values within one deviation of the mean. */
  get withinDeviation(): number {
    let n = 0;
    for (let b = 0; b < BUCKETS; b++)
      if (Math.abs(2 ** (b / SUB) - this.meanUs) <= this.deviationUs) n += this.#counts[b]!;
    return this.total === 0 ? 0 : n / this.total;
  }

  /** Value below which that share (0..1) lies, and how many do. */
  at(share: number): { us: number; count: number } {
    const wanted = Math.max(1, Math.ceil(share * this.total));
    let seen = 0;
    for (let b = 0; b < BUCKETS; b++) {
      seen += this.#counts[b]!;
      if (seen >= wanted && this.total > 0) return { us: Math.min(this.maxUs, 2 ** ((b + 1) / SUB)), count: seen };
    }
    return { us: 0, count: 0 };
  }
}

export interface Totals {
  url: string;
  threads: number;
  connections: number;
  durationS: number;
  requests: number;
  bytes: number;
  errors: { connect: number; read: number; write: number; timeout: number };
  badStatus: number;
  /** Requests finished in each whole second. */
  perSecond: readonly number[];
}

const unit = (value: number, units: readonly string[], step: number): string => {
  let i = 0;
  let v = value;
  while (v >= step && i < units.length - 1) {
    v /= step;
    i++;
  }
  return `${v.toFixed(2)}${units[i]}`;
};
const time = (us: number): string =>
  us >= 1e6 ? (us >= 60e6 ? `${(us / 60e6).toFixed(2)}m` : `${(us / 1e6).toFixed(2)}s`) : unit(us, ['us', 'ms'], 1000);
const bytes = (n: number): string => unit(n, ['B', 'KB', 'MB', 'GB'], 1024);
const percent = (share: number): string => `${(share * 100).toFixed(2)}%`;

export function heading(t: Pick<Totals, 'url' | 'threads' | 'connections' | 'durationS'>): string {
  const duration =
    t.durationS >= 3600
      ? `${Math.floor(t.durationS / 3600)}h`
      : t.durationS >= 60
        ? `${Math.floor(t.durationS / 60)}m`
        : `${t.durationS}s`;
  return `Running ${duration} test @ ${t.url}\n  ${t.threads} threads and ${t.connections} connections\n\n`;
}

/** The whole report of `wrk --latency`. */
export function report(totals: Totals, latencies: LatencyRecorder, showLatency: boolean): string {
  const rates = [...totals.perSecond];
  const perThread = rates.map((r) => r / totals.threads);
  const mean = perThread.reduce((a, b) => a + b, 0) / Math.max(1, perThread.length);
  const deviation = Math.sqrt(perThread.reduce((a, b) => a + (b - mean) ** 2, 0) / Math.max(1, perThread.length));
  const max = Math.max(0, ...perThread);
  const near = perThread.filter((r) => Math.abs(r - mean) <= deviation).length / Math.max(1, perThread.length);
  const row = (name: string, cells: readonly string[]): string =>
    `    ${name.padEnd(10)}${cells.map((c) => c.padStart(9)).join(' ')}\n`;
  let out = '  Thread Stats   Avg      Stdev     99%   +/- Stdev\n';
  out += row('Latency', [
    time(latencies.meanUs),
    time(latencies.deviationUs),
    time(latencies.at(0.99).us),
    percent(latencies.withinDeviation),
  ]);
  out += row('Req/Sec', [mean.toFixed(2), deviation.toFixed(2), max.toFixed(2), percent(near)]);
  if (showLatency) out += distribution(latencies);
  out += `  ${totals.requests} requests in ${totals.durationS.toFixed(2)}s, ${bytes(totals.bytes)} read\n`;
  const { connect, read, write, timeout } = totals.errors;
  if (connect + read + write + timeout > 0) {
    out += `  Socket errors: connect ${connect}, read ${read}, write ${write}, timeout ${timeout}\n`;
  }
  if (totals.badStatus > 0) out += `  Non-2xx or 3xx responses: ${totals.badStatus}\n`;
  out += `Requests/sec: ${(totals.requests / totals.durationS).toFixed(2).padStart(9)}\n`;
  return `${out}Transfer/sec: ${bytes(totals.bytes / totals.durationS).padStart(10)}\n`;
}

function distribution(latencies: LatencyRecorder): string {
  let out = '  Latency Distribution (HdrHistogram - Recorded Latency)\n';
  for (const p of [50, 75, 90, 99, 99.9, 99.99, 99.999, 100]) {
    out += `${p.toFixed(3).padStart(7)}%  ${time(latencies.at(p / 100).us).padStart(8)}\n`;
  }
  out += '\n  Detailed Percentile spectrum:\n       Value   Percentile   TotalCount 1/(1-Percentile)\n\n';
  let last = -1;
  for (let left = 1; left > 1e-6 && latencies.total > 0; left *= 0.9) {
    const { us, count } = latencies.at(1 - left);
    if (count === last) continue;
    last = count;
    const share = (1 - left).toFixed(6);
    out += `${(us / 1000).toFixed(3).padStart(12)} ${share.padStart(12)} ${String(count).padStart(12)} ${(1 / left).toFixed(2).padStart(12)}\n`;
  }
  out += `${(latencies.maxUs / 1000).toFixed(3).padStart(12)} ${'1.000000'.padStart(12)} ${String(latencies.total).padStart(12)} ${'inf'.padStart(12)}\n`;
  const ms = (us: number): string => (us / 1000).toFixed(3).padStart(12);
  out += `#[Mean    = ${ms(latencies.meanUs)}, StdDeviation   = ${ms(latencies.deviationUs)}]\n`;
  out += `#[Max     = ${ms(latencies.maxUs)}, Total count    = ${String(latencies.total).padStart(12)}]\n`;
  return `${out}#[Buckets =           27, SubBuckets     =         2048]\n----------------------------------------------------------\n`;
}
