import type { Json } from '../../../kube/object.ts';
import { KubectlError } from '../errors.ts';
import { parseDocuments } from '../files.ts';

/** A text that is not even YAML: kustomize then says where it stands. */
export class MalformedYaml extends KubectlError {}

const goMap = (map: Json): string =>
  `map[${Object.keys(map ?? {})
    .sort()
    .map((key) => `${key}:${map[key]}`)
    .join(' ')}]`;

/** The objects of a text, Lists opened, each with a kind and a name. */
export function objectsOf(text: string): Json[] {
  let documents: Json[];
  try {
    documents = parseDocuments(text, 'TEXT');
  } catch (error) {
    if (!(error instanceof KubectlError)) throw error;
    throw new MalformedYaml(
      `MalformedYAMLError: ${error.message.replace(/^error parsing TEXT: error converting YAML to JSON: /, '')}`,
    );
  }
  const out: Json[] = [];
  for (const document of documents) {
    if (document === null || typeof document !== 'object' || Array.isArray(document))
      throw new KubectlError(
        `missing Resource metadata`.length > 0
          ? `wrong node kind: expected MappingNode but got ${Array.isArray(document) ? 'SequenceNode' : 'ScalarNode'}: node contents:\n${text.trimEnd()}`
          : '',
      );
    if (Object.keys(document).length === 0) continue;
    const { kind = '', apiVersion = '', metadata } = document;
    if (!kind && !apiVersion && !metadata) throw new KubectlError('missing Resource metadata');
    const shown = `{{${apiVersion} ${kind}} {{${metadata?.name ?? ''} ${metadata?.namespace ?? ''}} ${goMap(metadata?.labels)} ${goMap(metadata?.annotations)}}}`;
    if (!kind) throw new KubectlError(`missing kind in object ${shown}`);
    if (kind.endsWith('List') && Array.isArray(document.items))
      out.push(...document.items.flatMap((item: Json) => objectsOf(JSON.stringify(item))));
    else if ((metadata?.name ?? '') === '' && !kind.endsWith('List'))
      throw new KubectlError(`missing metadata.name in object ${shown}`);
    else if (!(kind.endsWith('List') && document.items === null)) out.push(document);
  }
  return out;
}
