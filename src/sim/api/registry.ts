import { invariant } from '../../core/errors.ts';
import { nameSuffix } from '../../core/ids.ts';
import { limits } from '../../core/limits.ts';
import type { Json, KubeObject, ObjectMeta } from '../../kube/object.ts';
import { clone, deepEqual } from '../../kube/object.ts';
import type { ApiError } from '../../kube/status.ts';
import type { World } from '../world.ts';
import type { AdmissionContext, AdmissionPlugin, AdmissionRequest, UserInfo } from './admission.ts';
import type { DeleteOptions } from './api.ts';
import { CLEANUP } from './custom/cleanup.ts';
import { prune } from './custom/prune.ts';
import {
  alreadyExists,
  badRequest,
  conflict,
  invalid,
  MODIFIED,
  notFound,
  plain,
  preconditionFailed,
} from './errors.ts';
import type { ResourceInfo } from './facts.ts';
import type { Kind, KindIndex } from './kinds-index.ts';
import type { Managed } from './managed/manager.ts';
import { readManaged, trackUpdate } from './managed/manager.ts';
import { shareStructure } from './managed/typed.ts';
import { validateMeta, validateMetaUpdate } from './meta-validation.ts';
import { authorize } from './rbac.ts';
import { checkGrant } from './rbac-grants.ts';
import type { Store, Stored } from './store.ts';
import { scaleReview } from './subresources.ts';
import { fromStorage, storageOf, storageVersion } from './versions.ts';
import { type Replay, WebhookCaller } from './webhooks/calls.ts';

export interface WriteOptions {
  user: UserInfo;
  fieldManager: string;
  dryRun?: boolean;
  subresource?: string;
  /** Ownership already worked out by a server-side apply. */
  managed?: Managed;
  /** A patch may not name another uid; an update with one misses its object. */
  isPatch?: boolean;
  /** Collects texts for `Warning` headers. */
  warnings?: string[];
  /** Of a request that may wait for webhooks. */
  replay?: Replay;
}

const NAME_BASE_MAX = 58;

/** A token that the API server gave out; `exp` in seconds. */
export interface IssuedToken {
  username: string;
  exp: number;
  uid?: string;
  id: string;
  audiences: string[];
  /** It dies with this object. */
  bound?: { resource: string; object: ObjectMeta };
}

const ADMISSION = { group: 'admissionregistration.k8s.io', version: 'v1' };
const CONFIGURED = ['ValidatingWebhookConfiguration', 'ValidatingAdmissionPolicyBinding'];

/** Create, update and delete with defaults, admission, validation and ownership, for the client and the wire alike. */
export class Registry {
  readonly ctx: AdmissionContext;
  /** Tokens issued to service accounts; `exp` in seconds since the epoch. */
  readonly tokens = new Map<string, IssuedToken>();
  readonly webhooks: WebhookCaller;

  constructor(
    readonly world: World,
    readonly store: Store,
    readonly kinds: KindIndex,
    readonly admission: readonly AdmissionPlugin[],
  ) {
    this.webhooks = new WebhookCaller(world);
    const find = (ref: Parameters<KindIndex['byRef']>[0]): string => {
      const kind = kinds.byRef(ref);
      invariant(kind, `no such kind: ${JSON.stringify(ref)}`);
      return storageOf(kind.info);
    };
    this.ctx = {
      get nowIso() {
        return world.nowIso;
      },
      get nowMs() {
        return world.nowMs;
      },
      uuid: () => world.uuid(),
      get: (ref, namespace, name) => store.get(find(ref), namespace ?? '', name)?.object,
      list: (ref, namespace) => store.list(find(ref), namespace).map((s) => s.object),
      update: (object) => {
        const kind = kinds.byRef(`${object.apiVersion}/${object.kind}`);
        invariant(kind, `no such kind: ${object.kind}`);
        const old = this.current(kind, object.metadata.namespace, object.metadata.name);
        store.put(storageOf(kind.info), { ...object }, old?.managed ?? []);
      },
    };
  }

