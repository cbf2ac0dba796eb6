import type { Json, KubeObject, ManagedFieldsEntry } from '../../../kube/object.ts';
import { applyConflict } from '../errors.ts';
import type { ResourceInfo } from '../facts.ts';
import { groupVersion } from '../facts.ts';
import type { FieldSet } from './field-set.ts';
import { difference, EMPTY, intersection, isEmptySet, sortSet, union } from './field-set.ts';
import { compare, fieldSetOf, mergeTyped, prune } from './typed.ts';

/** Who owns what of one object version; kept beside the object and printed as metadata.managedFields. */
export interface Owner {
  manager: string;
  operation: 'Apply' | 'Update';
  apiVersion: string;
  subresource?: string;
  /** Empty for an apply that changed nothing. */
  time: string;
  set: FieldSet;
}
export type Managed = readonly Owner[];

export interface Writer {
  manager: string;
  subresource?: string;
  /** RFC 3339, virtual. */
  time: string;
}

const ROOT_SKIPPED = new Set(['apiVersion', 'kind']);
const ROOT_AND_STATUS = new Set(['apiVersion', 'kind', 'status']);
const ROOT_AND_SPEC = new Set(['apiVersion', 'kind', 'spec']);
/** Ownership of these is never recorded. */
const UNOWNED: FieldSet = Object.fromEntries([
  [
    'f:metadata',
    Object.fromEntries(
      [
        'name',
        'namespace',
        'creationTimestamp',
        'selfLink',
        'uid',
        'clusterName',
        'generation',
        'managedFields',
        'resourceVersion',
        'deletionTimestamp',
        'deletionGracePeriodSeconds',
      ].map((k) => [`f:${k}`, EMPTY]),
    ),
  ],
]);
/** Every configuration names its object, and so holds its metadata in place. */
const NAMED: FieldSet = { 'f:metadata': { 'f:name': EMPTY } };
/** Who owns what stood in an object without owners before the first apply. */
const BEFORE_FIRST_APPLY = 'before-first-apply';
/** Managers that write without applying, beyond which the oldest are merged into one. */
const UPDATE_MANAGERS_MAX = 10;

/** Which fields a write through this door cannot set, so that it cannot own them either. */
function skipped(info: ResourceInfo, subresource: string | undefined): ReadonlySet<string> {
  if (subresource === 'status') return ROOT_AND_SPEC;
  return info.subresources['status'] ? ROOT_AND_STATUS : ROOT_SKIPPED;
}

/** Ownership after a create, update or patch that is not an apply. Where it was given up it is not taken up again but by an apply. */
export function trackUpdate(
  managed: Managed,
  live: KubeObject | undefined,
  next: KubeObject,
  info: ResourceInfo,
  writer: Writer,
): Managed {
  return live && managed.length === 0 ? managed : track(managed, live, next, info, writer);
}

function track(
  managed: Managed,
  live: KubeObject | undefined,
  next: KubeObject,
  info: ResourceInfo,
  writer: Writer,
): Managed {
  const d = compare(live ?? {}, next, info.schema, info.typeName ?? '', skipped(info, writer.subresource));
  const changed = difference(d.changed, UNOWNED);
  if (isEmptySet(changed) && isEmptySet(d.removed)) return managed;
  const apiVersion = groupVersion(info);
  const isSelf = (o: Owner): boolean =>
    o.manager === writer.manager &&
    o.operation === 'Update' &&
    o.apiVersion === apiVersion &&
    o.subresource === writer.subresource;
  const out: Owner[] = [];
  let self: Owner | undefined;
  for (const owner of managed) {
    let set = isSelf(owner) ? owner.set : difference(owner.set, changed);
    set = isEmptySet(d.removed) ? set : difference(set, d.removed);
    if (isSelf(owner)) self = { ...owner, set };
    else if (!isEmptySet(set)) out.push(set === owner.set ? owner : { ...owner, set });
  }
  const set = self ? union(self.set, changed) : changed;
  if (!isEmptySet(set)) {
    const time = isEmptySet(changed) && self ? self.time : writer.time;
    out.push({ manager: writer.manager, operation: 'Update', apiVersion, subresource: writer.subresource, time, set });
  }
  return capUpdates(out);
}

function capUpdates(owners: Owner[]): Owner[] {
  const updates = owners.filter((o) => o.operation === 'Update');
  if (updates.length <= UPDATE_MANAGERS_MAX) return owners;
  const oldest = [...updates]
    .sort((a, b) => (a.time < b.time ? -1 : 1))
    .slice(0, updates.length - UPDATE_MANAGERS_MAX + 1);
  const set = oldest.reduce((all, o) => union(all, o.set), EMPTY);
  const last = oldest[oldest.length - 1] as Owner;
  const bucket: Owner = { ...last, manager: 'ancient-changes', set };
  return [...owners.filter((o) => !oldest.includes(o)), bucket];
}

