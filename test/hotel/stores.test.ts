import { beforeEach, describe, expect, it } from 'vitest';
import { HOTELS, Lab, NAMESPACE, RECOMMENDATIONS, reservation } from './lab.ts';

const CLOSING = 'rpc error: code = Unavailable desc = transport is closing\n';
const NOBODY = 'rpc error: code = Unavailable desc = there is no connection available\n';

/** The line with which the program died the last but `back` time. */
async function lastPanic(lab: Lab, service: string): Promise<string | undefined> {
  const previous = (await lab.container(service)).restartCount > 0;
  const lines = await lab.messages(service, { previous });
  return lines.find((line) => line.startsWith('PNC'));
}

async function untilRestarted(lab: Lab, service: string, count: number): Promise<void> {
  await lab.until(async () => (await lab.container(service)).restartCount >= count, 60_000);
}

let lab: Lab;
let run = 0;

describe('memcached that goes away', () => {
  beforeEach(async () => {
    lab = await Lab.open(`memcached ${run++}`);
    await lab.http(HOTELS);
    await lab.http(RECOMMENDATIONS);
    await lab.http(reservation(3), 'POST');
  });

  it('kills rate at its next requests, until it is back', async () => {
    const { clusterIP } = (await lab.api('GET', 'services/memcached-rate')).spec;
    await lab.scale('memcached-rate', 0);
    await lab.sleep(2_000);
    expect(await lab.http(HOTELS)).toMatchObject({ status: 500, body: CLOSING });
    const next = await lab.http(HOTELS);
    expect(next).toMatchObject({ status: 500, body: NOBODY });
    expect(next.ms).toBeLessThan(10);
    await untilRestarted(lab, 'rate', 1);
    const text =
      'PNC services/rate/server.go:134 > Memmcached error while trying to get hotel [id: [40 39 41 38 42]]= ';
    expect(await lastPanic(lab, 'rate')).toBe(`${text}EOF`);
    expect((await lab.container('rate')).lastState.terminated).toMatchObject({ exitCode: 2, reason: 'Error' });

    await lab.until(async () => (await lab.http(HOTELS)).body === CLOSING, 30_000);
    await untilRestarted(lab, 'rate', 2);
    expect(await lastPanic(lab, 'rate')).toBe(`${text}dial tcp ${clusterIP}:11211: connect: connection refused`);

    await lab.scale('memcached-rate', 1);
    await lab.until(async () => (await lab.http(HOTELS)).status === 200, 120_000, 500);
  });

  it('kills profile also when it only restarts', async () => {
    await lab.kill('memcached-profile');
    await lab.until(async () => (await lab.container('memcached-profile')).restartCount === 1);
    expect(await lab.http(HOTELS)).toMatchObject({ status: 500, body: CLOSING });
    expect((await lab.messages('frontend')).at(-1)).toBe(
      'ERR services/frontend/server.go:227 > SearchHandler GetProfiles failed',
    );
    await untilRestarted(lab, 'profile', 1);
    expect(await lastPanic(lab, 'profile')).toBe(
      'PNC services/profile/server.go:141 > Tried to get hotelIds [[39 42]], but got memmcached error = EOF',
    );
    await lab.until(async () => (await lab.http(HOTELS)).status === 200, 60_000, 500);
  });

  it('kills reservation from both of its methods', async () => {
    await lab.kill('memcached-reserve');
    await lab.until(async () => (await lab.container('memcached-reserve')).restartCount === 1);
    expect(await lab.http(reservation(3), 'POST')).toMatchObject({ status: 500, body: CLOSING });
    await untilRestarted(lab, 'reservation', 1);
    expect(await lastPanic(lab, 'reservation')).toBe(
      'PNC services/reservation/server.go:169 > Tried to get memc_key [3_2015-04-10_2015-04-10], but got memmcached error = EOF',
    );
    await lab.until(async () => (await lab.http(HOTELS)).status === 200, 60_000, 500);
    await lab.kill('memcached-reserve');
    await lab.until(async () => (await lab.container('memcached-reserve')).restartCount === 2);
    expect(await lab.http(HOTELS)).toMatchObject({ status: 500, body: CLOSING });
    expect((await lab.messages('frontend')).at(-1)).toBe(
      'ERR services/frontend/server.go:213 > SearchHandler CheckAvailability failed',
    );
    await untilRestarted(lab, 'reservation', 2);
    expect(await lastPanic(lab, 'reservation')).toBe(
      'PNC services/reservation/server.go:270 > Tried to get memc_cap_key [[39_cap 42_cap]], but got memmcached error = EOF',
    );
  });
});

