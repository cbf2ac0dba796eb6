import type { FieldError } from '../../../kube/status.ts';
import { defineKind } from './common/define.ts';
import { duplicate, invalid, invalids, notSupported, required } from './common/field.ts';
import { dnsSubdomain } from './common/names.ts';
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
    ...validateActions(spec.validationActions ?? []),
  ],
  columns: columns('Name', 'PolicyName', 'ParamRef', 'Age'),
  row(object, ctx) {
    const { policyName, paramRef } = object.spec;
    const name = paramRef?.name ?? '*';
    const ref = paramRef ? (paramRef.namespace ? `${paramRef.namespace}/${name}` : name) : '<unset>';
    return [object.metadata.name, policyName, ref, age(object, ctx)];
  },
});
