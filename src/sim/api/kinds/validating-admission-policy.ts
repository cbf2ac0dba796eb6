import type { FieldError } from '../../../kube/status.ts';
import { defineKind } from './common/define.ts';
import { conditionErrors, expressionErrors } from './common/expressions.ts';
import { required } from './common/field.ts';
import { setDefaultPointer } from './common/pod-defaults.ts';
import { age, columns } from './common/table.ts';
import { setMatchDefaults, validateFailurePolicy } from './common/webhooks.ts';

const NOTHING_TO_CHECK = 'validations or auditAnnotations must contain at least one item';

/** admissionregistration.k8s.io/v1 ValidatingAdmissionPolicy. */
export const validatingAdmissionPolicy = defineKind({
  group: 'admissionregistration.k8s.io',
  version: 'v1',
  kind: 'ValidatingAdmissionPolicy',
  hasStatus: true,
  requiresResourceVersion: true,
  setDefaults({ spec }) {
    if (!spec) return;
    setDefaultPointer(spec, 'failurePolicy', 'Fail');
    const match = spec.matchConstraints;
    if (match) setMatchDefaults(match, [...(match.resourceRules ?? []), ...(match.excludeResourceRules ?? [])]);
  },
  validate({ spec }) {
    const errors: FieldError[] = validateFailurePolicy(spec.failurePolicy, 'spec.failurePolicy');
    if (!spec.matchConstraints) errors.push(required('spec.matchConstraints'));
    else if (!(spec.matchConstraints.resourceRules?.length > 0))
      errors.push(required('spec.matchConstraints.resourceRules'));
    if (!(spec.validations?.length > 0) && !(spec.auditAnnotations?.length > 0)) {
      errors.push(required('spec.validations', NOTHING_TO_CHECK));
      errors.push(required('spec.auditAnnotations', NOTHING_TO_CHECK));
    }
    for (const [i, one] of (spec.variables ?? []).entries())
      errors.push(...expressionErrors(one.expression, `spec.variables[${i}].expression`));
    for (const [i, one] of (spec.validations ?? []).entries()) {
      errors.push(...expressionErrors(one.expression, `spec.validations[${i}].expression`));
      if (one.messageExpression)
        errors.push(...expressionErrors(one.messageExpression, `spec.validations[${i}].messageExpression`));
    }
    errors.push(...conditionErrors(spec.matchConditions, 'spec.matchConditions'));
    return errors;
  },
  columns: columns('Name', 'Validations:integer', 'ParamKind', 'Age'),
  row(object, ctx) {
    const { metadata, spec } = object;
    const kind = spec.paramKind ? `${spec.paramKind.apiVersion}/${spec.paramKind.kind}` : '<unset>';
    return [metadata.name, (spec.validations ?? []).length, kind, age(object, ctx)];
  },
});