  current(kind: Kind, namespace: string | undefined, name: string): Stored | undefined {
    return this.store.get(storageOf(kind.info), namespace ?? '', name);
  }

  get(kind: Kind, namespace: string | undefined, name: string): Stored {
    const stored = this.current(kind, namespace, name);
    if (!stored) throw notFound(kind.info, name);
    return stored;
  }

  /** `draft` is private, of the stored version and may be changed. */
  create(kind: Kind, namespace: string | undefined, draft: KubeObject, options: WriteOptions): Stored {
    const { info, def } = kind;
    if (namespace !== undefined) {
      if (draft.metadata.namespace !== undefined && draft.metadata.namespace !== namespace) {
        throw badRequest('the namespace of the provided object does not match the namespace sent on the request');
      }
      draft.metadata.namespace = namespace;
    } else delete draft.metadata.namespace;
    def.setDefaults?.(draft);
    if (draft.metadata.resourceVersion) throw plain('resourceVersion should not be set on objects to be created');
    const sent = draft.metadata.managedFields;
    delete draft.metadata.managedFields;
    dropServerMeta(draft, this.#countsGenerations(kind));
    const base = options.managed ?? readManaged(sent ?? [], this.world.nowIso);
    const managed = options.managed ?? this.#track(base, undefined, draft, kind, options);
    const request = this.#request(kind, 'CREATE', draft, undefined, options);
    for (const plugin of this.admission) plugin.admit?.(request);
    // Plugins that change objects come before the name is made: their refusals know its beginning only.
    if (!draft.metadata.name && draft.metadata.generateName) {
      draft.metadata.name = draft.metadata.generateName.slice(0, NAME_BASE_MAX) + nameSuffix(this.world.rng('names'));
    }
    if (request.changed) decodeAgain(kind, draft);
    this.#stamp(kind, draft);
    const ctx = options.dryRun ? { ...this.ctx, dryRun: true } : this.ctx;
    def.prepareForCreate?.(draft, ctx);
    const errors = [
      ...validateMeta(draft, def.nameRule),
      ...(def.validate?.(draft, ctx) ?? []),
      ...(def.validateCreate?.(draft) ?? []),
    ];
    if (errors.length > 0) throw invalid(namedIn(info), draft.metadata.name ?? '', errors);
    for (const plugin of this.admission) plugin.validate?.(request);
    checkGrant(this.store, info, draft, options.user);
    options.warnings?.push(...(def.warnings?.(draft) ?? []));
    const existing = this.current(kind, namespace, draft.metadata.name);
    if (existing)
      throw alreadyExists(info, draft.metadata.name, existing.object.metadata.deletionTimestamp !== undefined);
    if (options.dryRun) return { object: draft, managed, version: 0 };
    const storage = storageOf(info);
    // The words of an etcd that has reached its quota (apiserver passes the error of its storage on).
    if (info.kind === 'Pod' && this.store.count(storage) >= limits.podsMax)
      throw plain('etcdserver: mvcc: database space exceeded');
    return this.store.put(storage, draft, managed);
  }

  #stamp(kind: Kind, draft: KubeObject): void {
    const meta = draft.metadata;
    meta.uid = this.world.uuid();
    meta.creationTimestamp = this.world.nowIso;
    if (this.#countsGenerations(kind)) meta.generation = 1;
    const finalizers = kind.def.finalizers?.filter((f) => !meta.finalizers?.includes(f)) ?? [];
    if (finalizers.length > 0) meta.finalizers = [...(meta.finalizers ?? []), ...finalizers];
  }

  #countsGenerations(kind: Kind): boolean {
    const properties = kind.info.schema.properties;
    return (
      kind.def.generation ??
      (kind.info.custom === true ||
        (properties?.['spec'] !== undefined &&
          properties['status'] !== undefined &&
          kind.info.kind !== 'Node' &&
          kind.info.kind !== 'Namespace' &&
          kind.info.kind !== 'PersistentVolume' &&
          kind.info.kind !== 'PersistentVolumeClaim' &&
          kind.info.kind !== 'Service' &&
          kind.info.kind !== 'ResourceQuota'))
    );
  }

