import { describe, expect, it } from 'vitest';
import { HOTELS, type KubeJson, Lab, NAMESPACE, reservation, SERVICES, USER } from './lab.ts';

const NOBODY = 'rpc error: code = Unavailable desc = there is no connection available\n';

describe('limits of the namespace and the nodes', () => {
  it('a full quota keeps a new pod away', async () => {
    const lab = await Lab.open('quota');
    await lab.api('POST', 'resourcequotas', {
      apiVersion: 'v1',
      kind: 'ResourceQuota',
      metadata: { name: 'full' },
      spec: { hard: { pods: '19' } },
    });
    await lab.sleep(2_000);
    await lab.scale('geo', 2);
    await lab.sleep(3_000);
    expect(await lab.kubectl('describe quota full')).toMatch(/pods +19 +19/);
    const deployment = await lab.api('GET', lab.deploymentPath('geo'));
    const failure = deployment.status.conditions.find((c: KubeJson) => c.type === 'ReplicaFailure');
    expect(failure).toMatchObject({ status: 'True', reason: 'FailedCreate' });
    expect(failure.message).toMatch(
      /^pods "geo-\S+" is forbidden: exceeded quota: full, requested: pods=1, used: pods=19, limited: pods=19$/,
    );
    await lab.deletePod('user');
    await lab.sleep(20_000);
    const users = (await lab.pods('user')).length + (await lab.pods('geo')).length;
    expect(users).toBe(2);
    await lab.api('DELETE', 'resourcequotas/full');
    await lab.until(
      async () => (await lab.pods('geo')).length === 2 && (await lab.pods('user')).length === 1,
      400_000,
      2_000,
    );
    await lab.until(async () => (await lab.http(USER, 'POST')).status === 200, 60_000, 1_000);
  });

  it('a policy that denies makes new connections hang', async () => {
    const lab = await Lab.open('policy');
    await lab.http(USER, 'POST');
    await lab.api('POST', `/apis/networking.k8s.io/v1/namespaces/${NAMESPACE}/networkpolicies`, {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'NetworkPolicy',
      metadata: { name: 'nobody-to-user' },
      spec: { podSelector: { matchLabels: { 'io.kompose.service': 'user' } }, policyTypes: ['Ingress'], ingress: [] },
    });
    await lab.sleep(2_000);
    await lab.deletePod('user');
    await lab.sleep(8_000);
    expect((await lab.container('user')).ready).toBe(true);
    expect((await lab.messages('user')).at(-1)).toContain('Successfully registered in consul');
    expect((await lab.http(USER, 'POST')).body).toBe(NOBODY);
    expect((await lab.http(HOTELS)).status).toBe(200);
    expect(await lab.kubectl('describe networkpolicy nobody-to-user')).toContain(
      'PodSelector:     io.kompose.service=user',
    );
    await lab.api('DELETE', `/apis/networking.k8s.io/v1/namespaces/${NAMESPACE}/networkpolicies/nobody-to-user`);
    await lab.until(async () => (await lab.http(USER, 'POST')).status === 200, 120_000, 1_000);
  });

  it('cordoned nodes leave new pods pending', async () => {
    const lab = await Lab.open('cordon');
    for (const node of ['kind-worker', 'kind-worker2']) await lab.sh(`kubectl cordon ${node}`);
    expect(await lab.sh('kubectl get nodes')).toMatch(/^kind-worker +Ready,SchedulingDisabled +<none> /m);
    await lab.deletePod('user');
    await lab.sleep(5_000);
    const pod = await lab.pod('user');
    expect(pod.status.phase).toBe('Pending');
    expect((await lab.events('Pod', pod.metadata.name))[0]).toMatch(
      /^Warning FailedScheduling 0\/3 nodes are available: 1 node\(s\) had untolerated taint\(s\), 2 node\(s\) were unschedulable\. /,
    );
    expect((await lab.http(USER, 'POST')).body).toBe(NOBODY);
    for (const node of ['kind-worker', 'kind-worker2']) await lab.sh(`kubectl uncordon ${node}`);
    await lab.until(async () => (await lab.http(USER, 'POST')).status === 200, 120_000, 1_000);
  });

  it('a memory limit below what a program needs kills it', async () => {
    const lab = await Lab.open('memory limit');
    await lab.api('PATCH', lab.deploymentPath('consul'), {
      spec: { template: { spec: { containers: [{ name: 'consul', resources: { limits: { memory: '64Mi' } } }] } } },
    });
    await lab.until(async () =>
      (await lab.pods('consul')).some((pod) => pod.status.containerStatuses?.[0]?.restartCount > 0),
    );
    const pod = (await lab.pods('consul')).find((p: KubeJson) => p.status.containerStatuses[0].restartCount > 0);
    const { state, lastState } = pod.status.containerStatuses[0];
    expect((lastState.terminated ?? state.terminated).reason).toBe('OOMKilled');
    expect((lastState.terminated ?? state.terminated).exitCode).toBe(137);
    const oom = await lab.query(`container_oom_events_total{namespace="${NAMESPACE}",container="consul"}`);
    expect(oom.length).toBeGreaterThan(0);
  });

  it('a CPU limit below what the load needs throttles it', async () => {
    const lab = await Lab.open('cpu limit');
    await lab.load({ rate: 20, seconds: 300 });
    await lab.sleep(60_000);
    const p50 = async (): Promise<number> => {
      const from = (lab.nowMs - 30_000) * 1000;
      const durations = (await lab.traces('frontend', 'HTTP GET /hotels', 1_000))
        .filter((trace) => trace.root.startTime > from)
        .map((trace) => trace.root.duration)
        .sort((a, b) => a - b);
      return durations[durations.length >> 1] ?? 0;
    };
    const before = await p50();
    await lab.api('PATCH', lab.deploymentPath('profile'), {
      spec: {
        template: {
          spec: {
            containers: [
              { name: 'hotel-reserv-profile', resources: { requests: { cpu: '5m' }, limits: { cpu: '10m' } } },
            ],
          },
        },
      },
    });
    await lab.sleep(90_000);
    expect(await p50()).toBeGreaterThan(before * 5);
    const labels = `namespace="${NAMESPACE}",pod=~"profile-.*",container="hotel-reserv-profile"`;
    const [throttled] = await lab.query(
      `rate(container_cpu_cfs_throttled_periods_total{${labels}}[60s]) / rate(container_cpu_cfs_periods_total{${labels}}[60s])`,
    );
    expect(throttled?.value).toBeGreaterThan(0.5);
  });
});

