import type { Json, KubeObject, OwnerReference } from '../../../kube/object.ts';
import { ApiError } from '../../../kube/status.ts';
import type { ApiClient, DeleteOptions } from '../../api/api.ts';

export interface Condition {
  type: string;
  status: string;
  reason?: string;
  message?: string;
  lastTransitionTime?: string;
  [field: string]: Json;
}

/** `namespace/name`, or the name alone of a cluster-scoped object. */
export function keyOf(object: KubeObject): string {
  return object.metadata.namespace ? `${object.metadata.namespace}/${object.metadata.name}` : object.metadata.name;
}

export function splitKey(key: string): [namespace: string, name: string] {
  const slash = key.indexOf('/');
  return [key.slice(0, slash), key.slice(slash + 1)];
}

/** Epoch milliseconds of an RFC 3339 text; NaN when absent. */
export function timeMs(text: string | undefined): number {
  return text ? Date.parse(text) : Number.NaN;
}

export function controllerRef(owner: KubeObject): OwnerReference {
  return {
    apiVersion: owner.apiVersion,
    kind: owner.kind,
    name: owner.metadata.name,
    uid: owner.metadata.uid,
    controller: true,
    blockOwnerDeletion: true,
  };
}

export function getCondition(object: KubeObject, type: string): Condition | undefined {
  return object.status?.conditions?.find((condition: Condition) => condition.type === type);
}

/**
 * Sets a condition in a list; the transition time moves only with the status. Answers whether anything changed.
 * @param nowIso RFC 3339
 */
export function setCondition(conditions: Condition[], next: Condition, nowIso: string): boolean {
  const index = conditions.findIndex((condition) => condition.type === next.type);
  const old = conditions[index];
  const lastTransitionTime = old && old.status === next.status ? old.lastTransitionTime : nowIso;
  const merged = { ...next, lastTransitionTime };
  if (old && sameJson(old, merged)) return false;
  if (old) conditions[index] = merged;
  else conditions.push(merged);
  return true;
}

/** Deep equality of plain JSON, where an absent field equals undefined. */
export function sameJson(a: Json, b: Json): boolean {
  if (a === b) return true;
  if (a === null || b === null || typeof a !== 'object' || typeof b !== 'object') return false;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  for (const key in a) if (!sameJson(a[key], b[key])) return false;
  for (const key in b) if (b[key] !== undefined && a[key] === undefined) return false;
  return true;
}

/** int-or-percent of a total, as intstr.GetScaledValueFromIntOrPercent. */
export function scaledValue(value: number | string | undefined, total: number, roundUp: boolean): number {
  if (value === undefined || value === null) return 0;
  if (typeof value === 'number') return value;
  const percent = Number.parseInt(value, 10);
  return roundUp ? Math.ceil((percent * total) / 100) : Math.floor((percent * total) / 100);
}

/** Runs an API call; answers the error when the server refused it. */
export function attempt(call: () => void): ApiError | undefined {
  try {
    call();
    return undefined;
  } catch (error) {
    if (error instanceof ApiError) return error;
    throw error;
  }
}

/** Deletes and takes "not found" for done. Answers whether there was something to delete. */
export function deleteIfExists(
  api: ApiClient,
  ref: string,
  namespace: string | undefined,
  name: string,
  options?: DeleteOptions,
): boolean {
  const error = attempt(() => api.delete(ref, namespace, name, options));
  if (error && error.code !== 404) throw error;
  return !error;
}

export function isNamespaceTerminating(error: ApiError): boolean {
  return error.status.details?.causes?.some((cause) => cause.reason === 'NamespaceTerminating') ?? false;
}

/** By creation time, then name: upstream's order where it breaks ties. */
export function byCreation(a: KubeObject, b: KubeObject): number {
  return (
    compare(a.metadata.creationTimestamp, b.metadata.creationTimestamp) || compare(a.metadata.name, b.metadata.name)
  );
}

export function compare<T extends string | number | bigint>(a: T, b: T): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
