import { describe, expect, it } from 'vitest';
import { parseCron } from '../../../src/sim/controllers/lib/cron.ts';
import { Cluster, podSpec } from './cluster.ts';

function indexed(name: string, spec: object, script: string): object {
  const template = { spec: podSpec({ command: ['sh', '-c', script] }, { restartPolicy: 'Never' }) };
  const metadata = { name };
  return { apiVersion: 'batch/v1', kind: 'Job', metadata, spec: { completionMode: 'Indexed', ...spec, template } };
}

const conditions = (cluster: Cluster, name: string): string[] =>
  cluster
    .get('batch/v1/Job', name)
    .status.conditions.map((it: { type: string; reason: string }) => `${it.type} ${it.reason}`);

describe('indexed jobs', () => {
  it('try each index as often as its own limit says, and count on from pod to pod', () => {
    const cluster = new Cluster();
    const spec = { completions: 2, parallelism: 2, backoffLimitPerIndex: 1 };
    cluster.apply(indexed('each', spec, 'test $JOB_COMPLETION_INDEX -ne 1'));
    cluster.run(60);
    const { status } = cluster.get('batch/v1/Job', 'each');
    expect([status.completedIndexes, status.failedIndexes, status.succeeded, status.failed]).toEqual(['0', '1', 1, 2]);
    expect(conditions(cluster, 'each')).toEqual(['FailureTarget FailedIndexes', 'Failed FailedIndexes']);
    const tries = cluster.api
      .list('v1/Pod', 't')
      .filter((pod) => pod.metadata.labels?.['batch.kubernetes.io/job-completion-index'] === '1')
      .map((pod) => pod.metadata.annotations?.['batch.kubernetes.io/job-index-failure-count']);
    expect(tries.sort()).toEqual(['0', '1']);
  });

  it('end as soon as a rule of the success policy is met', () => {
    const cluster = new Cluster();
    const successPolicy = { rules: [{ succeededIndexes: '0-1', succeededCount: 1 }] };
    const spec = { completions: 3, parallelism: 3, successPolicy };
    cluster.apply(indexed('enough', spec, 'test $JOB_COMPLETION_INDEX -eq 1 || sleep 3600'));
    cluster.run(60);
    const { status } = cluster.get('batch/v1/Job', 'enough');
    expect([status.completedIndexes, status.succeeded, status.failed]).toEqual(['1', 1, undefined]);
    expect(conditions(cluster, 'enough')).toEqual(['SuccessCriteriaMet SuccessPolicy', 'Complete SuccessPolicy']);
  });

  it('fail when more indexes failed than may', () => {
    const cluster = new Cluster();
    const spec = { completions: 3, parallelism: 3, backoffLimitPerIndex: 0, maxFailedIndexes: 1 };
    cluster.apply(indexed('many', spec, 'test $JOB_COMPLETION_INDEX -eq 0 && sleep 3600; exit 1'));
    cluster.run(60);
    expect(cluster.get('batch/v1/Job', 'many').status.failedIndexes).toEqual('1,2');
    expect(conditions(cluster, 'many')).toEqual([
      'FailureTarget MaxFailedIndexesExceeded',
      'Failed MaxFailedIndexesExceeded',
    ]);
  });
});

describe('schedules in a time zone', () => {
  const next = (schedule: string, zone: string | undefined, from: string): string =>
    new Date(parseCron(schedule, zone)?.next(Date.parse(from)) ?? 0).toISOString();

  it.each([
    ['0 9 * * *', undefined, '2026-01-15T08:00:00Z', '2026-01-15T09:00:00.000Z'],
    ['0 9 * * *', 'Asia/Kolkata', '2026-01-15T08:00:00Z', '2026-01-16T03:30:00.000Z'],
    ['0 9 * * *', 'Europe/Berlin', '2026-07-15T08:00:00Z', '2026-07-16T07:00:00.000Z'],
    ['30 2 * * *', 'Europe/Berlin', '2026-03-28T12:00:00Z', '2026-03-30T00:30:00.000Z'],
  ])('%s in %s after %s', (schedule, zone, from, expected) => {
    expect(next(schedule, zone, from)).toBe(expected);
  });
});
