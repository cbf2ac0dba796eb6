import type { FieldError } from '../../../kube/status.ts';
import { defineKind } from './common/define.ts';
import { forbidden, immutable, notSupported } from './common/field.ts';
import { setDefaultPointer } from './common/pod-defaults.ts';
import { age, columns } from './common/table.ts';

const HIGHEST_USER_PRIORITY = 1_000_000_000;
/** The classes that every cluster has, with their values. */
export const SYSTEM_PRIORITIES: Readonly<Record<string, number>> = {
  'system-cluster-critical': 2_000_000_000,
  'system-node-critical': 2_000_001_000,
};

/** scheduling.k8s.io/v1 PriorityClass. */
export const priorityClass = defineKind({
  group: 'scheduling.k8s.io',
  version: 'v1',
  kind: 'PriorityClass',
  generation: true,
  generationFields: ['value'],
  deleteReturnsStatus: true,
  setDefaults: (draft) => setDefaultPointer(draft, 'preemptionPolicy', 'PreemptLowerPriority'),
  validateCreate(object) {
    const { name = '' } = object.metadata;
    const errors: FieldError[] = [];
    if (name.startsWith('system-')) {
      if (SYSTEM_PRIORITIES[name] !== object.value)
        errors.push(
          forbidden(
            'metadata.name',
            `priority class names with 'system-' prefix are reserved for system use only. error: ${name} is not a known system priority class`,
          ),
        );
    } else if (object.value > HIGHEST_USER_PRIORITY)
      errors.push(forbidden('value', `maximum allowed value of a user defined priority is ${HIGHEST_USER_PRIORITY}`));
    if (!['PreemptLowerPriority', 'Never'].includes(object.preemptionPolicy))
      errors.push(notSupported('preemptionPolicy', object.preemptionPolicy, ['PreemptLowerPriority', 'Never']));
    return errors;
  },
  validateUpdate: (object, old) => [
    ...(object.value === old.value ? [] : [forbidden('value', 'may not be changed in an update.')]),
    ...immutable('preemptionPolicy', object.preemptionPolicy, old.preemptionPolicy),
  ],
  columns: columns('Name', 'Value:integer', 'Global-Default:boolean', 'Age', 'PreemptionPolicy'),
  row: (object, ctx) => [
    object.metadata.name,
    object.value,
    object.globalDefault ?? false,
    age(object, ctx),
    object.preemptionPolicy ?? '',
  ],
});
