import { humanDuration } from '../../../kube/duration.ts';
import { clone, type Json, type KubeObject } from '../../../kube/object.ts';
import type { FieldError } from '../../../kube/status.ts';
import { defineKind } from './common/define.ts';
import { immutable, invalid, required } from './common/field.ts';
import { internalShape } from './common/internal-shape.ts';
import { defaultJobSpec, validateJobSpec } from './common/jobs.ts';
import { templateWarnings } from './common/pod-warnings.ts';
import { formatSelector, selectorMatches, validateSelector } from './common/selectors.ts';
import { age, columns, containerCells } from './common/table.ts';

const FROZEN = ['completionMode', 'podFailurePolicy', 'backoffLimitPerIndex', 'managedBy', 'successPolicy'];
/** Scheduling directives of the template may change while the job is suspended and has not started. */
const DIRECTIVES = ['nodeSelector', 'tolerations', 'affinity', 'schedulingGates'];

function hasCondition(job: KubeObject, type: string): boolean {
  return (job.status?.conditions ?? []).some((item: Json) => item.type === type && item.status === 'True');
}

function statusText(job: KubeObject): string {
  if (hasCondition(job, 'Complete')) return 'Complete';
  if (hasCondition(job, 'Failed')) return 'Failed';
  if (job.metadata.deletionTimestamp) return 'Terminating';
  for (const type of ['Suspended', 'FailureTarget', 'SuccessCriteriaMet']) if (hasCondition(job, type)) return type;
  return 'Running';
}

/** Selector and template labels that tie pods to the job, unless the user manages them. */
function generateSelector(draft: KubeObject): void {
  const { uid, name } = draft.metadata;
  const template = draft.spec.template;
  template.metadata ??= {};
  template.metadata.labels ??= {};
  const labels: Record<string, string> = template.metadata.labels;
  labels['batch.kubernetes.io/job-name'] = name;
  labels['job-name'] ??= name;
  labels['batch.kubernetes.io/controller-uid'] = uid;
  labels['controller-uid'] ??= uid;
  // In the order of their keys, in place: the job's own labels may be the same map.
  const sorted = Object.keys(labels)
    .sort()
    .map((key): [string, string] => [key, labels[key] as string]);
  for (const [key] of sorted) delete labels[key];
  Object.assign(labels, Object.fromEntries(sorted));
  if (Object.keys(draft.metadata.labels ?? {}).length === 0) draft.metadata.labels = labels;
  draft.spec.selector ??= {};
  draft.spec.selector.matchLabels ??= {};
  draft.spec.selector.matchLabels['batch.kubernetes.io/controller-uid'] ??= uid;
}

/** A template as errors print it: its metadata, and the spec with all fields of upstream's internal type. */
function internalTemplate(template: Json): Json {
  return { ...template.metadata, Spec: internalShape('PodSpec', template.spec) };
}

/** The rules of a job's spec, which upstream looks at once more when it is updated. */
function validateWhole(spec: Json): FieldError[] {
  const errors: FieldError[] = [
    ...validateJobSpec(spec, 'spec'),
    ...(spec.selector ? validateSelector(spec.selector, 'spec.selector') : [required('spec.selector')]),
  ];
  const labels = spec.template.metadata?.labels;
  if (!selectorMatches(spec.selector, labels))
    errors.push(
      invalid('spec.template.metadata.labels', labels ?? null, '`selector` does not match template `labels`'),
    );
  return errors;
}

/** batch/v1 Job. */
export const job = defineKind({
  group: 'batch',
  version: 'v1',
  kind: 'Job',
  orphansByDefault: true,
  orphansWarning: [
    'child pods are preserved by default when jobs are deleted; set propagationPolicy=Background to remove them or set propagationPolicy=Orphan to suppress this warning',
  ],
  hasStatus: true,
  generation: true,
  deleteReturnsStatus: true,
  setDefaults(draft) {
    defaultJobSpec(draft.spec);
    const labels = draft.spec.template.metadata?.labels;
    // One map for both, as upstream: labels that are generated for the template come to the job as well.
    if (labels && Object.keys(draft.metadata.labels ?? {}).length === 0) draft.metadata.labels = labels;
  },
  prepareForCreate(draft) {
    if (!draft.spec.manualSelector) generateSelector(draft);
  },
  validate({ spec, metadata }) {
    const own = { 'batch.kubernetes.io/controller-uid': metadata.uid, 'controller-uid': metadata.uid };
    const names = { 'batch.kubernetes.io/job-name': metadata.name, 'job-name': metadata.name };
    const generated = spec.manualSelector || !spec.selector || selectorMatches(spec.selector, { ...own, ...names });
    const foreign = generated ? [] : [invalid('spec.selector', spec.selector, '`selector` not auto-generated')];
    return [...foreign, ...validateWhole(spec)];
  },
  validateUpdate(object, old) {
    const { spec } = object;
    const errors = [
      ...validateWhole(spec),
      ...(spec.completionMode === 'Indexed'
        ? []
        : immutable('spec.completions', spec.completions, old.spec.completions)),
      ...immutable('spec.selector', spec.selector, old.spec.selector),
    ];
    const template = clone(old.spec.template);
    if (old.spec.suspend && !old.status?.startTime) {
      for (const name of DIRECTIVES) {
        if (spec.template.spec[name] === undefined) delete template.spec[name];
        else template.spec[name] = spec.template.spec[name];
      }
      template.metadata = spec.template.metadata;
    }
    for (const error of immutable('spec.template', spec.template, template))
      errors.push({ ...error, value: internalTemplate(spec.template) });
    for (const name of FROZEN) errors.push(...immutable(`spec.${name}`, spec[name], old.spec[name]));
    return errors;
  },
  selectableFields: (object) => ({ 'status.successful': String(object.status?.succeeded ?? 0) }),
  warnings: templateWarnings,
  columns: columns('Name', 'Status', 'Completions', 'Duration', 'Age', '~Containers', '~Images', '~Selector'),
  row(object, ctx) {
    const { spec, status = {} } = object;
    const succeeded = status.succeeded ?? 0;
    const parallelism = spec.parallelism ?? 0;
    const completions =
      spec.completions !== undefined
        ? `${succeeded}/${spec.completions}`
        : parallelism > 1
          ? `${succeeded}/1 of ${parallelism}`
          : `${succeeded}/1`;
    const end = status.completionTime ? Date.parse(status.completionTime) : ctx.nowMs;
    return [
      object.metadata.name,
      statusText(object),
      completions,
      status.startTime ? humanDuration(end - Date.parse(status.startTime)) : '',
      age(object, ctx),
      ...containerCells(spec.template.spec),
      formatSelector(spec.selector),
    ];
  },
});
