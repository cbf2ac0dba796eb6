import { limits } from '../../core/limits.ts';
import type { Json, KubeObject } from '../../kube/object.ts';
import { ApiError } from '../../kube/status.ts';
import type { World } from '../world.ts';
import type { Representation } from './accept.ts';
import type { ApiStream } from './api.ts';
import { badRequest, expired, plain, serviceUnavailable, versionTooLarge } from './errors.ts';
import { quoteCharacter } from './json-text.ts';
import type { Kind } from './kinds-index.ts';
import type { ListOptions } from './options.ts';
import type { RenderContext } from './render.ts';
import { renderList, renderOne, table, wireObject } from './render.ts';
import { parseFieldSelector, parseLabelSelector } from './selectors.ts';
import type { Change, Store, Stored } from './store.ts';
import { storageOf } from './versions.ts';

const BOOKMARK_PERIOD_MS = 60_000;
const WATCH_SECONDS_DEFAULT = 1800;

interface Scope {
  kind: Kind;
  namespace: string | undefined;
  /** A single object's name (`?watch` by field selector is part of `matches`). */
  matches(object: KubeObject): boolean;
}

function scopeOf(kind: Kind, namespace: string | undefined, options: ListOptions): Scope {
  const byLabel = parseLabelSelector(options.labelSelector);
  const terms = parseFieldSelector(options.fieldSelector);
  const fieldsOf = (object: KubeObject): Record<string, string> => ({
    ...kind.def.selectableFields?.(object),
    'metadata.name': object.metadata.name,
    'metadata.namespace': object.metadata.namespace ?? '',
  });
  const known = terms.length === 0 ? [] : knownFields(kind);
  for (const term of terms) {
    if (known.includes(term.field)) continue;
    if (kind.info.custom) throw badRequest(`field label not supported: ${term.field}`);
    const others = known.filter((k) => !k.startsWith('metadata.'));
    if (others.length > 0) throw badRequest(`field label not supported: ${term.field}`);
    throw badRequest(`"${term.field}" is not a known field selector: only "metadata.name", "metadata.namespace"`);
  }
  return {
    kind,
    namespace,
    matches: (object) => {
      if (!byLabel(object.metadata.labels)) return false;
      if (terms.length === 0) return true;
      const fields = fieldsOf(object);
      return terms.every((t) => ((fields[t.field] ?? '') === t.value) === t.equal);
    },
  };
}

function knownFields(kind: Kind): string[] {
  const blank: KubeObject = {
    apiVersion: '',
    kind: '',
    metadata: { name: '', uid: '', resourceVersion: '', creationTimestamp: '' },
    spec: {},
    status: {},
  };
  let own: string[] = [];
  try {
    own = Object.keys(kind.def.selectableFields?.(blank) ?? {});
  } catch {
    // A kind whose selectable fields look deeper than an empty object tells them only from a real one.
  }
  return [...own, 'metadata.name', 'metadata.namespace'];
}

function parseVersion(text: string): number {
  if (text === '') return 0;
  if (!/^\d+$/.test(text)) throw badRequest(`invalid resource version: ${versionError(text)}`);
  return Number(text);
}

/** A get at a version that is not there yet. */
export function checkVersion(store: Store, text: string): void {
  const asked = parseVersion(text);
  if (asked > store.version) throw versionTooLarge(asked, store.version);
}

function versionError(text: string): string {
  return `resourceVersion: Invalid value: ${JSON.stringify(text)}: strconv.ParseUint: parsing ${JSON.stringify(text)}: invalid syntax`;
}

interface ContinueToken {
  v: 'meta.k8s.io/v1';
  rv: number;
  start: string;
}

/** The version of a token that goes on from whatever is there. */
const LATEST = -1;
const CONTINUE_EXPIRED =
  'The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided token results in an inconsistent list - objects that were created, modified, or deleted between the time the first chunk was returned and now may show up in the list.';

const encode = (token: ContinueToken): string => Buffer.from(JSON.stringify(token)).toString('base64url');

function readContinue(text: string): ContinueToken {
  try {
    const token = JSON.parse(Buffer.from(text, 'base64url').toString('utf8')) as ContinueToken;
    if (token.v === 'meta.k8s.io/v1' && typeof token.start === 'string') return token;
  } catch {
    // Falls through to the one answer for all unreadable tokens.
  }
  const first = quoteCharacter(Buffer.from(text, 'base64url').toString('latin1')[0] ?? '');
  throw badRequest(
    `invalid continue token: continue key is not valid: invalid character ${first} looking for beginning of value`,
  );
}

const keyOf = (object: KubeObject): string => `${object.metadata.namespace ?? ''}/${object.metadata.name}`;

