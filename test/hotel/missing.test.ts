import { beforeAll, describe, expect, it } from 'vitest';
import { type KubeJson, Lab, NAMESPACE, RECOMMENDATIONS, USER } from './lab.ts';

/** Deletes the service's pod and waits until the container of its replacement has ended; times in ms. */
async function restartUntilDeath(
  lab: Lab,
  service: string,
): Promise<{ end: KubeJson; lines: string[]; livedMs: number }> {
  const old = (await lab.pod(service)).metadata.name;
  await lab.deletePod(service);
  const current = async (): Promise<KubeJson> =>
    (await lab.pods(service)).find((pod: KubeJson) => pod.metadata.name !== old);
  const state = async (): Promise<KubeJson> => (await current())?.status.containerStatuses?.[0]?.state ?? {};
  await lab.until(async () => 'running' in (await state()) || 'terminated' in (await state()));
  const startedMs = lab.nowMs;
  await lab.until(async () => 'terminated' in (await state()));
  const pod = await current();
  const lines = (await lab.messages(service)).filter((line) => !line.startsWith('{'));
  return { end: pod.status.containerStatuses[0].state.terminated, lines, livedMs: lab.nowMs - startedMs };
}

/** The last line before Go's stack and whether a stack follows. */
function lastWords(lines: string[]): { line: string | undefined; panic: string | undefined } {
  const at = lines.findIndex((line) => line.startsWith('panic: '));
  return { line: lines[at < 0 ? lines.length - 1 : at - 1], panic: at < 0 ? undefined : lines[at] };
}

describe('a service that starts without MongoDB', () => {
  let lab: Lab;
  beforeAll(async () => {
    lab = await Lab.open('no mongo');
    await lab.scale('mongodb-user', 0);
    await lab.api('DELETE', 'services/mongodb-geo');
    await lab.setTargetPort('mongodb-recommendation', 27777);
    await lab.sleep(2_000);
  });

  it.each([
    ['no endpoints', 'user', 'cmd/user/db.go:21'],
    ['no Service', 'geo', 'cmd/geo/db.go:26'],
    ['another target port', 'recommendation', 'cmd/recommendation/db.go:22'],
  ])('gives up after 11 s: %s', async (_, service, at) => {
    const { end, lines, livedMs } = await restartUntilDeath(lab, service);
    expect(lastWords(lines)).toEqual({
      line: `PNC ${at} > no reachable servers`,
      panic: 'panic: no reachable servers',
    });
    expect(lines.some((line) => line.endsWith('> Initializing DB connection...'))).toBe(true);
    expect(lines.some((line) => line.endsWith('> Successfull'))).toBe(false);
    expect(end).toMatchObject({ exitCode: 2, reason: 'Error' });
    expect(livedMs).toBeGreaterThan(9_000);
    expect(livedMs).toBeLessThan(13_200);
    if (service === 'user') expectGoStack(lines);
  });

  it('comes up as soon as the database is there', async () => {
    await lab.scale('mongodb-user', 1);
    await lab.until(async () => (await lab.http(USER, 'POST')).status === 200, 60_000, 500);
    expect((await lab.container('user')).restartCount).toBeGreaterThan(0);
  });
});

function expectGoStack(lines: string[]): void {
  const at = lines.indexOf('panic: no reachable servers');
  expect(lines.slice(at + 1, at + 3)).toEqual(['', 'goroutine 1 [running]:']);
  const stack = lines.slice(at + 3).join('\n');
  expect(stack).toContain('github.com/rs/zerolog/log.Panic');
  expect(stack).toContain('(*Event).Msgf');
  expect(stack).toMatch(/main\.initializeDatabase\(\{0xc[0-9a-f]+, 0x12\}\)/);
  expect(stack).toContain('\t/go/src/github.com/harlow/go-micro-services/cmd/user/db.go:21 +0x');
  expect(stack).toContain('main.main()');
}

