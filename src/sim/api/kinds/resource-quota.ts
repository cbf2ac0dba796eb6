import type { Json } from '../../../kube/object.ts';
import type { FieldError } from '../../../kube/status.ts';
import { defineKind } from './common/define.ts';
import { deepEqual, IMMUTABLE, invalid } from './common/field.ts';
import { validateQuantity, validateResourceName } from './common/resources.ts';
import { age, columns } from './common/table.ts';

const SCOPES = [
  'BestEffort',
  'CrossNamespacePodAffinity',
  'NotBestEffort',
  'NotTerminating',
  'PriorityClass',
  'Terminating',
  'VolumeAttributesClass',
];

const PLAIN = ['pods', 'resourcequotas', 'services', 'replicationcontrollers', 'secrets', 'configmaps'];
const COMPUTE = /^((requests|limits)\.)?(cpu|memory|ephemeral-storage)$/;
const OTHERS =
  /^(requests\.storage|persistentvolumeclaims|services\.(nodeports|loadbalancers)|(requests\.)?hugepages-.+)$/;

function isStandardName(name: string): boolean {
  return PLAIN.includes(name) || COMPUTE.test(name) || OTHERS.test(name);
}

/** Which resources a scope may limit; an unknown scope is refused for itself. */
function scopeFits(scope: string, name: string): boolean {
  if (!SCOPES.includes(scope)) return true;
  if (scope === 'VolumeAttributesClass') return ['persistentvolumeclaims', 'requests.storage'].includes(name);
  return name === 'pods' || (scope !== 'BestEffort' && /^((requests|limits)\.)?(cpu|memory)$/.test(name));
}

function validateQuotaName(name: string, path: string): FieldError[] {
  const errors = validateResourceName(name, path);
  if (!name.includes('/') && !isStandardName(name))
    errors.push(invalid(path, name, 'must be a standard resource for quota'));
  return errors;
}

function validateSpec(spec: Json): FieldError[] {
  const errors: FieldError[] = [];
  const hard: Record<string, string> = spec.hard ?? {};
  for (const name of Object.keys(hard).sort()) {
    const path = `spec.hard[${name}]`;
    // `count/<resource>.<group>` counts objects of any kind.
    if (!name.startsWith('count/')) errors.push(...validateQuotaName(name, path));
    errors.push(...validateQuantity(name, hard[name] ?? '0', path));
  }
  const scopes: string[] = spec.scopes ?? [];
  for (const scope of scopes) {
    if (!SCOPES.includes(scope)) errors.push(invalid('spec.scopes', scopes, 'unsupported scope'));
    for (const name of Object.keys(hard))
      if (isStandardName(name) && !scopeFits(scope, name))
        errors.push(invalid('spec.scopes', scopes, 'unsupported scope applied to resource'));
  }
  for (const [a, b] of [
    ['BestEffort', 'NotBestEffort'],
    ['Terminating', 'NotTerminating'],
  ] as const)
    if (scopes.includes(a) && scopes.includes(b)) errors.push(invalid('spec.scopes', scopes, 'conflicting scopes'));
  return errors;
}

/** v1 ResourceQuota. */
export const resourceQuota = defineKind({
  group: '',
  version: 'v1',
  kind: 'ResourceQuota',
  deleteReturnsStatus: false,
  generation: false,
  hasStatus: true,
  validate: ({ spec }) => validateSpec(spec),
  validateUpdate(object, old) {
    const sorted = (scopes: string[] | undefined): string[] => [...(scopes ?? [])].sort();
    return deepEqual(sorted(object.spec.scopes), sorted(old.spec.scopes))
      ? []
      : [invalid('spec.scopes', object.spec.scopes ?? null, IMMUTABLE)];
  },
  columns: columns('Name', 'Request', 'Limit', 'Age'),
  row(object, ctx) {
    const { hard = {}, used = {} } = object.status ?? {};
    const names = Object.keys(hard).sort();
    const text = (limits: boolean): string =>
      names
        .filter((name) => (name.includes('.') && name.split('.')[0] === 'limits') === limits)
        .map((name) => `${name}: ${used[name] ?? '0'}/${hard[name]}`)
        .join(', ');
    return [object.metadata.name, text(false), text(true), age(object, ctx)];
  },
});
