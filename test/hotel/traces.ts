/** Jaeger's /api/traces, in the shape that tests compare. */
export interface Tag {
  key: string;
  type: string;
  value: string | number | boolean;
}

export interface JaegerSpan {
  traceID: string;
  spanID: string;
  flags: number;
  operationName: string;
  references: { refType: string; traceID: string; spanID: string }[];
  startTime: number;
  duration: number;
  tags: Tag[];
  logs: { timestamp: number; fields: Tag[] }[];
  processID: string;
  warnings: null;
}

export interface JaegerTrace {
  traceID: string;
  spans: JaegerSpan[];
  processes: Record<string, { serviceName: string; tags: Tag[] }>;
  warnings: null;
}

/** A trace with ways to look into it. */
export class Trace {
  constructor(readonly data: JaegerTrace) {}

  get root(): JaegerSpan {
    return this.data.spans.find((span) => span.references.length === 0) as JaegerSpan;
  }

  service(span: JaegerSpan): string {
    return this.data.processes[span.processID]?.serviceName ?? '';
  }

  /** Spans of that operation, client or server side. */
  find(operation: string, kind?: string): JaegerSpan[] {
    return this.data.spans.filter(
      (span) => span.operationName === operation && (kind === undefined || tagOf(span, 'span.kind') === kind),
    );
  }

  /** One line per span, indented below its parent, children in order of their start: `<operation> <service> <kind>`. */
  tree(): string[] {
    const lines: string[] = [];
    const walk = (span: JaegerSpan, depth: number): void => {
      const kind = String(tagOf(span, 'span.kind'));
      lines.push(`${'  '.repeat(depth)}${span.operationName} ${this.service(span)} ${kind}`);
      const children = this.data.spans.filter((child) => child.references[0]?.spanID === span.spanID);
      for (const child of children.sort((a, b) => a.startTime - b.startTime)) walk(child, depth + 1);
    };
    walk(this.root, 0);
    return lines;
  }
}

export function tagOf(span: JaegerSpan, key: string): Tag['value'] | undefined {
  return span.tags.find((tag) => tag.key === key)?.value;
}

/** All tags as `key=value`, numbers with their type. */
export function tagTexts(tags: readonly Tag[]): string[] {
  return tags.map((tag) => `${tag.key}=${tag.value}${tag.type === 'string' ? '' : `:${tag.type}`}`);
}

/** The traces of a reply, oldest first. */
export function newTraces(reply: { data: JaegerTrace[] }): Trace[] {
  const traces = reply.data.map((data) => new Trace(data));
  return traces.sort((a, b) => a.root.startTime - b.root.startTime);
}

/** The value below which that share (0..1) of the sorted values lies. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}
