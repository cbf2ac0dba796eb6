import { clone, type Json, type KubeObject } from '../../../kube/object.ts';
import type { ApiClient } from '../../api/api.ts';
import type { World } from '../../world.ts';
import {
  countAnnotations,
  INDEX,
  indexOf,
  isIndexFailed,
  limitsEachIndex,
  metSuccessRule,
  successorCounts,
  unreplacedFailure,
} from './job-index-policy.ts';
import { nextIndexes, parseIndexes, printIndexes } from './job-indexes.ts';
import { failureAction } from './job-policy.ts';
import { TRACKING, untrack } from './job-tracking.ts';
import { attempt, type Condition, getCondition, sameJson, timeMs } from './objects.ts';
import { claim, isPodFinished, isPodReady, PodControl, podFromTemplate, slowStart } from './pods.ts';

const COMPONENT = 'job-controller';
/** Delay before pods are made again after failures: 10 s, doubling, at most 10 min. */
const BACKOFF_BASE_MS = 10_000;
const BACKOFF_MAX_MS = 600_000;

interface Verdict {
  type: 'Complete' | 'Failed';
  reason: string;
  message: string;
}

/** One sync of one Job (pkg/controller/job). */
export class JobSync {
  readonly #pods: PodControl;
  readonly #status: Json;
  #recheckMs: number | undefined;

  constructor(
    readonly world: World,
    readonly api: ApiClient,
    readonly job: KubeObject,
  ) {
    this.#pods = new PodControl(api, COMPONENT);
    this.#status = clone(job.status ?? {});
    this.#status.conditions ??= [];
  }

  /** Answers after how many ms to look again, if at all. */
  run(): number | undefined {
    const { job } = this;
    const pods = this.#owned();
    if (job.metadata.deletionTimestamp || getCondition(job, 'Complete') || getCondition(job, 'Failed')) {
      this.#untrack(pods);
      return undefined;
    }
    if (job.spec.managedBy && job.spec.managedBy !== 'kubernetes.io/job-controller') return undefined;
    if (!job.spec.suspend) this.#status.startTime ??= this.world.nowIso;
    const before = clone(this.#status);
    const ended = this.#count(pods);
    const active = pods.filter((pod) => !isPodFinished(pod) && !pod.metadata.deletionTimestamp);
    const verdict = this.#verdict(pods, ended);
    if (verdict) this.#conclude(verdict, active);
    if (ended.length) this.#announce(before, ended);
    this.#untrack(ended);
    if (!verdict && !this.#suspend(active)) this.#manage(active, pods);
    this.#finish(verdict);
    return this.#recheckMs;
  }

  /** Names the pods that are about to be counted, so that no crash counts one twice. */
  #announce(before: Json, ended: readonly KubeObject[]): void {
    const uncounted: Record<string, string[]> = {};
    for (const pod of ended) {
      const list = pod.status?.phase === 'Succeeded' ? 'succeeded' : 'failed';
      uncounted[list] = [...(uncounted[list] ?? []), pod.metadata.uid];
    }
    const { conditions, startTime } = this.#status;
    const status = { ...before, conditions, startTime, uncountedTerminatedPods: uncounted };
    this.#write({ ...status, ...this.#live() });
  }

  #live(): { active: number; ready: number; terminating: number } {
    const live = this.#owned().filter((pod) => !isPodFinished(pod));
    const active = live.filter((pod) => !pod.metadata.deletionTimestamp);
    return {
      active: active.length,
      ready: active.filter(isPodReady).length,
      terminating: live.length - active.length,
    };
  }