describe('a service whose MongoDB refuses it', () => {
  let lab: Lab;
  beforeAll(async () => {
    lab = await Lab.open('refused');
  });

  it.each([
    ['geo', 'geo', 'cmd/geo/db.go:35', '/scripts/revoke-admin-geo-mongo.sh', 'cmd/geo/db.go:31', 1009],
    ['rate', 'inventory', 'cmd/rate/db.go:45', '/scripts/revoke-admin-rate-mongo.sh', 'cmd/rate/db.go:41', undefined],
  ])('ends at once without its role: %s', async (service, collection, at, script, generating, bytes) => {
    expect((await lab.exec(`mongodb-${service}`, ['/bin/bash', script])).exitCode).toBe(0);
    const { end, lines, livedMs } = await restartUntilDeath(lab, service);
    expect(lines.at(-2)).toBe(`INF ${generating} > Generating test data...`);
    expect(lines.at(-1)).toBe(
      `FTL ${at} > not authorized on ${service}-db to execute command { count: "${collection}", query: { hotelId: "1" }, $db: "${service}-db" }`,
    );
    expect(end).toMatchObject({ exitCode: 1, reason: 'Error' });
    expect(livedMs).toBeLessThan(1_500);
    if (bytes) {
      const raw = await lab.kubectl(`logs deployment/${service}`);
      expect(raw.length).toBeGreaterThan(bytes * 0.95);
      expect(raw.length).toBeLessThan(bytes * 1.05);
    }
  });

  it.each([
    ['geo', 'cmd/geo/db.go:26'],
    ['rate', 'cmd/rate/db.go:36'],
  ])('panics at once without its user: %s', async (service, at) => {
    expect((await lab.exec(`mongodb-${service}`, ['/bin/bash', '/scripts/remove-admin-mongo.sh'])).exitCode).toBe(0);
    const { end, lines, livedMs } = await restartUntilDeath(lab, service);
    const text = 'server returned error on SASL authentication step: Authentication failed.';
    expect(lastWords(lines)).toEqual({ line: `PNC ${at} > ${text}`, panic: `panic: ${text}` });
    expect(end).toMatchObject({ exitCode: 2, reason: 'Error' });
    expect(livedMs).toBeLessThan(1_500);
    const mongo = (await lab.log(`mongodb-${service}`))
      .filter((line) => line.startsWith('{"t"'))
      .map((l) => JSON.parse(l));
    expect(mongo.filter((entry) => entry.id === 20249).at(-1)).toMatchObject({
      msg: 'Authentication failed',
      attr: { mechanism: 'SCRAM-SHA-1', principalName: 'admin', authenticationDatabase: 'admin' },
    });
    expect(mongo.filter((entry) => entry.id === 20249).at(-1).attr.error).toContain(
      'UserNotFound: Could not find user \\"admin\\" for db \\"admin\\"'.replaceAll('\\', ''),
    );
  });
});

