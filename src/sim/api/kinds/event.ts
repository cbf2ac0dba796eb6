import { since } from '../../../kube/duration.ts';
import type { KubeObject } from '../../../kube/object.ts';
import type { FieldError } from '../../../kube/status.ts';
import type { KindDef, TableContext } from '../kind.ts';
import { defineKind } from './common/define.ts';
import { immutable, invalid, invalids, required } from './common/field.ts';
import { qualifiedName } from './common/names.ts';
import { columns } from './common/table.ts';

const COLUMNS = columns(
  'Last Seen',
  'Type',
  'Reason',
  'Object',
  '~Subobject',
  '~Source',
  'Message',
  '~First Seen',
  '~Count',
  '~Name',
).map((column) => (column.name === 'Name' ? { ...column, format: 'name' } : column));

function eventRow(event: KubeObject, ctx: TableContext): unknown[] {
  const { involvedObject = {}, source = {}, series } = event;
  const first = since(event.firstTimestamp ?? event.eventTime, ctx.nowMs);
  let last = event.lastTimestamp ? since(event.lastTimestamp, ctx.nowMs) : first;
  if (series) last = since(series.lastObservedTime, ctx.nowMs);
  const component = source.component || event.reportingComponent || '';
  const instance = source.host || event.reportingInstance || '';
  const kind = String(involvedObject.kind ?? '').toLowerCase();
  return [
    last,
    event.type ?? '',
    event.reason ?? '',
    involvedObject.name ? `${kind}/${involvedObject.name}` : kind,
    involvedObject.fieldPath ?? '',
    instance ? `${component}, ${instance}` : component,
    String(event.message ?? '').trim(),
    first,
    String(series ? (series.count ?? 0) : event.count || 1),
    event.metadata.name,
  ];
}

function selectable(event: KubeObject): Record<string, string> {
  const { involvedObject = {} } = event;
  const out: Record<string, string> = {};
  for (const name of ['kind', 'namespace', 'name', 'uid', 'apiVersion', 'resourceVersion', 'fieldPath'])
    out[`involvedObject.${name}`] = involvedObject[name] ?? '';
  out.reason = event.reason ?? '';
  out.reportingComponent = event.reportingComponent ?? '';
  out.source = event.source?.component || event.reportingComponent || '';
  out.type = event.type ?? '';
  return out;
}

function validateNamespace(event: KubeObject, namespace: string | undefined): FieldError[] {
  const own = event.metadata.namespace ?? '';
  const detail = 'does not match event.namespace';
  if (namespace) return own === namespace ? [] : [invalid('involvedObject.namespace', namespace, detail)];
  return own === 'default' || own === 'kube-system' ? [] : [invalid('involvedObject.namespace', '', detail)];
}

/** v1 Event: the stored form; events.k8s.io/v1 is a view of it. */
export const event = defineKind({
  group: '',
  version: 'v1',
  kind: 'Event',
  generation: false,
  deleteReturnsStatus: true,
  validate: (object) => validateNamespace(object, object.involvedObject?.namespace),
  selectableFields: selectable,
  columns: COLUMNS,
  row: eventRow,
});

/** An event of the new API: what it must say. It is stored in the core form, whose field names the errors use. */
function validateNew(event: KubeObject): FieldError[] {
  const errors: FieldError[] = validateNamespace(event, event.involvedObject?.namespace);
  if (event.eventTime) errors.push(...validateReport(event));
  else errors.push(required('eventTime'));
  if (event.type !== 'Normal' && event.type !== 'Warning')
    errors.push(invalid('type', '', `has invalid value: ${event.type ?? ''}`));
  for (const name of ['firstTimestamp', 'lastTimestamp'])
    if (event[name]) errors.push(invalid(name, '', 'needs to be unset'));
  if (event.count) errors.push(invalid('count', '', 'needs to be unset'));
  if (event.source?.component || event.source?.host) errors.push(invalid('source', '', 'needs to be unset'));
  return errors;
}

function validateReport(event: KubeObject): FieldError[] {
  const errors: FieldError[] = [];
  if (!event.reportingComponent) errors.push(required('reportingController'));
  else
    errors.push(...invalids('reportingController', event.reportingComponent, qualifiedName(event.reportingComponent)));
  for (const name of ['reportingInstance', 'action', 'reason']) {
    const value: string = event[name] ?? '';
    if (value === '') errors.push(required(name));
    if (value.length > 128) errors.push(invalid(name, '', 'can have at most 128 characters'));
  }
  if ((event.message ?? '').length > 1024) errors.push(invalid('message', '', 'can have at most 1024 characters'));
  return errors;
}

/** Fields of a new event that stay, in the order in which upstream looks at them: at the reason twice. */
const FIXED = [
  'involvedObject',
  'reason',
  'message',
  'source',
  'firstTimestamp',
  'lastTimestamp',
  'count',
  'reason',
  'type',
  'eventTime',
  'action',
  'related',
  'reportingComponent',
  'reportingInstance',
];

/** events.k8s.io/v1 Event: a view of the stored form with stricter rules and field names of its own. */
export const eventsV1Event: KindDef = {
  ...event,
  group: 'events.k8s.io',
  validate: (object) => validateNew(object),
  validateUpdate: (object, old) =>
    FIXED.flatMap((name) =>
      immutable(name === 'reportingComponent' ? 'reportingController' : name, object[name] ?? null, old[name] ?? null),
    ),
  selectableFields(object) {
    const { reportingComponent = '', ...fields } = selectable(object);
    const renamed = Object.entries(fields).map(([key, value]) => [key.replace(/^involvedObject/, 'regarding'), value]);
    return { ...Object.fromEntries(renamed), reportingController: reportingComponent };
  },
};
