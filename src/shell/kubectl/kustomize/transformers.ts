import type { Json } from '../../../kube/object.ts';
import { KubectlError } from '../errors.ts';
import { type FieldSpec, PathError, type Slot, slotOf, visitField } from './field-specs.ts';
import {
  gvkText,
  idOf,
  idsOf,
  idText,
  isClusterScoped,
  originalId,
  type ResourceMap,
  remember,
  sameId,
} from './resources.ts';

/** Visits the fields of one object; what does not fit the path is said as kustomize says it. */
export function visitAll(object: Json, specs: FieldSpec[], made: Json, change: (slot: Slot) => void): void {
  for (const spec of specs) {
    try {
      visitField(object, spec, made, change);
    } catch (error) {
      if (!(error instanceof PathError)) throw error;
      throw new KubectlError(
        `considering field '${spec.path}' of object ${idText(idOf({ object }))}: ${error.message}`,
      );
    }
  }
}

const SUBJECTS: Record<string, (subject: Json) => boolean> = {
  defaultOnly: ({ name }) => name === 'default',
  allServiceAccounts: ({ kind }) => kind === 'ServiceAccount',
  none: () => false,
};

export interface NamespaceOptions {
  unsetOnly?: boolean;
  setRoleBindingSubjects?: string;
}

/** NamespaceTransformer. */
export function setNamespace(
  map: ResourceMap,
  namespace: string,
  specs: FieldSpec[],
  { unsetOnly, setRoleBindingSubjects = 'defaultOnly' }: NamespaceOptions = {},
): void {
  if (!namespace) return;
  const takes = SUBJECTS[setRoleBindingSubjects];
  if (!takes)
    throw new KubectlError(
      `invalid value ${JSON.stringify(setRoleBindingSubjects)} for setRoleBindingSubjects: must be one of "allServiceAccounts", "defaultOnly" or "none"`,
    );
  const write = (slot: Slot): void => {
    if (!unsetOnly || !slot.get()) slot.set(namespace);
  };
  for (const resource of map.list) {
    const { object } = resource;
    remember(resource);
    if (!isClusterScoped(idOf(resource))) {
      object.metadata ??= {};
      write(slotOf(object.metadata, 'namespace'));
    }
    const isBinding = object.kind === 'RoleBinding' || object.kind === 'ClusterRoleBinding';
    if (isBinding && Array.isArray(object.subjects))
      for (const subject of object.subjects.filter(takes)) write(slotOf(subject, 'namespace'));
    const own = specs.filter(
      ({ path }) =>
        path !== 'metadata/namespace' &&
        !(path === 'metadata/name' && object.apiVersion !== 'v1') &&
        !(isBinding && path === 'subjects/namespace'),
    );
    visitAll(object, own, '', write);
    const id = idOf(resource);
    const same = map.list.filter((one) => sameId(id, idOf(one)));
    if (same.length !== 1)
      throw new KubectlError(
        `namespace transformation produces ID conflict: [${same.map((one) => JSON.stringify(one.object)).join(' ')}]`,
      );
  }
}

const UNPREFIXED = ['CustomResourceDefinition', 'Namespace'];

/** PrefixTransformer and SuffixTransformer. */
export function rename(map: ResourceMap, specs: FieldSpec[], which: 'prefixes' | 'suffixes', text: string): void {
  if (!text) return;
  for (const resource of map.list) {
    const { kind, group } = originalId(resource);
    if (UNPREFIXED.includes(kind) || (kind === 'APIService' && group === 'apiregistration.k8s.io')) continue;
    for (const spec of specs) {
      if (spec.path === 'metadata/name') {
        resource[which].push(text);
        remember(resource);
      }
      visitAll(resource.object, [spec], undefined, (slot) => {
        slot.set(which === 'prefixes' ? `${text}${slot.get()}` : `${slot.get()}${text}`);
      });
    }
  }
}

/** LabelTransformer and AnnotationsTransformer. */
export function setPairs(map: ResourceMap, specs: FieldSpec[], pairs: Record<string, string> | undefined): void {
  const keys = Object.keys(pairs ?? {}).sort();
  if (keys.length === 0) return;
  for (const { object } of map.list)
    visitAll(object, specs, {}, (slot) => {
      const value = slot.get() ?? {};
      for (const key of keys) value[key] = pairs![key];
      slot.set(value);
    });
}

export interface ImageChange {
  name?: string;
  newName?: string;
  newTag?: string;
  tagSuffix?: string;
  digest?: string;
}

/** An image's name, tag and digest; a colon before the last slash belongs to the registry's port. */
function splitImage(image: string): { name: string; tag: string; digest: string } {
  const at = image.indexOf('@');
  const digest = at < 0 ? '' : image.slice(at + 1);
  const bare = at < 0 ? image : image.slice(0, at);
  const colon = bare.lastIndexOf(':');
  return colon > bare.lastIndexOf('/')
    ? { name: bare.slice(0, colon), tag: bare.slice(colon + 1), digest }
    : { name: bare, tag: '', digest };
}

function changedImage(image: string, { name = '', newName, newTag, tagSuffix, digest }: ImageChange): string {
  const own = splitImage(image);
  if (!new RegExp(`^${name}(:[a-zA-Z0-9_.{}-]*)?(@sha256:[a-zA-Z0-9_.{}-]*)?$`).test(image)) return image;
  let { tag, digest: hash } = own;
  if (newTag || digest) [tag, hash] = [newTag ?? '', digest ?? ''];
  else if (tagSuffix) [tag, hash] = [tag + tagSuffix, ''];
  return `${newName || own.name}${tag ? `:${tag}` : ''}${hash ? `@${hash}` : ''}`;
}

/** ImageTagTransformer: lists of containers wherever they stand, and the fields that the configuration names. */
export function setImage(map: ResourceMap, specs: FieldSpec[], change: ImageChange): void {
  const visit = (node: Json): void => {
    if (Array.isArray(node)) for (const item of node) visit(item);
    else if (node !== null && typeof node === 'object')
      for (const [key, value] of Object.entries(node) as [string, Json][]) {
        if ((key === 'containers' || key === 'initContainers') && Array.isArray(value)) {
          for (const one of value) if (typeof one?.image === 'string') one.image = changedImage(one.image, change);
        } else visit(value);
      }
  };
  for (const { object } of map.list) {
    if (object.kind !== 'CustomResourceDefinition') visit(object);
    visitAll(object, specs, undefined, (slot) => {
      if (typeof slot.get() === 'string') slot.set(changedImage(slot.get(), change));
    });
  }
}

/** ReplicaCountTransformer. */
export function setReplicas(
  map: ResourceMap,
  specs: FieldSpec[],
  { name, count }: { name: string; count: number },
): void {
  let found = false;
  for (const spec of specs)
    for (const resource of map.list) {
      const named = idsOf(resource).some((id) => id.name === name && (!spec.kind || id.kind === spec.kind));
      if (!named) continue;
      found = true;
      visitAll(resource.object, [spec], 0, (slot) => slot.set(count ?? 0));
    }
  if (!found)
    throw new KubectlError(
      `resource with name ${name} does not match a config with the following GVK [${specs.map(gvkText).join(' ')}]`,
    );
}
