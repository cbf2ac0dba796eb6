import { isMap, type Json } from './object.ts';

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
