import { since } from '../../../kube/duration.ts';
import type { Json } from '../../../kube/object.ts';
import { resolveResource } from '../builder.ts';
import { withQuery } from '../client.ts';
import type { Call, Verb } from '../context.ts';
import { KubectlError } from '../errors.ts';
import { objectPrinter, outputFlags, PLAIN } from '../printers/output.ts';
import { tableWriter } from '../tabwriter.ts';
import { watchLines } from './get-watch.ts';
import { chunkFlag } from './shared.ts';

function lastSeen(event: Json): number {
  return Date.parse(event.series?.lastObservedTime ?? event.lastTimestamp ?? event.eventTime ?? '') || 0;
}

function interval(event: Json, now: number): string {
  const first = since(event.eventTime ?? event.firstTimestamp, now);
  if (event.series) return `${since(event.series.lastObservedTime, now)} (x${event.series.count} over ${first})`;
  if (event.count > 1) return `${since(event.lastTimestamp, now)} (x${event.count} over ${first})`;
  return first;
}

async function run(call: Call): Promise<void> {
  const { flags } = call;
  const everywhere = flags.bool('all-namespaces');
  const types = flags.list('types');
  if (types.some((type) => !/^(normal|warning)$/i.test(type)))
    throw new KubectlError('valid --types are Normal or Warning');
  const about = flags.str('for');
  let fieldSelector: string | undefined;
  if (about) {
    const [type = '', name, ...more] = about.split('/');
    if (more.length > 0) throw new KubectlError('arguments in resource/name form may not have more than one slash');
    if (!name) throw new KubectlError(`--for must be in resource/name form`);
    const { kind, groupVersion } = await resolveResource(call, type);
    fieldSelector = `involvedObject.kind=${kind},involvedObject.apiVersion=${groupVersion},involvedObject.name=${name}`;
  }
  const path = everywhere ? '/api/v1/events' : `/api/v1/namespaces/${call.namespace}/events`;
  const isWanted = (event: Json): boolean =>
    types.length === 0 || types.some((type) => type.toLowerCase() === event.type.toLowerCase());
  if (flags.bool('watch')) return watch(call, withQuery(path, { fieldSelector, limit: 500, watch: true }), isWanted);
  const list = await call.client.list(withQuery(path, { fieldSelector }));
  const items = (list.items as Json[]).filter(isWanted).sort((a, b) => lastSeen(a) - lastSeen(b));
  if (items.length === 0) {
    call.err(everywhere ? 'No events found.\n' : `No events found in ${call.namespace} namespace.\n`);
    return;
  }
  const printer = await objectPrinter(call, { ...PLAIN, typed: true });
  // a list has no name, and this one is printed whole
  if (flags.str('output') === 'name') return;
  if (printer) return call.out(printer({ kind: 'EventList', apiVersion: 'v1', metadata: {}, items }));
  const writer = tableWriter();
  writer.write(heading(call));
  for (const event of items) writer.write(row(call, event));
  call.out(writer.take());
}

function heading({ flags }: Call): string {
  if (flags.bool('no-headers')) return '';
  return `${flags.bool('all-namespaces') ? 'NAMESPACE\t' : ''}LAST SEEN\tTYPE\tREASON\tOBJECT\tMESSAGE\n`;
}

function row({ flags, time }: Call, event: Json): string {
  const { kind, name } = event.involvedObject;
  const where = flags.bool('all-namespaces') ? `${event.metadata.namespace}\t` : '';
  return `${where}${interval(event, time.now())}\t${event.type}\t${event.reason}\t${kind}/${name}\t${String(event.message ?? '').trim()}\n`;
}

/** `-w`: what there is and what comes, one after the other; the head stands before the first. */
async function watch(call: Call, path: string, isWanted: (event: Json) => boolean): Promise<void> {
  const printer = await objectPrinter(call, { ...PLAIN, typed: true });
  const writer = tableWriter();
  let isFirst = true;
  await watchLines(call, path, 'application/json', ({ type, object }) => {
    if (type === 'ERROR') throw new KubectlError(object?.message ?? 'watch failed');
    if (type === 'DELETED' || type === 'BOOKMARK' || !isWanted(object)) return false;
    if (printer) {
      call.out(printer({ kind: 'Event', apiVersion: 'v1', ...object }));
      return false;
    }
    if (isFirst) writer.write(heading(call));
    isFirst = false;
    writer.write(row(call, object));
    call.out(writer.take());
    return false;
  });
}

export const events: Verb = {
  name: 'events',
  flags: [
    ...outputFlags,
    chunkFlag,
    { name: 'all-namespaces', short: 'A', type: 'bool' },
    { name: 'for', type: 'string' },
    { name: 'no-headers', type: 'bool' },
    { name: 'types', type: 'strings' },
    { name: 'watch', short: 'w', type: 'bool' },
  ],
  run,
};
