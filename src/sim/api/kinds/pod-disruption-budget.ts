import { defineKind } from './common/define.ts';
import { invalid, notSupported } from './common/field.ts';
import { validateAtMost100, validateIntOrPercent } from './common/intstr.ts';
import { validateSelector } from './common/selectors.ts';
import { age, columns } from './common/table.ts';

/** policy/v1 PodDisruptionBudget. */
export const podDisruptionBudget = defineKind({
  group: 'policy',
  version: 'v1',
  kind: 'PodDisruptionBudget',
  nameRule: 'path',
  requiresResourceVersion: true,
  generation: true,
  hasStatus: true,
  deleteReturnsStatus: true,
  validate({ spec }) {
    const { minAvailable, maxUnavailable, selector, unhealthyPodEvictionPolicy } = spec;
    const errors = [];
    if (minAvailable !== undefined && maxUnavailable !== undefined)
      errors.push(
        invalid(
          'spec',
          {
            MinAvailable: minAvailable,
            Selector: selector ?? null,
            MaxUnavailable: maxUnavailable,
            UnhealthyPodEvictionPolicy: unhealthyPodEvictionPolicy ?? null,
          },
          'minAvailable and maxUnavailable cannot be both set',
        ),
      );
    for (const [name, value] of Object.entries({ minAvailable, maxUnavailable })) {
      if (value === undefined) continue;
      errors.push(...validateIntOrPercent(value, `spec.${name}`), ...validateAtMost100(value, `spec.${name}`));
    }
    errors.push(...validateSelector(selector, 'spec.selector'));
    if (unhealthyPodEvictionPolicy && !['AlwaysAllow', 'IfHealthyBudget'].includes(unhealthyPodEvictionPolicy))
      errors.push(
        notSupported('spec.unhealthyPodEvictionPolicy', unhealthyPodEvictionPolicy, ['AlwaysAllow', 'IfHealthyBudget']),
      );
    return errors;
  },
  columns: columns('Name', 'Min Available', 'Max Unavailable', 'Allowed Disruptions:integer', 'Age'),
  row: (object, ctx) => [
    object.metadata.name,
    String(object.spec?.minAvailable ?? 'N/A'),
    String(object.spec?.maxUnavailable ?? 'N/A'),
    object.status?.disruptionsAllowed ?? 0,
    age(object, ctx),
  ],
});
