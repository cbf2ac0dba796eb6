import { beforeAll, describe, expect, it } from 'vitest';
import { HOTELS, type KubeJson, Lab, NAMESPACE, RECOMMENDATIONS, reservation, SERVICES, USER } from './lab.ts';

const NOBODY = 'rpc error: code = Unavailable desc = there is no connection available\n';
const COREFILE = '/api/v1/namespaces/kube-system/configmaps/coredns';

/** Requests of the steady load in the last `seconds`: how many, and how many with status 500. */
async function seen(lab: Lab, seconds: number): Promise<{ all: number; failed: number }> {
  const fromUs = (lab.nowMs - seconds * 1000) * 1000;
  const roots = (await lab.traces('frontend', undefined, 2_000)).map((trace) => trace.root);
  const recent = roots.filter((root) => root.startTime > fromUs);
  const failed = recent.filter((root) => root.tags.some((tag) => tag.key === 'http.status_code' && tag.value === 500));
  return { all: recent.length, failed: failed.length };
}

async function cpuOf(lab: Lab, service: string): Promise<number> {
  const labels = `namespace="${NAMESPACE}",pod=~"${service}-.*",container="hotel-reserv-${service}"`;
  const rows = await lab.query(`sum(rate(container_cpu_usage_seconds_total{${labels}}[30s])) * 1000`);
  return rows[0]?.value ?? 0;
}

async function replaceCorefile(lab: Lab, corefile: string): Promise<void> {
  await lab.api('PATCH', COREFILE, { data: { Corefile: corefile } });
  for (const pod of (await lab.api('GET', '/api/v1/namespaces/kube-system/pods?labelSelector=k8s-app%3Dkube-dns'))
    .items)
    await lab.api('DELETE', `/api/v1/namespaces/kube-system/pods/${pod.metadata.name}`);
  await lab.sleep(8_000);
}

describe('a database that is gone', () => {
  it('shows in logs, traces, metrics and kubectl, and passes when it is back', async () => {
    const lab = await Lab.open('mongodb-rate');
    await lab.load();
    await lab.sleep(40_000);
    const before = await seen(lab, 30);
    expect(before.all).toBeGreaterThan(200);
    expect(before.failed).toBe(0);
    const busy = await cpuOf(lab, 'rate');
    expect(busy).toBeGreaterThan(4);

    await lab.scale('mongodb-rate', 0);
    await lab.deletePod('memcached-rate');
    await lab.sleep(100_000);
    expect((await lab.container('rate')).restartCount).toBeGreaterThanOrEqual(2);
    expect(await lab.kubectl('get pods -l io.kompose.service=rate')).toMatch(
      /^rate-\S+ +[01]\/1 +(Error|CrashLoopBackOff|Running) +\d+ \(\S+ ago\) +\S+$/m,
    );
    const words = await lab.lastMessages('rate');
    expect(words).toContain('panic: no reachable servers');
    const during = await seen(lab, 30);
    expect(during.failed / during.all).toBeGreaterThan(0.45);
    const messages = (await lab.traces('frontend', 'HTTP GET /hotels', 50)).flatMap((trace) =>
      trace.find('/rate.Rate/GetRates').map((span) => span.logs[0]?.fields[1]?.value),
    );
    expect(messages).toContain('rpc error: code = Unavailable desc = there is no connection available');
    expect(await cpuOf(lab, 'rate')).toBeLessThan(busy / 2);
    expect(await lab.events('Deployment', 'mongodb-rate')).toContainEqual(
      expect.stringMatching(/^Normal ScalingReplicaSet Scaled down replica set mongodb-rate-\S+ from 1 to 0$/),
    );

    await lab.scale('mongodb-rate', 1);
    await lab.until(async () => (await lab.http(HOTELS)).status === 200, 360_000, 2_000);
    await lab.sleep(60_000);
    expect((await seen(lab, 30)).failed).toBe(0);
    expect(await cpuOf(lab, 'rate')).toBeGreaterThan(busy / 2);
  });
});

