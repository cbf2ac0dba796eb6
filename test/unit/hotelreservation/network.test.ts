import { expect, it } from 'vitest';
import { consulImage } from '../../../src/sim/images/consul/image.ts';
import { Town } from './town.ts';

const HOTELS = '/hotels?inDate=2015-04-09&outDate=2015-04-11&lat=38.0235&lon=-122.095';
const USER = '/user?username=Cornell_3&password=3333333333';
const target = { namespace: 'app', labels: {}, only: (pod: { name: string }) => pod.name === 'user' };

it('hangs without an error while packets are lost or late', () => {
  const town = new Town().open();
  const late = town.network.disturb.delay(target, 10_000);
  expect(town.http('frontend', 5000, USER, 'POST')).toMatchObject({ status: 200 });
  late.remove();
  const lost = town.network.disturb.loss(target, 0.99);
  town.world.after(40_000, () => lost.remove());
  const answer = town.http('frontend', 5000, USER, 'POST');
  expect(answer.status).toBe(200);
  expect(Math.abs(answer.ms - 41_500)).toBeLessThan(2_500);
});

it('loses its peers exactly 5 minutes after consul has come back empty', () => {
  const town = new Town().open();
  town.containers.get('consul')?.signal('SIGKILL');
  town.world.advance(1_000);
  expect(town.http('frontend', 5000, HOTELS).status).toBe(200);
  town.start('consul', consulImage, ['docker-entrypoint.sh', 'agent', '-dev']);
  town.world.advance(298_000);
  expect(town.http('frontend', 5000, HOTELS).status).toBe(200);
  town.world.advance(5_000);
  expect(town.http('frontend', 5000, HOTELS).body).toBe(
    'rpc error: code = Unavailable desc = there is no address available\n',
  );
  for (const name of ['search', 'geo', 'rate', 'profile', 'reservation']) {
    town.containers.get(name)?.signal('SIGTERM');
    town.world.advance(100);
    expect(town.containers.get(name)?.status?.code).toBe(2);
    town.service(name);
  }
  town.world.advance(6_000);
  expect(town.http('frontend', 5000, HOTELS).status).toBe(200);
});

it('is fatal for a service, not for the frontend, when consul is away at the start', () => {
  const town = new Town().open();
  town.containers.get('consul')?.signal('SIGKILL');
  const geo = town.service('geo');
  const frontend = town.service('frontend');
  town.world.advance(2_000);
  expect(geo.status?.code).toBe(1);
  expect(town.log('geo').at(-1)).toMatch(
    /FTL cmd\/geo\/main\.go:80 > failed register: Put "http:\/\/consul:8500\/v1\/agent\/service\/register": dial tcp 10\.244\.0\.10:8500: connect: connection refused$/,
  );
  expect(frontend.status).toBeUndefined();
  expect(town.http('frontend', 5000, USER, 'POST').body).toContain('there is no address available');
});
