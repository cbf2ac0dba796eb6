import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';

// biome-ignore lint/suspicious/noExplicitAny: scenario steps carry API objects
export type Json = any;

/**
 * One step. `request`, `watch`, `kubectl`, `observe`, `events` and `timeline` are recorded and compared; `apply`, `delete`, `wait`,
 * `remember` and `sleep` only bring situations about (a wait that times out is recorded as such). `$NS` stands for the scenario's own
 * namespace, `$<name>` for what a `remember` step kept.
 */
export type Step =
  /** Status, body (or its `fields`), `Warning` headers, and the answer's headers named in `show`. */
  | {
      request: { method: string; path: string; body?: Json; headers?: Record<string, string> };
      note?: string;
      fields?: string[];
      show?: string[];
    }
  /** A watch that the server ends (timeoutSeconds, an error): the events in order, objects reduced to `fields` when given. */
  | { watch: string; fields?: string[]; headers?: Record<string, string>; note?: string }
  /** Keeps a dotted field of the object at the path as `$<name>`. */
  | { remember: string; path: string; field: string }
  /**
   * `sort` orders the lines; `last` keeps only the last one, where the lines before depend on the moment; `raw` compares generated
   * names too, where they are computed.
   */
  | { kubectl: string; stdin?: string; note?: string; sort?: boolean; last?: boolean; raw?: boolean }
  /** Objects of a resource path (list or single), reduced to dotted fields when given. */
  | { observe: string; fields?: string[]; note?: string }
  /** Type, reason, message and source of the events about objects whose name begins so, in order of first appearance. */
  | { events: string; kind?: string; note?: string }
  /**
   * Distinct values of a dotted field over time, until one equals `until` or the time is up. Times are recorded when `times` is set; `slack` are the
   * seconds by which they vary on the real system itself.
   */
  | {
      timeline: string;
      field: string | string[];
      until?: string;
      seconds: number;
      times?: boolean;
      slack?: number;
      note?: string;
    }
  | { apply: string | Json }
  | { delete: string }
  /** Waits until the dotted field of the object at the path has the value (`*` = any, `absent` = object gone). */
  | { wait: string; field?: string; value?: Json; seconds?: number }
  | { sleep: number };

export interface Scenario {
  /** `<area>/<file name>` */
  id: string;
  about: string;
  steps: Step[];
  /** Cluster-scoped objects to delete at the end, as paths. */
  cleanup?: string[];
}

export interface RecordedStep {
  /** The step's kind and key, so that a recording which does not fit its scenario is noticed. */
  step: string;
  result: Json;
}

export interface Recording {
  source: string;
  steps: RecordedStep[];
}

const ROOT = new URL('..', import.meta.url).pathname;

export function loadScenarios(filter = ''): Scenario[] {
  const folder = join(ROOT, 'scenarios');
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.yaml'))
    .sort()
    .map((name) => ({ id: name.slice(0, -5).replaceAll('\\', '/'), name }))
    .filter(({ id }) => id.includes(filter))
    .map(({ id, name }) => ({ id, ...parse(readFileSync(join(folder, name), 'utf8')) }));
}

export function recordingPath(id: string): string {
  return join(ROOT, 'recordings', `${id}.json`);
}

export function loadRecording(id: string): Recording | undefined {
  try {
    return JSON.parse(readFileSync(recordingPath(id), 'utf8'));
  } catch {
    return undefined;
  }
}

/** Kind and key of a step. */
export function stepKey(step: Step): string {
  if ('request' in step) return `request ${step.request.method} ${step.request.path}`;
  if ('watch' in step) return `watch ${step.watch} ${(step.fields ?? []).join(',')}`.trim();
  if ('kubectl' in step) return `kubectl ${step.kubectl}`;
  if ('observe' in step) return `observe ${step.observe} ${(step.fields ?? []).join(',')}`.trim();
  if ('events' in step) return `events ${step.events}`;
  if ('timeline' in step) return `timeline ${step.timeline} ${[step.field].flat().join(',')}`;
  if ('wait' in step) return `wait ${step.wait} ${step.field ?? ''} ${JSON.stringify(step.value ?? '*')}`;
  return Object.keys(step)[0] ?? '';
}

export function isCompared(step: Step): boolean {
  return ['request', 'watch', 'kubectl', 'observe', 'events', 'timeline'].some((kind) => kind in step);
}

/** Reasons why we accept that a step differs: `<scenario id>#<step index>` or `<scenario id>#*` to reason. */
export function loadAccepted(over: 'memory' | 'http' = 'memory'): Record<string, string> {
  const read = (file: string): Record<string, string> => parse(readFileSync(join(ROOT, file), 'utf8')) ?? {};
  return { ...read('accepted.yaml'), ...(over === 'http' ? read('accepted-http.yaml') : {}) };
}