describe('a service that starts without another dependency', () => {
  let lab: Lab;
  beforeAll(async () => {
    lab = await Lab.open('other dependencies');
  });

  it('panics without a line when memcached has no name', async () => {
    await lab.api('DELETE', 'services/memcached-rate');
    const { end, lines } = await restartUntilDeath(lab, 'rate');
    expect(lastWords(lines)).toEqual({
      line: 'INF tune/setting.go:61 > Tune: GetMemCTimeout 2',
      panic: 'panic: lookup memcached-rate on 10.96.0.10:53: no such host',
    });
    expect(lines.join('\n')).toContain('tune.NewMemCClient2');
    expect(end).toMatchObject({ exitCode: 2 });
  });

  it('starts when memcached is down but named', async () => {
    await lab.scale('memcached-profile', 0);
    await lab.deletePod('profile');
    await lab.sleep(5_000);
    const registered = 'INF services/profile/server.go:99 > Successfully registered in consul';
    expect((await lab.messages('profile')).at(-1)).toBe(registered);
    expect((await lab.container('profile')).restartCount).toBe(0);
  });

  it('does not notice that jaeger is down', async () => {
    await lab.scale('jaeger', 0);
    await lab.deletePod('geo');
    await lab.sleep(5_000);
    expect((await lab.messages('geo')).at(-1)).toBe(
      'INF services/geo/server.go:110 > Successfully registered in consul',
    );
    expect((await lab.http(USER, 'POST')).status).toBe(200);
  });

  it.each([
    ['geo', 59],
    ['frontend', 51],
  ])('panics when jaeger has no name: %s', async (service, line) => {
    await deleteJaeger(lab);
    const { end, lines } = await restartUntilDeath(lab, service);
    const text = 'Got error while initializing jaeger agent: lookup jaeger on 10.96.0.10:53: no such host';
    expect(lastWords(lines)).toEqual({
      line: `PNC cmd/${service}/main.go:${line} > ${text}`,
      panic: `panic: ${text}`,
    });
    expect(end).toMatchObject({ exitCode: 2 });
  });

  it('goes on without its configuration until the database is missing', async () => {
    await lab.api('PATCH', lab.deploymentPath('geo'), {
      spec: { template: { spec: { containers: [{ name: 'hotel-reserv-geo', workingDir: '/tmp' }] } } },
    });
    await lab.until(async () => (await lab.pods('geo')).some((pod: KubeJson) => pod.spec.containers[0].workingDir));
    const pod = (await lab.pods('geo')).find((candidate: KubeJson) => candidate.spec.containers[0].workingDir);
    await lab.sleep(11_500);
    const words = (await lab.log('geo', { pod: pod.metadata.name })).map((line) => line.replace(/^\S+Z /, ''));
    expect(words).toContain(
      'ERR cmd/geo/main.go:26 > Got error while reading config: open config.json: no such file or directory',
    );
    expect(words).toContain('INF cmd/geo/main.go:36 > Read database URL: ');
    await lab.until(async () => {
      const found = (await lab.pods('geo')).find(
        (candidate: KubeJson) => candidate.metadata.name === pod.metadata.name,
      );
      return (found?.status.containerStatuses[0].restartCount ?? 1) > 0;
    });
    expect(await lab.log('geo', { pod: pod.metadata.name, previous: true })).toContain('panic: no reachable servers');
  });
});

async function deleteJaeger(lab: Lab): Promise<void> {
  await lab.cluster.request({ method: 'DELETE', path: `/api/v1/namespaces/${NAMESPACE}/services/jaeger` });
}

describe('frontend and search without consul', () => {
  it('the frontend stays up and says why it finds nobody; who must register dies', async () => {
    const lab = await Lab.open('frontend alone');
    const { clusterIP } = (await lab.api('GET', 'services/consul')).spec;
    await lab.scale('consul', 0);
    await lab.sleep(2_000);
    const search = await restartUntilDeath(lab, 'search');
    expect(search.end).toMatchObject({ exitCode: 1 });
    expect(search.livedMs).toBeLessThan(2_000);
    expect(search.lines.at(-2)).toContain('registry/registry.go:91 > Trying to register service [ name: srv-search');
    expect(search.lines.at(-1)).toBe(
      `FTL cmd/search/main.go:75 > failed register: Put "http://consul:8500/v1/agent/service/register": dial tcp ${clusterIP}:8500: connect: connection refused`,
    );
    await lab.deletePod('frontend');
    await lab.sleep(10_000);
    const lines = (await lab.messages('frontend')).filter((line) => line.startsWith('grpc/lb/consul'));
    expect(new Set(lines)).toEqual(
      new Set(
        ['search', 'profile', 'recommendation', 'user', 'reservation'].map(
          (peer) =>
            `grpc/lb/consul: error retrieving instances from Consul: Get "http://consul:8500/v1/health/service/srv-${peer}?passing=1": dial tcp ${clusterIP}:8500: connect: connection refused`,
        ),
      ),
    );
    expect(lines.length).toBeGreaterThan(300);
    const before = lines.length;
    await lab.sleep(10_000);
    const later = (await lab.messages('frontend')).filter((line) => line.startsWith('grpc/lb/consul')).length;
    expect(later - before).toBeGreaterThan(8);
    expect(later - before).toBeLessThan(60);
    const reply = await lab.http(RECOMMENDATIONS);
    expect(reply).toMatchObject({
      status: 500,
      body: 'rpc error: code = Unavailable desc = there is no address available\n',
    });
    expect(reply.ms).toBeLessThan(10);
    expect((await lab.container('frontend')).restartCount).toBe(0);
    await lab.scale('consul', 1);
    await lab.sleep(10_000);
    await lab.deletePod('recommendation');
    await lab.deletePod('profile');
    await lab.until(async () => (await lab.http(RECOMMENDATIONS)).status === 200, 60_000, 500);
  });
});
