import { defineKind } from './common/define.ts';
import { immutable, nonNegative } from './common/field.ts';
import { setDefaultPointer } from './common/pod-defaults.ts';
import { validateCounters, validateWorkloadSelector, validateWorkloadTemplate } from './common/pod-spec.ts';
import { defaultTemplate } from './common/pod-template.ts';
import { templateWarnings } from './common/pod-warnings.ts';
import { workloadScale } from './common/scale.ts';
import { formatSelector } from './common/selectors.ts';
import { age, columns, containerCells } from './common/table.ts';

/** apps/v1 ReplicaSet. */
export const replicaSet = defineKind({
  group: 'apps',
  version: 'v1',
  kind: 'ReplicaSet',
  hasStatus: true,
  generation: true,
  deleteReturnsStatus: true,
  setDefaults(draft) {
    defaultTemplate(draft.spec.template);
    setDefaultPointer(draft.spec, 'replicas', 1);
  },
  validate({ spec }) {
    return [
      ...nonNegative('spec.replicas', spec.replicas),
      ...nonNegative('spec.minReadySeconds', spec.minReadySeconds),
      ...validateWorkloadSelector(spec.selector, 'spec.selector', 'deployment'),
      ...validateWorkloadTemplate(spec.template, spec.selector, 'spec.template', 'ReplicaSet'),
    ];
  },
  validateUpdate: (object, old) => immutable('spec.selector', object.spec.selector, old.spec.selector),
  validateStatusUpdate: ({ status }) =>
    validateCounters(status, ['fullyLabeledReplicas', 'readyReplicas', 'availableReplicas']),
  scale: workloadScale,
  warnings: templateWarnings,
  columns: columns(
    'Name',
    'Desired:integer',
    'Current:integer',
    'Ready:integer',
    'Age',
    '~Containers',
    '~Images',
    '~Selector',
  ),
  row(object, ctx) {
    const { spec, status = {} } = object;
    return [
      object.metadata.name,
      spec.replicas,
      status.replicas ?? 0,
      status.readyReplicas ?? 0,
      age(object, ctx),
      ...containerCells(spec.template.spec),
      formatSelector(spec.selector),
    ];
  },
});
