import { badRequest } from './errors.ts';
import { protobufMessages as builtin } from './facts.ts';
import extensions from './protobuf-extensions.data.json' with { type: 'json' };

/** Begins every body of a whole object; runtime.Unknown follows. */
export const MAGIC = Buffer.from('k8s\0', 'latin1');
export const META = 'k8s.io.apimachinery.pkg.apis.meta.v1.';
export const UNKNOWN = 'k8s.io.apimachinery.pkg.runtime.Unknown';
export const EXTENSIONS = 'k8s.io.apiextensions-apiserver.pkg.apis.apiextensions.v1.';

/** Messages that are embedded in Go: their fields belong to the message around them. */
export const INLINE_FIELDS: ReadonlySet<string> = new Set([
  'volumeSource',
  'handler',
  'persistentVolumeSource',
  'ephemeralContainerCommon',
  'localObjectReference',
  'ingressRuleValue',
  'ruleWithOperations',
  'rule',
  'deviceConfiguration',
]);

export interface Field {
  number: number;
  /** As JSON has it. */
  name: string;
  /** `string`, `repeated<…>`, `map<string,…>` or a message. */
  type: string;
}

type Facts = Record<string, Record<string, [number, string]>>;

const messages: Facts = { ...builtin, ...(extensions as unknown as Facts) };
const known = new Map<string, { byNumber: Map<number, Field>; inOrder: Field[] }>();

/** The fields of a message; undefined when there is no such message. */
export function fieldsOf(message: string): { byNumber: Map<number, Field>; inOrder: Field[] } | undefined {
  let found = known.get(message);
  if (!found) {
    const facts = messages[message];
    if (!facts) return undefined;
    const inOrder = Object.entries(facts)
      .map(([name, [number, type]]) => ({ number, name: jsonName(message, name), type }))
      .sort((a, b) => a.number - b.number);
    found = { byNumber: new Map(inOrder.map((field) => [field.number, field])), inOrder };
    known.set(message, found);
  }
  return found;
}

/** A few fields are spelt in protobuf otherwise than in JSON. */
function jsonName(message: string, name: string): string {
  if (name === 'aPIGroup') return 'apiGroup';
  if (name === 'uID') return 'uid';
  if (message.includes('.admissionregistration.')) return name.charAt(0).toLowerCase() + name.slice(1);
  if (message !== `${EXTENSIONS}JSONSchemaProps`) return name;
  if (name === 'ref' || name === 'schema') return `$${name}`;
  if (!name.startsWith('xKubernetes')) return name;
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/** The message of a kind; undefined when the kind has none (custom resources, tables, discovery). */
export function findMessage(apiVersion: string, kind: string): string | undefined {
  const [group, version] = apiVersion.includes('/') ? (apiVersion.split('/') as [string, string]) : ['', apiVersion];
  const base = group === '' ? 'core' : (group.split('.')[0] ?? '');
  const candidates = [
    `k8s.io.api.${base}.${version}.${kind}`,
    `${META}${kind}`,
    `k8s.io.apiextensions-apiserver.pkg.apis.${base}.${version}.${kind}`,
    `k8s.io.kube-aggregator.pkg.apis.${base}.${version}.${kind}`,
  ];
  return candidates.find((name) => messages[name]);
}

/** As {@link findMessage}; ApiError 400 when there is none. */
export function messageFor(apiVersion: string, kind: string): string {
  const found = findMessage(apiVersion, kind);
  if (found) return found;
  throw badRequest(`no kind "${kind}" is registered for version "${apiVersion}" in scheme "pkg/runtime/scheme.go:111"`);
}
