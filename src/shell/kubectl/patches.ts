import { schemaOfKind } from '../../kube/api-schema.ts';
import type { Json } from '../../kube/object.ts';
import { PatchError } from '../../kube/patch/error.ts';
import { applyJsonPatch, jsonPatchOperations } from '../../kube/patch/json.ts';
import { applyMergePatch } from '../../kube/patch/merge.ts';
import { applyStrategicPatch } from '../../kube/patch/strategic.ts';
import { KubectlError } from './errors.ts';

/** Groups whose Go types kubectl does not have. */
const UNKNOWN_GROUPS = ['apiextensions.k8s.io', 'apiregistration.k8s.io'];

/** An object with a patch, made without a server. Throws KubectlError with kubectl's words. */
export function patchLocally(object: Json, patch: Json, type: string): Json {
  try {
    if (type === 'json')
      return applyJsonPatch(object, jsonPatchOperations(patch, 'jsonpatch.Patch', 'jsonpatch.Operation'));
    if (type === 'merge') return applyMergePatch(object, patch);
    return strategic(object, patch);
  } catch (error) {
    if (error instanceof PatchError) throw new KubectlError(reworded(error.message));
    throw error;
  }
}

function strategic(object: Json, patch: Json): Json {
  const { apiVersion, kind } = object;
  const [group, version] = apiVersion.includes('/') ? apiVersion.split('/') : ['', apiVersion];
  const schema = UNKNOWN_GROUPS.includes(group) ? undefined : schemaOfKind(apiVersion, kind);
  if (!schema)
    throw new KubectlError(
      `strategic merge patch is not supported for ${group}/${version}, Kind=${kind} locally, try --type merge`,
    );
  if (patch === null || typeof patch !== 'object' || Array.isArray(patch))
    throw new PatchError('invalid JSON document', 'format');
  return applyStrategicPatch(object, patch, schema);
}

/** What is missing in the object kubectl says in its own way. */
function reworded(message: string): string {
  const missing = /doc is missing key: (.*)$/s.exec(message);
  return missing ? `Object to be patched is missing field (${missing[1]})` : message;
}
