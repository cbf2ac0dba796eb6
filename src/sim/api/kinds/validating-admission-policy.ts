import type { Json } from '../../../kube/object.ts';
import type { FieldError } from '../../../kube/status.ts';
import { defineKind } from './common/define.ts';
import { conditionErrors, expressionErrors } from './common/expressions.ts';
import { duplicate, invalid, invalids, notSupported, required } from './common/field.ts';
import { validateMatchResources } from './common/match-rules.ts';
import { dns1035Label, dnsSubdomain, qualifiedName } from './common/names.ts';
import { setDefaultPointer } from './common/pod-defaults.ts';
import { age, columns } from './common/table.ts';
import { setMatchDefaults, validateFailurePolicy } from './common/webhooks.ts';

const NOTHING_TO_CHECK = 'validations or auditAnnotations must contain at least one item';

const REASONS = ['Forbidden', 'Invalid', 'RequestEntityTooLarge'];
/** Words of the language that are no names. */
const RESERVED = new Set(
  'true false null in as break const continue else for function if import let loop package namespace return var void while'.split(
    ' ',
  ),
);
const ANNOTATIONS_MAX = 20;
const VALUE_EXPRESSION_MAX = 5 * 1024;

function validateParamKind({ apiVersion = '', kind = '' }: Json, path: string): FieldError[] {
  const errors: FieldError[] = [];
  const field = `${path}.apiVersion`;
  const parts = apiVersion.split('/');
  if (!apiVersion) errors.push(required(field));
  else if (parts.length > 2) errors.push(invalid(field, apiVersion, `unexpected GroupVersion string: ${apiVersion}`));
  else {
    const [version = '', group = ''] = apiVersion === '/' ? [] : [...parts].reverse();
    const wrong = group === '' ? [] : dnsSubdomain(group);
    if (wrong.length > 0) errors.push(invalid(field, group, wrong.join(',')));
    const bad = version === '' ? [] : dns1035Label(version);
    if (version === '') errors.push(invalid(field, apiVersion, 'version must be specified'));
    else if (bad.length > 0) errors.push(invalid(field, version, bad.join(',')));
  }
  const wrong = kind === '' ? [] : dns1035Label(kind.toLowerCase());
  if (kind === '') errors.push(required(`${path}.kind`));
  else if (wrong.length > 0)
    errors.push(invalid(`${path}.kind`, kind, `may have mixed case, but should otherwise match: ${wrong.join(',')}`));
  return errors;
}

function specified(text: string | undefined, path: string, type?: string): FieldError[] {
  return text?.trim() ? expressionErrors(text, path, type) : [required(path, 'expression is not specified')];
}

function validateVariable({ name = '', expression }: Json, path: string): FieldError[] {
  const errors: FieldError[] = [];
  if (!name.trim()) errors.push(required(`${path}.name`, 'name is not specified'));
  else if (!/^[_a-zA-Z][_a-zA-Z0-9]*$/.test(name) || RESERVED.has(name))
    errors.push(invalid(`${path}.name`, name, 'must be a valid CEL identifier'));
  return [...errors, ...specified(expression, `${path}.expression`)];
}

function validateValidation({ expression, message, messageExpression, reason }: Json, path: string): FieldError[] {
  const errors = specified(expression, `${path}.expression`, 'bool');
  const field = `${path}.messageExpression`;
  const isBlank = messageExpression && !messageExpression.trim();
  if (isBlank) errors.push(invalid(field, messageExpression, 'must be non-empty if specified'));
  else if (messageExpression) errors.push(...expressionErrors(messageExpression, field, 'string'));
  const text = message?.trim();
  if (message && !text) errors.push(invalid(`${path}.message`, message, 'must be non-empty if specified'));
  else if (text && /[\r\n]/.test(text))
    errors.push(invalid(`${path}.message`, message, 'must not contain line breaks'));
  if (reason !== undefined && !REASONS.includes(reason)) errors.push(notSupported(`${path}.reason`, reason, REASONS));
  return errors;
}

function validateAnnotations(policy: string, annotations: Json[], path: string): FieldError[] {
  const errors: FieldError[] = [];
  const seen = new Set<string>();
  if (annotations.length > ANNOTATIONS_MAX) {
    const shown = annotations.map(({ key, valueExpression }) => ({ Key: key, ValueExpression: valueExpression }));
    errors.push(invalid(path, shown, `must not have more than ${ANNOTATIONS_MAX} auditAnnotations`));
  }
  for (const [i, { key = '', valueExpression = '' }] of annotations.entries()) {
    const at = `${path}[${i}]`;
    const whole = `${policy}/${key}`;
    errors.push(...invalids(`${at}.key`, whole, qualifiedName(whole)));
    const field = `${at}.valueExpression`;
    const text = valueExpression.trim();
    if (!text) errors.push(required(field, 'valueExpression is not specified'));
    else if (text.length > VALUE_EXPRESSION_MAX)
      errors.push(required(field, `must not exceed ${VALUE_EXPRESSION_MAX} bytes in length`));
    else errors.push(...expressionErrors(valueExpression, field));
    if (seen.has(key)) errors.push(duplicate(`${at}.key`, key));
    seen.add(key);
  }
  return errors;
}

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
  validate({ metadata, spec }) {
    const errors: FieldError[] = validateFailurePolicy(spec.failurePolicy, 'spec.failurePolicy');
    if (spec.paramKind) errors.push(...validateParamKind(spec.paramKind, 'spec.paramKind'));
    if (!spec.matchConstraints) errors.push(required('spec.matchConstraints'));
    else {
      errors.push(...validateMatchResources(spec.matchConstraints, 'spec.matchConstraints'));
      if (!(spec.matchConstraints.resourceRules?.length > 0))
        errors.push(required('spec.matchConstraints.resourceRules'));
    }
    errors.push(...conditionErrors(spec.matchConditions, 'spec.matchConditions'));
    for (const [i, one] of (spec.variables ?? []).entries())
      errors.push(...validateVariable(one, `spec.variables[${i}]`));
    if (!(spec.validations?.length > 0) && !(spec.auditAnnotations?.length > 0)) {
      errors.push(required('spec.validations', NOTHING_TO_CHECK));
      errors.push(required('spec.auditAnnotations', NOTHING_TO_CHECK));
      return errors;
    }
    for (const [i, one] of (spec.validations ?? []).entries())
      errors.push(...validateValidation(one, `spec.validations[${i}]`));
    errors.push(...validateAnnotations(metadata.name, spec.auditAnnotations ?? [], 'spec.auditAnnotations'));
    return errors;
  },
  columns: columns('Name', 'Validations:integer', 'ParamKind', 'Age'),
  row(object, ctx) {
    const { metadata, spec } = object;
    const kind = spec.paramKind ? `${spec.paramKind.apiVersion}/${spec.paramKind.kind}` : '<unset>';
    return [metadata.name, (spec.validations ?? []).length, kind, age(object, ctx)];
  },
});
