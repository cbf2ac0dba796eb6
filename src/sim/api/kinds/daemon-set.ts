import type { Json } from '../../../kube/object.ts';
import type { FieldError } from '../../../kube/status.ts';
import { defineKind } from './common/define.ts';
import { deepEqual, forbidden, immutable, invalid, nonNegative, notSupported, required } from './common/field.ts';
import { percentOf, validateAtMost100, validateIntOrPercent } from './common/intstr.ts';
import { setDefault, setDefaultPointer } from './common/pod-defaults.ts';
import { validatePodTemplate } from './common/pod-spec.ts';
import { defaultTemplate } from './common/pod-template.ts';
import { podWarnings } from './common/pod-warnings.ts';
import {
  formatLabels,
  formatSelector,
  isEmptySelector,
  selectorMatches,
  validateSelector,
} from './common/selectors.ts';
import { age, columns, containerCells } from './common/table.ts';

/** The template's own generation, a field of the old API that lives on as an annotation. */
const TEMPLATE_GENERATION = 'deprecated.daemonset.template.generation';

function validateStrategy(strategy: Json): FieldError[] {
  const path = 'spec.updateStrategy';
  if (strategy.type === 'OnDelete') return [];
  if (strategy.type !== 'RollingUpdate')
    return [notSupported(path, { Type: strategy.type, RollingUpdate: null }, ['RollingUpdate', 'OnDelete'])];
  const { maxUnavailable, maxSurge } = strategy.rollingUpdate;
  const unavailable = percentOf(maxUnavailable) ?? maxUnavailable;
  const surge = percentOf(maxSurge) ?? maxSurge;
  const at = `${path}.rollingUpdate`;
  const errors = [
    ...validateIntOrPercent(maxUnavailable, `${at}.maxUnavailable`),
    ...validateIntOrPercent(maxSurge, `${at}.maxSurge`),
  ];
  if (unavailable !== 0 && surge !== 0)
    errors.push(invalid(`${at}.maxSurge`, maxSurge, 'may not be set when maxUnavailable is non-zero'));
  if (unavailable === 0 && surge === 0) errors.push(required(`${at}.maxUnavailable`, 'cannot be 0 when maxSurge is 0'));
  return [
    ...errors,
    ...validateAtMost100(maxUnavailable, `${at}.maxUnavailable`),
    ...validateAtMost100(maxSurge, `${at}.maxSurge`),
  ];
}

/** apps/v1 DaemonSet. */
export const daemonSet = defineKind({
  group: 'apps',
  version: 'v1',
  kind: 'DaemonSet',
  hasStatus: true,
  generation: true,
  deleteReturnsStatus: true,
  setDefaults(draft) {
    const spec = draft.spec;
    defaultTemplate(spec.template);
    setDefault(spec.updateStrategy, 'type', 'RollingUpdate');
    if (spec.updateStrategy.type === 'RollingUpdate') {
      spec.updateStrategy.rollingUpdate ??= {};
      setDefaultPointer(spec.updateStrategy.rollingUpdate, 'maxUnavailable', 1);
      setDefaultPointer(spec.updateStrategy.rollingUpdate, 'maxSurge', 0);
    }
    setDefaultPointer(spec, 'revisionHistoryLimit', 10);
    if (draft.metadata.annotations?.[TEMPLATE_GENERATION] === undefined)
      draft.metadata.annotations = { ...draft.metadata.annotations, [TEMPLATE_GENERATION]: '0' };
  },
  prepareForCreate(draft) {
    draft.metadata.annotations = { ...draft.metadata.annotations, [TEMPLATE_GENERATION]: '1' };
  },
  prepareForUpdate(draft, old) {
    const before = Number(old.metadata.annotations?.[TEMPLATE_GENERATION] ?? 0);
    const generation = deepEqual(draft.spec.template, old.spec.template) ? before : before + 1;
    draft.metadata.annotations = { ...draft.metadata.annotations, [TEMPLATE_GENERATION]: String(generation) };
  },
  validate({ spec }) {
    const { selector, template } = spec;
    const errors = validateSelector(selector, 'spec.selector');
    const labels = template.metadata?.labels;
    if (errors.length === 0 && !selectorMatches(selector, labels))
      errors.push(
        invalid('spec.template.metadata.labels', labels ?? null, '`selector` does not match template `labels`'),
      );
    if (selector && isEmptySelector(selector))
      errors.push(invalid('spec.selector', selector, 'empty selector is invalid for daemonset'));
    errors.push(...validatePodTemplate(template, 'spec.template'));
    if (template.spec.restartPolicy !== 'Always')
      errors.push(notSupported('spec.template.spec.restartPolicy', template.spec.restartPolicy, ['Always']));
    if (template.spec.activeDeadlineSeconds !== undefined)
      errors.push(
        forbidden('spec.template.spec.activeDeadlineSeconds', 'activeDeadlineSeconds in DaemonSet is not Supported'),
      );
    return [
      ...errors,
      ...nonNegative('spec.minReadySeconds', spec.minReadySeconds),
      ...validateStrategy(spec.updateStrategy),
      ...nonNegative('spec.revisionHistoryLimit', spec.revisionHistoryLimit),
    ];
  },
  changesFirst: true,
  validateUpdate: (object, old) => immutable('spec.selector', object.spec.selector, old.spec.selector),
  warnings: (object, old) =>
    old && deepEqual(object.spec.template, old.spec.template) ? [] : podWarnings(object.spec.template, 'spec.template'),
  columns: columns(
    'Name',
    'Desired:integer',
    'Current:integer',
    'Ready:integer',
    'Up-to-date:integer',
    'Available:integer',
    'Node Selector',
    'Age',
    '~Containers',
    '~Images',
    '~Selector',
  ),
  row(object, ctx) {
    const { spec, status = {} } = object;
    return [
      object.metadata.name,
      status.desiredNumberScheduled ?? 0,
      status.currentNumberScheduled ?? 0,
      status.numberReady ?? 0,
      status.updatedNumberScheduled ?? 0,
      status.numberAvailable ?? 0,
      formatLabels(spec.template.spec.nodeSelector),
      age(object, ctx),
      ...containerCells(spec.template.spec),
      formatSelector(spec.selector),
    ];
  },
});
