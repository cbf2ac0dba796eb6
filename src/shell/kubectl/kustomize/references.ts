import { goYaml } from '../../../kube/go-yaml.ts';
import { isMap, type Json } from '../../../kube/object.ts';
import { KubectlError } from '../errors.ts';
import { type BackReference, type FieldSpec, isOfType, type Slot } from './field-specs.ts';
import {
  effectiveNamespace,
  idOf,
  idText,
  isClusterScoped,
  originalId,
  type Resource,
  type ResourceMap,
  sameId,
} from './resources.ts';
import { visitAll } from './transformers.ts';

const sameEnd = (a: string[], b: string[]): boolean => {
  const [short, long] = a.length > b.length ? [b, a] : [a, b];
  if (short.length === 0) return long.length === 0;
  return short.every((item, at) => long[at + long.length - short.length] === item);
};

function likeNamed(a: Resource, b: Resource, allowEmpty: boolean): boolean {
  return (['prefixes', 'suffixes'] as const).every(
    (which) => (allowEmpty && (a[which].length === 0 || b[which].length === 0)) || sameEnd(a[which], b[which]),
  );
}

/** One field of one object that may name another one. */
interface Reference {
  referrer: Resource;
  field: FieldSpec;
  target: BackReference;
  /** What the referrer can see. */
  candidates: Resource[];
}

function reachable(map: ResourceMap, referrer: Resource): Resource[] {
  const id = idOf(referrer);
  if (isClusterScoped(id)) return map.list;
  const subjects: Json[] = referrer.object.kind === 'RoleBinding' ? (referrer.object.subjects ?? []) : [];
  const others = subjects.filter(({ kind }) => kind === 'ServiceAccount').map(({ namespace }) => namespace);
  return map.list.filter((one) => {
    const own = idOf(one);
    const namespace = effectiveNamespace(own);
    return isClusterScoped(own) || namespace === effectiveNamespace(id) || others.includes(namespace);
  });
}

/** The object that a name means: those that were called so, narrowed down until one is left. */
function referral({ referrer, field, target }: Reference, name: string, among: Resource[]): Resource | undefined {
  const id = idOf(referrer);
  const role = field.path.endsWith('roleRef/name') ? referrer.object.roleRef : undefined;
  let left = among.filter(
    (one) =>
      one.previous.some((before) => before.name === name) &&
      one.previous.some(({ kind, group, version }) => isOfType(target, typeMeta(kind, group, version))) &&
      (!role?.apiGroup ||
        !role.kind ||
        one.previous.some(({ kind, group, version }) =>
          isOfType({ group: role.apiGroup, kind: role.kind }, typeMeta(kind, group, version)),
        )) &&
      (isClusterScoped(id) ||
        isClusterScoped(idOf(one)) ||
        one.object.kind === 'ServiceAccount' ||
        effectiveNamespace(idOf(one)) === effectiveNamespace(id)),
  );
  if (left.length === 1) return left[0];
  left = left.filter((one) => likeNamed(one, referrer, true));
  if (left.length > 1) left = left.filter((one) => likeNamed(one, referrer, false));
  return left.length <= 1 ? left[0] : ambiguous(referrer, left);
}

const typeMeta = (kind: string, group: string, version: string): { kind: string; apiVersion: string } => ({
  kind,
  apiVersion: group === '' ? version : `${group}/${version}`,
});

function ambiguous(referrer: Resource, left: Resource[]): Resource {
  const first = left[0]!;
  if (left.every((one) => one.object.metadata.name === first.object.metadata.name)) return first;
  const ids = left.map((one) => idText(idOf(one))).join(', ');
  const details = left.map((one, at) => `--- possible referral ${at}:\n${goYaml(one.object)}\n`).join('');
  throw new KubectlError(
    `found multiple possible referrals: ${ids}\n\n**** Too many possible referral targets to referrer:\n${goYaml(referrer.object)}\n${details}`,
  );
}

function follow(reference: Reference, slot: Slot): void {
  const value = slot.get();
  if (value === null || value === undefined) return;
  if (Array.isArray(value)) {
    for (const [at, item] of value.entries())
      if (isMap(item)) followMap(reference, item);
      else
        followText(reference, {
          get: () => item,
          set: (name) => {
            value[at] = name;
          },
        });
  } else if (isMap(value)) followMap(reference, value);
  else followText(reference, slot);
}

function followText(reference: Reference, slot: Slot): void {
  const found = referral(reference, String(slot.get()), reference.candidates);
  if (found) slot.set(found.object.metadata.name);
}

