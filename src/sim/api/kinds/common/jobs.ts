import type { Json } from '../../../../kube/object.ts';
import { type FieldError, OMITTED_VALUE } from '../../../../kube/status.ts';
import { duplicate, invalid, invalids, nonNegative, notSupported, required } from './field.ts';
import { qualifiedName } from './names.ts';
import { setDefault, setDefaultPointer } from './pod-defaults.ts';
import { validatePodTemplate } from './pod-spec.ts';
import { defaultTemplate } from './pod-template.ts';
import { validateSuccessPolicy } from './success-policy.ts';

const ACTIONS = ['Count', 'FailIndex', 'FailJob', 'Ignore'];

/** SetDefaults_Job of a spec in place; CronJob templates do not get these (only the pod template's). */
export function defaultJobSpec(spec: Json): void {
  defaultTemplate(spec.template);
  const set = (name: string, value: Json): void => setDefaultPointer(spec, name, value);
  const parallelism = spec.parallelism;
  if (spec.completions === undefined && parallelism === undefined) spec.completions = 1;
  set('parallelism', 1);
  set('backoffLimit', spec.backoffLimitPerIndex !== undefined ? 2147483647 : 6);
  set('completionMode', 'NonIndexed');
  set('suspend', false);
  set('podReplacementPolicy', spec.podFailurePolicy ? 'Failed' : 'TerminatingOrFailed');
  set('manualSelector', false);
  for (const rule of spec.podFailurePolicy?.rules ?? [])
    for (const pattern of rule.onPodConditions ?? []) setDefault(pattern, 'status', 'True');
}

/** validateJobSpec: what Jobs and the templates of CronJobs share. */
export function validateJobSpec(spec: Json, path: string): FieldError[] {
  const errors: FieldError[] = [];
  for (const name of [
    'parallelism',
    'completions',
    'activeDeadlineSeconds',
    'backoffLimit',
    'ttlSecondsAfterFinished',
    'backoffLimitPerIndex',
    'maxFailedIndexes',
  ])
    errors.push(...nonNegative(`${path}.${name}`, spec[name]));
  if (spec.maxFailedIndexes !== undefined && spec.backoffLimitPerIndex === undefined)
    errors.push(required(`${path}.backoffLimitPerIndex`, 'when maxFailedIndexes is specified'));
  errors.push(...validateCompletionMode(spec, path));
  if (spec.podFailurePolicy) errors.push(...validateFailurePolicy(spec, `${path}.podFailurePolicy.rules`));
  if (spec.successPolicy && spec.completionMode === 'Indexed')
    errors.push(...validateSuccessPolicy(spec, `${path}.successPolicy`));
  if (spec.successPolicy && spec.completionMode !== 'Indexed')
    errors.push(invalid(`${path}.successPolicy`, goPolicy(spec.successPolicy), 'requires indexed completion mode'));
  const replacement = spec.podReplacementPolicy;
  if (replacement !== undefined) {
    const allowed = spec.podFailurePolicy ? ['Failed'] : ['Failed', 'TerminatingOrFailed'];
    if (!allowed.includes(replacement)) errors.push(notSupported(`${path}.podReplacementPolicy`, replacement, allowed));
  }
  errors.push(...validatePodTemplate(spec.template, `${path}.template`));
  return [...errors, ...validateRestartPolicy(spec, `${path}.template.spec.restartPolicy`)];
}

function validateRestartPolicy(spec: Json, path: string): FieldError[] {
  const policy = spec.template.spec?.restartPolicy;
  if (!policy || policy === 'Always') return [required(path, 'valid values: "OnFailure", "Never"')];
  if (policy !== 'OnFailure' && policy !== 'Never') return [notSupported(path, policy, ['OnFailure', 'Never'])];
  if (spec.podFailurePolicy && policy !== 'Never')
    return [invalid(path, policy, 'only "Never" is supported when podFailurePolicy is specified')];
  return [];
}

