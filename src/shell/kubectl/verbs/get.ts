import { since } from '../../../kube/duration.ts';
import type { Json } from '../../../kube/object.ts';
import { gather, hasFiles, type Info, select, throwIfAny, unableToList, usage } from '../builder.ts';
import { pathOf, type Resource, TABLE_ACCEPT, withQuery } from '../client.ts';
import type { Call, Verb, VerbResult } from '../context.ts';
import { distinctErrors, isNotFound, KubectlError } from '../errors.ts';
import { objectPrinter, outputFlags } from '../printers/output.ts';
import { sortBy, TablePrinter } from '../printers/table.ts';
import { tableWriter } from '../tabwriter.ts';
import { watchObjects } from './get-watch.ts';
import { chunkFlag, fileFlags, selectorFlags } from './shared.ts';

export interface GetScope {
  resource: Resource;
  namespace: string | undefined;
  name?: string;
}

const NO_TYPE = `You must specify the type of resource to get. Use "kubectl api-resources" for a complete list of supported resources.\n\n`;

function tableOptions(call: Call, resource: Resource, withKind: boolean) {
  const { flags } = call;
  return {
    wide: flags.str('output') === 'wide',
    noHeaders: flags.bool('no-headers'),
    withNamespace: flags.bool('all-namespaces') && resource.namespaced,
    withKind: withKind || flags.bool('show-kind'),
    showLabels: flags.bool('show-labels'),
    labelColumns: flags.list('label-columns'),
  };
}

async function scopes(call: Call): Promise<{ list: GetScope[]; single: boolean }> {
  const { flags } = call;
  const options = {
    selector: flags.str('selector'),
    fieldSelector: flags.str('field-selector'),
    allNamespaces: flags.bool('all-namespaces'),
    emptyMeansAll: true,
  };
  if (hasFiles(call)) {
    const { infos, errors, single } = await gather(call, options);
    throwIfAny(errors);
    return { list: infos, single };
  }
  const selection = await select(call, call.args, options);
  return {
    list: [...selection.infos, ...selection.collections],
    single: selection.single,
  };
}

/** Rows by a field of their object; a field that none has leaves nothing to print, as with the real one. */
function sortedRows(rows: Json[], order: string): Json[] {
  try {
    return sortBy(rows, order, (row: Json) => row.object);
  } catch (error) {
    if (error instanceof KubectlError) return [];
    throw error;
  }
}

async function tableOf(call: Call, scope: GetScope): Promise<Json> {
  const { flags } = call;
  const order = flags.str('sort-by');
  const query =
    scope.name !== undefined
      ? {}
      : {
          limit: flags.int('chunk-size') || undefined,
          labelSelector: flags.str('selector'),
          fieldSelector: flags.str('field-selector'),
        };
  const path = withQuery(pathOf(scope.resource, scope.namespace, scope.name, flags.str('subresource') || undefined), {
    ...query,
    includeObject: order ? 'Object' : undefined,
  });
  const reading = readTable(call, path);
  const table = await (scope.name ? reading : reading.catch(unableToList(scope.resource, query)));
  if (order) table.rows = sortedRows(table.rows ?? [], order);
  return table;
}

async function printTables(call: Call, list: GetScope[]): Promise<{ errors: Error[]; rows: number }> {
  const { flags } = call;
  const errors: Error[] = [];
  const read: { resource: Resource; table: Json }[] = [];
  for (const scope of list) {
    try {
      read.push({ resource: scope.resource, table: await tableOf(call, scope) });
    } catch (error) {
      if (!(isNotFound(error) && flags.bool('ignore-not-found'))) errors.push(error as Error);
    }
  }
  // the kind stands before the names when several kinds were found, whatever was asked for
  const manyTypes = new Set(read.map(({ resource }) => resource)).size > 1;
  let writer = tableWriter();
  let printer: TablePrinter | undefined;
  let last: Resource | undefined;
  let rows = 0;
  for (const { resource, table } of read) {
    if ((table.rows ?? []).length === 0) continue;
    if (!printer || resource !== last) {
      call.out(writer.take());
      if (printer && !flags.bool('no-headers')) call.out('\n');
      writer = tableWriter();
      printer = new TablePrinter(writer, resource, tableOptions(call, resource, manyTypes));
      last = resource;
    }
    printer.print(table);
    rows += table.rows.length;
  }
  call.out(writer.take());
  return { errors, rows };
}

/** The table that kubectl makes itself of objects without one of the server's. */
function nameTable(list: Json[], nowMs: number): Json {
  return {
    kind: 'Table',
    columnDefinitions: ['Name', 'Age'].map((name) => ({ name, type: 'string', priority: 0 })),
    rows: list.map((object) => ({
      cells: [object.metadata.name, since(object.metadata.creationTimestamp, nowMs)],
      object,
    })),
  };
}

async function readTable(call: Call, path: string): Promise<Json> {
  if (!call.flags.bool('server-print')) {
    const plain = await call.client.get(path);
    return nameTable(plain.items ?? [plain], call.time.now());
  }
  const first = JSON.parse((await call.client.raw('GET', path, { accept: TABLE_ACCEPT })).body);
  if (first.kind !== 'Table') throw new KubectlError('the server did not answer with a Table');
  for (let token = first.metadata?.continue; token; ) {
    const page = JSON.parse(
      (await call.client.raw('GET', withQuery(path, { continue: token }), { accept: TABLE_ACCEPT })).body,
    );
    first.rows.push(...(page.rows ?? []));
    token = page.metadata?.continue;
  }
  return first;
}

