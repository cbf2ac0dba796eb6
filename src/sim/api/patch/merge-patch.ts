import type { Json } from '../../../kube/object.ts';

const isMap = (value: Json): boolean => value !== null && typeof value === 'object' && !Array.isArray(value);

/** RFC 7386; neither argument is changed. */
export function applyMergePatch(target: Json, patch: Json): Json {
  if (!isMap(patch)) return patch;
  const out: Record<string, Json> = isMap(target) ? { ...target } : {};
  for (const key of Object.keys(patch)) {
    if (patch[key] === null) delete out[key];
    else out[key] = applyMergePatch(out[key], patch[key]);
  }
  return out;
}
