import { describe, expect, it } from 'vitest';
import type { Json } from '../../../src/kube/object.ts';
import { getCondition } from '../../../src/sim/controllers/lib/objects.ts';
import { Cluster, podSpec, workload } from './cluster.ts';

function job(name: string, spec: object, command: string[]): object {
  const template = { spec: podSpec({ command }, { restartPolicy: 'Never' }) };
  return { apiVersion: 'batch/v1', kind: 'Job', metadata: { name }, spec: { ...spec, template } };
}

describe('stateful set', () => {
  it('starts in order and replaces from the top', () => {
    const cluster = new Cluster();
    cluster.apply(workload('StatefulSet', 'db', { replicas: 2, serviceName: 'db' }));
    cluster.run(20);
    expect(cluster.events('db', 'SuccessfulCreate')).toEqual([
      'SuccessfulCreate Create Pod db-0 in StatefulSet db successful',
      'SuccessfulCreate Create Pod db-1 in StatefulSet db successful',
    ]);
    cluster.modify('apps/v1/StatefulSet', 'db', (draft) => {
      draft.spec.template.spec.containers[0].image = 'alpine:3.19';
    });
    cluster.run(30);
    expect(cluster.events('db', 'SuccessfulDelete')).toEqual([
      'SuccessfulDelete Delete Pod db-1 in StatefulSet db successful',
      'SuccessfulDelete Delete Pod db-0 in StatefulSet db successful',
    ]);
    const { status } = cluster.get('apps/v1/StatefulSet', 'db');
    expect(status).toEqual({
      observedGeneration: 2,
      replicas: 2,
      readyReplicas: 2,
      availableReplicas: 2,
      currentReplicas: 2,
      updatedReplicas: 2,
      currentRevision: status.updateRevision,
      updateRevision: status.updateRevision,
      collisionCount: 0,
    });
  });

  it('leaves ordinals below the partition alone', () => {
    const cluster = new Cluster();
    const updateStrategy = { type: 'RollingUpdate', rollingUpdate: { partition: 1 } };
    cluster.apply(workload('StatefulSet', 'db', { replicas: 2, serviceName: 'db', updateStrategy }));
    cluster.run(20);
    cluster.modify('apps/v1/StatefulSet', 'db', (draft) => {
      draft.spec.template.spec.containers[0].image = 'alpine:3.19';
    });
    cluster.run(30);
    expect(cluster.pods('db').map((it) => [it.metadata.name, it.spec.containers[0].image])).toEqual(
      expect.arrayContaining([
        ['db-0', 'busybox:1.36'],
        ['db-1', 'alpine:3.19'],
      ]),
    );
  });
});

describe('daemon set', () => {
  it('runs once on each node without a taint it does not tolerate', () => {
    const cluster = new Cluster();
    cluster.apply(workload('DaemonSet', 'ds', {}));
    cluster.run(10);
    expect(cluster.get('apps/v1/DaemonSet', 'ds').status).toEqual({
      currentNumberScheduled: 2,
      desiredNumberScheduled: 2,
      numberAvailable: 2,
      numberMisscheduled: 0,
      numberReady: 2,
      observedGeneration: 1,
      updatedNumberScheduled: 2,
    });
    cluster.modify('apps/v1/DaemonSet', 'ds', (draft) => {
      draft.spec.template.spec.containers[0].image = 'alpine:3.19';
    });
    cluster.run(30);
    expect(cluster.pods('ds').map((it) => it.spec.containers[0].image)).toEqual(['alpine:3.19', 'alpine:3.19']);
  });
});

