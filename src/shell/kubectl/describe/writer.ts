import { since } from '../../../kube/duration.ts';
import type { Json } from '../../../kube/object.ts';
import type { Client } from '../client.ts';
import { describeWriter } from '../tabwriter.ts';

/** What a describer may ask besides the object itself. */
export interface DescribeContext {
  client: Client;
  nowMs: number;
  /** Events about the object, undefined with --show-events=false. */
  events: Json[] | undefined;
}

/** Writes one kind; `w` lays the tabs out. */
export type Describer = (object: Json, w: DescribeWriter, context: DescribeContext) => Promise<void> | void;

/** Lines with two blanks of indent per level, as kubectl's PrefixWriter writes them. */
export class DescribeWriter {
  #raw = '';
  readonly #aligned: boolean;

  /** Without alignment tabs stay tabs, as `rollout history --revision` prints them. */
  constructor(aligned = true) {
    this.#aligned = aligned;
  }

  readonly #tabs = describeWriter();

  /** Writes text (with its own newlines) at a level. */
  write(level: number, text: string): void {
    if (this.#aligned) this.#tabs.write('  '.repeat(level) + text);
    else this.#raw += '  '.repeat(level) + text;
  }
  line(level: number, text: string): void {
    this.write(level, `${text}\n`);
  }
  /** `Name:\tvalue` at level 0. */
  field(name: string, value: unknown): void {
    this.line(0, `${name}:\t${value ?? ''}`);
  }
  flush(): void {
    this.#tabs.flush();
  }
  take(): string {
    return this.#aligned ? this.#tabs.take() : this.#raw;
  }
}

export const bool = (value: unknown): string => (value ? 'True' : 'False');
export const boolOrUnset = (value: unknown): string =>
  value === undefined || value === null ? '<unset>' : bool(value);

/** `a=b,c=d`, sorted; `<none>` when empty (labels.FormatLabels). */
export function formatLabels(labels: Record<string, string> | undefined): string {
  const text = Object.keys(labels ?? {})
    .sort()
    .map((key) => `${key}=${labels![key]}`)
    .join(',');
  return text || '<none>';
}

/** A LabelSelector in its text form; empty selects everything and prints as given in `empty`. */
export function formatSelector(selector: Json, empty = '<none>'): string {
  if (!selector) return '<none>';
  const parts: { key: string; text: string }[] = Object.keys(selector.matchLabels ?? {}).map((key) => ({
    key,
    text: `${key}=${selector.matchLabels[key]}`,
  }));
  for (const { key, operator, values } of selector.matchExpressions ?? []) {
    const list = [...(values ?? [])].sort().join(',');
    const text =
      operator === 'In'
        ? `${key} in (${list})`
        : operator === 'NotIn'
          ? `${key} notin (${list})`
          : operator === 'Exists'
            ? key
            : `!${key}`;
    parts.push({ key, text });
  }
  return (
    parts
      .sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0))
      .map((part) => part.text)
      .join(',') || empty
  );
}

export function labelsMultiline(
  w: DescribeWriter,
  title: string,
  labels: Record<string, string> | undefined,
  lead = '',
  inner = '\t',
): void {
  w.write(0, `${lead}${title}:${inner}`);
  const keys = Object.keys(labels ?? {}).sort();
  if (keys.length === 0) w.line(0, '<none>');
  for (const [at, key] of keys.entries()) w.line(0, `${at > 0 ? lead + inner : ''}${key}=${labels![key]}`);
}

const ANNOTATION_MAX = 140;
const HIDDEN = new Set(['kubectl.kubernetes.io/last-applied-configuration']);

export function annotationsMultiline(
  w: DescribeWriter,
  title: string,
  annotations: Record<string, string> | undefined,
): void {
  w.write(0, `${title}:\t`);
  const keys = Object.keys(annotations ?? {})
    .filter((key) => !HIDDEN.has(key))
    .sort();
  if (keys.length === 0) w.line(0, '<none>');
  for (const [at, key] of keys.entries()) {
    const value = annotations![key]!.replace(/\n$/, '');
    const lead = at > 0 ? '\t' : '';
    if (value.length + key.length + 2 > ANNOTATION_MAX || value.includes('\n')) {
      w.line(0, `${lead}${key}:`);
      for (const part of value.split('\n'))
        w.line(0, `\t  ${part.length > ANNOTATION_MAX - 2 ? `${part.slice(0, ANNOTATION_MAX - 2)}...` : part}`);
    } else w.line(0, `${lead}${key}: ${value}`);
  }
}

/** Name, Namespace, Labels, Annotations: the head of most kinds. */
export function head(w: DescribeWriter, { metadata }: Json, namespace = true): void {
  w.field('Name', metadata.name);
  if (namespace) w.field('Namespace', metadata.namespace);
  labelsMultiline(w, 'Labels', metadata.labels);
  annotationsMultiline(w, 'Annotations', metadata.annotations);
}

export function controllerText(object: Json): string | undefined {
  const owner = object.metadata.ownerReferences?.find((ref: Json) => ref.controller);
  return owner ? `${owner.kind}/${owner.name}` : undefined;
}

export function conditionsTable(w: DescribeWriter, conditions: Json[] | undefined): void {
  if (!conditions?.length) return;
  w.write(0, 'Conditions:\n  Type\tStatus\tReason\n');
  w.line(1, '----\t------\t------');
  for (const c of conditions) w.line(1, `${c.type} \t${c.status}\t${c.reason ?? ''}`);
}

/** Time an event was last seen, by which kubectl sorts. */
export function lastSeen(event: Json): number {
  return (
    Date.parse(
      event.series?.lastObservedTime ??
        event.lastTimestamp ??
        event.eventTime ??
        event.metadata?.creationTimestamp ??
        0,
    ) || 0
  );
}

export function eventsTable(w: DescribeWriter, context: DescribeContext): void {
  const { events, nowMs } = context;
  if (!events) return;
  if (events.length === 0) {
    w.line(0, 'Events:\t<none>');
    return;
  }
  w.flush();
  w.write(0, 'Events:\n  Type\tReason\tAge\tFrom\tMessage\n');
  w.line(1, '----\t------\t----\t----\t-------');
  const sorted = events
    .map((event, at) => ({ event, at }))
    .sort(
      (a, b) =>
        (Date.parse(a.event.lastTimestamp ?? '') || 0) - (Date.parse(b.event.lastTimestamp ?? '') || 0) || a.at - b.at,
    );
  for (const { event: e } of sorted) {
    const first = since(e.eventTime ?? e.firstTimestamp, nowMs);
    let interval = first;
    if (e.series) interval = `${since(e.series.lastObservedTime, nowMs)} (x${e.series.count} over ${first})`;
    else if (e.count > 1) interval = `${since(e.lastTimestamp, nowMs)} (x${e.count} over ${first})`;
    const path = e.involvedObject?.fieldPath;
    const message = `${path ? `${path}: ` : ''}${String(e.message ?? '').trim()}`;
    w.line(1, `${e.type}\t${e.reason}\t${interval}\t${e.source?.component || e.reportingComponent || ''}\t${message}`);
  }
}
