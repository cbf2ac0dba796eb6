import type { Json } from '../../../kube/object.ts';
import type { FieldError } from '../../../kube/status.ts';
import { defineKind } from './common/define.ts';
import { invalid, notSupported, required } from './common/field.ts';
import { age, columns } from './common/table.ts';

const SUBJECTS = ['Group', 'ServiceAccount', 'User'];
const DEFAULT_PRECEDENCE = 1_000;
const MAX_PRECEDENCE = 10_000;

/** flowcontrol.apiserver.k8s.io/v1 FlowSchema. */
export const flowSchema = defineKind({
  group: 'flowcontrol.apiserver.k8s.io',
  version: 'v1',
  kind: 'FlowSchema',
  hasStatus: true,
  setDefaults(draft) {
    if (!draft.spec?.matchingPrecedence) draft.spec = { ...draft.spec, matchingPrecedence: DEFAULT_PRECEDENCE };
  },
  validate({ spec }) {
    const errors: FieldError[] = [];
    if (spec.matchingPrecedence < 0)
      errors.push(invalid('spec.matchingPrecedence', spec.matchingPrecedence, 'must be a positive value'));
    if (spec.matchingPrecedence > MAX_PRECEDENCE)
      errors.push(
        invalid('spec.matchingPrecedence', spec.matchingPrecedence, `must not be greater than ${MAX_PRECEDENCE}`),
      );
    if (!spec.priorityLevelConfiguration?.name)
      errors.push(required('spec.priorityLevelConfiguration.name', 'must reference a priority level'));
    for (const [i, rule] of (spec.rules ?? []).entries())
      for (const [j, { kind }] of (rule.subjects ?? []).entries())
        if (!SUBJECTS.includes(kind)) errors.push(notSupported(`spec.rules[${i}].subjects[${j}].kind`, kind, SUBJECTS));
    return errors;
  },
  columns: columns('Name', 'PriorityLevel', 'MatchingPrecedence', 'DistinguisherMethod', 'Age', 'MissingPL'),
  row: (object, ctx) => {
    const { priorityLevelConfiguration, matchingPrecedence = 0, distinguisherMethod } = object.spec ?? {};
    const dangling = (object.status?.conditions ?? []).find((c: Json) => c.type === 'Dangling');
    const method = distinguisherMethod?.type ?? '<none>';
    return [
      object.metadata.name,
      priorityLevelConfiguration?.name ?? '',
      matchingPrecedence,
      method,
      age(object, ctx),
      dangling?.status ?? '?',
    ];
  },
});
