import { createHash } from 'node:crypto';
import type { Json } from '../../../kube/object.ts';
import type { Call } from '../context.ts';
import { goJson } from '../printers/json.ts';

/** Letters and digits that could spell a word are replaced, as kubectl's and kustomize's hash does it. */
const SAFE: Record<string, string> = { '0': 'g', '1': 'h', '3': 'k', a: 'm', e: 't' };

function characters(content: Json): string {
  const hex = createHash('sha256').update(goJson(content)).digest('hex').slice(0, 10);
  return hex.replace(/[013ae]/g, (c) => SAFE[c]!);
}

/** The ten characters that `--append-hash` adds to the name of a ConfigMap or Secret: of its content and name, not of its metadata. */
export function nameHash({ kind, metadata: { name }, data = {}, binaryData, type = '' }: Json): string {
  return characters(kind === 'ConfigMap' ? { kind, name, data, binaryData } : { kind, type, name, data });
}

/** kustomize's: it means to count the name in, and finds none; what is absent is an empty text. */
export function kustomizeHash({ kind, data = '', binaryData, type = '' }: Json): string {
  return characters(kind === 'ConfigMap' ? { kind, name: '', data, binaryData } : { kind, type, name: '', data });
}

/** The object with its hash in its name when --append-hash asks for it. */
export function hashed(call: Call, object: Json): Json {
  if (!call.flags.bool('append-hash')) return object;
  return { ...object, metadata: { ...object.metadata, name: `${object.metadata.name}-${nameHash(object)}` } };
}