describe('MongoDB that goes away from running services', () => {
  beforeEach(async () => {
    lab = await Lab.open(`mongodb ${run++}`);
  });

  it('of rate: hangs on a cache miss, kills, and is looked for in vain', async () => {
    await lab.http(HOTELS);
    await lab.scale('mongodb-rate', 0);
    await lab.sleep(2_000);
    expect((await lab.http(HOTELS)).status).toBe(200);
    const elsewhere = HOTELS.replace('lat=38.0235', 'lat=37.9');
    const miss = await lab.http(elsewhere.replace('lon=-122.095', 'lon=-122.25'));
    expect(miss).toMatchObject({ status: 500, body: CLOSING });
    expect(miss.ms / 60_700).toBeCloseTo(1, 1);
    expect(await lab.http(HOTELS)).toMatchObject({ status: 500, body: NOBODY });
    await untilRestarted(lab, 'rate', 1);
    expect(await lastPanic(lab, 'rate')).toMatch(
      /^PNC services\/rate\/server\.go:166 > Tried to find hotelId \[\d+\], but got error%!\(EXTRA string=no reachable servers\)$/,
    );
    await untilRestarted(lab, 'rate', 2);
    expect(await lastPanic(lab, 'rate')).toBe('PNC cmd/rate/db.go:36 > no reachable servers');
    await lab.scale('mongodb-rate', 1);
    await lab.until(async () => (await lab.http(HOTELS)).status === 200, 180_000, 1_000);
  });

  it('of profile: leaves empty profiles in the cache over which the frontend trips', async () => {
    await lab.scale('mongodb-profile', 0);
    await lab.sleep(2_000);
    const first = await lab.http(HOTELS);
    expect(first).toMatchObject({ status: 0, body: 'ECONNRESET' });
    expect(first.ms / 61_000).toBeCloseTo(1, 1);
    const again = await lab.http(HOTELS);
    expect(again.status).toBe(0);
    expect(again.ms).toBeLessThan(30);
    expect((await lab.messages('profile')).at(-1)).toBe(
      'ERR services/profile/server.go:167 > Failed get hotels data: %!(EXTRA *errors.errorString=no reachable servers)',
    );
    const frontend = (await lab.log('frontend')).join('\n');
    expect(frontend).toMatch(
      /\n\d{4}\/\d\d\/\d\d \d\d:\d\d:\d\d http: panic serving [\d.]+:\d+: runtime error: invalid memory address or nil pointer dereference\ngoroutine /,
    );
    expect(frontend).toContain('services/frontend.geoJSONResponse');
    const states = [await lab.container('profile'), await lab.container('frontend')];
    expect(states.map((state) => state.restartCount)).toEqual([0, 0]);

    await lab.scale('mongodb-profile', 1);
    await lab.sleep(10_000);
    expect((await lab.http(HOTELS)).status).toBe(0);
    const flush = 'exec 3<>/dev/tcp/127.0.0.1/11211; printf "flush_all\\r\\n" >&3; head -1 <&3';
    expect((await lab.exec('memcached-profile', ['bash', '-c', flush])).stdout).toBe('OK\r\n');
    expect((await lab.http(HOTELS)).status).toBe(200);
  });

  it('of reservation: matters only to who reserves, and then to all', async () => {
    await lab.scale('mongodb-reservation', 0);
    await lab.sleep(2_000);
    expect((await lab.http(HOTELS)).status).toBe(200);
    const reply = await lab.http(reservation(77), 'POST');
    expect(reply).toMatchObject({ status: 500, body: CLOSING });
    expect(reply.ms / 62_000).toBeCloseTo(1, 1);
    await untilRestarted(lab, 'reservation', 1);
    expect(await lastPanic(lab, 'reservation')).toBe(
      'PNC services/reservation/server.go:159 > Tried to find hotelId [77] from date [2015-04-09] to date [2015-04-10], but got error%!(EXTRA string=no reachable servers)',
    );
    await lab.sleep(30_000);
    expect(await lab.http(HOTELS)).toMatchObject({ status: 500, body: NOBODY });
  });

  it('of geo, recommendation and user: is not noticed before a restart; jaeger neither', async () => {
    for (const name of ['mongodb-geo', 'mongodb-recommendation', 'mongodb-user', 'jaeger']) await lab.scale(name, 0);
    await lab.sleep(3_000);
    for (const [path, method] of [
      [HOTELS, 'GET'],
      [RECOMMENDATIONS, 'GET'],
      [reservation(3), 'POST'],
    ])
      expect((await lab.http(path as string, method)).status).toBe(200);
    await lab.scale('jaeger', 1);
    await lab.until(async () => (await lab.pods('jaeger'))[0]?.status.containerStatuses?.[0]?.ready === true);
    await lab.sleep(2_000);
    await lab.http(HOTELS);
    expect(await lab.traces()).toHaveLength(1);
    const quiet = await lab.messages('frontend');
    expect(quiet.filter((line) => line.startsWith('ERR'))).toEqual([]);
  });

  it('that takes a role away is noticed by the next read of the running service', async () => {
    await lab.http(HOTELS);
    await lab.exec('mongodb-rate', ['/bin/bash', '/scripts/revoke-admin-rate-mongo.sh']);
    expect((await lab.http(HOTELS)).status).toBe(200);
    const elsewhere = HOTELS.replace('lat=38.0235', 'lat=37.9').replace('lon=-122.095', 'lon=-122.25');
    expect(await lab.http(elsewhere)).toMatchObject({ status: 500, body: CLOSING });
    // the container has ended and its successor, which dies at once, has not begun
    expect(await lastPanic(lab, 'rate')).toMatch(
      /Tried to find hotelId \[(\d+)\], but got error%!\(EXTRA string=not authorized on rate-db to execute command \{ find: "inventory", filter: \{ hotelId: "\1" \}.*, \$db: "rate-db" \}\)$/,
    );
  });
});