/** Those of the objects that a list request asks for. */
export function selectObjects(
  objects: readonly KubeObject[],
  kind: Kind,
  namespace: string | undefined,
  options: ListOptions,
): KubeObject[] {
  const scope = scopeOf(kind, namespace, options);
  return objects.filter(
    (object) => (namespace === undefined || object.metadata.namespace === namespace) && scope.matches(object),
  );
}

/** The items of a list request and its ListMeta. */
export function listObjects(
  store: Store,
  kind: Kind,
  namespace: string | undefined,
  options: ListOptions,
): { items: Stored[]; meta: Json } {
  const asked = parseVersion(options.resourceVersion);
  const isExact = options.resourceVersionMatch === 'Exact';
  if (asked > store.version) throw versionTooLarge(asked, store.version, !isExact);
  const scope = scopeOf(kind, namespace, options);
  const token = options.continueToken === '' ? undefined : readContinue(options.continueToken);
  if (token && asked !== 0) throw badRequest('specifying resource version is not allowed when using continue');
  const version = token && token.rv > 0 ? token.rv : isExact ? asked : store.version;
  const isSelective = options.labelSelector !== '' || options.fieldSelector !== '';
  const all = snapshot(store, kind, namespace, version, token);
  const first = token ? firstAfter(all, token.start, namespace) : 0;
  // What the watch cache has at hand is given whole.
  const limit = options.resourceVersion === '0' && !token ? 0 : options.limit;
  let items: Stored[] = [];
  if (!isSelective) items = all.slice(first);
  else {
    // One more than asked for is enough to know that there are more.
    const enough = limit > 0 ? limit : all.length;
    for (let i = first; i < all.length && items.length <= enough; i++)
      if (scope.matches((all[i] as Stored).object)) items.push(all[i] as Stored);
  }
  const meta: Record<string, Json> = { resourceVersion: String(version) };
  if (limit > 0 && items.length > limit) {
    const rest = items.length - limit;
    items = items.slice(0, limit);
    const last = items[items.length - 1] as Stored;
    const token: ContinueToken = { v: 'meta.k8s.io/v1', rv: version, start: startAfter(last.object, namespace) };
    meta['continue'] = encode(token);
    if (!isSelective) meta['remainingItemCount'] = rest;
  }
  return { items, meta };
}

/** The key behind an object's, seen from the list's own place. */
function startAfter({ metadata }: KubeObject, namespace: string | undefined): string {
  const isWhole = namespace === undefined && metadata.namespace !== undefined;
  return `${isWhole ? `${metadata.namespace}/` : ''}${metadata.name}\0`;
}

/** Where the page after that key begins. */
function firstAfter(all: readonly Stored[], start: string, namespace: string | undefined): number {
  const last = `${namespace === undefined ? '' : `${namespace}/`}${start.replace(/\0$/, '')}`;
  const key = last.includes('/') ? last : `/${last}`;
  const found = all.findIndex(({ object }) => keyOf(object) > key);
  return found < 0 ? all.length : found;
}

function snapshot(
  store: Store,
  kind: Kind,
  namespace: string | undefined,
  version: number,
  token: ContinueToken | undefined,
): readonly Stored[] {
  try {
    return store.listAt(storageOf(kind.info), namespace, version);
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    if (token) throw expired(CONTINUE_EXPIRED, encode({ ...token, rv: LATEST }));
    throw expired('The resourceVersion for the provided list is too old.');
  }
}

export function listResponse(
  store: Store,
  kind: Kind,
  namespace: string | undefined,
  options: ListOptions,
  how: Representation,
  ctx: RenderContext,
): Json {
  const { items, meta } = listObjects(store, kind, namespace, options);
  return renderList(kind, items, meta, how, ctx);
}

/** A watch as a stream of JSON lines. Errors that upstream sends inside the stream come as its first event. */
export class Watch implements ApiStream {
  readonly #scope: Scope;
  #started = false;
  #ended = false;
  #sentColumns = false;
  #stop: (() => void)[] = [];
  #emit: (chunk: string) => void = () => {};
  #end: () => void = () => {};

  constructor(
    readonly world: World,
    readonly store: Store,
    readonly kind: Kind,
    readonly namespace: string | undefined,
    readonly options: ListOptions,
    readonly how: Representation,
    readonly includeObject: string,
    readonly onClose: () => void,
  ) {
    this.#scope = scopeOf(kind, namespace, options);
    if (!/^\d*$/.test(options.resourceVersion)) throw plain(versionError(options.resourceVersion));
  }

