import { resolve, type Schema } from '../../kube/api-schema.ts';
import { isMap, type Json } from '../../kube/object.ts';
import { threeWayPatch } from '../../kube/patch/diff.ts';
import { PatchError } from '../../kube/patch/error.ts';
import { applyMergePatch, mergePatchBetween } from '../../kube/patch/merge.ts';
import { type Field, fieldFrom, lookupByType } from '../../kube/patch/strategic.ts';

/** The lookup that client-side apply does in the OpenAPI document of the server. */
function lookupInDocument(schema: Schema, name: string): Field {
  const property = resolve(schema).properties?.[name];
  if (!property) throw new PatchError(`unable to find api field ${JSON.stringify(name)}`);
  return fieldFrom(property);
}

/**
 * Three-way patch of client-side apply: what `modified` asks for against `current`, and deletions of what `original` had and `modified` has not.
 * With a schema it is a strategic merge patch, first by the server's document and then by kubectl's own types (`warn` hears of it), without
 * one a JSON merge patch. Throws PatchError.
 */
export function threeWay(
  original: Json,
  modified: Json,
  current: Json,
  schema: Schema | undefined,
  warn: (text: string) => void,
): Json {
  if (!schema) return threeWayMergePatch(original, modified, current);
  try {
    return threeWayPatch(original, modified, current, schema, lookupInDocument);
  } catch (error) {
    if (!(error instanceof PatchError)) throw error;
    warn(`warning: error calculating patch from openapi v3 spec: ${error.message}\n`);
    warn(`warning: error calculating patch from openapi spec: ${error.message}\n`);
    return threeWayPatch(original, modified, current, schema, lookupByType);
  }
}

/** The same as a JSON merge patch. */
export function threeWayMergePatch(original: Json, modified: Json, current: Json): Json {
  const changes = onlyNulls(mergePatchBetween(current, modified), false);
  const deletions = onlyNulls(mergePatchBetween(original, modified), true);
  const patch = applyMergePatch(deletions, changes);
  if (patch.apiVersion !== undefined || patch.kind !== undefined || patch.metadata?.name !== undefined)
    throw new PatchError('At least one of apiVersion, kind and name was changed');
  return patch;
}

/** The nulls of a patch, or all the rest; what holds nothing of it vanishes, but empty objects are a value. */
function onlyNulls(patch: Json, nulls: boolean): Json {
  const out: Json = {};
  for (const [key, value] of Object.entries(patch) as [string, Json][]) {
    if (!isMap(value)) {
      if ((value === null) === nulls) out[key] = value;
      continue;
    }
    const inner = onlyNulls(value, nulls);
    if (Object.keys(inner).length > 0 || (Object.keys(value).length === 0 && !nulls)) out[key] = inner;
  }
  return out;
}
