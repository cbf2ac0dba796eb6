import type { Json } from '../../../kube/object.ts';
import type { FieldError } from '../../../kube/status.ts';
import { defineKind } from './common/define.ts';
import { invalid, invalids, notSupported, required } from './common/field.ts';
import { validateFlowRule } from './common/flow-rules.ts';
import { dnsSubdomain } from './common/names.ts';
import { age, columns } from './common/table.ts';

const METHODS = ['ByNamespace', 'ByUser'];
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
  validate({ metadata, spec }) {
    const errors: FieldError[] = [];
    if (spec.matchingPrecedence <= 0)
      errors.push(invalid('spec.matchingPrecedence', spec.matchingPrecedence, 'must be a positive value'));
    if (spec.matchingPrecedence > MAX_PRECEDENCE)
      errors.push(
        invalid('spec.matchingPrecedence', spec.matchingPrecedence, `must not be greater than ${MAX_PRECEDENCE}`),
      );
    if (spec.matchingPrecedence === 1 && metadata.name !== 'exempt')
      errors.push(
        invalid('spec.matchingPrecedence', 1, "only the schema named 'exempt' may have matchingPrecedence 1"),
      );
    const method = spec.distinguisherMethod;
    if (method && !METHODS.includes(method.type))
      errors.push(notSupported('spec.distinguisherMethod.type', { Type: method.type ?? '' }, METHODS));
    const level = spec.priorityLevelConfiguration?.name;
    if (level) errors.push(...invalids('spec.priorityLevelConfiguration.name', level, dnsSubdomain(level)));
    else errors.push(required('spec.priorityLevelConfiguration.name', 'must reference a priority level'));
    for (const [i, rule] of (spec.rules ?? []).entries()) errors.push(...validateFlowRule(rule, `spec.rules[${i}]`));
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