describe('a wrong ConfigMap', () => {
  it('mounted over the configuration sends the services to nowhere', async () => {
    const lab = await Lab.open('config map');
    const root = '/go/src/github.com/harlow/go-micro-services';
    const { stdout } = await lab.exec('geo', ['cat', `${root}/config.json`]);
    const wrong = stdout.replace('mongodb-geo:27017', 'mongodb-geo:27777');
    expect(wrong).not.toBe(stdout);
    const configMap = {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'config' },
      data: { 'config.json': wrong },
    };
    await lab.api('POST', 'configmaps', configMap);
    await lab.api('PATCH', lab.deploymentPath('geo'), {
      spec: {
        strategy: { type: 'Recreate', rollingUpdate: null },
        template: {
          spec: {
            containers: [
              {
                name: 'hotel-reserv-geo',
                volumeMounts: [{ name: 'config', mountPath: `${root}/config.json`, subPath: 'config.json' }],
              },
            ],
            volumes: [{ name: 'config', configMap: { name: 'config' } }],
          },
        },
      },
    });
    await lab.sleep(16_000);
    const words = await lab.lastMessages('geo');
    expect(words).toContain('INF cmd/geo/main.go:36 > Read database URL: mongodb-geo:27777');
    expect(words).toContain('PNC cmd/geo/db.go:26 > no reachable servers');
    expect((await lab.http(HOTELS)).body).toBe(NOBODY);
    await lab.api('PATCH', 'configmaps/config', { data: { 'config.json': stdout } });
    await lab.deletePod('geo');
    await lab.until(async () => (await lab.http(HOTELS)).status === 200, 60_000, 500);
    expect((await lab.http(reservation(5), 'POST')).status).toBe(200);
    expect(SERVICES).toContain('geo');
  });
});