  /** `draft` is private. Returns the stored version; the old one when nothing changed. */
  update(kind: Kind, old: Stored, draft: KubeObject, options: WriteOptions): Stored {
    const { info, def } = kind;
    const name = old.object.metadata.name;
    const version = draft.metadata.resourceVersion;
    if (!version && def.requiresResourceVersion) throw unconditional(info, name);
    if (version && !/^\d+$/.test(version))
      throw plain(`strconv.ParseUint: parsing ${JSON.stringify(version)}: invalid syntax`);
    if (version && version !== old.object.metadata.resourceVersion) throw conflict(info, name, MODIFIED);
    if (!options.isPatch) this.#checkUid(kind, old, draft);
    keepServerMeta(draft, old.object);
    def.setDefaults?.(draft);
    const sent = draft.metadata.managedFields;
    delete draft.metadata.managedFields;
    const base = options.managed ?? (sent === undefined ? old.managed : readManaged(sent, this.world.nowIso));
    restrict(kind, draft, old.object, options.subresource);
    const managed = options.managed ?? this.#track(base, old.object, shareStructure(old.object, draft), kind, options);
    const next = draft;
    // Parts shared with the stored object must not be changed in place by plugins and strategies.
    const isStatus = options.subresource === 'status';
    const request = this.#request(kind, 'UPDATE', isStatus ? next : clone(next), old.object, options);
    const object = request.object as KubeObject;
    for (const plugin of this.admission) plugin.admit?.(request);
    if (request.changed) decodeAgain(kind, object);
    if (options.subresource === undefined) def.prepareForUpdate?.(object, old.object, this.ctx);
    this.#bumpGeneration(kind, object, old.object, options.subresource);
    this.#validateUpdate(kind, object, old.object, options);
    for (const plugin of this.admission) plugin.validate?.(request);
    if (options.subresource === undefined) checkGrant(this.store, info, object, options.user, old.object);
    return this.#commit(kind, old, shareStructure(old.object, object), managed, options);
  }

  /** Whether admission lets somebody into a pod with these options (`kind: PodExecOptions` …). Throws as writes do. */
  connect(kind: Kind, namespace: string, name: string, sent: Json, options: WriteOptions): void {
    if (!CONFIGURED.some((one) => this.ctx.list({ ...ADMISSION, kind: one }).length > 0)) return;
    const ref = { group: '', version: 'v1', kind: sent.kind };
    const object: KubeObject = { ...sent, metadata: { namespace, name } };
    const request = this.#request(kind, 'CONNECT', object, undefined, options);
    const shown = { ...request, ref, reviewed: { ref, object: sent } };
    for (const plugin of this.admission) if (plugin.judgesConnect) plugin.validate?.(shown);
  }

  /** Writes a new version past admission and validation (bindings), with ownership. `draft` is private. */
  replace(kind: Kind, old: Stored, draft: KubeObject, options: WriteOptions): Stored {
    const object = shareStructure(old.object, draft);
    const managed = trackUpdate(old.managed, old.object, object, kind.info, this.#writer(options));
    return options.dryRun ? { ...old, object } : this.store.put(storageOf(kind.info), object, managed);
  }

  #checkUid(kind: Kind, old: Stored, draft: KubeObject): void {
    const { uid, namespace, name } = old.object.metadata;
    if (!draft.metadata.uid || draft.metadata.uid === uid) return;
    const key = `/registry/${kind.info.resource}/${namespace === undefined ? '' : `${namespace}/`}${name}`;
    const why = `StorageError: invalid object, Code: 4, Key: ${key}, ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: UID in precondition: ${draft.metadata.uid}, UID in object meta: ${uid}`;
    throw conflict(kind.info, name, why);
  }

