import type { Json, KubeObject } from '../../kube/object.ts';
import { ApiError } from '../../kube/status.ts';
import type { World } from '../world.ts';
import type { ApiClient, EventRecorder } from './api.ts';

type Recording = Parameters<EventRecorder['record']>[0];

/** Upstream's client-go EventCorrelator: similar events beyond this many in the window are folded into one. */
const AGGREGATE_AFTER = 10;
const AGGREGATE_WINDOW_MS = 600_000;
/** Spam filter: a burst per source and object, then one every five minutes. */
const SPAM_BURST = 25;
const SPAM_REFILL_MS = 300_000;
const CACHE_MAX = 4096;

interface Aggregate {
  messages: Set<string>;
  lastMs: number;
}

interface Seen {
  name: string;
  namespace: string;
  count: number;
}

interface Bucket {
  tokens: number;
  atMs: number;
}

/** Writes Events as client-go's recorders do: same again counts up, many similar ones are combined, floods are dropped. */
export class EventWriter implements EventRecorder {
  #aggregates = new Map<string, Aggregate>();
  #seen = new Map<string, Seen>();
  #buckets = new Map<string, Bucket>();

  constructor(
    readonly world: World,
    readonly client: () => Pick<ApiClient, 'create' | 'modify'>,
  ) {}

  /** What the API server refuses is not told. */
  record(event: Recording): void {
    try {
      if (event.action !== undefined) this.#series(event);
      else this.#counted(event);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
    }
  }

  #counted(event: Recording): void {
    const object = reference(event.regarding, event.fieldPath);
    const group = [event.component, event.host ?? '', identity(event), event.type, event.reason].join('|');
    if (!this.#allow(`${event.component}|${event.host ?? ''}|${identity(event)}`)) return;
    const { message, key } = this.#aggregate(group, event.message);
    const seen = this.#seen.get(key);
    const now = this.world.nowIso;
    if (seen) {
      const updated = this.client().modify('v1/Event', seen.namespace, seen.name, (draft) => {
        draft['count'] = seen.count + 1;
        draft['lastTimestamp'] = now;
        draft['message'] = message;
      });
      if (updated) {
        seen.count++;
        return;
      }
    }
    const created = this.#create(event.regarding, {
      involvedObject: object,
      reason: event.reason,
      message,
      source: { component: event.component, ...(event.host === undefined ? {} : { host: event.host }) },
      firstTimestamp: now,
      lastTimestamp: now,
      count: 1,
      type: event.type,
      eventTime: null,
      reportingComponent: event.component,
      reportingInstance: event.host ?? '',
    });
    if (created)
      remember(this.#seen, key, { name: created.metadata.name, namespace: created.metadata.namespace ?? '', count: 1 });
  }

  #aggregate(group: string, message: string): { message: string; key: string } {
    const now = this.world.nowMs;
    let entry = this.#aggregates.get(group);
    if (!entry || now - entry.lastMs > AGGREGATE_WINDOW_MS) {
      entry = { messages: new Set(), lastMs: now };
      remember(this.#aggregates, group, entry);
    }
    entry.lastMs = now;
    entry.messages.add(message);
    if (entry.messages.size < AGGREGATE_AFTER) return { message, key: `${group}|${message}` };
    const [oldest] = entry.messages;
    if (oldest !== undefined) entry.messages.delete(oldest);
    return { message: `(combined from similar events): ${message}`, key: group };
  }

  #allow(key: string): boolean {
    const now = this.world.nowMs;
    const bucket = this.#buckets.get(key) ?? { tokens: SPAM_BURST, atMs: now };
    bucket.tokens = Math.min(SPAM_BURST, bucket.tokens + (now - bucket.atMs) / SPAM_REFILL_MS);
    bucket.atMs = now;
    remember(this.#buckets, key, bucket);
    if (bucket.tokens < 1) return false;
    bucket.tokens -= 1;
    return true;
  }

  /** events.k8s.io recorders: no source and count; the same again within six minutes becomes a series. */
  #series(event: Recording): void {
    const regarding = reference(event.regarding, event.fieldPath);
    const key = [
      'series',
      event.component,
      event.action,
      event.reason,
      event.type,
      event.message,
      identity(event),
    ].join('|');
    const seen = this.#seen.get(key);
    const now = this.world.nowIsoMicro;
    if (seen) {
      const updated = this.client().modify('v1/Event', seen.namespace, seen.name, (draft) => {
        draft['series'] = { count: seen.count + 1, lastObservedTime: now };
      });
      if (updated) {
        seen.count++;
        return;
      }
    }
    const created = this.#create(event.regarding, {
      involvedObject: regarding,
      reason: event.reason,
      message: event.message,
      source: {},
      firstTimestamp: null,
      lastTimestamp: null,
      type: event.type,
      eventTime: now,
      action: event.action,
      ...(event.related === undefined ? {} : { related: reference(event.related, undefined) }),
      reportingComponent: event.component,
      reportingInstance: `${event.component}-${event.host ?? 'control-plane'}`,
    });
    if (created)
      remember(this.#seen, key, { name: created.metadata.name, namespace: created.metadata.namespace ?? '', count: 1 });
  }

  #create(regarding: KubeObject, body: Json): KubeObject | undefined {
    const namespace = regarding.metadata.namespace ?? 'default';
    const stamp = (BigInt(this.world.nowUs) * 1000n + BigInt(this.world.rng('events').int(1000))).toString(16);
    const metadata = { name: `${regarding.metadata.name}.${stamp}`, namespace };
    try {
      return this.client().create({ kind: 'Event', apiVersion: 'v1', metadata, ...body });
    } catch {
      // As in client-go: an event that cannot be written (its namespace is going away) is dropped.
      return undefined;
    }
  }
}

function remember<T>(cache: Map<string, T>, key: string, value: T): void {
  cache.delete(key);
  cache.set(key, value);
  if (cache.size > CACHE_MAX) cache.delete(cache.keys().next().value as string);
}

/** The object as correlation knows it: its version does not matter. */
function identity(event: Recording): string {
  const { metadata, kind, apiVersion } = event.regarding;
  return [apiVersion, kind, metadata.namespace ?? '', metadata.name, metadata.uid, event.fieldPath ?? ''].join('/');
}

function reference(object: KubeObject, fieldPath: string | undefined): Json {
  const { name, namespace, uid, resourceVersion } = object.metadata;
  return {
    kind: object.kind,
    ...(namespace === undefined ? {} : { namespace }),
    name,
    uid,
    apiVersion: object.apiVersion,
    ...(resourceVersion ? { resourceVersion } : {}),
    ...(fieldPath === undefined ? {} : { fieldPath }),
  };
}
