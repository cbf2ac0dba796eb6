import { createHash } from 'node:crypto';
import type { Json } from '../../../kube/object.ts';
import type { Call } from '../context.ts';
import { goJson } from '../printers/json.ts';

/** Letters and digits that could spell a word are replaced, as kubectl's and kustomize's hash does it. */
const SAFE: Record<string, string> = { '0': 'g', '1': 'h', '3': 'k', a: 'm', e: 't' };

/** The ten characters that `--append-hash` and kustomize add to the name of a ConfigMap or Secret: of its content, not of its metadata. */
export function nameHash(object: Json): string {
  const { data = {}, binaryData, kind, metadata, type = '' } = object;
  const text =
    kind === 'ConfigMap'
      ? goJson({ kind, name: metadata.name, data, ...(binaryData ? { binaryData } : {}) })
      : goJson({ kind, type, name: metadata.name, data });
  const hex = createHash('sha256').update(text).digest('hex').slice(0, 10);
  return hex.replace(/[013ae]/g, (c) => SAFE[c]!);
}

/** The object with its hash in its name when --append-hash asks for it. */
export function hashed(call: Call, object: Json): Json {
  if (!call.flags.bool('append-hash')) return object;
  return { ...object, metadata: { ...object.metadata, name: `${object.metadata.name}-${nameHash(object)}` } };
}
