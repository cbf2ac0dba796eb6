import type { KubeObject, ObjectMeta } from '../../kube/object.ts';
import type { FieldError } from '../../kube/status.ts';
import { CLEANUP } from './custom/cleanup.ts';
import type { KindDef } from './kind.ts';
import {
  canonicalIp,
  dns1035Label,
  dnsLabel,
  dnsSubdomain,
  labelValue,
  pathSegment,
  qualifiedName,
} from './kinds/common/names.ts';

const ANNOTATIONS_BYTES_MAX = 256 * 1024;
const STANDARD_FINALIZERS = new Set(['orphan', 'foregroundDeletion', 'kubernetes', CLEANUP]);
const RULES: Record<NonNullable<KindDef['nameRule']>, (name: string) => string[]> = {
  subdomain: dnsSubdomain,
  label: dnsLabel,
  label1035: dns1035Label,
  path: pathSegment,
  service: dns1035Label,
  ip: canonicalIp,
};

const bad = (field: string, value: unknown, detail: string): FieldError => ({
  type: 'FieldValueInvalid',
  field,
  value,
  detail,
});

/** ObjectMeta rules of upstream's ValidateObjectMeta, in its order. */
export function validateMeta(object: KubeObject, rule: KindDef['nameRule']): FieldError[] {
  const meta = object.metadata;
  const out: FieldError[] = [];
  const { generateName } = meta;
  if (generateName) {
    // What is made from it does not end in its dash.
    const masked = generateName.length > 1 ? generateName.replace(/.-$/, 'a') : generateName;
    for (const detail of RULES[rule ?? 'subdomain'](masked))
      out.push(bad('metadata.generateName', generateName, detail));
  }
  if (!meta.name)
    out.push({ type: 'FieldValueRequired', field: 'metadata.name', detail: 'name or generateName is required' });
  else for (const detail of RULES[rule ?? 'subdomain'](meta.name)) out.push(bad('metadata.name', meta.name, detail));
  out.push(...validateMutable(meta));
  return out;
}

function validateMutable(meta: ObjectMeta): FieldError[] {
  const out: FieldError[] = [];
  for (const key of Object.keys(meta.labels ?? {}).sort()) {
    for (const detail of qualifiedName(key)) out.push(bad('metadata.labels', key, detail));
    const value = meta.labels?.[key] ?? '';
    for (const detail of labelValue(value)) out.push(bad('metadata.labels', value, detail));
  }
  let bytes = 0;
  for (const key of Object.keys(meta.annotations ?? {}).sort()) {
    for (const detail of qualifiedName(key.toLowerCase())) out.push(bad('metadata.annotations', key, detail));
    bytes += key.length + Buffer.byteLength(meta.annotations?.[key] ?? '');
  }
  if (bytes > ANNOTATIONS_BYTES_MAX) {
    out.push({
      type: 'FieldValueTooLong',
      field: 'metadata.annotations',
      detail: `may not be more than ${ANNOTATIONS_BYTES_MAX} bytes`,
    });
  }
  return [...out, ...validateOwners(meta), ...validateFinalizers(meta)];
}

function validateOwners(meta: ObjectMeta): FieldError[] {
  const out: FieldError[] = [];
  let controller: string | undefined;
  for (const ref of meta.ownerReferences ?? []) {
    const field = 'metadata.ownerReferences';
    if (!ref.apiVersion) out.push(bad(`${field}.apiVersion`, ref.apiVersion ?? '', 'version must not be empty'));
    if (!ref.kind) out.push(bad(`${field}.kind`, ref.kind ?? '', 'must not be empty'));
    if (!ref.name) out.push(bad(`${field}.name`, ref.name ?? '', 'must not be empty'));
    if (!ref.uid) out.push(bad(`${field}.uid`, ref.uid ?? '', 'must not be empty'));
    if (!ref.controller) continue;
    const id = `${ref.kind}/${ref.name}`;
    if (controller !== undefined) {
      const detail = `Only one reference can have Controller set to true. Found "true" in references for ${controller} and ${id}`;
      out.push(bad(field, meta.ownerReferences, detail));
    }
    controller = id;
  }
  return out;
}

function validateFinalizers(meta: ObjectMeta): FieldError[] {
  const out: FieldError[] = [];
  const names = meta.finalizers ?? [];
  for (const name of names)
    for (const detail of qualifiedName(name)) out.push(bad('metadata.finalizers', name, detail));
  if (names.includes('orphan') && names.includes('foregroundDeletion')) {
    const detail = 'finalizer orphan and foregroundDeletion cannot be both set';
    out.push(bad('metadata.finalizers', names, detail));
  }
  return [...out, ...names.flatMap((name, i) => unqualified(name, `metadata.finalizers[${i}]`))];
}

function unqualified(name: string, field: string): FieldError[] {
  if (name.includes('/') || STANDARD_FINALIZERS.has(name)) return [];
  return [bad(field, name, 'name is neither a standard finalizer name nor is it fully qualified')];
}

/** A finalizer of a namespace's spec. */
export function validateFinalizerName(name: string, field: string): FieldError[] {
  return [...qualifiedName(name).map((detail) => bad(field, name, detail)), ...unqualified(name, field)];
}

/** What an update may not change in ObjectMeta (ValidateObjectMetaUpdate). */
export function validateMetaUpdate(object: KubeObject, old: KubeObject): FieldError[] {
  const meta = object.metadata;
  const before = old.metadata;
  const out: FieldError[] = [];
  const fixed = (field: string, now: unknown, was: unknown): void => {
    if (now !== was) out.push(bad(`metadata.${field}`, now, 'field is immutable'));
  };
  if (before.deletionTimestamp) {
    const added = (meta.finalizers ?? []).filter((f) => !before.finalizers?.includes(f));
    if (added.length > 0) {
      const detail = `no new finalizers can be added if the object is being deleted, found new finalizers []string{${added.map((f) => JSON.stringify(f)).join(', ')}}`;
      out.push({ type: 'FieldValueForbidden', field: 'metadata.finalizers', detail });
    }
  }
  fixed('name', meta.name, before.name);
  fixed('namespace', meta.namespace, before.namespace);
  fixed('uid', meta.uid, before.uid);
  fixed('creationTimestamp', meta.creationTimestamp, before.creationTimestamp);
  fixed('deletionTimestamp', meta.deletionTimestamp, before.deletionTimestamp);
  fixed('deletionGracePeriodSeconds', meta.deletionGracePeriodSeconds, before.deletionGracePeriodSeconds);
  out.push(...validateMutable(meta));
  return out;
}