  start(onChunk: (chunk: string) => void, onEnd: () => void): void {
    if (this.#started || this.#ended) return;
    this.#started = true;
    this.#emit = onChunk;
    this.#end = onEnd;
    try {
      this.#begin();
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      this.#send('ERROR', error.status);
      this.cancel();
      return;
    }
    this.#stop.push(this.store.listen(storageOf(this.kind.info), (change) => this.#change(change)));
    const seconds = this.options.timeoutSeconds > 0 ? this.options.timeoutSeconds : WATCH_SECONDS_DEFAULT;
    const timeout = this.world.after(seconds * 1000, () => this.cancel());
    this.#stop.push(() => timeout.cancel());
    if (this.options.allowWatchBookmarks) {
      const timer = this.world.every(BOOKMARK_PERIOD_MS, () => this.#bookmark(false));
      this.#stop.push(() => timer.cancel());
    }
  }

  cancel(): void {
    if (this.#ended) return;
    this.#ended = true;
    for (const stop of this.#stop) stop();
    this.onClose();
    this.#end();
  }

  #begin(): void {
    const version = Number(this.options.resourceVersion || '0');
    if (version > this.store.version) throw versionTooLarge(version, this.store.version);
    const storage = storageOf(this.kind.info);
    if (this.options.sendInitialEvents || version === 0) {
      for (const stored of this.store.list(storage, this.namespace)) {
        if (this.#scope.matches(stored.object)) this.#object('ADDED', stored);
      }
      if (this.options.sendInitialEvents && this.options.allowWatchBookmarks) this.#bookmark(true);
      return;
    }
    for (const change of this.store.since(storage, version)) this.#change(change);
  }

  #change(change: Change): void {
    const { stored, old } = change;
    if (this.namespace !== undefined && stored.object.metadata.namespace !== this.namespace) return;
    const now = change.type !== 'DELETED' && this.#scope.matches(stored.object);
    const before = old !== undefined && this.#scope.matches(old.object);
    if (now) this.#object(before ? 'MODIFIED' : 'ADDED', stored);
    else if (before) this.#object('DELETED', change.type === 'DELETED' ? stored : lastMatching(stored, old as Stored));
  }

  #object(type: string, stored: Stored): void {
    const ctx = { nowMs: this.world.nowMs, includeObject: this.includeObject };
    if (this.how.as === 'object') {
      this.#emit(`{"type":"${type}","object":${textOf(this.kind, stored)}}\n`);
      return;
    }
    if (this.how.as !== 'Table') {
      this.#send(type, renderOne(this.kind, stored, this.how, ctx));
      return;
    }
    const meta = { resourceVersion: stored.object.metadata.resourceVersion };
    this.#send(type, table(this.kind, [stored], meta, this.how.apiVersion, ctx, !this.#sentColumns));
    this.#sentColumns = true;
  }

  #bookmark(initialEnd: boolean): void {
    const { info } = this.kind;
    const annotations = initialEnd ? { annotations: { 'k8s.io/initial-events-end': 'true' } } : {};
    const metadata = { resourceVersion: String(this.store.version), creationTimestamp: null, ...annotations };
    const apiVersion = info.group === '' ? info.version : `${info.group}/${info.version}`;
    if (this.how.as === 'Table') {
      const ctx = { nowMs: this.world.nowMs, includeObject: this.includeObject };
      const body = table(
        this.kind,
        [],
        { resourceVersion: String(this.store.version) },
        this.how.apiVersion,
        ctx,
        false,
      );
      body.rows = [{ cells: [], object: { kind: 'PartialObjectMetadata', apiVersion: this.how.apiVersion, metadata } }];
      this.#send('BOOKMARK', body);
    } else if (this.how.as === 'PartialObjectMetadata') {
      this.#send('BOOKMARK', { kind: 'PartialObjectMetadata', apiVersion: this.how.apiVersion, metadata });
    } else this.#send('BOOKMARK', { kind: info.kind, apiVersion, metadata });
  }

  #send(type: string, object: Json): void {
    this.#emit(`${JSON.stringify({ type, object })}\n`);
  }
}

/** The object's JSON; all watches of a kind hear of a change one after the other, so the last one is kept. */
let lastText: { kind: Kind; stored: Stored; text: string } | undefined;

function textOf(kind: Kind, stored: Stored): string {
  if (lastText?.stored !== stored || lastText.kind !== kind)
    lastText = { kind, stored, text: JSON.stringify(wireObject(kind, stored)) };
  return lastText.text;
}

/** An object that left the selection: the last version inside it, with the version of the change. */
function lastMatching(now: Stored, old: Stored): Stored {
  const metadata = { ...old.object.metadata, resourceVersion: now.object.metadata.resourceVersion };
  return { ...old, object: { ...old.object, metadata } };
}

export function checkWatchCount(open: number): void {
  if (open >= limits.watchesMax) throw serviceUnavailable('too many open watches');
}
