import type { Json, KubeObject } from '../../../kube/object.ts';
import { parseIndexes } from './job-indexes.ts';
import { failureAction } from './job-policy.ts';

export const INDEX = 'batch.kubernetes.io/job-completion-index';
const FAILURE_COUNT = 'batch.kubernetes.io/job-index-failure-count';
const IGNORED_FAILURE_COUNT = 'batch.kubernetes.io/job-index-ignored-failure-count';

export function indexOf(pod: KubeObject): number {
  return Number(pod.metadata.annotations?.[INDEX] ?? -1);
}

/** Whether each index of the Job has a limit of its own (spec.backoffLimitPerIndex). */
export function limitsEachIndex(job: KubeObject): boolean {
  return job.spec.completionMode === 'Indexed' && job.spec.backoffLimitPerIndex !== undefined;
}

/** Whether this failed pod is the last one its index gets. */
export function isIndexFailed(job: KubeObject, pod: KubeObject): boolean {
  const action = failureAction(job, pod)?.action;
  if (action === 'FailIndex') return true;
  if (action === 'Ignore') return false;
  return failureCounts(pod).counted >= job.spec.backoffLimitPerIndex;
}

/** Failures of the index before the pod: those that count, and those that a rule ignored. */
function failureCounts(pod: KubeObject): { counted: number; ignored: number } {
  const annotations = pod.metadata.annotations ?? {};
  return { counted: Number(annotations[FAILURE_COUNT] ?? 0), ignored: Number(annotations[IGNORED_FAILURE_COUNT] ?? 0) };
}

/** Failures that a successor of the failed pod starts with. */
export function successorCounts(job: KubeObject, failed: KubeObject | undefined): { counted: number; ignored: number } {
  if (!failed) return { counted: 0, ignored: 0 };
  const { counted, ignored } = failureCounts(failed);
  return failureAction(job, failed)?.action === 'Ignore'
    ? { counted, ignored: ignored + 1 }
    : { counted: counted + 1, ignored };
}

/** Annotations by which a pod remembers them. */
export function countAnnotations({ counted, ignored }: { counted: number; ignored: number }): Record<string, string> {
  return { [FAILURE_COUNT]: String(counted), ...(ignored ? { [IGNORED_FAILURE_COUNT]: String(ignored) } : {}) };
}

/** The pod of an index that failed last and is not yet replaced: it keeps its finalizer, because its successor counts on from it. */
export function unreplacedFailure(pods: readonly KubeObject[], index: number): KubeObject | undefined {
  let last: KubeObject | undefined;
  for (const pod of pods) {
    if (indexOf(pod) !== index) continue;
    if (pod.status?.phase !== 'Failed') return undefined;
    const total = ({ counted, ignored }: { counted: number; ignored: number }): number => counted + ignored;
    if (!last || total(failureCounts(pod)) > total(failureCounts(last))) last = pod;
  }
  return last;
}

/** Position of the first rule of spec.successPolicy that the succeeded indexes meet. */
export function metSuccessRule(job: KubeObject, succeeded: ReadonlySet<number>): number | undefined {
  const rules: Json[] = job.spec.successPolicy?.rules ?? [];
  const position = rules.findIndex((rule) => {
    const named = rule.succeededIndexes === undefined ? undefined : parseIndexes(rule.succeededIndexes);
    const matched = named ? [...named].filter((index) => succeeded.has(index)).length : succeeded.size;
    return matched >= (rule.succeededCount ?? named?.size ?? Number.POSITIVE_INFINITY);
  });
  return position < 0 ? undefined : position;
}
