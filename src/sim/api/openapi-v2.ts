import type { Json } from '../../kube/object.ts';
import { groupsOf } from './discovery.ts';
import type { KindIndex } from './kinds-index.ts';
import { openApiDocument } from './openapi.ts';

/** `/openapi/v2` as JSON: the documents of all group-versions in one, in Swagger's terms. Like those, it carries no descriptions of built-in kinds. */
export function openApiV2Document(kinds: KindIndex): string {
  const paths: Record<string, Json> = {};
  const definitions: Record<string, Json> = {};
  for (const [group, versions] of groupsOf(kinds)) {
    for (const version of versions) {
      const at = group === '' ? `/openapi/v3/api/${version}` : `/openapi/v3/apis/${group}/${version}`;
      const document = JSON.parse(openApiDocument(kinds, at) ?? '{}') as Json;
      for (const [path, operations] of Object.entries<Json>(document.paths ?? {})) paths[path] = pathItem(operations);
      for (const [name, schema] of Object.entries<Json>(document.components?.schemas ?? {}))
        definitions[name] ??= name.startsWith('io.k8s.') ? mapped(schema) : custom(schema);
    }
  }
  const key = { type: 'apiKey', name: 'authorization', in: 'header' };
  return JSON.stringify({
    swagger: '2.0',
    info: { title: 'Kubernetes', version: '1.35' },
    paths: sorted(paths),
    definitions: sorted(definitions),
    securityDefinitions: { BearerToken: key },
    security: [{ BearerToken: [] }],
  });
}

function sorted(entries: Record<string, Json>): Record<string, Json> {
  return Object.fromEntries(Object.entries(entries).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function pathItem(operations: Json): Json {
  return Object.fromEntries(
    Object.entries(operations).map(([method, one]) => [method, operation(method, one as Json)]),
  );
}

function operation(method: string, { parameters, responses, ...rest }: Json): Json {
  const schema = mapped(responses['200'].content['application/json'].schema);
  const query = parameters.map(({ schema: own, ...parameter }: Json) => ({ ...own, ...parameter }));
  const body = method === 'get' ? [] : [{ name: 'body', in: 'body', required: true, schema }];
  return {
    consumes: ['*/*'],
    produces: ['application/json', 'application/yaml', 'application/vnd.kubernetes.protobuf'],
    schemes: ['https'],
    parameters: [...body, ...query],
    responses: { '200': { description: 'OK', schema }, '401': { description: 'Unauthorized' } },
    ...rest,
  };
}

/** The same schema with its references as Swagger writes them. */
function mapped(value: Json): Json {
  if (Array.isArray(value)) return value.map(mapped);
  if (value === null || typeof value !== 'object') return value;
  const out: Json = {};
  for (const [name, one] of Object.entries<Json>(value))
    out[name] =
      name === '$ref' && typeof one === 'string' ? one.replace('#/components/schemas/', '#/definitions/') : mapped(one);
  return out;
}

/**
 * A custom resource's schema without what Swagger and its old clients do not know: unions, nullable values, fields beside unknown ones.
 * https://github.com/kubernetes/apiextensions-apiserver/blob/v0.35.4/pkg/controller/openapi/v2/conversion.go
 */
function custom(schema: Json): Json {
  const kind = 'x-kubernetes-group-version-kind';
  if (schema['x-kubernetes-preserve-unknown-fields']) return { type: 'object', [kind]: schema[kind] };
  return mapped(narrowed(schema));
}

function narrowed(schema: Json): Json {
  const { allOf: _all, oneOf: _one, anyOf: _any, not: _not, nullable, ...out } = schema;
  const isOpen = out['x-kubernetes-preserve-unknown-fields'];
  if (nullable) delete out.type;
  if (nullable || isOpen) {
    delete out.items;
    delete out.properties;
  }
  if ((out.type === 'array' && !out.items) || (out.type === 'object' && isOpen)) delete out.type;
  keepRequired(out, (name) => !out.properties?.[name]?.nullable);
  if (out.additionalProperties?.nullable) keepRequired(out, () => false);
  if (out.items) out.items = narrowed(out.items);
  if (typeof out.additionalProperties === 'object') out.additionalProperties = narrowed(out.additionalProperties);
  if (out.properties)
    out.properties = Object.fromEntries(
      Object.entries<Json>(out.properties).map(([name, one]) => [name, narrowed(one)]),
    );
  return out;
}

function keepRequired(schema: Json, keeps: (name: string) => boolean): void {
  const kept = schema.required?.filter(keeps);
  if (kept?.length) schema.required = kept;
  else delete schema.required;
}
