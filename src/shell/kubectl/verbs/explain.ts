import type { Json } from '../../../kube/object.ts';
import { resolveResource } from '../builder.ts';
import type { Call, Verb } from '../context.ts';
import { KubectlError } from '../errors.ts';

function resolve(schemas: Json, value: Json): Json {
  const ref = value?.$ref ?? value?.allOf?.[0]?.$ref;
  return ref ? (schemas[String(ref).split('/').at(-1)!] ?? {}) : (value ?? {});
}

function typeName(schemas: Json, value: Json): string {
  const ref = value?.$ref ?? value?.allOf?.[0]?.$ref;
  if (value?.type === 'array') return `[]${typeName(schemas, value.items)}`;
  if (value?.additionalProperties) return `map[string]${typeName(schemas, value.additionalProperties)}`;
  if (ref) {
    const target = resolve(schemas, value);
    return target.type && target.type !== 'object' ? target.type : String(ref).split('.').at(-1)!;
  }
  return value?.type === 'object' || value?.type === undefined ? 'Object' : value.type;
}

/** Fields of a schema; the texts are left out, as the server here has none. */
function fields(schemas: Json, schema: Json, recursive: boolean, indent: string, depth = 0): string {
  const required = new Set(schema.required ?? []);
  return Object.keys(schema.properties ?? {})
    .sort()
    .map((name) => {
      const value = schema.properties[name];
      const inner = resolve(schemas, value?.type === 'array' ? value.items : value);
      const line = `${indent}${name}\t<${typeName(schemas, value)}>${required.has(name) ? ' -required-' : ''}\n`;
      return line + (recursive && depth < 8 ? fields(schemas, inner, true, `${indent}  `, depth + 1) : '');
    })
    .join(recursive ? '' : '\n');
}

async function run(call: Call): Promise<void> {
  const path = call.args[0];
  if (!path)
    throw new KubectlError(
      'You must specify the type of resource to explain. Use "kubectl api-resources" for a complete list of supported resources.',
    );
  const [type = '', ...rest] = path.split('.');
  const resource = await resolveResource(call, type);
  const document = await call.client.get(
    `/openapi/v3/${resource.group ? `apis/${resource.groupVersion}` : `api/${resource.version}`}`,
  );
  const schemas = document.components?.schemas ?? {};
  let schema: Json = Object.values(schemas).find((one: Json) =>
    one['x-kubernetes-group-version-kind']?.some(
      (gvk: Json) =>
        gvk.kind === resource.kind && gvk.version === resource.version && (gvk.group ?? '') === resource.group,
    ),
  );
  if (!schema) throw new KubectlError(`Couldn't find resource for "${resource.groupVersion}, Kind=${resource.kind}"`);
  const head = `${resource.group ? `GROUP:      ${resource.group}\n` : ''}KIND:       ${resource.kind}\nVERSION:    ${resource.version}\n\n`;
  let label = resource.kind;
  for (const field of rest) {
    const value = schema.properties?.[field];
    if (!value) call.out(head);
    if (!value) throw new KubectlError(`field ${JSON.stringify(field)} does not exist`);
    label = `${field} <${typeName(schemas, value)}>`;
    schema = resolve(schemas, value.type === 'array' ? value.items : value);
  }
  const shown = fields(schemas, schema, call.flags.bool('recursive'), '  ');
  call.out(
    `${head}${rest.length > 0 ? `FIELD: ${label}\n\n` : ''}DESCRIPTION:\n    ${schema.description ?? '<empty>'}\n\n${shown ? `FIELDS:\n${shown}\n` : ''}`,
  );
}

export const explain: Verb = {
  name: 'explain',
  short: 'Get documentation for a resource',
  usage: 'TYPE [--recursive=FALSE|TRUE]',
  flags: [
    { name: 'recursive', type: 'bool' },
    { name: 'api-version', type: 'string' },
    { name: 'output', short: 'o', type: 'string' },
  ],
  run,
};
