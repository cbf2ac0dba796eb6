import { expect, it } from 'vitest';
import { consulImage } from '../../../src/sim/images/consul/image.ts';
import { goDuration } from '../../../src/sim/images/consul/log.ts';
import { Town } from '../hotelreservation/town.ts';

it('registers, answers blocking queries and forgets all with a restart', () => {
  const town = new Town();
  town.start('consul', consulImage, ['docker-entrypoint.sh', 'agent', '-dev']);
  town.world.advance(1_000);
  const register = (id: string) =>
    town.http(
      'consul',
      8500,
      '/v1/agent/service/register',
      'PUT',
      JSON.stringify({ ID: id, Name: 'srv-geo', Port: 8083, Address: '10.244.0.9' }),
    );
  expect(register('a').status).toBe(200);
  expect(town.http('consul', 8500, '/v1/catalog/services').body).toBe('{"consul":[],"srv-geo":[]}');
  const health = town.http('consul', 8500, '/v1/health/service/srv-geo?passing=1');
  expect(JSON.parse(health.body)[0].Service).toMatchObject({
    ID: 'a',
    Address: '10.244.0.9',
    Port: 8083,
    CreateIndex: 15,
  });
  expect(health.headers['X-Consul-Index']).toBe('15');
  const blocked = town.http('consul', 8500, '/v1/health/service/srv-geo?index=96&passing=1');
  expect(Math.round(blocked.ms / 1000)).toBe(300);
  expect(town.exec('consul', ['consul', 'catalog', 'services'])).toEqual({ out: 'consul\nsrv-geo\n', code: 0 });
  expect(town.exec('consul', ['consul', 'kv', 'get', 'x'])).toEqual({ out: 'Error! No key exists at: x\n', code: 1 });
  town.containers.get('consul')?.signal('SIGKILL');
  town.start('consul', consulImage, ['docker-entrypoint.sh', 'agent', '-dev']);
  town.world.advance(1_000);
  expect(town.http('consul', 8500, '/v1/health/service/srv-geo').body).toBe('[]');
  expect(goDuration(300_000_100)).toBe('5m0.0001s');
  expect(goDuration(11_154.497)).toBe('11.154497ms');
});