describe('job', () => {
  it('completes as recorded on 1.35', () => {
    const cluster = new Cluster();
    const seen: object[] = [];
    cluster.api.watch('batch/v1/Job', (_type, it) => it.status?.startTime && seen.push(it.status));
    cluster.apply(job('ok', {}, ['true']));
    cluster.run(20);
    const brief = seen.map((status: Json) => ({
      active: status.active,
      succeeded: status.succeeded,
      uncounted: status.uncountedTerminatedPods.succeeded?.length,
      conditions: status.conditions?.map((it: { type: string }) => it.type),
    }));
    expect(brief).toEqual([
      { active: 1 },
      { uncounted: 1, conditions: ['SuccessCriteriaMet'] },
      { succeeded: 1, conditions: ['SuccessCriteriaMet', 'Complete'] },
    ]);
    expect(cluster.events('ok', 'Completed')).toEqual(['Completed Job completed']);
  });

  it('fails at its backoff limit, the second pod 10 s after the first', () => {
    const cluster = new Cluster();
    cluster.apply(job('bad', { backoffLimit: 1 }, ['false']));
    cluster.run(30);
    const { status } = cluster.get('batch/v1/Job', 'bad');
    expect(status.failed).toBe(2);
    expect(status.conditions.map((it: { type: string; reason: string }) => `${it.type} ${it.reason}`)).toEqual([
      'FailureTarget BackoffLimitExceeded',
      'Failed BackoffLimitExceeded',
    ]);
    expect(cluster.events('bad', 'BackoffLimitExceeded')).toEqual([
      'BackoffLimitExceeded Job has reached the specified backoff limit',
    ]);
  });

  it('completes every index of an indexed job', () => {
    const cluster = new Cluster();
    cluster.apply(job('many', { completions: 4, parallelism: 2, completionMode: 'Indexed' }, ['true']));
    cluster.run(40);
    expect(cluster.get('batch/v1/Job', 'many').status).toMatchObject({ succeeded: 4, completedIndexes: '0-3' });
  });

  it('is made every minute by a cron job, named after the minute', () => {
    const cluster = new Cluster();
    const template = { spec: podSpec({ command: ['true'] }, { restartPolicy: 'Never' }) };
    const spec = { schedule: '* * * * *', jobTemplate: { spec: { template } } };
    cluster.apply({ apiVersion: 'batch/v1', kind: 'CronJob', metadata: { name: 'tick' }, spec });
    cluster.run(130);
    const minute = Date.UTC(2026, 0, 15, 9, 1) / 60_000;
    expect(cluster.events('tick')).toEqual([
      `SuccessfulCreate Created job tick-${minute}`,
      `SawCompletedJob Saw completed job: tick-${minute}, condition: Complete`,
      `SuccessfulCreate Created job tick-${minute + 1}`,
      `SawCompletedJob Saw completed job: tick-${minute + 1}, condition: Complete`,
    ]);
  });
});

describe('autoscaler without metrics', () => {
  it('scales up to its minimum and says what it misses, as recorded on 1.35', () => {
    const cluster = new Cluster();
    cluster.apply(workload('Deployment', 'api', { replicas: 1 }));
    const target = { type: 'Utilization', averageUtilization: 50 };
    cluster.apply({
      apiVersion: 'autoscaling/v2',
      kind: 'HorizontalPodAutoscaler',
      metadata: { name: 'auto' },
      spec: {
        scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'api' },
        minReplicas: 2,
        maxReplicas: 5,
        metrics: [{ type: 'Resource', resource: { name: 'cpu', target } }],
      },
    });
    cluster.run(40);
    const why =
      'failed to get cpu utilization: unable to get metrics for resource cpu: unable to fetch metrics from resource metrics API: the server could not find the requested resource (get pods.metrics.k8s.io)';
    expect(cluster.events('auto')).toEqual([
      'SuccessfulRescale New size: 2; reason: Current number of replicas below Spec.MinReplicas',
      `FailedGetResourceMetric ${why}`,
      `FailedComputeMetricsReplicas invalid metrics (1 invalid out of 1), first error is: failed to get cpu resource metric value: ${why}`,
    ]);
    const object = cluster.get('autoscaling/v2/HorizontalPodAutoscaler', 'auto');
    expect(object.status).toMatchObject({ currentReplicas: 2, desiredReplicas: 2, currentMetrics: [{ type: '' }] });
    expect(getCondition(object, 'ScalingActive')).toMatchObject({
      status: 'False',
      reason: 'FailedGetResourceMetric',
      message: `the HPA was unable to compute the replica count: ${why}`,
    });
  });
});
