/** A series: its labels and its samples in columns, in order of time. */
export class Series {
  #timesMs = new Float64Array(32);
  #values = new Float64Array(32);
  length = 0;

  constructor(readonly labels: Readonly<Record<string, string>>) {}

  append(timeMs: number, value: number): void {
    if (this.length === this.#timesMs.length) {
      this.#timesMs = grown(this.#timesMs);
      this.#values = grown(this.#values);
    }
    this.#timesMs[this.length] = timeMs;
    this.#values[this.length++] = value;
  }

  timeAt(index: number): number {
    return this.#timesMs[index] as number;
  }

  valueAt(index: number): number {
    return this.#values[index] as number;
  }

  /** Index of the last sample at or before the time; -1 when there is none. */
  lastBefore(timeMs: number): number {
    let low = 0;
    let high = this.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#timesMs[middle] as number) <= timeMs) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }
}

function grown(column: Float64Array): Float64Array<ArrayBuffer> {
  const larger = new Float64Array(column.length * 2);
  larger.set(column);
  return larger;
}

export interface Matcher {
  label: string;
  op: '=' | '!=' | '=~' | '!~';
  value: string;
}

/** Series by metric name, in memory only, as Prometheus without a volume keeps them. */
export class Tsdb {
  readonly #byName = new Map<string, Series[]>();

  /** A new series. Callers keep it: appending needs no look-up then. */
  add(name: string, labels: Readonly<Record<string, string>>): Series {
    const series = new Series({ __name__: name, ...labels });
    const list = this.#byName.get(name);
    if (list) list.push(series);
    else this.#byName.set(name, [series]);
    return series;
  }

  names(): string[] {
    return [...this.#byName.keys()].sort();
  }

  select(matchers: readonly Matcher[]): Series[] {
    const name = matchers.find((matcher) => matcher.label === '__name__' && matcher.op === '=')?.value;
    const pool = name === undefined ? [...this.#byName.values()].flat() : (this.#byName.get(name) ?? []);
    const tests = matchers.map(compile);
    return pool.filter((series) => tests.every((test) => test(series.labels)));
  }
}

function compile({ label, op, value }: Matcher): (labels: Readonly<Record<string, string>>) => boolean {
  if (op === '=' || op === '!=') return (labels) => ((labels[label] ?? '') === value) === (op === '=');
  const pattern = new RegExp(`^(?:${value})$`);
  return (labels) => pattern.test(labels[label] ?? '') === (op === '=~');
}
