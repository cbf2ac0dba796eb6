import type { Json } from '../../../kube/object.ts';
import type { FieldError } from '../../../kube/status.ts';
import { defineKind } from './common/define.ts';
import { deepEqual, IMMUTABLE, invalid, required } from './common/field.ts';
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

const OPPOSITES = [
  ['BestEffort', 'NotBestEffort'],
  ['Terminating', 'NotTerminating'],
] as const;
/** Scopes that are there or not, whatever the values. */
const EXISTING = ['BestEffort', 'NotBestEffort', 'Terminating', 'NotTerminating', 'CrossNamespacePodAffinity'];

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
  errors.push(...validateScopes(spec, hard), ...validateScopeSelector(spec, hard));
  return errors;
}

/** Which standard resources of the quota its scope cannot limit. */
function misfits(scope: string, hard: Record<string, string>): string[] {
  return Object.keys(hard).filter((name) => isStandardName(name) && !scopeFits(scope, name));
}

function conflicts(names: string[]): boolean[] {
  return OPPOSITES.map(([a, b]) => names.includes(a) && names.includes(b)).filter(Boolean);
}

function validateScopes(spec: Json, hard: Record<string, string>): FieldError[] {
  const errors: FieldError[] = [];
  const scopes: string[] = spec.scopes ?? [];
  const wrong = (detail: string): number => errors.push(invalid('spec.scopes', scopes, detail));
  for (const scope of scopes) {
    if (!SCOPES.includes(scope)) wrong('unsupported scope');
    for (const _ of misfits(scope, hard)) wrong('unsupported scope applied to resource');
  }
  for (const _ of conflicts(scopes)) wrong('conflicting scopes');
  return errors;
}

/** Upstream's field paths leave out the index. */
function validateScopeSelector(spec: Json, hard: Record<string, string>): FieldError[] {
  if (!spec.scopeSelector) return [];
  const errors: FieldError[] = [];
  const path = 'spec.scopeSelector.matchExpressions';
  const requirements: Json[] = spec.scopeSelector.matchExpressions ?? [];
  for (const { scopeName, operator, values } of requirements) {
    if (!SCOPES.includes(scopeName)) errors.push(invalid(`${path}.scopeName`, scopeName, 'unsupported scope'));
    const shown = { MatchExpressions: requirements.map(goRequirement) };
    for (const _ of misfits(scopeName, hard))
      errors.push(invalid(path, shown, 'unsupported scope applied to resource'));
    if (EXISTING.includes(scopeName) && operator !== 'Exists')
      errors.push(
        invalid(
          `${path}.operator`,
          operator,
          "must be 'Exists' when scope is any of ResourceQuotaScopeTerminating, ResourceQuotaScopeNotTerminating, ResourceQuotaScopeBestEffort, ResourceQuotaScopeNotBestEffort or ResourceQuotaScopeCrossNamespacePodAffinity",
        ),
      );
    const count = (values ?? []).length;
    if (operator === 'In' || operator === 'NotIn') {
      if (count === 0)
        errors.push(
          required(
            `${path}.values`,
            "must be at least one value when `operator` is 'In' or 'NotIn' for scope selector",
          ),
        );
    } else if (operator === 'Exists' || operator === 'DoesNotExist') {
      if (count > 0)
        errors.push(
          invalid(
            `${path}.values`,
            values,
            "must be no value when `operator` is 'Exist' or 'DoesNotExist' for scope selector",
          ),
        );
    } else errors.push(invalid(`${path}.operator`, operator, 'not a valid selector operator'));
  }
  for (const _ of conflicts(requirements.map((item) => item.scopeName)))
    errors.push(invalid(path, spec.scopes ?? null, 'conflicting scopes'));
  return errors;
}

function goRequirement({ scopeName, operator, values }: Json): Json {
  return { ScopeName: scopeName, Operator: operator, Values: values ?? null };
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
