import { beforeAll, describe, expect, it } from 'vitest';
import { HOTELS, Lab, NAMESPACE, RECOMMENDATIONS, USER } from './lab.ts';

const NOBODY = 'rpc error: code = Unavailable desc = there is no connection available\n';
const COREFILE = '/api/v1/namespaces/kube-system/configmaps/coredns';

/** Requests of the steady load in the last `seconds`: how many, and how many with status 500. */
async function seen(lab: Lab, seconds: number): Promise<{ all: number; failed: number }> {
  const fromUs = (lab.nowMs - seconds * 1000) * 1000;
  const roots = (await lab.traces('frontend', undefined, 600)).map((trace) => trace.root);
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
