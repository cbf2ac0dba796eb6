import type { Json } from '../../../kube/object.ts';
import { resolveResource } from '../builder.ts';
import type { Call, Verb } from '../context.ts';
import { KubectlError, KubectlExit } from '../errors.ts';
import { OldExplanation } from './explain-v2.ts';

function resolve(schemas: Json, value: Json): Json {
  const ref = value?.$ref ?? value?.allOf?.[0]?.$ref;
  return ref ? (schemas[String(ref).split('/').at(-1)!] ?? {}) : (value ?? {});
}

/** Schemas may contain themselves. */
const MAX_DEPTH = 8;

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

/** Words broken into lines of at most `width` characters, paragraphs kept. */
function wrap(text: string, width: number): string[] {
  return text.split('\n').flatMap((paragraph) => {
    const lines: string[] = [];
    let line = '';
    for (const word of paragraph.split(/ +/)) {
      if (line !== '' && line.length + 1 + word.length > width) {
        lines.push(line);
        line = word;
      } else line = line === '' ? word : `${line} ${word}`;
    }
    return [...lines, line];
  });
}

const TEXT_WIDTH = 76;
const indented = (text: string): string =>
  wrap(text, TEXT_WIDTH)
    .map((line) => `    ${line}\n`)
    .join('');

/** The field's own text and that of its type. */
function textOf(schemas: Json, value: Json): string {
  const type = resolve(schemas, value?.type === 'array' ? value.items : value);
  const parts = type === value ? [value?.description] : [value?.description, type?.description];
  return parts.filter(Boolean).join('\n');
}

const ENUM_SHOWN = 4;

function enumText(values: string[]): string {
  return values.length > ENUM_SHOWN ? `${values.slice(0, ENUM_SHOWN).join(', ')}, ....` : values.join(', ');
}

/** Fields of a schema: with their texts, or with all levels below them. */
function fields(schemas: Json, schema: Json, recursive: boolean, indent: string, depth = 0): string {
  const required = new Set(schema.required ?? []);
  let out = '';
  for (const name of Object.keys(schema.properties ?? {}).sort()) {
    const value = schema.properties[name];
    out += `${indent}${name}\t<${typeName(schemas, value)}>${required.has(name) ? ' -required-' : ''}\n`;
    if (value.enum) out += `${indent}enum: ${enumText(value.enum)}\n`;
    if (!recursive) out += `${indented(value.description ?? '<no description>')}\n`;
    else if (depth < MAX_DEPTH) {
      const inner = resolve(schemas, value.type === 'array' ? value.items : value);
      out += fields(schemas, inner, true, `${indent}  `, depth + 1);
    }
  }
  return out;
}

async function run(call: Call): Promise<void> {
  const path = call.args[0];
  const format = call.flags.str('output');
  if (call.args.length > 1) throw new KubectlError('We accept only this format: explain RESOURCE');
  if (!path)
    throw new KubectlError(
      'You must specify the type of resource to explain. Use "kubectl api-resources" for a complete list of supported resources.',
    );
  const [type = '', ...rest] = path.split('.');
  let resource = await resolveResource(call, type).catch((error: Error) => {
    throw error.message.startsWith('the server doesn') ? new KubectlExit(error.message) : error;
  });
  if (!['plaintext', 'plaintext-openapiv2'].includes(format)) throw new KubectlError(`unrecognized format: ${format}`);
  const wanted = call.flags.str('api-version');
  if (wanted) {
    const found = await call.client.find((one) => one.name === resource.name && one.groupVersion === wanted);
    if (!found)
      throw new KubectlError(
        `couldn't find resource for "${wanted.includes('/') ? '' : '/'}${wanted}, Resource=${resource.name}"`,
      );
    resource = found;
  }
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
  if (format === 'plaintext-openapiv2')
    return call.out(new OldExplanation(schemas).print(resource, schema, rest, call.flags.bool('recursive')));
  const head = `${resource.group ? `GROUP:      ${resource.group}\n` : ''}KIND:       ${resource.kind}\nVERSION:    ${resource.version}\n\n`;
  let at: Json = schema;
  let title = '';
  for (const field of rest) {
    const value = schema.properties?.[field];
    if (!value) {
      call.out(head);
      throw new KubectlError(`field ${JSON.stringify(rest.at(-1))} does not exist`);
    }
    at = value;
    const values = value.enum ? `ENUM:\n${value.enum.map((one: string) => `    ${one}\n`).join('')}\n` : '\n\n';
    title = `FIELD: ${field} <${typeName(schemas, value)}>\n${values}`;
    schema = resolve(schemas, value.type === 'array' ? value.items : value);
  }
  const text = textOf(schemas, at);
  const shown = fields(schemas, schema, call.flags.bool('recursive'), '  ');
  call.out(
    `${head}${title}DESCRIPTION:\n${text ? `${indented(text)}    \n` : '    <empty>\n'}${shown ? `FIELDS:\n${shown}` : ''}\n`,
  );
}

export const explain: Verb = {
  name: 'explain',
  flags: [
    { name: 'recursive', type: 'bool' },
    { name: 'api-version', type: 'string' },
    { name: 'output', short: 'o', type: 'string', default: 'plaintext' },
  ],
  run,
};
