type Labels = Readonly<Record<string, string>>;

/** Rows that a group has room for at first: four minutes of scrapes. */
const ROWS_FIRST = 16;

/**
 * Series that get a sample each at the same times, in one table: a row per time, a column per series. Thousands of series by themselves
 * would take more memory for their buffers than for their samples.
 */
export class SeriesGroup {
  #timesMs = new Float64Array(ROWS_FIRST);
  #values: Float64Array;
  readonly #width: number;
  length = 0;

  constructor(width: number) {
    this.#width = width;
    this.#values = new Float64Array(ROWS_FIRST * width);
  }

  /** Begins the row of that time. */
  begin(timeMs: number): void {
    if (this.length === this.#timesMs.length) {
      this.#timesMs = grown(this.#timesMs);
      this.#values = grown(this.#values);
    }
    this.#timesMs[this.length++] = timeMs;
  }

  /** Sets the value of a column in the row begun last. */
  set(column: number, value: number): void {
    this.#values[(this.length - 1) * this.#width + column] = value;
  }

  timeAt(row: number): number {
    return this.#timesMs[row] as number;
  }

  valueAt(row: number, column: number): number {
    return this.#values[row * this.#width + column] as number;
  }
}

/** A series: its labels and its samples, in order of time. */
export class Series {
  #labels: Labels | undefined;

  constructor(
    readonly name: string,
    readonly target: Labels,
    readonly group: SeriesGroup,
    readonly column: number,
  ) {}

  get labels(): Labels {
    this.#labels ??= { __name__: this.name, ...this.target };
    return this.#labels;
  }

  get length(): number {
    return this.group.length;
  }

  /** Of a series that has its group for itself. */
  append(timeMs: number, value: number): void {
    this.group.begin(timeMs);
    this.group.set(this.column, value);
  }

  timeAt(index: number): number {
    return this.group.timeAt(index);
  }

  valueAt(index: number): number {
    return this.group.valueAt(index, this.column);
  }

  /** Index of the last sample at or before the time; -1 when there is none. */
  lastBefore(timeMs: number): number {
    let low = 0;
    let high = this.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.timeAt(middle) <= timeMs) low = middle + 1;
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

  /** A new series by itself. */
  add(name: string, labels: Labels): Series {
    return this.#column(name, labels, new SeriesGroup(1), 0);
  }

  /** New series that are sampled together; columns in the order given. Callers keep the group: appending needs no look-up then. */
  addGroup(columns: readonly (readonly [name: string, labels: Labels])[]): SeriesGroup {
    const group = new SeriesGroup(columns.length);
    for (const [index, [name, labels]] of columns.entries()) this.#column(name, labels, group, index);
    return group;
  }

  #column(name: string, labels: Labels, group: SeriesGroup, column: number): Series {
    const series = new Series(name, labels, group, column);
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

function compile({ label, op, value }: Matcher): (labels: Labels) => boolean {
  if (op === '=' || op === '!=') return (labels) => ((labels[label] ?? '') === value) === (op === '=');
  const pattern = new RegExp(`^(?:${value})$`);
  return (labels) => pattern.test(labels[label] ?? '') === (op === '=~');
}
