import type { Json, KubeObject } from '../../../kube/object.ts';
import type { FieldError } from '../../../kube/status.ts';
import { validateMetaUpdate } from '../meta-validation.ts';
import { defineKind } from './common/define.ts';
import { duplicate, forbidden, invalid, invalids, notSupported } from './common/field.ts';
import { CIDR_INVALID, isCidr, labelValue, qualifiedName } from './common/names.ts';
import { age, columns } from './common/table.ts';

const ROLE_PREFIX = 'node-role.kubernetes.io/';
const EFFECTS = ['NoSchedule', 'PreferNoSchedule', 'NoExecute'];

function goTaint({ key, value = '', effect, timeAdded = null }: Json): Json {
  return { Key: key, Value: value, Effect: effect, TimeAdded: timeAdded };
}

function validatePodCidr(cidr: string | undefined): FieldError[] {
  return cidr === undefined || isCidr(cidr) ? [] : [invalid('spec.podCIDRs[0]', cidr, CIDR_INVALID)];
}

function validateTaints(taints: Json[]): FieldError[] {
  const errors: FieldError[] = [];
  const seen = new Set<string>();
  for (const [i, taint] of taints.entries()) {
    // Upstream looks for the taints of a node below its metadata.
    const path = `metadata.taints[${i}]`;
    errors.push(...invalids(`${path}.key`, taint.key, qualifiedName(taint.key ?? '')));
    const messages = labelValue(taint.value ?? '');
    if (messages.length > 0) errors.push(...invalids(`${path}.value`, taint.value, [messages.join(';')]));
    if (!EFFECTS.includes(taint.effect)) errors.push(notSupported(`${path}.effect`, taint.effect, EFFECTS));
    const key = `${taint.key}:${taint.effect}`;
    if (seen.has(key))
      errors.push({ ...duplicate(path, goTaint(taint)), detail: 'taints must be unique by key and effect pair' });
    seen.add(key);
  }
  return errors;
}

function rolesOf(node: KubeObject): string {
  const roles = new Set<string>();
  for (const [key, value] of Object.entries(node.metadata.labels ?? {})) {
    if (key.startsWith(ROLE_PREFIX) && key.length > ROLE_PREFIX.length) roles.add(key.slice(ROLE_PREFIX.length));
    else if (key === 'kubernetes.io/role' && value) roles.add(value);
  }
  return [...roles].sort().join(',') || '<none>';
}

function statusText(node: KubeObject): string {
  const ready = (node.status?.conditions ?? []).findLast((item: Json) => item.type === 'Ready');
  const parts = [ready ? (ready.status === 'True' ? 'Ready' : 'NotReady') : 'Unknown'];
  if (node.spec?.unschedulable) parts.push('SchedulingDisabled');
  return parts.join(',');
}

/** v1 Node. */
export const node = defineKind({
  group: '',
  version: 'v1',
  kind: 'Node',
  generation: false,
  deleteReturnsStatus: true,
  setDefaults(draft) {
    if (draft.status?.capacity && !draft.status.allocatable) draft.status.allocatable = { ...draft.status.capacity };
  },
  prepareForUpdate(draft, old) {
    draft.status = old.status;
  },
  validate: ({ spec }) => [...validateTaints(spec?.taints ?? []), ...validatePodCidr(spec?.podCIDR)],
  validateUpdate(object, old) {
    const { spec } = object;
    const before = old.spec?.podCIDR;
    // Upstream looks at the whole node once more when it is updated.
    const again = [
      ...validateMetaUpdate(object, old),
      ...validateMetaUpdate(object, old),
      ...validateTaints(spec?.taints ?? []),
    ];
    const moved =
      before && spec?.podCIDR !== before
        ? [forbidden('spec.podCIDRs', 'node updates may not change podCIDR except from "" to valid')]
        : [];
    return [...again, ...moved];
  },
  selectableFields: (object) => ({ 'spec.unschedulable': String(object.spec?.unschedulable === true) }),
  columns: columns(
    'Name',
    'Status',
    'Roles',
    'Age',
    'Version',
    '~Internal-IP',
    '~External-IP',
    '~OS-Image',
    '~Kernel-Version',
    '~Container-Runtime',
  ),
  row(object, ctx) {
    const info = object.status?.nodeInfo ?? {};
    const address = (type: string): string =>
      (object.status?.addresses ?? []).find((item: Json) => item.type === type)?.address ?? '<none>';
    return [
      object.metadata.name,
      statusText(object),
      rolesOf(object),
      age(object, ctx),
      info.kubeletVersion ?? '',
      address('InternalIP'),
      address('ExternalIP'),
      info.osImage || '<unknown>',
      info.kernelVersion || '<unknown>',
      info.containerRuntimeVersion || '<unknown>',
    ];
  },
});
