import { clone, controllerOf, type Json, type KubeObject } from '../../kube/object.ts';
import type { ApiClient } from '../api/api.ts';
import type { World } from '../world.ts';
import type { Controller } from './context.ts';
import { parseCron } from './lib/cron.ts';
import {
  attempt,
  controllerRef,
  deleteIfExists,
  getCondition,
  keyOf,
  sameJson,
  splitKey,
  timeMs,
} from './lib/objects.ts';
import { WorkQueue } from './lib/queue.ts';

const REF = 'batch/v1/CronJob';
const JOB = 'batch/v1/Job';
/** A job starts that much after its minute (nextScheduleDelta). */
const SCHEDULE_DELTA_MS = 100;
const MISSED_MAX = 100;

/** Makes Jobs on a schedule. */
export const cronjob: Controller = {
  name: 'cronjob-controller',
  start({ world, api: clientFor }) {
    const api = clientFor('cronjob-controller');
    const queue: WorkQueue = new WorkQueue(world, 'cronjob', (key) => {
      const object = api.get(REF, ...splitKey(key));
      if (!object || object.metadata.deletionTimestamp) return;
      const nextMs = new CronJobSync(world, api, object).run();
      if (nextMs !== undefined) queue.addAfter(key, nextMs - world.nowMs + SCHEDULE_DELTA_MS);
    });
    api.watch(REF, (type, object) => type !== 'DELETED' && queue.add(keyOf(object)));
    api.watch(JOB, (_type, object) => {
      const owner = controllerOf(object);
      if (owner?.kind === 'CronJob') queue.add(`${object.metadata.namespace}/${owner.name}`);
    });
  },
};

class CronJobSync {
  readonly #status: Json;

  constructor(
    readonly world: World,
    readonly api: ApiClient,
    readonly cronJob: KubeObject,
  ) {
    this.#status = clone(cronJob.status ?? {});
  }