/** The outcome of a server-side apply before defaults and admission. Throws 409 with causes unless forced. */
export function applyConfig(
  managed: Managed,
  live: KubeObject | undefined,
  config: Json,
  info: ResourceInfo,
  writer: Writer,
  force: boolean,
): { object: Json; managed: Managed } {
  const apiVersion = groupVersion(info);
  const isSelf = (o: Owner): boolean =>
    o.manager === writer.manager && o.operation === 'Apply' && o.subresource === writer.subresource;
  const skip = skipped(info, writer.subresource);
  const hasMeta = Object.keys(config.metadata ?? {}).length > 0;
  const unsaid = hasMeta ? skip : new Set([...skip, 'metadata']);
  const set = difference(fieldSetOf(config, info.schema, unsaid), UNOWNED);
  const before = { ...writer, manager: BEFORE_FIRST_APPLY };
  const known = live && managed.length === 0 ? track([], undefined, live, info, before) : managed;
  const last = known.find(isSelf);
  const others = known.filter((o) => !isSelf(o));
  let object = mergeTyped(live ?? {}, config, info.schema);
  if (last) {
    const owned = others.reduce((all, o) => union(all, o.set), union(set, NAMED));
    object = prune(object, last.set, owned, info.schema);
  }
  const d = compare(live ?? {}, object, info.schema, info.typeName ?? '', skip);
  const byIdentity = [...others].sort(
    (a, b) => compareText(a.manager, b.manager) || compareText(a.operation, b.operation),
  );
  const conflicts = byIdentity.flatMap((o) =>
    intersection(o.set, d.changed).map((field) => ({ manager: describe(o), field })),
  );
  if (conflicts.length > 0 && !force) throw applyConflict(conflicts);
  const out: Owner[] = [];
  for (const owner of others) {
    const left = difference(difference(owner.set, d.changed), d.removed);
    if (!isEmptySet(left)) out.push(left === owner.set ? owner : { ...owner, set: left });
  }
  const unchanged = last && isEmptySet(d.changed) && isEmptySet(d.removed) && sameSet(last.set, set);
  const self: Owner = {
    manager: writer.manager,
    operation: 'Apply',
    apiVersion,
    subresource: writer.subresource,
    time: isEmptySet(d.changed) && isEmptySet(d.removed) ? (last?.time ?? '') : writer.time,
    set,
  };
  if (unchanged) out.push(last);
  else if (!isEmptySet(set)) out.push(self);
  return { object, managed: out };
}

function sameSet(a: FieldSet, b: FieldSet): boolean {
  return JSON.stringify(sortSet(a)) === JSON.stringify(sortSet(b));
}

function describe(owner: Owner): string {
  const via = owner.subresource === undefined ? '' : ` with subresource "${owner.subresource}"`;
  return `"${owner.manager}"${via}${owner.operation === 'Update' ? ` using ${owner.apiVersion}` : ''}`;
}

/** metadata.managedFields as the wire has it: by operation, then time, then manager. */
export function printManaged(managed: Managed): ManagedFieldsEntry[] {
  const sorted = [...managed].sort(
    (a, b) =>
      compareText(a.operation, b.operation) ||
      compareText(a.time, b.time) ||
      compareText(a.manager, b.manager) ||
      compareText(a.subresource ?? '', b.subresource ?? ''),
  );
  return sorted.map((o) => ({
    manager: o.manager,
    operation: o.operation,
    apiVersion: o.apiVersion,
    ...(o.time === '' ? {} : { time: o.time }),
    fieldsType: 'FieldsV1',
    fieldsV1: sortSet(o.set) as Record<string, unknown>,
    ...(o.subresource === undefined ? {} : { subresource: o.subresource }),
  }));
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Reads managedFields that a client sent; `[]` and `[{}]` reset them. */
export function readManaged(entries: readonly Partial<ManagedFieldsEntry>[], now: string): Managed {
  return entries
    .filter((e) => e.operation !== undefined && e.fieldsV1 !== undefined)
    .map((e) => ({
      manager: e.manager ?? '',
      operation: e.operation === 'Apply' ? 'Apply' : 'Update',
      apiVersion: e.apiVersion ?? '',
      ...(e.subresource ? { subresource: e.subresource } : {}),
      time: e.time ?? (e.operation === 'Apply' ? '' : now),
      set: e.fieldsV1 as FieldSet,
    }));
}
