import type { Json } from '../../kube/object.ts';
import { groupsOf } from './discovery.ts';
import type { ResourceInfo, Schema } from './facts.ts';
import { groupVersion, types } from './facts.ts';
import type { KindIndex } from './kinds-index.ts';

const PREFIX = 'io.k8s.';
const documents = new Map<string, string>();

/** `/openapi/v3`: where each group-version's document is. */
export function openApiIndex(kinds: KindIndex): Json {
  const paths: Record<string, Json> = {};
  for (const [group, versions] of groupsOf(kinds)) {
    for (const version of versions) {
      const gv = group === '' ? `api/${version}` : `apis/${group}/${version}`;
      const names = kinds
        .all()
        .filter((k) => k.info.group === group && k.info.version === version)
        .map((k) => k.info.resource);
      paths[gv] = { serverRelativeURL: `/openapi/v3/${gv}?hash=${hash(names.join(','))}` };
    }
  }
  return { paths };
}

/**
 * `/openapi/v2` as protobuf (gnostic's openapi.v2.Document). kubectl reads it only to learn whether a kind that no v3 document
 * has (a custom resource, or none at all) is validated by the server, for which it looks up PATCH of namespaces.
 */
export function openApiV2(): string {
  const text = (field: number, value: string): string => block(field, value);
  const kind = ['group: ""', 'kind: Namespace', 'version: v1'].join('\n');
  const extension = block(1, 'x-kubernetes-group-version-kind') + block(2, text(2, `${kind}\n`));
  const query = (name: string): string =>
    block(1, block(2, block(3, `${text(2, 'query')}${text(4, name)}${text(6, 'string')}`)));
  const parameters = ['dryRun', 'fieldManager', 'fieldValidation'].map((name) => block(8, query(name))).join('');
  const patch = block(8, parameters + block(13, extension));
  const path = block(1, '/api/v1/namespaces/{name}') + block(2, patch);
  const info = block(2, text(1, 'Kubernetes') + text(2, 'v1.35.4'));
  return text(1, '2.0') + info + block(8, block(2, path));
}

/** A length-delimited protobuf field; the content is Latin-1 bytes. */
function block(field: number, content: string): string {
  const varint = (n: number): string =>
    n < 128 ? String.fromCharCode(n) : String.fromCharCode((n & 127) | 128) + varint(n >> 7);
  return varint(field * 8 + 2) + varint(content.length) + content;
}

/** The document of one group-version with all its schemas; they carry no descriptions (`kubectl explain` shows none). */
export function openApiDocument(kinds: KindIndex, path: string): string | undefined {
  const match = /^\/openapi\/v3\/(?:api\/(v1)|apis\/([^/]+)\/([^/]+))$/.exec(path);
  if (!match) return undefined;
  const group = match[2] ?? '';
  const version = match[1] ?? match[3] ?? '';
  const infos = kinds
    .all()
    .map((k) => k.info)
    .filter((i) => i.group === group && i.version === version);
  if (infos.length === 0) return undefined;
  const isStatic = !infos.some((i) => i.custom);
  const known = isStatic ? documents.get(path) : undefined;
  if (known !== undefined) return known;
  const text = JSON.stringify(build(infos));
  if (isStatic) documents.set(path, text);
  return text;
}

function build(infos: ResourceInfo[]): Json {
  const schemas: Record<string, Json> = {};
  const paths: Record<string, Json> = {};
  for (const info of infos) {
    const name = info.typeName ?? `${info.group.split('.').reverse().join('.')}.${info.version}.${info.kind}`;
    const gvk = { group: info.group, kind: info.kind, version: info.version };
    addSchema(schemas, name, info.schema);
    const key = info.typeName === undefined ? name : PREFIX + name;
    schemas[key] = { ...schemas[key], 'x-kubernetes-group-version-kind': [gvk] };
    const base = `${info.group === '' ? '/api/v1' : `/apis/${groupVersion(info)}`}${info.namespaced ? '/namespaces/{namespace}' : ''}/${info.resource}`;
    const content = { 'application/json': { schema: { $ref: `#/components/schemas/${key}` } } };
    paths[base] = { post: operation('post', gvk, content), get: operation('list', gvk, content) };
    paths[`${base}/{name}`] = {
      get: operation('get', gvk, content),
      put: operation('put', gvk, content),
      patch: operation('patch', gvk, content),
    };
  }
  return { openapi: '3.0.0', info: { title: 'Kubernetes', version: 'v1.35.4' }, paths, components: { schemas } };
}

function operation(action: string, gvk: Json, content: Json): Json {
  const names =
    action === 'get' || action === 'list'
      ? ['pretty']
      : ['dryRun', 'fieldManager', 'fieldValidation', ...(action === 'patch' ? ['force'] : [])];
  return {
    parameters: names.map((name) => ({
      name,
      in: 'query',
      schema: { type: name === 'force' ? 'boolean' : 'string', uniqueItems: true },
    })),
    responses: { '200': { description: 'OK', content } },
    'x-kubernetes-action': action,
    'x-kubernetes-group-version-kind': gvk,
  };
}

function addSchema(into: Record<string, Json>, name: string, schema: Schema): void {
  const key = types[name] === schema ? PREFIX + name : name;
  if (into[key]) return;
  into[key] = {};
  into[key] = convert(schema, into);
}

function convert(schema: Schema, into: Record<string, Json>): Json {
  if (schema.ref !== undefined) {
    const target = types[schema.ref];
    if (target) addSchema(into, schema.ref, target);
    return { $ref: `#/components/schemas/${PREFIX}${schema.ref}` };
  }
  const { properties, items, additionalProperties, ...rest } = schema;
  return {
    ...rest,
    ...(items ? { items: convert(items, into) } : {}),
    ...(additionalProperties ? { additionalProperties: convert(additionalProperties, into) } : {}),
    ...(properties
      ? { properties: Object.fromEntries(Object.entries(properties).map(([k, v]) => [k, convert(v, into)])) }
      : {}),
  };
}

/** FNV-1a; the hash only has to change when the document does. */
function hash(text: string): string {
  let h = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  return (h >>> 0).toString(16).toUpperCase().padStart(8, '0');
}