  /** Answers when to look again (epoch ms). */
  run(): number | undefined {
    const jobs = this.#jobs();
    this.#trackActive(jobs);
    const next = this.cronJob.spec.suspend ? undefined : this.#schedule(jobs);
    this.#trimHistory(jobs);
    if (!this.#status.active?.length) delete this.#status.active;
    if (!sameJson(this.cronJob.status ?? {}, this.#status)) {
      const { namespace, name } = this.cronJob.metadata;
      const write = (draft: KubeObject): void => {
        draft.status = this.#status;
      };
      this.api.modify(REF, namespace, name, write, 'status');
    }
    return next;
  }

  #jobs(): KubeObject[] {
    return this.api
      .list(JOB, this.cronJob.metadata.namespace)
      .filter((job) => controllerOf(job)?.uid === this.cronJob.metadata.uid) as KubeObject[];
  }

  #trackActive(jobs: readonly KubeObject[]): void {
    for (const job of jobs) {
      const known = (this.#status.active ?? []).some((ref: Json) => ref.uid === job.metadata.uid);
      if (known || finished(job)) continue;
      const text = `Saw a job that the controller did not create or forgot: ${job.metadata.name}`;
      this.#event('Warning', 'UnexpectedJob', text);
    }
    const byUid = new Map(jobs.map((job) => [job.metadata.uid, job]));
    this.#status.active = (this.#status.active ?? []).filter((ref: Json) => {
      const job = byUid.get(ref.uid);
      if (!job) {
        this.#event('Normal', 'MissingJob', `Active job went missing: ${ref.name}`);
        return false;
      }
      const condition = finished(job);
      if (!condition) return true;
      this.#event('Normal', 'SawCompletedJob', `Saw completed job: ${ref.name}, condition: ${condition}`);
      return false;
    });
    for (const job of jobs) {
      if (finished(job) !== 'Complete') continue;
      const done = job.status.completionTime;
      if (done && !(timeMs(this.#status.lastSuccessfulTime) >= timeMs(done))) this.#status.lastSuccessfulTime = done;
    }
  }

  #schedule(jobs: readonly KubeObject[]): number | undefined {
    const { spec, metadata } = this.cronJob;
    const schedule = parseCron(spec.schedule, spec.timeZone);
    if (!schedule) {
      this.#event('Warning', 'UnparseableSchedule', `unparseable schedule: "${spec.schedule}"`);
      return undefined;
    }
    const now = this.world.nowMs;
    let from = timeMs(this.#status.lastScheduleTime ?? metadata.creationTimestamp);
    const deadline = spec.startingDeadlineSeconds;
    if (deadline !== undefined && deadline !== null) from = Math.max(from, now - deadline * 1000);
    let due: number | undefined;
    let missed = 0;
    for (let at = schedule.next(from); at !== undefined && at <= now; at = schedule.next(at)) {
      due = at;
      missed++;
    }
    if (missed > MISSED_MAX) {
      const text = `too many missed start times. Set or decrease .spec.startingDeadlineSeconds or check clock skew`;
      this.#event('Warning', 'TooManyMissedTimes', text);
    }
    if (due !== undefined) this.#start(due, jobs);
    return schedule.next(now);
  }

  #start(due: number, jobs: readonly KubeObject[]): void {
    const { spec, metadata } = this.cronJob;
    if (this.#status.active.length && spec.concurrencyPolicy === 'Forbid') {
      const text = 'Not starting job because prior execution is running and concurrency policy is Forbid';
      this.#event('Normal', 'JobAlreadyActive', text);
      return;
    }
    if (this.#status.active.length && spec.concurrencyPolicy === 'Replace') {
      for (const ref of this.#status.active) {
        const job = jobs.find((it) => it.metadata.uid === ref.uid);
        if (job) this.#delete(job);
      }
      this.#status.active = [];
    }
    const name = `${metadata.name}-${Math.floor(due / 60_000)}`;
    const template = spec.jobTemplate;
    const scheduled = `${new Date(due).toISOString().slice(0, 19)}Z`;
    let job: KubeObject | undefined;
    const error = attempt(() => {
      job = this.api.create({
        apiVersion: 'batch/v1',
        kind: 'Job',
        metadata: {
          name,
          namespace: metadata.namespace,
          ...(template.metadata?.labels ? { labels: clone(template.metadata.labels) } : {}),
          annotations: {
            ...template.metadata?.annotations,
            'batch.kubernetes.io/cronjob-scheduled-timestamp': scheduled,
          },
          ownerReferences: [controllerRef(this.cronJob)],
        },
        spec: clone(template.spec),
      });
    });
    if (error?.reason === 'AlreadyExists') return;
    if (error) {
      this.#event('Warning', 'FailedCreate', `Error creating job: ${error.message}`);
      throw error;
    }
    this.#event('Normal', 'SuccessfulCreate', `Created job ${name}`);
    const { uid, resourceVersion } = (job as KubeObject).metadata;
    this.#status.active.push({
      kind: 'Job',
      apiVersion: 'batch/v1',
      namespace: metadata.namespace,
      name,
      uid,
      resourceVersion,
    });
    this.#status.lastScheduleTime = scheduled;
  }

  #trimHistory(jobs: readonly KubeObject[]): void {
    const { spec } = this.cronJob;
    const trim = (condition: string, limit: number): void => {
      const done = jobs
        .filter((job) => finished(job) === condition)
        .sort((a, b) => timeMs(a.status.startTime) - timeMs(b.status.startTime));
      for (const job of done.slice(0, Math.max(0, done.length - limit))) this.#delete(job);
    };
    trim('Complete', spec.successfulJobsHistoryLimit ?? 3);
    trim('Failed', spec.failedJobsHistoryLimit ?? 1);
  }

  #delete(job: KubeObject): void {
    const { namespace, name } = job.metadata;
    if (!deleteIfExists(this.api, JOB, namespace, name, { propagationPolicy: 'Background' })) return;
    this.#event('Normal', 'SuccessfulDelete', `Deleted job ${name}`);
  }

  #event(type: 'Normal' | 'Warning', reason: string, message: string): void {
    this.api.events.record({ regarding: this.cronJob, type, reason, message, component: 'cronjob-controller' });
  }
}

/** `Complete` or `Failed` once the Job is over. */
function finished(job: KubeObject): string | undefined {
  return ['Complete', 'Failed'].find((type) => getCondition(job, type)?.status === 'True');
}