function validateCompletionMode(spec: Json, path: string): FieldError[] {
  const errors: FieldError[] = [];
  const mode = spec.completionMode;
  if (mode !== undefined && !['NonIndexed', 'Indexed'].includes(mode))
    errors.push(notSupported(`${path}.completionMode`, mode, ['NonIndexed', 'Indexed']));
  if (mode === 'Indexed') {
    if (spec.completions === undefined) errors.push(required(`${path}.completions`, 'when completion mode is Indexed'));
    if (spec.parallelism > 100_000)
      errors.push(
        invalid(
          `${path}.parallelism`,
          spec.parallelism,
          'must be less than or equal to 100000 when completion mode is Indexed',
        ),
      );
    if (spec.maxFailedIndexes > spec.completions)
      errors.push(
        invalid(`${path}.maxFailedIndexes`, spec.maxFailedIndexes, 'must be less than or equal to completions'),
      );
    return errors;
  }
  if (mode !== undefined && mode !== 'NonIndexed') return errors;
  for (const name of ['backoffLimitPerIndex', 'maxFailedIndexes'])
    if (spec[name] !== undefined)
      errors.push(invalid(`${path}.${name}`, spec[name], 'requires indexed completion mode'));
  return errors;
}

function validateFailurePolicy(spec: Json, path: string): FieldError[] {
  const names = [...(spec.template.spec?.containers ?? []), ...(spec.template.spec?.initContainers ?? [])].map(
    (item: Json) => item.name,
  );
  return (spec.podFailurePolicy.rules ?? []).flatMap((rule: Json, i: number) => {
    const at = `${path}[${i}]`;
    const errors: FieldError[] = [];
    if (!rule.action) errors.push(required(`${at}.action`, 'valid values: ["Count" "FailIndex" "FailJob" "Ignore"]'));
    else if (rule.action === 'FailIndex' && spec.backoffLimitPerIndex === undefined)
      errors.push(invalid(`${at}.action`, rule.action, 'requires the backoffLimitPerIndex to be set'));
    else if (!ACTIONS.includes(rule.action)) errors.push(notSupported(`${at}.action`, rule.action, ACTIONS));
    if (rule.onExitCodes) errors.push(...validateExitCodes(rule.onExitCodes, `${at}.onExitCodes`, names));
    for (const [j, pattern] of (rule.onPodConditions ?? []).entries())
      errors.push(...invalids(`${at}.onPodConditions[${j}].type`, pattern.type, qualifiedName(pattern.type ?? '')));
    const conditions = (rule.onPodConditions ?? []).length > 0;
    if (rule.onExitCodes && conditions)
      errors.push(invalid(at, OMITTED_VALUE, 'specifying both OnExitCodes and OnPodConditions is not supported'));
    if (!rule.onExitCodes && !conditions)
      errors.push(invalid(at, OMITTED_VALUE, 'specifying one of OnExitCodes and OnPodConditions is required'));
    return errors;
  });
}

/** The policy as Go prints its internal type. */
function goPolicy({ rules }: Json): Json {
  const print = ({ succeededIndexes = null, succeededCount = null }: Json): Json => ({
    SucceededIndexes: succeededIndexes,
    SucceededCount: succeededCount,
  });
  return { Rules: rules ? rules.map(print) : null };
}

function validateExitCodes(codes: Json, path: string, names: readonly string[]): FieldError[] {
  const errors: FieldError[] = [];
  const values: number[] = codes.values ?? [];
  if (!codes.operator) errors.push(required(`${path}.operator`, 'valid values: ["In" "NotIn"]'));
  else if (!['In', 'NotIn'].includes(codes.operator))
    errors.push(notSupported(`${path}.operator`, codes.operator, ['In', 'NotIn']));
  if (codes.containerName !== undefined && !names.includes(codes.containerName))
    errors.push(
      invalid(
        `${path}.containerName`,
        codes.containerName,
        'must be one of the container or initContainer names in the pod template',
      ),
    );
  if (values.length === 0)
    errors.push(invalid(`${path}.values`, codes.values ?? null, 'at least one value is required'));
  for (const [i, value] of values.entries()) {
    if (codes.operator === 'In' && value === 0)
      errors.push(invalid(`${path}.values[${i}]`, value, 'must not be 0 for the In operator'));
    if (values.indexOf(value) < i) errors.push(duplicate(`${path}.values[${i}]`, value));
  }
  if (values.some((value, i) => i > 0 && (values[i - 1] as number) > value))
    errors.push(invalid(`${path}.values`, values, 'must be ordered'));
  return errors;
}
