import { deepEqual, isMap, type Json } from '../object.ts';
import { PatchError } from './error.ts';

/**
 * JSON merge patch (RFC 7396) as Kubernetes' library does it; neither argument is changed. What differs from the RFC: a patch must be an object
 * or a list, and where nothing stood before, nulls vanish inside of lists, too.
 */
export function applyMergePatch(target: Json, patch: Json): Json {
  if (patch === null || typeof patch !== 'object') throw new PatchError('Invalid JSON Patch', 'format');
  return isMap(target) && isMap(patch) ? merged(target, patch) : withoutNulls(patch);
}

function merged(target: Record<string, Json>, patch: Record<string, Json>): Json {
  const out = { ...target };
  for (const key of Object.keys(patch)) {
    const value = patch[key];
    const current = Object.hasOwn(out, key) ? out[key] : null;
    if (value === null) delete out[key];
    else if (!isMap(current)) out[key] = withoutNulls(value);
    else out[key] = isMap(value) ? merged(current, value) : value;
  }
  return out;
}

/** Without the nulls of objects; those of lists stay. */
export function withoutNulls(value: Json): Json {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (!isMap(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, part]) => part !== null)
      .map(([key, part]) => [key, withoutNulls(part)]),
  );
}

/** The JSON merge patch that leads from one object to another. */
export function mergePatchBetween(from: Json, to: Json): Json {
  const out: Json = {};
  for (const key of Object.keys(to)) {
    if (Object.hasOwn(from, key) && isMap(from[key]) && isMap(to[key])) {
      const inner = mergePatchBetween(from[key], to[key]);
      if (Object.keys(inner).length > 0) out[key] = inner;
    } else if (!Object.hasOwn(from, key) || !deepEqual(from[key], to[key])) out[key] = to[key];
  }
  for (const key of Object.keys(from)) if (!Object.hasOwn(to, key)) out[key] = null;
  return out;
}
