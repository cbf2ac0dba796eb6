import type { Json } from '../../../kube/object.ts';
import type { FieldError } from '../../../kube/status.ts';
import { defineKind } from './common/define.ts';
import { invalid, nonNegative, notSupported, required } from './common/field.ts';
import { setDefaultPointer } from './common/pod-defaults.ts';
import { validateCounters, validatePodTemplate } from './common/pod-spec.ts';
import { defaultTemplate } from './common/pod-template.ts';
import { templateWarnings } from './common/pod-warnings.ts';
import { workloadScale } from './common/scale.ts';
import { formatLabels, labelsMatch } from './common/selectors.ts';
import { age, columns, containerCells } from './common/table.ts';

function isEmpty(labels: Json): boolean {
  return Object.keys(labels ?? {}).length === 0;
}

function validateTemplate(template: Json, selector: Record<string, string>): FieldError[] {
  if (!template) return [required('spec.template')];
  const errors: FieldError[] = [];
  const labels = template.metadata?.labels;
  if (!isEmpty(selector) && !labelsMatch(selector, labels))
    errors.push(
      invalid('spec.template.metadata.labels', labels ?? null, '`selector` does not match template `labels`'),
    );
  errors.push(...validatePodTemplate(template, 'spec.template'));
  if (template.spec?.restartPolicy !== 'Always')
    errors.push(notSupported('spec.template.spec.restartPolicy', template.spec?.restartPolicy, ['Always']));
  return errors;
}

/** v1 ReplicationController. */
export const replicationController = defineKind({
  group: '',
  version: 'v1',
  kind: 'ReplicationController',
  orphansByDefault: true,
  hasStatus: true,
  generation: true,
  deleteReturnsStatus: true,
  setDefaults(draft) {
    const spec = draft.spec;
    if (spec.template) defaultTemplate(spec.template);
    const labels = spec.template?.metadata?.labels;
    if (labels) {
      if (isEmpty(spec.selector)) spec.selector = { ...labels };
      if (isEmpty(draft.metadata.labels)) draft.metadata.labels = { ...labels };
    }
    setDefaultPointer(spec, 'replicas', 1);
  },
  validate({ spec }) {
    return [
      ...nonNegative('spec.minReadySeconds', spec.minReadySeconds),
      ...(isEmpty(spec.selector) ? [required('spec.selector')] : []),
      ...nonNegative('spec.replicas', spec.replicas),
      ...validateTemplate(spec.template, spec.selector),
    ];
  },
  validateStatusUpdate: ({ status }) =>
    validateCounters(status, ['fullyLabeledReplicas', 'readyReplicas', 'availableReplicas']),
  selectableFields: (object) => ({ 'status.replicas': String(object.status?.replicas ?? 0) }),
  scale: {
    ...workloadScale,
    selector: ({ spec }) =>
      Object.keys(spec.selector ?? {})
        .sort()
        .map((key) => `${key}=${spec.selector[key]}`)
        .join(','),
  },
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
      spec.replicas ?? 0,
      status.replicas ?? 0,
      status.readyReplicas ?? 0,
      age(object, ctx),
      ...containerCells(spec.template?.spec),
      formatLabels(spec.selector),
    ];
  },
});
