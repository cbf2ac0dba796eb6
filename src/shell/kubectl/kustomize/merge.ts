import { resolve, schemaOfKind } from '../../../kube/api-schema.ts';
import { isMap, type Json } from '../../../kube/object.ts';
import { groupVersion } from './field-specs.ts';

const DIRECTIVE = '$patch';

/**
 * A patch as kustomize merges it (kyaml's merge2): what it names comes first in lists; undefined when nothing is left. OpenAPI
 * `definitions` take the place of the API's own types.
 */
export function mergePatch(object: Json, patch: Json, definitions?: Json): Json {
  const schema = definitions ? definitionOf(object, definitions) : schemaOfKind(object.apiVersion, object.kind);
  const merged = map(object, patch, schema);
  return merged && Object.keys(merged).length > 0 ? merged : undefined;
}

const GVK = 'x-kubernetes-group-version-kind';

/** The definition of an object's type, its references followed. */
function definitionOf({ apiVersion, kind }: Json, definitions: Json): Json {
  const { group, version } = groupVersion(apiVersion);
  const found = Object.values(definitions).find((one: Json) =>
    one[GVK]?.some((type: Json) => type.kind === kind && type.version === version && (type.group ?? '') === group),
  );
  return found && unfolded(found, definitions, 0);
}

/** Definitions may contain themselves. */
const MAX_DEPTH = 20;

function unfolded(schema: Json, definitions: Json, depth: number): Json {
  if (!isMap(schema) || depth > MAX_DEPTH) return {};
  const { $ref, ...own } = schema;
  if ($ref) return unfolded(definitions[String($ref).split('/').at(-1)!], definitions, depth + 1);
  const out: Json = { ...own };
  if (own.items) out.items = unfolded(own.items, definitions, depth + 1);
  if (isMap(own.properties))
    out.properties = Object.fromEntries(
      Object.entries(own.properties).map(([name, one]) => [name, unfolded(one, definitions, depth + 1)]),
    );
  return out;
}

const without = ({ [DIRECTIVE]: _, ...rest }: Json): Json => rest;

function map(value: Json, patch: Json, schema: Json): Json {
  if (patch[DIRECTIVE] === 'delete') return undefined;
  if (patch[DIRECTIVE] === 'replace') return without(patch);
  const out: Json = isMap(value) ? { ...value } : {};
  const { properties, additionalProperties } = resolve(schema ?? {});
  for (const [key, change] of Object.entries(without(patch)) as [string, Json][]) {
    const merged = change === null ? undefined : field(out[key], change, properties?.[key] ?? additionalProperties);
    if (merged === undefined) delete out[key];
    else out[key] = merged;
  }
  return out;
}

function field(value: Json, change: Json, schema: Json): Json {
  if (isMap(change)) return map(value, change, schema);
  if (Array.isArray(change) && Array.isArray(value)) return list(value, change, schema ?? {});
  return Array.isArray(change) ? change.filter((item) => !isDeletion(item)) : change;
}

const isDeletion = (item: Json): boolean => isMap(item) && item[DIRECTIVE] === 'delete';

function keysOf(schema: Json): string[] {
  const main = schema['x-kubernetes-patch-merge-key'];
  const all: string[] = schema['x-kubernetes-list-map-keys'] ?? [];
  if (!String(schema['x-kubernetes-patch-strategy'] ?? '').includes('merge') && all.length === 0) return [];
  return [...new Set([main, ...all].filter(Boolean))];
}

function list(value: Json[], change: Json[], schema: Json): Json {
  if (change.some((item) => isMap(item) && item[DIRECTIVE] === 'replace'))
    return change.filter((item) => !(isMap(item) && item[DIRECTIVE] === 'replace'));
  const keys = keysOf(schema);
  if (keys.length === 0)
    return String(schema['x-kubernetes-patch-strategy'] ?? '').includes('merge')
      ? [...new Set([...change, ...value])]
      : change;
  // a key that neither side gives does not tell elements apart
  const used = keys.filter((key) => [...value, ...change].some((item) => item?.[key] !== undefined));
  const own = used.length > 0 ? used : keys;
  const same = (a: Json, b: Json): boolean => {
    const agree = own.every((key) => a?.[key] === b?.[key] || a?.[key] === undefined || b?.[key] === undefined);
    return agree && own.some((key) => a?.[key] !== undefined && a[key] === b?.[key]);
  };
  const out: Json[] = [];
  for (const item of change) {
    const merged = map(
      value.find((one) => same(one, item)),
      item,
      schema.items,
    );
    if (merged !== undefined && Object.keys(merged).length > 0) out.push(merged);
  }
  return [...out, ...value.filter((one) => !change.some((item) => same(one, item)))];
}