describe("a Service's wrong target port", () => {
  let lab: Lab;
  beforeAll(async () => {
    lab = await Lab.open('target ports');
    await lab.http(HOTELS);
  });

  it('of the frontend: refused, until it is right again', async () => {
    await lab.setTargetPort('frontend', 5001);
    await lab.sleep(1_500);
    expect(await lab.kubectl('describe service frontend')).toMatch(
      /TargetPort: +5001\/TCP\nEndpoints: +10\.244\.[\d.]+:5001\n/,
    );
    expect((await lab.http(HOTELS)).body).toBe('ECONNREFUSED');
    await lab.setTargetPort('frontend', 5000);
    await lab.sleep(1_500);
    expect((await lab.http(HOTELS)).status).toBe(200);
  });

  it('of consul: felt by who starts', async () => {
    await lab.setTargetPort('consul', 8501, 8500);
    await lab.sleep(1_500);
    expect((await lab.http(HOTELS)).status).toBe(200);
    await lab.deletePod('search');
    await lab.sleep(6_000);
    expect((await lab.container('search')).restartCount).toBeGreaterThan(0);
    const last = (await lab.messages('search')).at(-1);
    expect(last).toMatch(/^FTL cmd\/search\/main\.go:75 > failed register: Put .* connect: connection refused$/);
    expect((await lab.http(HOTELS)).body).toBe(NOBODY);
    await lab.setTargetPort('consul', 8500, 8500);
    await lab.until(async () => (await lab.http(HOTELS)).status === 200, 120_000, 1_000);
  });

  it('of a database: felt by new connections', async () => {
    await lab.setTargetPort('mongodb-user', 27018);
    await lab.sleep(1_500);
    expect((await lab.http(USER, 'POST')).status).toBe(200);
    await lab.deletePod('user');
    await lab.sleep(14_000);
    expect(await lab.lastMessages('user')).toContain('panic: no reachable servers');
    await lab.setTargetPort('mongodb-user', 27017);
    await lab.until(async () => (await lab.http(USER, 'POST')).status === 200, 120_000, 1_000);
  });

  it('of a cache: felt by new connections too', async () => {
    await lab.setTargetPort('memcached-profile', 11212);
    await lab.deletePod('profile');
    await lab.sleep(6_000);
    expect((await lab.http(RECOMMENDATIONS)).body).toContain('transport is closing');
    await lab.sleep(500);
    expect((await lab.lastMessages('profile')).join('\n')).toMatch(
      /PNC services\/profile\/server\.go:141 > .* = dial tcp 10\.96\.[\d.]+:11211: connect: connection refused/,
    );
    await lab.setTargetPort('memcached-profile', 11211);
    await lab.until(async () => (await lab.http(RECOMMENDATIONS)).status === 200, 120_000, 1_000);
  });
});

describe('DNS', () => {
  let lab: Lab;
  let corefile: string;
  beforeAll(async () => {
    lab = await Lab.open('dns');
    corefile = (await lab.api('GET', COREFILE)).data.Corefile;
  });

  const lookup = async (): Promise<string> => {
    const line = 'exec 3<>/dev/tcp/consul/8500 && echo found';
    const { stdout, stderr } = await lab.exec('mongodb-user', ['bash', '-c', line]);
    return (stdout + stderr).split('\n')[0] as string;
  };

  it('without servers keeps what is connected and stops what starts', async () => {
    await lab.scale('coredns', 0, 'kube-system');
    await lab.sleep(3_000);
    expect((await lab.http(HOTELS)).status).toBe(200);
    expect(await lookup()).toMatch(/^bash: (line 1: )?consul: Temporary failure in name resolution$/);
    await lab.deletePod('search');
    await lab.sleep(45_000);
    const words = (await lab.lastMessages('search')).join('\n');
    expect(words).toMatch(
      /PNC cmd\/search\/main\.go:54 > Got error while initializing jaeger agent: lookup jaeger on 10\.96\.0\.10:53: read udp 10\.244\.[\d.]+:\d+->10\.96\.0\.10:53: read: connection refused/,
    );
    await lab.scale('coredns', 2, 'kube-system');
    await lab.until(async () => (await lab.http(HOTELS)).status === 200, 240_000, 2_000);
    expect(await lookup()).toBe('found');
  });

  it('for the wrong zone knows no service', async () => {
    await replaceCorefile(lab, corefile.replaceAll('cluster.local', 'cluster.test'));
    await lab.deletePod('geo');
    await lab.sleep(16_000);
    expect(await lab.lastMessages('geo')).toContain('panic: no reachable servers');
    expect((await lab.http(HOTELS)).body).toBe(NOBODY);
    await replaceCorefile(lab, corefile);
    await lab.until(async () => (await lab.http(HOTELS)).status === 200, 240_000, 2_000);
  });

  it('with a Corefile that cannot be read does not start', async () => {
    await replaceCorefile(lab, corefile.replace('kubernetes', 'kubernets'));
    const pods = (await lab.api('GET', '/api/v1/namespaces/kube-system/pods?labelSelector=k8s-app%3Dkube-dns')).items;
    const status = pods[0].status.containerStatuses[0];
    expect(status.ready).toBe(false);
    expect(status.restartCount).toBeGreaterThan(0);
    const { body } = await lab.cluster.request({
      method: 'GET',
      path: `/api/v1/namespaces/kube-system/pods/${pods[0].metadata.name}/log`,
    });
    expect(body).toContain("Unknown directive 'kubernets'");
    await replaceCorefile(lab, corefile);
    expect(await lookup()).toBe('found');
  });
});

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
