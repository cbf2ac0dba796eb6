import { isScalar, LineCounter, parseDocument, type ScalarTag, visit, type YAMLError } from 'yaml';
import type { Json } from '../../kube/object.ts';

/** Text that go-yaml would refuse; the message is go-yaml's, with the line. */
export class YamlSyntaxError extends Error {
  override readonly name = 'YamlSyntaxError';
}

/** Scalars that the server's YAML reader (go-yaml 2) takes for booleans, beyond those of YAML 1.2. */
const WORDS: ScalarTag = {
  tag: 'tag:yaml.org,2002:bool',
  default: true,
  test: /^(?:y|Y|yes|Yes|YES|on|On|ON|n|N|no|No|NO|off|Off|OFF)$/,
  resolve: (text) => /^(?:y|o[nN]$|O[nN]$|Y)/.test(text),
};

/** Parses one YAML document as the API server does. Throws {@link YamlSyntaxError}. */
export function parseYaml(text: string): Json {
  const document = parseDocument(text, {
    merge: true,
    uniqueKeys: false,
    prettyErrors: true,
    customTags: (tags) => [WORDS, ...tags],
  });
  const error = document.errors[0];
  if (error) throw new YamlSyntaxError(describe(error));
  return document.toJS();
}

/** `line 8: key "foo" already set in map`, as go-yaml says of every key that its map has already. */
export function duplicateKeys(text: string): string[] {
  const lineCounter = new LineCounter();
  const found: [at: number, key: string][] = [];
  visit(parseDocument(text, { uniqueKeys: false, lineCounter }), {
    Map(_, map) {
      const seen = new Set<unknown>();
      for (const { key } of map.items) {
        if (!isScalar(key)) continue;
        if (seen.has(key.value)) found.push([key.range?.[0] ?? 0, String(key.value)]);
        seen.add(key.value);
      }
    },
  });
  found.sort(([a], [b]) => a - b);
  return found.map(
    ([at, key]) => `line ${lineCounter.linePos(at).line}: key ${JSON.stringify(key)} already set in map`,
  );
}

/** What strict reading of YAML says of them all; undefined when there are none. */
export function strictYamlError(duplicates: readonly string[]): string | undefined {
  return duplicates.length === 0
    ? undefined
    : `yaml: unmarshal errors:\n${duplicates.map((one) => `  ${one}`).join('\n')}`;
}

function describe(error: YAMLError): string {
  const line = error.linePos?.[0].line ?? 1;
  return `yaml: line ${line}: ${reason(error)}`;
}

/** go-yaml's words for what the parser found; it knows fewer kinds of errors than ours. */
function reason(error: YAMLError): string {
  const { message } = error;
  if (/flow sequence/i.test(message)) return "did not find expected ',' or ']'";
  if (/flow map/i.test(message)) return "did not find expected ',' or '}'";
  if (/Nested mappings are not allowed/.test(message)) return 'mapping values are not allowed in this context';
  if (/Tabs are not allowed/.test(message)) return 'found character that cannot start any token';
  if (/Implicit keys need|Implicit map keys/.test(message)) return "could not find expected ':'";
  if (/Missing closing/.test(message)) return 'found unexpected end of stream';
  if (/indent/.test(message)) return 'did not find expected key';
  return "could not find expected ':'";
}
