import type { Json } from '../../../kube/object.ts';
import { pathOf, TABLE_ACCEPT, withQuery } from '../client.ts';
import type { Call } from '../context.ts';
import { requestTimeout } from '../flags.ts';
import type { ObjectPrinter } from '../printers/output.ts';
import { type TableOptions, TablePrinter } from '../printers/table.ts';
import { tableWriter } from '../tabwriter.ts';
import type { GetScope } from './get.ts';

/** How often a running watch looks whether its deadline has come (virtual ms). */
const POLL_MS = 200;

/** Feeds the lines of a watch to `onEvent` until it returns true, the stream ends or the time is over. */
export async function watchLines(
  call: Call,
  path: string,
  accept: string,
  onEvent: (event: Json) => boolean,
): Promise<void> {
  let buffer = '';
  let done = false;
  const stream = await call.client.stream(
    path,
    accept,
    (chunk) => {
      buffer += chunk;
      for (let end = buffer.indexOf('\n'); end >= 0 && !done; end = buffer.indexOf('\n')) {
        const line = buffer.slice(0, end);
        buffer = buffer.slice(end + 1);
        if (line.trim() !== '') done = onEvent(JSON.parse(line));
      }
    },
    call.signal,
  );
  try {
    const until = call.time.now() + requestTimeout(call);
    while (!done && !stream.ended && call.time.now() < until) await call.time.sleep(POLL_MS, call.signal);
  } finally {
    stream.close();
  }
}

/** `get -w`: the list first, then every change, until the command's time is over. */
export async function watchObjects(
  call: Call,
  scope: GetScope,
  options: TableOptions,
  printer: ObjectPrinter | undefined,
): Promise<void> {
  const { flags } = call;
  const collection = pathOf(scope.resource, scope.namespace);
  const query = {
    labelSelector: flags.str('selector'),
    fieldSelector: scope.name !== undefined ? `metadata.name=${scope.name}` : flags.str('field-selector'),
  };
  const accept = printer ? 'application/json' : TABLE_ACCEPT;
  const writer = tableWriter();
  const table = new TablePrinter(writer, scope.resource, options);
  const show = (object: Json, type: string): void => {
    const event = flags.bool('output-watch-events') ? { header: 'EVENT', value: type } : undefined;
    if (printer) {
      const shown = event && flags.str('output') !== 'name' ? { object, type } : object;
      call.out(printer(shown, scope.resource));
    } else {
      table.print(object, event);
      call.out(writer.take());
    }
  };
  const target =
    scope.name !== undefined ? pathOf(scope.resource, scope.namespace, scope.name) : withQuery(collection, query);
  const listed = JSON.parse((await call.client.raw('GET', target, { accept })).body);
  if (!flags.bool('watch-only')) {
    if (!printer || !Array.isArray(listed.items)) show(listed, 'ADDED');
    else
      for (const item of listed.items)
        show({ apiVersion: listed.apiVersion, kind: scope.resource.kind, ...item }, 'ADDED');
  }
  const version = listed.metadata?.resourceVersion;
  const path = withQuery(collection, { ...query, watch: true, resourceVersion: version });
  await watchLines(call, path, accept, (event) => {
    if (event.type === 'BOOKMARK') return false;
    if (event.type === 'ERROR') {
      call.err(`error: ${event.object?.message ?? 'watch failed'}\n`);
      return true;
    }
    show(event.object, event.type);
    return false;
  });
}
