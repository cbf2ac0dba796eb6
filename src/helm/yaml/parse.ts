import { type CollectionTag, type Document, isMap, parseAllDocuments, parseDocument, type ScalarTag } from 'yaml';
import { clone } from '../../kube/object.ts';
import { FunctionError, fromJson, type GoMap, type Value } from '../template/value.ts';
import { indentLoosely, yamlProblem } from './problem.ts';

/** sigs.k8s.io/yaml reads YAML 1.1 without sexagesimal numbers; dates stay strings. */
const DROPPED = new Set(['timestamp', 'binary', 'omap', 'pairs', 'set'].map((tag) => `tag:yaml.org,2002:${tag}`));

function tagsOfGoYaml(tags: (ScalarTag | CollectionTag | string)[]): (ScalarTag | CollectionTag)[] {
  const objects = tags.filter((tag): tag is ScalarTag | CollectionTag => typeof tag !== 'string');
  return objects.filter((tag) => !DROPPED.has(tag.tag) && !('format' in tag && tag.format === 'TIME'));
}

/** Documents parsed before, oldest first: every session of a process installs the same manifests. */
const parsed = new Map<string, unknown>();
const PARSED_MAX = 512;

/** Parses one document as Helm does (sigs.k8s.io/yaml). Errors are {@link FunctionError} in go-yaml's words. */
export function parseYaml(text: string): unknown {
  if (!parsed.has(text)) {
    const value = parseAnew(text);
    const oldest = parsed.keys().next();
    if (parsed.size >= PARSED_MAX && !oldest.done) parsed.delete(oldest.value);
    parsed.set(text, value);
  }
  return clone(parsed.get(text));
}

function parseAnew(text: string): unknown {
  const document = documentOf(text);
  if (!document) return null;
  try {
    if (document.errors.length === 0) return document.toJS({ maxAliasCount: 10_000 }) ?? null;
  } catch (error) {
    throw refused(text, (error as Error).message);
  }
  const problem = yamlProblem(text);
  // what only a stricter reader refuses
  const lenient = problem === undefined ? documentOf(indentLoosely(text)) : undefined;
  if (!lenient || lenient.errors.length > 0) throw refused(text, document.errors[0]?.message ?? '', problem);
  return lenient.toJS({ maxAliasCount: 10_000 }) ?? null;
}

function refused(text: string, fallback: string, problem = yamlProblem(text)): FunctionError {
  return new FunctionError(`error converting YAML to JSON: yaml: ${problem ?? fallback}`);
}

/** The first document of a text. */
function documentOf(text: string): Document.Parsed | undefined {
  const [document] = parseAllDocuments(text, {
    schema: 'yaml-1.1',
    merge: true,
    uniqueKeys: false,
    customTags: tagsOfGoYaml as never,
    intAsBigInt: false,
    prettyErrors: false,
  });
  return document && 'toJS' in document ? (document as Document.Parsed) : undefined;
}

/** A document that must be a map: values files. */
export function parseYamlMap(text: string): GoMap | undefined {
  const value = fromJson(parseYaml(text));
  return value instanceof Map ? (value as GoMap) : undefined;
}

/** Whether the text holds a YAML mapping at its top, without complaint. */
export function isYamlMapping(text: string): boolean {
  return isMap(parseDocument(text).contents);
}

/** fromYaml of templates: Helm hands errors back as data. */
export function yamlToValue(text: string): Value {
  return fromJson(parseYaml(text));
}
