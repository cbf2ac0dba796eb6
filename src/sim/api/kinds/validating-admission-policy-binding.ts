import type { Json } from '../../../kube/object.ts';
import type { FieldError } from '../../../kube/status.ts';
import { defineKind } from './common/define.ts';
import { duplicate, forbidden, invalid, invalids, notSupported, oneOf, required } from './common/field.ts';
import { validateMatchResources } from './common/match-rules.ts';
import { dnsSubdomain, pathSegment } from './common/names.ts';
import { goLabelSelector, validateSelector } from './common/selectors.ts';
import { age, columns } from './common/table.ts';
import { setMatchDefaults } from './common/webhooks.ts';

const ACTIONS = ['Audit', 'Deny', 'Warn'];
const DENY_AND_WARN =
  'must not contain both Deny and Warn (repeating the same validation failure information in the API response and headers serves no purpose)';

function validateActions(actions: string[]): FieldError[] {
  const field = 'spec.validationActions';
  if (actions.length === 0) return [required(field, 'at least one validation action is required')];
  const errors: FieldError[] = [];
  for (const [at, action] of actions.entries()) {
    if (!ACTIONS.includes(action)) errors.push(notSupported(`${field}[${at}]`, action, ACTIONS));
    if (actions.indexOf(action) < at) errors.push(duplicate(`${field}[${at}]`, action));
  }
  if (actions.includes('Deny') && actions.includes('Warn')) errors.push(invalid(field, actions, DENY_AND_WARN));
  return errors;
}

const EXCLUSIVE = 'name and selector are mutually exclusive';

function validateParamRef(ref: Json, path: string): FieldError[] {
  if (!ref) return [];
  const { name, selector, parameterNotFoundAction: action } = ref;
  const errors: FieldError[] = [];
  if (name) {
    errors.push(...invalids(`${path}.name`, name, pathSegment(name)));
    if (selector) errors.push(forbidden(`${path}.name`, EXCLUSIVE));
  }
  if (selector) {
    errors.push(...validateSelector(selector, `${path}.selector`));
    if (name) errors.push(forbidden(`${path}.selector`, EXCLUSIVE));
  }
  if (!name && !selector) errors.push(required(path, 'one of name or selector must be specified'));
  return [...errors, ...oneOf(`${path}.parameterNotFoundAction`, action, ['Deny', 'Allow'])];
}

/** admissionregistration.k8s.io/v1 ValidatingAdmissionPolicyBinding. */
export const validatingAdmissionPolicyBinding = defineKind({
  group: 'admissionregistration.k8s.io',
  version: 'v1',
  kind: 'ValidatingAdmissionPolicyBinding',
  requiresResourceVersion: true,
  generation: true,
  setDefaults({ spec }) {
    const match = spec?.matchResources;
    if (match) setMatchDefaults(match, [...(match.resourceRules ?? []), ...(match.excludeResourceRules ?? [])]);
  },
  validate: ({ spec }) => [
    ...(spec.policyName
      ? invalids('spec.policyName', spec.policyName, dnsSubdomain(spec.policyName))
      : [required('spec.policyName')]),
    ...validateParamRef(spec.paramRef, 'spec.paramRef'),
    ...validateMatchResources(spec.matchResources, 'spec.matchResources'),
    ...validateActions(spec.validationActions ?? []),
  ],
  columns: columns('Name', 'PolicyName', 'ParamRef', 'Age'),
  row(object, ctx) {
    const { policyName, paramRef } = object.spec;
    const named = paramRef?.name ? `${paramRef.namespace || '*'}/${paramRef.name}` : undefined;
    const ref = named ?? (paramRef?.selector ? goLabelSelector(paramRef.selector) : '<unset>');
    return [object.metadata.name, policyName, ref, age(object, ctx)];
  },
});
