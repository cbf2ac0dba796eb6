import { clone, deepEqual, type Json, type KubeObject } from '../../kube/object.ts';
import { prune } from './custom/prune.ts';
import type { ValueSchema } from './custom/schema.ts';
import { defaultValue } from './custom/values.ts';
import type { ResourceInfo, Schema } from './facts.ts';
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
  if (info.custom) return readCustom(object, info);
  if (object.apiVersion === groupVersion(info)) return object;
  if (info.resource === 'events') return renamed(object, EVENT_FIELDS, groupVersion(info));
  if (info.resource !== 'horizontalpodautoscalers') return { ...object, apiVersion: groupVersion(info) };
  return toHpaV1(object);
}

/** The last reading of a stored object, which stays as it is until it is written again or its definition changes. */
const readings = new WeakMap<KubeObject, { schema: Schema; apiVersion: string; object: KubeObject }>();

/** A custom resource is read with the schema of the day: fields that it does not know are gone, defaults are there. */
function readCustom(stored: KubeObject, { schema, ...info }: ResourceInfo): KubeObject {
  const apiVersion = groupVersion({ ...info });
  const known = readings.get(stored);
  if (known && known.schema === schema && known.apiVersion === apiVersion) return known.object;
  const object = clone(stored);
  object.apiVersion = apiVersion;
  prune(object, schema);
  defaultValue(object, schema as ValueSchema);
  const reading = { schema, apiVersion, object: deepEqual(object, stored) ? stored : object };
  readings.set(stored, reading);
  return reading.object;
}

function renamed(object: KubeObject, names: readonly (readonly string[])[], apiVersion: string): KubeObject {
  const byName = new Map(names.map(([from, to]) => [from as string, to as string]));
  const out: Record<string, Json> = {};
  for (const key of Object.keys(object)) out[byName.get(key) ?? key] = object[key];
  for (const name of ['reportingController', 'reportingInstance'])
    if (out[name] === '' && apiVersion !== 'v1') delete out[name];
  return { ...out, apiVersion } as KubeObject;
}