async function printObjects(call: Call, list: GetScope[], single: boolean): Promise<void> {
  const { flags } = call;
  const printer = (await objectPrinter(call))!;
  const infos: Info[] = [];
  const errors: Error[] = [];
  let whole: Json;
  for (const scope of list) {
    try {
      if (scope.name !== undefined) {
        const object = await call.client.get(
          pathOf(scope.resource, scope.namespace, scope.name, flags.str('subresource') || undefined),
        );
        infos.push({ resource: scope.resource, namespace: scope.namespace, name: scope.name, object });
      } else {
        const query = { labelSelector: flags.str('selector'), fieldSelector: flags.str('field-selector') };
        whole = await call.client.list(pathOf(scope.resource, scope.namespace), query);
        for (const object of whole.items)
          infos.push({ resource: scope.resource, namespace: scope.namespace, name: object.metadata.name, object });
      }
    } catch (error) {
      if (!(isNotFound(error) && flags.bool('ignore-not-found'))) errors.push(error as Error);
    }
  }
  if (single && infos.length === 1) call.out(printer(infos[0]!.object, infos[0]!.resource));
  else if (
    !(single && infos.length === 0) &&
    !(infos.length === 0 && (errors.length > 0 || flags.bool('ignore-not-found')))
  ) {
    let items = infos.map((info) => info.object as Json);
    if (flags.str('sort-by')) items = sortBy(items, flags.str('sort-by'), (item) => item);
    if (flags.str('output') === 'name') {
      const resourceOf = new Map(infos.map(({ object, resource }) => [object, resource]));
      for (const item of items) call.out(printer(item, resourceOf.get(item)!));
    } else call.out(printer({ apiVersion: 'v1', items, kind: 'List', metadata: { resourceVersion: '' } }));
  }
  throwIfAny(errors);
}

async function printRaw(call: Call): Promise<void> {
  const { flags, args } = call;
  if (args.length > 0) throw new KubectlError('arguments may not be passed when --raw is specified');
  if (hasFiles(call)) throw new KubectlError('--raw and --filename are mutually exclusive');
  if (flags.str('output') !== '') throw new KubectlError('--raw and --output are mutually exclusive');
  const path = flags.str('raw');
  if (!path.startsWith('/'))
    throw new KubectlError(`--raw must be a valid URL path: parse ${JSON.stringify(path)}: invalid URI for request`);
  call.out(await followed(call, path));
}

/** What is there in the end, as Go's client follows redirects. */
async function followed(call: Call, path: string, hops = 10): Promise<string> {
  const { status, headers, body } = await call.client.raw('GET', path);
  const isRedirect = [301, 302, 303, 307, 308].includes(status) && headers['location'] !== undefined;
  if (!isRedirect || hops === 0) return body;
  const to = new URL(headers['location'] as string, `http://cluster${path}`);
  return to.host === 'cluster' ? await followed(call, `${to.pathname}${to.search}`, hops - 1) : body;
}

async function run(call: Call): VerbResult {
  const { flags } = call;
  if (flags.str('raw')) return printRaw(call);
  if (flags.bool('all-namespaces')) call.namespaceGiven = false;
  if (call.args.length === 0 && !hasFiles(call)) {
    call.err(NO_TYPE);
    throw usage(
      call,
      'Required resource not specified.\nUse "kubectl explain <resource>" for a detailed description of that resource (e.g. kubectl explain pods).',
    );
  }
  if (flags.bool('show-labels') && flags.str('output') !== '' && flags.str('output') !== 'wide')
    throw new KubectlError('--show-labels option cannot be used with ' + flags.str('output') + ' printer');
  if (flags.bool('output-watch-events') && !flags.bool('watch') && !flags.bool('watch-only'))
    throw new KubectlError('--output-watch-events option can only be used with --watch or --watch-only');
  const printer = await objectPrinter(call);
  const { list, single } = await scopes(call);
  const subresource = flags.str('subresource');
  if (subresource && list.some((scope) => scope.name === undefined))
    throw new KubectlError('subresource cannot be used when bulk resources are specified');
  if (flags.bool('watch') || flags.bool('watch-only')) {
    if (list.length !== 1) throw new KubectlError('you may only specify a single resource type');
    return watchObjects(call, list[0]!, tableOptions(call, list[0]!.resource, false), printer);
  }
  if (printer) return printObjects(call, list, single);
  const { errors, rows } = await printTables(call, list);
  throwIfAny(distinctErrors(errors));
  if (rows === 0 && !flags.bool('ignore-not-found')) {
    const namespaced = list.some((scope) => scope.resource.namespaced) && !flags.bool('all-namespaces');
    call.err(namespaced ? `No resources found in ${call.namespace} namespace.\n` : 'No resources found\n');
  }
}

export const get: Verb = {
  name: 'get',
  flags: [
    ...outputFlags,
    ...fileFlags,
    ...selectorFlags,
    chunkFlag,
    { name: 'all-namespaces', short: 'A', type: 'bool' },
    { name: 'ignore-not-found', type: 'bool' },
    { name: 'label-columns', short: 'L', type: 'strings' },
    { name: 'no-headers', type: 'bool' },
    { name: 'output-watch-events', type: 'bool' },
    { name: 'raw', type: 'string' },
    { name: 'server-print', type: 'bool', default: 'true' },
    { name: 'show-kind', type: 'bool' },
    { name: 'show-labels', type: 'bool' },
    { name: 'sort-by', type: 'string' },
    { name: 'subresource', type: 'string' },
    { name: 'watch', short: 'w', type: 'bool' },
    { name: 'watch-only', type: 'bool' },
  ],
  run,
};