  #bumpGeneration(kind: Kind, object: KubeObject, old: KubeObject, subresource: string | undefined): void {
    if (subresource === 'status' || !this.#countsGenerations(kind)) return;
    const fields = ['spec', ...(kind.def.generationFields ?? [])];
    const changed = fields.some((path) => !deepEqual(at(object, path), at(old, path)));
    if (changed) object.metadata.generation = (old.metadata.generation ?? 0) + 1;
  }

  #validateUpdate(kind: Kind, object: KubeObject, old: KubeObject, options: WriteOptions): void {
    const { def, info } = kind;
    // The registry and the kind's own rules look at the metadata of an update, one after the other.
    const errors = [...validateMetaUpdate(object, old), ...validateMetaUpdate(object, old)];
    if (options.subresource === 'status') errors.push(...(def.validateStatusUpdate?.(object, old, this.ctx) ?? []));
    else if (options.subresource === undefined || options.subresource === 'scale') {
      const whole = def.validate?.(object, this.ctx) ?? [];
      const changes = def.validateUpdate?.(object, old, this.ctx) ?? [];
      errors.push(...(def.changesFirst ? [...changes, ...whole] : [...whole, ...changes]));
      if (errors.length === 0) options.warnings?.push(...(def.warnings?.(object, old) ?? []));
    } else if (def.validateSubresource) {
      const whole = def.validate?.(object, this.ctx) ?? [];
      errors.push(...whole, ...def.validateSubresource(object, old, options.subresource));
    }
    if (errors.length > 0) throw invalid(namedIn(info), object.metadata.name, errors);
  }

  #commit(kind: Kind, old: Stored, object: KubeObject, managed: Managed, options: WriteOptions): Stored {
    const meta = object.metadata;
    const storage = storageOf(kind.info);
    const isOver =
      meta.deletionTimestamp !== undefined &&
      !meta.finalizers?.length &&
      !meta.deletionGracePeriodSeconds &&
      !object.spec?.finalizers?.length;
    const wasHeld = kind.info.kind !== 'Pod' || (old.object.metadata.finalizers?.length ?? 0) > 0;
    if (isOver && wasHeld && !options.dryRun) {
      const { version } = this.store.remove(storage, meta.namespace ?? '', meta.name);
      return { object, managed, version };
    }
    if (object === old.object && sameOwners(managed, old.managed)) return old;
    if (options.dryRun) return { object, managed, version: old.version };
    return this.store.put(storage, object === old.object ? { ...object } : object, managed);
  }

  /** Deletes or marks for deletion; `gone` says which. */
  delete(kind: Kind, old: Stored, request: DeleteOptions, options: WriteOptions): { stored: Stored; gone: boolean } {
    const { info, def } = kind;
    const meta = old.object.metadata;
    this.#checkPreconditions(kind, old, request);
    const admission = this.#request(kind, 'DELETE', undefined, old.object, options);
    for (const plugin of this.admission) plugin.admit?.(admission);
    for (const plugin of this.admission) plugin.validate?.(admission);
    const finalizers = new Set(meta.finalizers ?? []);
    if (request.propagationPolicy !== undefined || meta.deletionTimestamp === undefined) {
      const policy = request.propagationPolicy ?? (def.orphansByDefault ? 'Orphan' : 'Background');
      finalizers.delete('orphan');
      finalizers.delete('foregroundDeletion');
      if (policy === 'Orphan') finalizers.add('orphan');
      if (policy === 'Foreground') finalizers.add('foregroundDeletion');
    }
    if (info.kind === 'CustomResourceDefinition' && meta.deletionTimestamp === undefined) finalizers.add(CLEANUP);
    const requested = request.gracePeriodSeconds;
    const grace =
      def.gracePeriodSeconds?.(old.object, requested === undefined ? undefined : requested < 0 ? 1 : requested) ?? 0;
    const pending = finalizers.size > 0 || (kind.info.kind === 'Namespace' && old.object.spec?.finalizers?.length > 0);
    if (grace <= 0 && !pending) {
      const last = options.dryRun ? old : this.store.remove(storageOf(info), meta.namespace ?? '', meta.name);
      if (!def.gracePeriodSeconds) return { stored: last, gone: true };
      // Kinds that end gracefully are answered as they would look with no time left.
      const ended: KubeObject = { ...last.object, metadata: { ...last.object.metadata } };
      this.#markDeleted(kind, ended, 0);
      return { stored: { ...last, object: ended }, gone: true };
    }
    if (
      meta.deletionTimestamp !== undefined &&
      grace >= (meta.deletionGracePeriodSeconds ?? 0) &&
      sameMembers(finalizers, meta.finalizers)
    ) {
      return { stored: old, gone: false };
    }
    const object: KubeObject = { ...old.object, metadata: { ...meta } };
    this.#markDeleted(kind, object, grace);
    if (finalizers.size > 0) object.metadata.finalizers = [...finalizers];
    else delete object.metadata.finalizers;
    if (options.dryRun) return { stored: { ...old, object }, gone: false };
    return { stored: this.store.put(storageOf(info), object, old.managed), gone: false };
  }

  #markDeleted(kind: Kind, object: KubeObject, grace: number): void {
    const meta = object.metadata;
    const fromMs =
      meta.deletionTimestamp === undefined
        ? this.world.nowMs
        : Date.parse(meta.deletionTimestamp) - (meta.deletionGracePeriodSeconds ?? 0) * 1000;
    if (meta.deletionTimestamp === undefined && this.#countsGenerations(kind))
      meta.generation = (meta.generation ?? 0) + 1;
    meta.deletionTimestamp = `${new Date(fromMs + grace * 1000).toISOString().slice(0, 19)}Z`;
    if (kind.info.kind === 'Namespace') object.status = { ...object.status, phase: 'Terminating' };
    else meta.deletionGracePeriodSeconds = grace;
  }

  #checkPreconditions(kind: Kind, old: Stored, request: DeleteOptions): void {
    const meta = old.object.metadata;
    const { uid, resourceVersion } = request.preconditions ?? {};
    if (uid !== undefined && uid !== meta.uid) {
      const why = `the UID in the precondition (${uid}) does not match the UID in record (${meta.uid}). The object might have been deleted and then recreated`;
      throw preconditionFailed(kind.info, meta.name, why);
    }
    if (resourceVersion !== undefined && resourceVersion !== meta.resourceVersion) {
      const why = `the ResourceVersion in the precondition (${resourceVersion}) does not match the ResourceVersion in record (${meta.resourceVersion}). The object might have been modified`;
      throw preconditionFailed(kind.info, meta.name, why);
    }
  }

  /** Ownership is told in the version that was written, not in the stored one. */
  #track(
    base: Managed,
    live: KubeObject | undefined,
    next: KubeObject,
    { info }: Kind,
    options: WriteOptions,
  ): Managed {
    return trackUpdate(base, live && fromStorage(live, info), fromStorage(next, info), info, this.#writer(options));
  }

  #writer(options: WriteOptions): { manager: string; subresource?: string; time: string } {
    return { manager: options.fieldManager, subresource: options.subresource, time: this.world.nowIso };
  }

  #request(
    kind: Kind,
    operation: AdmissionRequest['operation'],
    object: KubeObject | undefined,
    old: KubeObject | undefined,
    options: WriteOptions,
  ): AdmissionRequest {
    const meta = (object ?? old)?.metadata;
    const { world } = this;
    return {
      get reviewId() {
        return world.uuid();
      },
      warnings: options.warnings,
      callWebhook: (call) => this.webhooks.call(this.ctx, call, options.replay),
      authorize: (asked) =>
        authorize(this.store, {
          verb: '',
          namespace: '',
          group: '',
          resource: '',
          subresource: '',
          name: '',
          ...asked,
        }),
      ...(options.subresource === 'scale' && kind.def.scale ? { reviewed: scaleReview(kind, object, old) } : {}),
      operation,
      ref: kind.info,
      resource: kind.info.resource,
      subresource: options.subresource,
      namespace: meta?.namespace,
      name: meta?.name ?? '',
      object,
      old,
      user: options.user,
      dryRun: options.dryRun ?? false,
      ctx: this.ctx,
    };
  }
}

