import type { Json } from '../../../kube/object.ts';
import type { FieldError } from '../../../kube/status.ts';
import { defineKind } from './common/define.ts';
import { forbidden, immutable, invalid, nonNegative, notSupported } from './common/field.ts';
import { percentOf, validateAtMost100, validateIntOrPercent } from './common/intstr.ts';
import { setDefault, setDefaultPointer } from './common/pod-defaults.ts';
import { validateCounters, validateWorkloadSelector, validateWorkloadTemplate } from './common/pod-spec.ts';
import { defaultTemplate } from './common/pod-template.ts';
import { templateWarnings } from './common/pod-warnings.ts';
import { workloadScale } from './common/scale.ts';
import { selectorText } from './common/selectors.ts';
import { age, columns, containerCells } from './common/table.ts';

function validateStrategy(strategy: Json, path: string): FieldError[] {
  const { type, rollingUpdate } = strategy;
  if (type === 'Recreate')
    return rollingUpdate
      ? [forbidden(`${path}.rollingUpdate`, "may not be specified when strategy `type` is 'Recreate'")]
      : [];
  if (type !== 'RollingUpdate') return [notSupported(path, goStrategy(strategy), ['Recreate', 'RollingUpdate'])];
  const { maxUnavailable, maxSurge } = rollingUpdate;
  const at = `${path}.rollingUpdate`;
  const errors = [
    ...validateIntOrPercent(maxUnavailable, `${at}.maxUnavailable`),
    ...validateIntOrPercent(maxSurge, `${at}.maxSurge`),
  ];
  if ((percentOf(maxUnavailable) ?? maxUnavailable) === 0 && (percentOf(maxSurge) ?? maxSurge) === 0)
    errors.push(invalid(`${at}.maxUnavailable`, maxUnavailable, 'may not be 0 when `maxSurge` is 0'));
  return [...errors, ...validateAtMost100(maxUnavailable, `${at}.maxUnavailable`)];
}

/** The strategy as the server's internal type prints: Go field names, no JSON tags. */
function goStrategy(strategy: Json): Json {
  const rolling = strategy.rollingUpdate;
  return {
    Type: strategy.type,
    RollingUpdate: rolling ? { MaxUnavailable: rolling.maxUnavailable, MaxSurge: rolling.maxSurge } : null,
  };
}

/** apps/v1 Deployment. */
export const deployment = defineKind({
  group: 'apps',
  version: 'v1',
  kind: 'Deployment',
  hasStatus: true,
  generation: true,
  deleteReturnsStatus: true,
  setDefaults(draft) {
    const spec = draft.spec;
    defaultTemplate(spec.template);
    setDefaultPointer(spec, 'replicas', 1);
    setDefault(spec.strategy, 'type', 'RollingUpdate');
    if (spec.strategy.type === 'RollingUpdate') {
      spec.strategy.rollingUpdate ??= {};
      setDefaultPointer(spec.strategy.rollingUpdate, 'maxUnavailable', '25%');
      setDefaultPointer(spec.strategy.rollingUpdate, 'maxSurge', '25%');
    }
    setDefaultPointer(spec, 'revisionHistoryLimit', 10);
    setDefaultPointer(spec, 'progressDeadlineSeconds', 600);
  },
  generationFields: ['metadata.annotations'],
  validate(object) {
    const spec = object.spec;
    return [
      ...nonNegative('spec.replicas', spec.replicas),
      ...validateWorkloadSelector(spec.selector, 'spec.selector', 'deployment'),
      ...validateWorkloadTemplate(spec.template, spec.selector, 'spec.template', 'ReplicaSet'),
      ...validateStrategy(spec.strategy, 'spec.strategy'),
      ...nonNegative('spec.minReadySeconds', spec.minReadySeconds),
      ...nonNegative('spec.revisionHistoryLimit', spec.revisionHistoryLimit),
      ...nonNegative('spec.progressDeadlineSeconds', spec.progressDeadlineSeconds),
      ...(spec.progressDeadlineSeconds <= (spec.minReadySeconds ?? 0)
        ? [
            invalid(
              'spec.progressDeadlineSeconds',
              spec.progressDeadlineSeconds,
              'must be greater than minReadySeconds',
            ),
          ]
        : []),
    ];
  },
  validateUpdate: (object, old) => immutable('spec.selector', object.spec.selector, old.spec.selector),
  validateStatusUpdate: ({ status }) =>
    validateCounters(status, ['updatedReplicas', 'readyReplicas', 'availableReplicas']),
  scale: workloadScale,
  warnings: templateWarnings,
  columns: columns('Name', 'Ready', 'Up-to-date', 'Available', 'Age', '~Containers', '~Images', '~Selector'),
  row(object, ctx) {
    const { spec, status = {} } = object;
    return [
      object.metadata.name,
      `${status.readyReplicas ?? 0}/${spec.replicas}`,
      status.updatedReplicas ?? 0,
      status.availableReplicas ?? 0,
      age(object, ctx),
      ...containerCells(spec.template.spec),
      selectorText(spec.selector),
    ];
  },
});