/** A reference by name and namespace, both of which are followed. */
function followMap(reference: Reference, value: Json): void {
  if (value.name === undefined) throw new KubectlError("path config error; no 'name' field in node");
  let among = reference.candidates;
  if (value.namespace !== undefined) {
    const before = among.filter((one) => effectiveNamespace(originalId(one)) === value.namespace);
    among = before.length > 0 ? before : among.filter((one) => effectiveNamespace(idOf(one)) === value.namespace);
  }
  const found = referral(reference, String(value.name), among);
  if (!found) return;
  value.name = found.object.metadata.name;
  if (found.object.metadata.namespace) value.namespace = found.object.metadata.namespace;
}

/** Names by which objects refer to others follow the renaming of those. */
export function followNames(map: ResourceMap, backReferences: BackReference[]): void {
  for (const referrer of map.list) {
    const original = originalId(referrer);
    const candidates = reachable(map, referrer);
    for (const target of backReferences)
      for (const field of target.fieldSpecs) {
        if (!isOfType(field, typeMeta(original.kind, original.group, original.version))) continue;
        const { group: _, version: __, kind: ___, ...anywhere } = field;
        visitAll(referrer.object, [{ ...anywhere, create: false }], undefined, (slot) =>
          follow({ referrer, field, target, candidates }, slot),
        );
      }
  }
}

/** Marks the objects that vars look at. */
export function noteVars(map: ResourceMap, vars: Json[]): void {
  for (const { name, objref } of vars) {
    const [group = '', version = ''] = String(objref.apiVersion ?? '').includes('/')
      ? objref.apiVersion.split('/')
      : ['', objref.apiVersion ?? objref.version ?? ''];
    const wanted = { group: objref.group ?? group, version, kind: objref.kind ?? '', name: objref.name };
    const matched = map.list.filter((one) =>
      [...one.previous, idOf(one)].some((id) =>
        objref.namespace
          ? sameId(id, { ...wanted, namespace: objref.namespace })
          : id.name === wanted.name && id.kind === wanted.kind && id.group === wanted.group && id.version === version,
      ),
    );
    if (matched.length > 1)
      throw new KubectlError(`found ${matched.length} resId matches for var ${name} (unable to disambiguate)`);
    matched[0]?.vars.push(name);
  }
}

const VARIABLE = /\$(\$|\(([^)]*)\))/g;

/** Puts the values of vars where `$(NAME)` stands. Returns the names that nothing used. */
export function resolveVars(map: ResourceMap, vars: Json[], specs: FieldSpec[]): string[] {
  const values = new Map<string, Json>();
  for (const one of vars) {
    const holder = map.list.find((resource) => resource.vars.includes(one.name));
    const path = String(one.fieldref?.fieldPath ?? 'metadata.name').split('.');
    const value = path.reduce((at: Json, key) => at?.[key], holder?.object);
    if (value === undefined)
      throw new KubectlError(
        holder
          ? `field specified in var '${varText(one)}' not found in corresponding resource`
          : `var '${varText(one)}' cannot be mapped to a field in the set of known resources`,
      );
    values.set(one.name, value);
  }
  const used = new Set<string>();
  const expand = (text: Json): Json => {
    if (typeof text !== 'string') return text;
    const whole = /^\$\(([^)]*)\)$/.exec(text);
    if (whole && values.has(whole[1]!)) {
      used.add(whole[1]!);
      return values.get(whole[1]!);
    }
    return text.replace(VARIABLE, (all, kind, name) => {
      if (kind === '$') return '$';
      if (!values.has(name)) return all;
      used.add(name);
      return String(values.get(name));
    });
  };
  if (values.size === 0) return [];
  for (const { object } of map.list)
    visitAll(object, specs, undefined, (slot) => {
      const value = slot.get();
      if (Array.isArray(value)) slot.set(value.map(expand));
      else if (isMap(value))
        slot.set(Object.fromEntries(Object.entries(value).map(([key, item]) => [key, expand(item)])));
      else slot.set(expand(value));
    });
  return [...values.keys()].filter((name) => !used.has(name));
}

function varText({ name, objref, fieldref }: Json): string {
  const { apiVersion = '', group = '', version = '', kind = '', namespace = '' } = objref;
  return `{${name} {${apiVersion} {${group} ${version} ${kind} false} ${objref.name ?? ''} ${namespace}} {${fieldref?.fieldPath ?? 'metadata.name'}}}`;
}
