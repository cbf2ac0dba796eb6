import { goYaml } from '../../../kube/go-yaml.ts';
import type { Json } from '../../../kube/object.ts';
import { hideManagedFields } from '../builder.ts';
import { displayName, type Resource } from '../client.ts';
import type { Call } from '../context.ts';
import { KubectlError } from '../errors.ts';
import { readText } from '../files.ts';
import type { FlagSpec } from '../flags.ts';
import { tableWriter } from '../tabwriter.ts';
import { goTemplate } from './gotemplate.ts';
import { goJson } from './json.ts';
import { findPath, jsonPath, relaxedPath, valueText } from './jsonpath.ts';
import { kyaml } from './kyaml.ts';

/** The -o family, shared by all verbs that print objects. */
export const outputFlags: FlagSpec[] = [
  { name: 'output', short: 'o', type: 'string' },
  { name: 'template', type: 'string' },
  { name: 'show-managed-fields', type: 'bool' },
  { name: 'allow-missing-template-keys', type: 'bool', default: 'true' },
];

const PLAIN =
  'custom-columns, custom-columns-file, go-template, go-template-file, json, jsonpath, jsonpath-as-json, jsonpath-file, kyaml, name, template, templatefile, wide, yaml';

export type ObjectPrinter = (value: Json, resource?: Resource) => string;

function customColumns(spec: string, headers: boolean): ObjectPrinter {
  if (spec === '') throw new KubectlError('custom-columns format specified but no custom columns given');
  const columns = spec.split(',').map((part) => {
    const at = part.indexOf(':');
    if (at < 0) throw new KubectlError(`unexpected custom-columns spec: ${part}, expected <header>:<json-path-expr>`);
    return { header: part.slice(0, at), path: relaxedPath(part.slice(at + 1)) };
  });
  return columnsPrinter(columns, headers);
}

function columnsPrinter(columns: { header: string; path: string }[], headers: boolean): ObjectPrinter {
  return (value) => {
    const writer = tableWriter();
    if (headers) writer.write(`${columns.map((column) => column.header).join('\t')}\n`);
    for (const item of Array.isArray(value.items) ? value.items : [value]) {
      const cells = columns.map((column) => {
        const found = findPath(column.path, item);
        if (found.length === 0) return '<none>';
        return found
          .map((one: Json) => (one === null ? '<nil>' : typeof one === 'object' ? goValue(one) : valueText(one)))
          .join(',');
      });
      writer.write(`${cells.join('\t')}\n`);
    }
    return writer.take();
  };
}

/** Go's `%v` of decoded JSON: `map[a:1 b:[x y]]`. */
export function goValue(value: Json): string {
  if (value === null || value === undefined) return '<nil>';
  if (Array.isArray(value)) return `[${value.map(goValue).join(' ')}]`;
  if (typeof value !== 'object') return String(value);
  return `map[${Object.keys(value)
    .sort()
    .map((key) => `${key}:${goValue(value[key])}`)
    .join(' ')}]`;
}

async function columnsFile(call: Call, path: string): Promise<ObjectPrinter> {
  const [header = '', spec = ''] = (await readText(call, path)).split('\n');
  const headers = header.trim().split(/\s+/);
  const paths = spec.trim().split(/\s+/);
  if (headers.length !== paths.length)
    throw new KubectlError(
      `number of headers (${headers.length}) and field specifications (${paths.length}) don't match`,
    );
  return columnsPrinter(
    headers.map((name, at) => ({ header: name, path: relaxedPath(paths[at]!) })),
    !call.flags.bool('no-headers'),
  );
}

/** One `---` between documents of separate prints, as kubectl's YAML printer does. */
function yamlPrinter(): ObjectPrinter {
  let printed = 0;
  return (value) => `${printed++ > 0 ? '---\n' : ''}${goYaml(value)}`;
}

/** The printer for -o; undefined for human readable output. Unknown formats are refused in kubectl's words. */
export async function objectPrinter(call: Call, allowed = PLAIN): Promise<ObjectPrinter | undefined> {
  const format = call.flags.str('output');
  const template = call.flags.str('template');
  const at = format.indexOf('=');
  const kind = at < 0 ? format : format.slice(0, at);
  const argument = at < 0 ? template : format.slice(at + 1);
  const missingOk = call.flags.bool('allow-missing-template-keys');
  const strip = (printer: ObjectPrinter): ObjectPrinter =>
    call.flags.bool('show-managed-fields') ? printer : (value, resource) => printer(hideManagedFields(value), resource);
  if (format === '' && template === '') return undefined;
  const wanted = (what: string): string => {
    if (argument === '') throw new KubectlError(`${what} format specified but no ${what} given`);
    return argument;
  };
  switch (kind) {
    case 'wide':
      return undefined;
    case 'json':
      return strip((value) => `${goJson(value, 4)}\n`);
    case 'kyaml':
      return strip(kyaml);
    case 'yaml':
      return strip(yamlPrinter());
    case 'name':
      return (value, resource) =>
        (Array.isArray(value.items) ? value.items : [value])
          .map((item: Json) => `${nameOf(item, resource)}\n`)
          .join('');
    case 'jsonpath':
    case 'jsonpath-file': {
      if (argument === '') throw new KubectlError('template format specified but no template given');
      return jsonPath(kind === 'jsonpath' ? argument : (await readText(call, argument)).trim(), missingOk);
    }
    case 'jsonpath-as-json': {
      const path = wanted('template');
      return strip((value) => `${goJson(findPath(path, value), 4)}\n`);
    }
    case 'custom-columns':
      return customColumns(argument, !call.flags.bool('no-headers'));
    case 'custom-columns-file':
      return columnsFile(call, wanted('custom-columns'));
    case '':
    case 'template':
    case 'go-template':
      return strip(goTemplate(wanted('template')));
    case 'templatefile':
    case 'go-template-file':
      return strip(goTemplate(await readText(call, wanted('template'))));
    default:
      throw new KubectlError(
        `unable to match a printer suitable for the output format ${JSON.stringify(format)}, allowed formats are: ${allowed.replaceAll(' ', '')}`,
      );
  }
}

function nameOf(item: Json, resource?: Resource): string {
  if (resource && resource.kind === item.kind) return displayName(resource, item.metadata.name);
  const group = String(item.apiVersion).includes('/') ? `.${String(item.apiVersion).split('/')[0]}` : '';
  return `${String(item.kind).toLowerCase()}${group}/${item.metadata?.name ?? ''}`;
}

/** Prints a changed object: with -o as asked, otherwise `deployment.apps/web <operation>`. */
export async function resultPrinter(
  call: Call,
  operation: string,
): Promise<(object: Json, resource: Resource, what?: string) => void> {
  const format = call.flags.str('output');
  const dryRun = call.flags.has('dry-run') ? call.flags.str('dry-run') : 'none';
  const suffix =
    dryRun === 'client' || dryRun === 'unchanged' ? ' (dry run)' : dryRun === 'server' ? ' (server dry run)' : '';
  const printer = format === '' ? undefined : await objectPrinter(call, PLAIN.replace(' wide,', ''));
  return (object, resource, what = operation) => {
    if (printer) call.out(printer(object, resource));
    else call.out(`${displayName(resource, object.metadata.name)} ${what}${suffix}\n`);
  };
}