  #owned(): KubeObject[] {
    return claim(this.api, this.job, 'v1/Pod', this.job.spec.selector);
  }

  get #indexed(): boolean {
    return this.job.spec.completionMode === 'Indexed';
  }

  /** Counts pods that ended and still carry the tracking finalizer; answers them. */
  #count(pods: readonly KubeObject[]): KubeObject[] {
    const status = this.#status;
    const ended = pods.filter(
      (pod) =>
        pod.metadata.finalizers?.includes(TRACKING) &&
        (isPodFinished(pod) || isAbandoned(pod)) &&
        !this.#awaitsSuccessor(pod, pods),
    );
    const indexes = parseIndexes(status.completedIndexes);
    const failedIndexes = parseIndexes(status.failedIndexes);
    const over = getCondition(this.job, 'SuccessCriteriaMet') !== undefined;
    const failing = getCondition(this.job, 'FailureTarget') !== undefined;
    for (const pod of ended) {
      const failed = pod.status?.phase !== 'Succeeded';
      if (failed) {
        if (over && pod.metadata.deletionTimestamp) continue;
        if (failureAction(this.job, pod)?.action !== 'Ignore') status.failed = (status.failed ?? 0) + 1;
        if (failing) continue;
        if (limitsEachIndex(this.job) && isIndexFailed(this.job, pod)) failedIndexes.add(indexOf(pod));
      } else if (!this.#indexed) status.succeeded = (status.succeeded ?? 0) + 1;
      else {
        const index = indexOf(pod);
        if (index >= 0 && index < this.job.spec.completions) indexes.add(index);
      }
    }
    if (this.#indexed) {
      if (indexes.size) status.completedIndexes = printIndexes(indexes);
      if (indexes.size) status.succeeded = indexes.size;
    }
    if (limitsEachIndex(this.job)) status.failedIndexes = printIndexes(failedIndexes);
    return ended;
  }

  /** A failed pod whose index is tried again is counted when its successor, which counts on from it, exists. */
  #awaitsSuccessor(pod: KubeObject, pods: readonly KubeObject[]): boolean {
    const { job } = this;
    if (!limitsEachIndex(job) || getCondition(job, 'FailureTarget') || getCondition(job, 'SuccessCriteriaMet'))
      return false;
    return pod.status?.phase === 'Failed' && !isIndexFailed(job, pod) && unreplacedFailure(pods, indexOf(pod)) === pod;
  }

  /** What failed indexes, or the success policy, say about the whole. */
  #indexVerdict(): Verdict | undefined {
    const { spec } = this.job;
    const succeeded = parseIndexes(this.#status.completedIndexes);
    const failed = parseIndexes(this.#status.failedIndexes).size;
    if (failed > (spec.maxFailedIndexes ?? Number.POSITIVE_INFINITY)) {
      const message = 'Job has exceeded the specified maximal number of failed indexes';
      return { type: 'Failed', reason: 'MaxFailedIndexesExceeded', message };
    }
    if (failed > 0 && failed + succeeded.size >= spec.completions) {
      return { type: 'Failed', reason: 'FailedIndexes', message: 'Job has failed indexes' };
    }
    const rule = metSuccessRule(this.job, succeeded);
    if (rule === undefined) return succeeded.size >= spec.completions ? completed() : undefined;
    return { type: 'Complete', reason: 'SuccessPolicy', message: `Matched rules at index ${rule}` };
  }

  #verdict(pods: readonly KubeObject[], ended: readonly KubeObject[]): Verdict | undefined {
    const { spec } = this.job;
    const target = getCondition(this.job, 'FailureTarget');
    if (target) return { type: 'Failed', reason: target.reason as string, message: target.message as string };
    const met = getCondition(this.job, 'SuccessCriteriaMet');
    if (met) return { type: 'Complete', reason: met.reason as string, message: met.message as string };
    for (const pod of ended) {
      const match = pod.status?.phase === 'Failed' ? failureAction(this.job, pod) : undefined;
      if (match?.action === 'FailJob') return { type: 'Failed', reason: 'PodFailurePolicy', message: match.message };
    }
    const succeeded = this.#status.succeeded ?? 0;
    if (spec.completions === undefined || spec.completions === null) {
      const running = pods.some((pod) => !isPodFinished(pod));
      if (succeeded > 0 && !running) return completed();
    } else if (succeeded >= spec.completions && !spec.successPolicy) return completed();
    if ((this.#status.failed ?? 0) > (spec.backoffLimit ?? 6) || this.#restartsExceeded(pods)) {
      const message = 'Job has reached the specified backoff limit';
      return { type: 'Failed', reason: 'BackoffLimitExceeded', message };
    }
    return this.#deadline() ?? (this.#indexed ? this.#indexVerdict() : undefined);
  }

  /** Restarts in place count against the limit for pods that restart on failure. */
  #restartsExceeded(pods: readonly KubeObject[]): boolean {
    if (this.job.spec.template.spec.restartPolicy !== 'OnFailure') return false;
    const restarts = pods
      .filter((pod) => pod.status?.phase === 'Running' || pod.status?.phase === 'Pending')
      .flatMap((pod) => [...(pod.status.initContainerStatuses ?? []), ...(pod.status.containerStatuses ?? [])])
      .reduce((sum, status) => sum + (status.restartCount ?? 0), 0);
    const limit = this.job.spec.backoffLimit ?? 6;
    return limit === 0 ? restarts > 0 : restarts >= limit;
  }

  #deadline(): Verdict | undefined {
    const seconds = this.job.spec.activeDeadlineSeconds;
    if (seconds === undefined || this.job.spec.suspend || !this.#status.startTime) return undefined;
    const leftMs = timeMs(this.#status.startTime) + seconds * 1000 - this.world.nowMs;
    if (leftMs <= 0) {
      const message = 'Job was active longer than specified deadline';
      return { type: 'Failed', reason: 'DeadlineExceeded', message };
    }
    this.#recheck(leftMs);
    return undefined;
  }

  #recheck(ms: number): void {
    this.#recheckMs = Math.min(this.#recheckMs ?? ms, ms);
  }

  #conclude(verdict: Verdict, active: readonly KubeObject[]): void {
    const interim = verdict.type === 'Complete' ? 'SuccessCriteriaMet' : 'FailureTarget';
    this.#condition(interim, 'True', verdict.reason, verdict.message);
    for (const pod of active) this.#delete(pod);
  }

  /** Handles spec.suspend; true while suspended. */
  #suspend(active: readonly KubeObject[]): boolean {
    const suspended = getCondition(this.job, 'Suspended');
    if (this.job.spec.suspend) {
      this.#drop(active);
      if (suspended?.status !== 'True') {
        this.#condition('Suspended', 'True', 'JobSuspended', 'Job suspended');
        this.#event('Normal', 'Suspended', 'Job suspended');
      }
      return true;
    }
    if (suspended?.status === 'True') {
      this.#condition('Suspended', 'False', 'JobResumed', 'Job resumed');
      this.#status.startTime = this.world.nowIso;
      this.#event('Normal', 'Resumed', 'Job resumed');
    }
    return false;
  }

  #manage(active: KubeObject[], pods: readonly KubeObject[]): void {
    const { spec } = this.job;
    const parallelism = spec.parallelism ?? 1;
    const succeeded = this.#status.succeeded ?? 0;
    let wanted = parallelism;
    if (spec.completions !== undefined && spec.completions !== null) {
      const given = parseIndexes(this.#status.failedIndexes).size;
      wanted = Math.min(parallelism, spec.completions - succeeded - given);
    } else if (succeeded > 0) wanted = active.length;
    const surplus = active.length - wanted;
    if (surplus > 0) {
      const byReady = [...active].sort((a, b) => Number(isPodReady(a)) - Number(isPodReady(b)));
      this.#drop(byReady.slice(0, surplus));
      return;
    }
    const replaceFailedOnly = spec.podReplacementPolicy === 'Failed' || Boolean(spec.podFailurePolicy);
    const terminating = pods.filter((pod) => pod.metadata.deletionTimestamp && !isPodFinished(pod)).length;
    const missing = wanted - active.length - (replaceFailedOnly ? terminating : 0);
    if (missing <= 0) return;
    if (limitsEachIndex(this.job)) {
      this.#createIndexes(missing, active, pods);
      return;
    }
    const waitMs = this.#backoffMs(pods);
    if (waitMs > 0) this.#recheck(waitMs);
    else this.#create(missing, active);
  }

  /** Time left of the delay after the last failures in a row. */
  #backoffMs(pods: readonly KubeObject[]): number {
    const ended = pods
      .filter(isPodFinished)
      .map((pod) => ({ failed: pod.status.phase === 'Failed', at: endedMs(pod) }));
    const lastSuccess = Math.max(0, ...ended.filter((it) => !it.failed).map((it) => it.at));
    const failures = ended.filter((it) => it.failed && it.at >= lastSuccess);
    if (!failures.length) return 0;
    return Math.max(...failures.map((it) => it.at)) + backoff(failures.length) - this.world.nowMs;
  }

  #create(count: number, active: KubeObject[]): void {
    const completions: number = this.job.spec.completions ?? 0;
    const taken = new Set([...parseIndexes(this.#status.completedIndexes), ...active.map(indexOf)]);
    const indexes = this.#indexed ? nextIndexes(taken, completions, count) : undefined;
    const { error } = slowStart(indexes?.length ?? count, (i) => {
      active.push(this.#pods.create(this.#podFor(indexes?.[i]), this.job));
    });
    if (error) this.#recheck(1_000);
  }

  /** Every index waits for its own delay. */
  #createIndexes(count: number, active: KubeObject[], pods: readonly KubeObject[]): void {
    const { completedIndexes, failedIndexes } = this.#status;
    const taken = new Set([...parseIndexes(completedIndexes), ...parseIndexes(failedIndexes), ...active.map(indexOf)]);
    const due = nextIndexes(taken, this.job.spec.completions, this.job.spec.completions)
      .map((index) => ({ index, before: unreplacedFailure(pods, index) }))
      .filter(({ before }) => {
        const { counted, ignored } = successorCounts(this.job, before);
        const leftMs = before ? endedMs(before) + backoff(counted + ignored) - this.world.nowMs : 0;
        if (leftMs > 0) this.#recheck(leftMs);
        return leftMs <= 0;
      })
      .slice(0, count);
    const { error } = slowStart(due.length, (i) => {
      const { index, before } = due[i] as (typeof due)[number];
      const pod = this.#podFor(index);
      Object.assign(pod.metadata.annotations, countAnnotations(successorCounts(this.job, before)));
      active.push(this.#pods.create(pod, this.job));
    });
    if (error) this.#recheck(1_000);
  }

  #podFor(index: number | undefined): Json {
    const pod = podFromTemplate(this.job.spec.template, this.job);
    pod.metadata.finalizers = [...(pod.metadata.finalizers ?? []), TRACKING];
    if (index === undefined) return pod;
    pod.metadata.generateName = `${this.job.metadata.name}-${index}-`;
    pod.metadata.annotations = { ...pod.metadata.annotations, [INDEX]: String(index) };
    pod.metadata.labels[INDEX] = String(index);
    pod.spec.hostname = `${this.job.metadata.name}-${index}`;
    const fieldRef = { fieldPath: `metadata.labels['${INDEX}']` };
    for (const container of [...(pod.spec.initContainers ?? []), ...pod.spec.containers]) {
      const env: Json[] = container.env ?? [];
      if (env.some((it) => it.name === 'JOB_COMPLETION_INDEX')) continue;
      container.env = [...env, { name: 'JOB_COMPLETION_INDEX', valueFrom: { fieldRef } }];
    }
    return pod;
  }

  /** Pods that are not wanted any more do not count as failed. */
  #drop(pods: readonly KubeObject[]): void {
    this.#untrack(pods);
    for (const pod of pods) this.#delete(pod);
  }

  #delete(pod: KubeObject): void {
    attempt(() => this.#pods.delete(pod, this.job));
  }

  /** Writes counts; the final condition comes once nothing runs any more. */
  #finish(verdict: Verdict | undefined): void {
    const status = this.#status;
    const live = this.#live();
    status.uncountedTerminatedPods = {};
    if (verdict && live.active + live.terminating === 0) {
      this.#condition(verdict.type, 'True', verdict.reason, verdict.message);
      if (verdict.type === 'Complete') {
        status.completionTime = this.world.nowIso;
        this.#event('Normal', 'Completed', 'Job completed');
      } else this.#event('Warning', verdict.reason, verdict.message);
    }
    this.#write({ ...status, ...live });
  }

  #write(status: Json): void {
    for (const field of ['active', 'succeeded', 'failed']) if (!status[field]) delete status[field];
    if (!status.conditions?.length) delete status.conditions;
    const { namespace, name } = this.job.metadata;
    const write = (draft: KubeObject): void => {
      if (!sameJson(draft.status ?? {}, status)) draft.status = status;
    };
    this.api.modify('batch/v1/Job', namespace, name, write, 'status');
  }

  #untrack(pods: readonly KubeObject[]): void {
    for (const pod of pods) untrack(this.api, pod);
  }

  #condition(type: string, status: string, reason: string, message: string): void {
    const now = this.world.nowIso;
    const others = this.#status.conditions.filter((it: Condition) => it.type !== type);
    const old = this.#status.conditions.find((it: Condition) => it.type === type);
    if (old?.status === status) return;
    this.#status.conditions = [
      ...others,
      { type, status, lastProbeTime: now, lastTransitionTime: now, reason, message },
    ];
  }

  #event(type: 'Normal' | 'Warning', reason: string, message: string): void {
    this.api.events.record({ regarding: this.job, type, reason, message, component: COMPONENT });
  }
}

function completed(): Verdict {
  return { type: 'Complete', reason: 'CompletionsReached', message: 'Reached expected number of succeeded pods' };
}

/** Deleted before it ever ran on a node: no kubelet will end it. */
function isAbandoned(pod: KubeObject): boolean {
  return pod.metadata.deletionTimestamp !== undefined && !pod.spec.nodeName;
}

/** Delay after so many failures in a row. */
function backoff(failures: number): number {
  return Math.min(BACKOFF_BASE_MS * 2 ** (failures - 1), BACKOFF_MAX_MS);
}

function endedMs(pod: KubeObject): number {
  const times = (pod.status?.containerStatuses ?? []).map((it: Json) => timeMs(it.state?.terminated?.finishedAt));
  const last = Math.max(...times.filter((it: number) => !Number.isNaN(it)), 0);
  return last || timeMs(getCondition(pod, 'Ready')?.lastTransitionTime) || timeMs(pod.metadata.creationTimestamp);
}
