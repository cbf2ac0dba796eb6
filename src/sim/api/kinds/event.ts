import { since } from '../../../kube/duration.ts';
import type { KubeObject } from '../../../kube/object.ts';
import type { FieldError } from '../../../kube/status.ts';
import type { TableContext } from '../kind.ts';
import { defineKind } from './common/define.ts';
import { invalid } from './common/field.ts';
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
);

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