/** The kind as validation errors name it: that of the stored version. */
function namedIn(info: ResourceInfo): { group: string; kind: string } {
  return { group: storageVersion(info).group, kind: info.kind };
}

/** Upstream names the resource, not the kind, in this one. */
function unconditional(info: ResourceInfo, name: string): ApiError {
  const detail = 'must be specified for an update';
  return invalid({ ...info, kind: info.resource }, name, [
    { type: 'FieldValueInvalid', field: 'metadata.resourceVersion', value: 0, detail },
  ]);
}

function at(object: Json, path: string): Json {
  return path.split('.').reduce((value, key) => value?.[key], object);
}

function sameOwners(a: Managed, b: Managed): boolean {
  if (a === b) return true;
  const same = (x: Managed[number], y: Managed[number]): boolean =>
    x.manager === y.manager &&
    x.operation === y.operation &&
    x.subresource === y.subresource &&
    deepEqual(x.set, y.set);
  return a.length === b.length && a.every((x) => b.some((y) => same(x, y)));
}

function sameMembers(a: ReadonlySet<string>, b: readonly string[] | undefined): boolean {
  return a.size === (b?.length ?? 0) && (b ?? []).every((x) => a.has(x));
}

function dropServerMeta(draft: KubeObject, countsGenerations: boolean): void {
  const meta = draft.metadata as Partial<KubeObject['metadata']>;
  delete meta.deletionTimestamp;
  delete meta.deletionGracePeriodSeconds;
  if (countsGenerations) delete meta.generation;
  delete meta.resourceVersion;
}

