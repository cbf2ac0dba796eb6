import type { Json, KubeObject } from '../../kube/object.ts';
import type { ResourceInfo } from './facts.ts';
import { groupVersion } from './facts.ts';
import { toHpaV1, toHpaV2 } from './hpa-versions.ts';

/** Where a resource is stored: kinds served in two versions share one place. */
export function storageOf(info: { group: string; resource: string }): string {
  if (info.resource === 'events') return 'events';
  return info.group === '' ? info.resource : `${info.group}/${info.resource}`;
}

/** The version that objects are stored in, e.g. `autoscaling/v2` for `autoscaling/v1` autoscalers. */
export function storageVersion(info: ResourceInfo): { group: string; version: string } {
  if (info.resource === 'events') return { group: '', version: 'v1' };
  if (info.resource === 'horizontalpodautoscalers') return { group: 'autoscaling', version: 'v2' };
  return info;
}

const EVENT_FIELDS: readonly [core: string, events: string][] = [
  ['involvedObject', 'regarding'],
  ['message', 'note'],
  ['source', 'deprecatedSource'],
  ['firstTimestamp', 'deprecatedFirstTimestamp'],
  ['lastTimestamp', 'deprecatedLastTimestamp'],
  ['count', 'deprecatedCount'],
  ['reportingComponent', 'reportingController'],
];

/** Turns an object of a served version into the stored one. */
export function toStorage(object: KubeObject, info: ResourceInfo): KubeObject {
  if (groupVersion(storageVersion(info)) === groupVersion(info)) return object;
  if (info.resource === 'events')
    return renamed(
      object,
      EVENT_FIELDS.map(([a, b]) => [b, a]),
      'v1',
    );
  return toHpaV2(object);
}

/** Turns a stored object into the version that was asked for. */
export function fromStorage(object: KubeObject, info: ResourceInfo): KubeObject {
  if (object.apiVersion === groupVersion(info)) return object;
  if (info.resource === 'events') return renamed(object, EVENT_FIELDS, groupVersion(info));
  if (info.resource !== 'horizontalpodautoscalers') return { ...object, apiVersion: groupVersion(info) };
  return toHpaV1(object);
}

function renamed(object: KubeObject, names: readonly (readonly string[])[], apiVersion: string): KubeObject {
  const byName = new Map(names.map(([from, to]) => [from as string, to as string]));
  const out: Record<string, Json> = {};
  for (const key of Object.keys(object)) out[byName.get(key) ?? key] = object[key];
  for (const name of ['reportingController', 'reportingInstance'])
    if (out[name] === '' && apiVersion !== 'v1') delete out[name];
  return { ...out, apiVersion } as KubeObject;
}
