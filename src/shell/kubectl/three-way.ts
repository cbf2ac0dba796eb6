import { isDeepStrictEqual } from 'node:util';
import schema from '../../kube/k8s-api-v1.35.data.json' with { type: 'json' };
import { isMap, type Json } from '../../kube/object.ts';

interface FieldSchema {
  ref?: string;
  items?: string;
  mergeKey?: string;
  /** Maps that are always sent whole. */
  replace: boolean;
}

const types = schema.types as Record<string, { properties?: Record<string, Json> }>;
const groupVersions = schema.groupVersions as Record<string, Record<string, { kind: string; type?: string }>>;

/** Schema name of a kind, undefined for custom resources (which are patched by JSON merge patch). */
export function typeOf(groupVersion: string, resource: string): string | undefined {
  return groupVersions[groupVersion]?.[resource]?.type;
}

/** Schema name of a kind by its own name. */
export function typeOfKind(apiVersion: string, kind: string): string | undefined {
  return Object.values(groupVersions[apiVersion] ?? {}).find((one) => one.kind === kind)?.type;
}

/** How a field of a type is merged. */
export function fieldOf(type: string | undefined, name: string): FieldSchema {
  const field = type ? types[type]?.properties?.[name] : undefined;
  return {
    ref: field?.ref,
    items: field?.items?.ref,
    mergeKey: field?.['x-kubernetes-patch-merge-key'],
    replace: field?.['x-kubernetes-patch-strategy'] === 'replace',
  };
}

/**
 * Three-way patch: what `modified` asks for against `current`, and deletions of what `original` had and `modified` has not.
 * With a type the result is a strategic merge patch, without one a JSON merge patch.
 */
export function threeWay(original: Json, modified: Json, current: Json, type: string | undefined): Json {
  const patch: Json = {};
  for (const key of Object.keys(modified ?? {})) {
    const [want, have, had] = [modified[key], current?.[key], original?.[key]];
    const field = fieldOf(type, key);
    if (want === null) {
      if (have !== undefined && have !== null) patch[key] = null;
    } else if (isMap(want) && isMap(have) && field.replace) patch[key] = want;
    else if (isMap(want) && isMap(have)) {
      const inner = threeWay(isMap(had) ? had : {}, want, have, field.ref ?? (type ? 'map' : undefined));
      if (Object.keys(inner).length > 0) patch[key] = inner;
    } else if (Array.isArray(want) && Array.isArray(have) && type && field.mergeKey) {
      Object.assign(patch, listPatch(key, field.mergeKey, Array.isArray(had) ? had : [], want, have, field.items));
    } else if (!isDeepStrictEqual(want, have)) patch[key] = want;
  }
  for (const key of Object.keys(original ?? {}))
    if (!Object.hasOwn(modified ?? {}, key) && current?.[key] !== undefined) patch[key] = null;
  return patch;
}

function listPatch(
  name: string,
  mergeKey: string,
  original: Json[],
  modified: Json[],
  current: Json[],
  type: string | undefined,
): Json {
  const out: Json[] = [];
  const id = (item: Json): Json => item?.[mergeKey];
  for (const item of modified) {
    const have = current.find((one) => id(one) === id(item));
    if (!have) {
      out.push(item);
      continue;
    }
    const inner = threeWay(original.find((one) => id(one) === id(item)) ?? {}, item, have, type);
    if (Object.keys(inner).length > 0) out.push({ ...inner, [mergeKey]: id(item) });
  }
  for (const item of original)
    if (!modified.some((one) => id(one) === id(item)) && current.some((one) => id(one) === id(item)))
      out.push({ $patch: 'delete', [mergeKey]: id(item) });
  if (out.length === 0) return {};
  const order = [
    ...modified,
    ...current.filter(
      (one) => !modified.some((item) => id(item) === id(one)) && !original.some((item) => id(item) === id(one)),
    ),
  ];
  return { [name]: out, [`$setElementOrder/${name}`]: order.map((item) => ({ [mergeKey]: id(item) })) };
}