function keepServerMeta(draft: KubeObject, old: KubeObject): void {
  const was = old.metadata as unknown as Record<string, Json>;
  const meta = draft.metadata as unknown as Record<string, Json>;
  if (!meta['uid']) meta['uid'] = was['uid'];
  for (const key of ['creationTimestamp', 'generation', 'generateName', 'resourceVersion', 'namespace']) {
    if (was[key] === undefined) delete meta[key];
    else meta[key] = was[key];
  }
  // What an object being deleted has cannot be taken away; a live one that comes with it is refused.
  for (const key of ['deletionTimestamp', 'deletionGracePeriodSeconds']) {
    if (was[key] !== undefined) meta[key] = was[key];
  }
}

/** A subresource changes only its own part; the main resource never changes a status that has a door of its own. */
function restrict(kind: Kind, draft: KubeObject, old: KubeObject, subresource: string | undefined): void {
  if (subresource === undefined || subresource === 'scale') {
    if (!kind.info.subresources['status']) return;
    if (old.status === undefined) delete draft.status;
    else draft.status = old.status;
    return;
  }
  if (subresource === 'status' || subresource === 'approval') {
    for (const key of Object.keys(draft))
      if (!['kind', 'apiVersion', 'metadata', 'status'].includes(key)) delete draft[key];
    for (const key of Object.keys(old)) if (!['metadata', 'status'].includes(key)) draft[key] = old[key];
    return;
  }
  const wanted = draft.spec;
  draft.spec = clone(old.spec);
  draft.status = old.status;
  if (subresource === 'ephemeralcontainers') draft.spec.ephemeralContainers = wanted?.ephemeralContainers;
  else if (subresource === 'finalize') draft.spec.finalizers = wanted?.finalizers ?? [];
  else if (subresource === 'resize') {
    for (const c of draft.spec.containers) {
      const match = wanted?.containers?.find((x: Json) => x.name === c.name);
      if (match) Object.assign(c, { resources: match.resources, resizePolicy: match.resizePolicy });
    }
  }
}

/** What webhooks made of an object is read as if it had come that way: unknown fields go, defaults come. */
function decodeAgain({ def, info }: Kind, object: KubeObject): void {
  if (info.custom) prune(object, info.schema);
  def.setDefaults?.(object);
}
