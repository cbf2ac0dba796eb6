import { type SpanBatch, SpanColumns, type SpanProcess, type SpanShape, type SpanTag, spanIdText } from './spans.ts';

/** What a search asks for; times in µs. */
export interface TraceQuery {
  service: string;
  operation?: string;
  tags?: Readonly<Record<string, string>>;
  startMinUs: number;
  startMaxUs: number;
  durationMinUs?: number;
  durationMaxUs?: number;
  limit: number;
}

/** All spans of a collector, in memory, in columns; shapes and processes interned over all senders. */
export class SpanStore {
  readonly columns = new SpanColumns(4096);
  readonly shapes: SpanShape[] = [];
  readonly processes: SpanProcess[] = [];
  #urls = new Map<number, string>();
  #shapeIds = new Map<string, number>();
  #processIds = new Map<string, number>();
  #knownProcesses = new WeakMap<SpanProcess, number>();
  #senders = new WeakMap<readonly SpanShape[], number[]>();
  /** Rows by trace, made at the first question after new spans have come. */
  #index: { rows: number; byTrace: Map<string, number[]> } | undefined;

  get length(): number {
    return this.columns.length;
  }

  add(batch: SpanBatch): void {
    const process = this.#process(batch.process);
    const map = this.#senders.get(batch.shapes) ?? [];
    this.#senders.set(batch.shapes, map);
    const { columns } = batch;
    for (let row = 0; row < columns.length; row++) {
      const local = columns.shape[row]!;
      map[local] ??= this.#shape(batch.shapes[local] as SpanShape);
      this.columns.copyRow(columns, row, map[local] as number, process);
    }
    const base = this.columns.length - columns.length;
    for (const [row, url] of batch.urls) this.#urls.set(base + row, url);
  }

  #shape(shape: SpanShape): number {
    const key = JSON.stringify(shape);
    let id = this.#shapeIds.get(key);
    if (id === undefined) {
      id = this.shapes.push(shape) - 1;
      this.#shapeIds.set(key, id);
    }
    return id;
  }

  #process(process: SpanProcess): number {
    let id = this.#knownProcesses.get(process);
    if (id !== undefined) return id;
    const key = JSON.stringify(process);
    id = this.#processIds.get(key);
    if (id === undefined) {
      id = this.processes.push(process) - 1;
      this.#processIds.set(key, id);
    }
    this.#knownProcesses.set(process, id);
    return id;
  }

  /** Names of the services that have sent spans, in the order in which they came. */
  services(): string[] {
    return [...new Set(this.processes.map((p) => p.serviceName))];
  }

  operations(service: string): { name: string; spanKind: string }[] {
    const seen = new Map<string, { name: string; spanKind: string }>();
    const { columns } = this;
    const done = new Set<number>();
    for (let row = 0; row < columns.length; row++) {
      const pair = columns.process[row]! * 65_536 + columns.shape[row]!;
      if (done.has(pair)) continue;
      done.add(pair);
      if (this.serviceOf(row) !== service) continue;
      const shape = this.shapeOf(row);
      const spanKind = String(shape.tags.find((t) => t.key === 'span.kind')?.value ?? '');
      seen.set(`${shape.operation}\n${spanKind}`, { name: shape.operation, spanKind });
    }
    return [...seen.values()];
  }

  shapeOf(row: number): SpanShape {
    return this.shapes[this.columns.shape[row]!] as SpanShape;
  }

  serviceOf(row: number): string {
    return (this.processes[this.columns.process[row]!] as SpanProcess).serviceName;
  }

  /** A span's tags, with its URL after the method. */
  tagsOf(row: number): readonly SpanTag[] {
    const { tags } = this.shapeOf(row);
    const url = this.#urls.get(row);
    if (url === undefined) return tags;
    const at = tags.findIndex((t) => t.key === 'http.method') + 1;
    return [...tags.slice(0, at), { key: 'http.url', type: 'string', value: url }, ...tags.slice(at)];
  }

  traces(): ReadonlyMap<string, number[]> {
    const { columns } = this;
    if (this.#index?.rows === columns.length) return this.#index.byTrace;
    const byTrace = this.#index?.byTrace ?? new Map<string, number[]>();
    for (let row = this.#index?.rows ?? 0; row < columns.length; row++) {
      const id = spanIdText(columns.traceHi[row]!, columns.traceLo[row]!);
      const rows = byTrace.get(id);
      if (rows) rows.push(row);
      else byTrace.set(id, [row]);
    }
    this.#index = { rows: columns.length, byTrace };
    return byTrace;
  }

  /** Traces with at least one span that satisfies the query; the newest `limit` of them, oldest first. */
  find(query: TraceQuery): [string, number[]][] {
    const found: [string, number[]][] = [];
    for (const entry of this.traces()) {
      if (entry[1].some((row) => this.#matches(row, query))) found.push(entry);
    }
    const start = ([, rows]: [string, number[]]): number => this.columns.start[rows[0] as number]!;
    found.sort((a, b) => start(a) - start(b));
    return query.limit > 0 ? found.slice(-query.limit) : found;
  }

  #matches(row: number, query: TraceQuery): boolean {
    const { columns } = this;
    const start = columns.start[row]!;
    const duration = columns.duration[row]!;
    if (start < query.startMinUs || start > query.startMaxUs) return false;
    if (this.serviceOf(row) !== query.service) return false;
    if (query.operation && this.shapeOf(row).operation !== query.operation) return false;
    if (query.durationMinUs !== undefined && duration < query.durationMinUs) return false;
    if (query.durationMaxUs !== undefined && duration > query.durationMaxUs) return false;
    if (!query.tags) return true;
    const { logFields = [] } = this.shapeOf(row);
    const process = this.processes[columns.process[row]!] as SpanProcess;
    const all = [...this.tagsOf(row), ...process.tags, ...logFields];
    return Object.entries(query.tags).every(([key, value]) =>
      all.some((t) => t.key === key && String(t.value) === value),
    );
  }

  /** Calls between services whose child span began in the window. */
  dependencies(startUs: number, endUs: number): { parent: string; child: string; callCount: number }[] {
    const calls = new Map<string, number>();
    const { columns } = this;
    for (const rows of this.traces().values()) {
      const service = new Map(rows.map((r) => [spanIdText(columns.spanHi[r]!, columns.spanLo[r]!), this.serviceOf(r)]));
      for (const row of rows) {
        const at = columns.start[row]!;
        if (at < startUs || at > endUs) continue;
        const parent = service.get(spanIdText(columns.parentHi[row]!, columns.parentLo[row]!));
        const child = this.serviceOf(row);
        if (parent === undefined || parent === child) continue;
        const key = `${parent}\n${child}`;
        calls.set(key, (calls.get(key) ?? 0) + 1);
      }
    }
    return [...calls].map(([key, callCount]) => {
      const [parent = '', child = ''] = key.split('\n');
      return { parent, child, callCount };
    });
  }
}
