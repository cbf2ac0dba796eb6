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
import { goJson, goValue } from './json.ts';
import { findPath, jsonPath, relaxedPath } from './jsonpath.ts';
import { kyaml } from './kyaml.ts';
import { structOrder } from './typed.ts';

/** The -o family, shared by all verbs that print objects. */
export const outputFlags: FlagSpec[] = [
  { name: 'output', short: 'o', type: 'string' },
  { name: 'template', type: 'string' },
  { name: 'show-managed-fields', type: 'bool' },
  { name: 'allow-missing-template-keys', type: 'bool', default: 'true' },
];

const TEMPLATES =
  'go-template,go-template-file,json,jsonpath,jsonpath-as-json,jsonpath-file,kyaml,name,template,templatefile';

/** What a verb prints besides JSON, YAML and templates. */
export interface OutputFormats {
  columns: boolean;
  wide: boolean;
  /** The verb holds Go structs: JSON and KYAML come in their order instead of sorted. */
  typed?: boolean;
}
const ALL: OutputFormats = { columns: true, wide: true };
export const PLAIN: OutputFormats = { columns: false, wide: false };

const allowed = ({ columns, wide }: OutputFormats): string =>
  `${columns ? 'custom-columns,custom-columns-file,' : ''}${TEMPLATES}${wide ? ',wide' : ''},yaml`;

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

function columnCell(item: Json, path: string): string {
  const found = findPath(path, item);
  return found.length === 0 ? '<none>' : found.map(goValue).join(',');
}

function columnsPrinter(columns: { header: string; path: string }[], headers: boolean): ObjectPrinter {
  return (value) => {
    const writer = tableWriter();
    if (headers) writer.write(`${columns.map((column) => column.header).join('\t')}\n`);
    for (const item of Array.isArray(value.items) ? value.items : [value]) {
      try {
        writer.write(`${columns.map(({ path }) => columnCell(item, path)).join('\t')}\n`);
      } catch (error) {
        if (error instanceof KubectlError) throw new KubectlError(error.message, writer.take());
        throw error;
      }
    }
    return writer.take();
  };
}

async function templateFile(call: Call, path: string): Promise<string> {
  return readText(call, path).catch((error: Error) => {
    throw new KubectlError(`error reading --template ${path}, ${error.message}`);
  });
}

async function columnsFile(call: Call, path: string): Promise<ObjectPrinter> {
  const text = await readText(call, path).catch((error: Error) => {
    throw new KubectlError(`error reading template ${path}, ${error.message}`);
  });
  const [header = '', spec = ''] = text.split('\n');
  const headers = header.trim().split(/\s+/);
  const paths = spec.trim().split(/\s+/);
  if (headers.length !== paths.length)
    throw new KubectlError(
      `number of headers (${headers.length}) and field specifications (${paths.length}) don't match`,
    );
  return columnsPrinter(
    headers.map((name, at) => ({ header: name, path: relaxedPath(paths[at]!) })),
    // the real one heeds --no-headers with columns of the command line only
    true,
  );
}

/** One `---` between documents of separate prints, as kubectl's YAML printer does. */
function yamlPrinter(): ObjectPrinter {
  let printed = 0;
  return (value) => `${printed++ > 0 ? '---\n' : ''}${goYaml(value)}`;
}

/** The printer for -o; undefined for human readable output. Unknown formats are refused in kubectl's words. */
export async function objectPrinter(call: Call, formats: OutputFormats = ALL): Promise<ObjectPrinter | undefined> {
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
  const refused = (kind === 'wide' && !formats.wide) || (kind.startsWith('custom-columns') && !formats.columns);
  switch (refused ? 'refused' : kind) {
    case 'wide':
      return undefined;
    case 'json':
      return strip((value) => `${formats.typed ? goJson(structOrder(value), 4, 0, Object.keys) : goJson(value, 4)}\n`);
    case 'kyaml':
      return strip((value) => (formats.typed ? kyaml(structOrder(value), Object.keys) : kyaml(value)));
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
      return jsonPath(kind === 'jsonpath' ? argument : await templateFile(call, argument), missingOk);
    }
    case 'jsonpath-as-json': {
      const path = wanted('template');
      return jsonPath(path, missingOk, true);
    }
    case 'custom-columns':
      return customColumns(argument, !call.flags.bool('no-headers'));
    case 'custom-columns-file':
      return columnsFile(call, wanted('custom-columns'));
    case '':
    case 'template':
    case 'go-template':
      return goTemplate(wanted('template'), missingOk);
    case 'templatefile':
    case 'go-template-file':
      return goTemplate(await templateFile(call, wanted('template')), missingOk);
    default:
      throw new KubectlError(
        `unable to match a printer suitable for the output format ${JSON.stringify(format)}, allowed formats are: ${allowed(formats)}`,
      );
  }
}

function nameOf(item: Json, resource?: Resource): string {
  if (resource && resource.kind === item.kind) return displayName(resource, item.metadata.name);
  const group = String(item.apiVersion).includes('/') ? `.${String(item.apiVersion).split('/')[0]}` : '';
  return `${String(item.kind).toLowerCase()}${group}/${item.metadata?.name ?? ''}`;
}

/** Prints a changed object: with -o as asked, otherwise `deployment.apps/web <operation>` and, unless `silentDryRun`, that nothing was done. */
export async function resultPrinter(
  call: Call,
  operation: string,
  { typed = false, silentDryRun = false }: { typed?: boolean; silentDryRun?: boolean } = {},
): Promise<(object: Json, resource: Resource, what?: string) => void> {
  const format = call.flags.str('output');
  const dryRun = call.flags.has('dry-run') ? call.flags.str('dry-run') : 'none';
  const suffix = silentDryRun
    ? ''
    : dryRun === 'client' || dryRun === 'unchanged'
      ? ' (dry run)'
      : dryRun === 'server'
        ? ' (server dry run)'
        : '';
  const printer = format === '' ? undefined : await objectPrinter(call, { ...PLAIN, typed });
  return (object, resource, what = operation) => {
    if (printer) call.out(printer(object, resource));
    else call.out(`${displayName(resource, object.metadata.name)} ${what}${suffix}\n`);
  };
}