describe('the wrong program', () => {
  it('profile that runs geo is a second healthy geo', async () => {
    lab = await Lab.open('wrong program');
    await lab.api('PATCH', lab.deploymentPath('profile'), {
      spec: { template: { spec: { containers: [{ name: 'hotel-reserv-profile', command: ['geo'] }] } } },
    });
    await lab.sleep(10_000);
    const pod = await lab.pod('profile');
    expect(pod.status.containerStatuses[0]).toMatchObject({ ready: true, restartCount: 0 });
    const lines = await lab.messages('profile');
    expect(lines).toContain('INF cmd/geo/main.go:23 > Reading config...');
    expect(lines.at(-2)).toMatch(
      new RegExp(
        `Trying to register service \\[ name: srv-geo, id: [0-9a-f-]{36}, address: ${pod.status.podIP}:8083 \\]$`,
      ),
    );
    const reply = await lab.http(HOTELS);
    expect(reply).toMatchObject({ status: 500, body: NOBODY });
    expect(reply.ms).toBeLessThan(150);
    expect(await lab.http(RECOMMENDATIONS)).toMatchObject({ status: 500, body: NOBODY });
    expect((await lab.messages('frontend')).at(-1)).toBe(
      'ERR services/frontend/server.go:227 > SearchHandler GetProfiles failed',
    );
    for (let i = 0; i < 9; i++) await lab.http(HOTELS);
    const hosts = (await lab.traces('frontend', 'HTTP GET /hotels')).flatMap((trace) =>
      trace.find('/geo.Geo/Nearby', 'server').map((span) => trace.data.processes[span.processID]?.tags),
    );
    const names = hosts.map((tags) => tags?.find((tag) => tag.key === 'hostname')?.value);
    expect(names.filter((name) => name === pod.metadata.name)).toHaveLength(5);

    await lab.deletePod('consul');
    await lab.sleep(3_000);
    await lab.deletePod('frontend');
    await lab.sleep(5_000);
    expect((await lab.http(RECOMMENDATIONS)).body).toContain('there is no address available');
    const { items } = await lab.api('GET', `/api/v1/namespaces/${NAMESPACE}/pods`);
    expect(items).toHaveLength(19);
  });
});
