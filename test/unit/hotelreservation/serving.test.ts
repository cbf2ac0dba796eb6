import { describe, expect, it } from 'vitest';
import { Town } from './town.ts';

const HOTELS = '/hotels?inDate=2015-04-09&outDate=2015-04-11&lat=38.0235&lon=-122.095';
const USER = '/user?username=Cornell_3&password=3333333333';

interface JaegerSpan {
  operationName: string;
  spanID: string;
  traceID: string;
  tags: { key: string; value: unknown }[];
  references: unknown[];
}

describe('HotelReservation, healthy', () => {
  const town = new Town().open();

  it('answers the four paths with the measured bodies', () => {
    expect(town.http('frontend', 5000, HOTELS).body).toBe(
      '{"features":[{"geometry":{"coordinates":[-122.09801,38.0175],"type":"Point"},"id":"39","properties":{"name":"St. Regis San Francisco","phone_number":"(415) 284-4039"},"type":"Feature"},' +
        '{"geometry":{"coordinates":[-122.074005,38.0355],"type":"Point"},"id":"42","properties":{"name":"St. Regis San Francisco","phone_number":"(415) 284-4042"},"type":"Feature"}],"type":"FeatureCollection"}\n',
    );
    const rated = JSON.parse(town.http('frontend', 5000, '/recommendations?require=rate&lat=38&lon=-122').body);
    expect(rated.features.map((f: { id: string }) => f.id)).toEqual(['9', '24', '39', '54', '69']);
    expect(town.http('frontend', 5000, USER, 'POST').body).toBe('{"message":"Login successfully!"}\n');
    expect(town.http('frontend', 5000, '/user?username=x&password=y').body).toBe(
      '{"message":"Failed. Please check your username and password. "}\n',
    );
    const reserve = '/reservation?inDate=2015-04-09&outDate=2015-04-10&hotelId=3&customerName=a&username=a&password=b';
    expect(town.http('frontend', 5000, `${reserve}&number=1`, 'POST').body).toContain('Failed. Please check');
    expect(town.http('frontend', 5000, '/hotels?lat=1&lon=2')).toMatchObject({
      status: 400,
      body: 'Please specify inDate/outDate params\n',
    });
    expect(town.http('frontend', 5000, '/nothing')).toMatchObject({ status: 404, body: '404 page not found\n' });
    expect(town.http('frontend', 5000, '/').body.length).toBe(1507);
  });

  it('sends a trace of 15 spans for a warm /hotels', () => {
    town.http('frontend', 5000, HOTELS);
    town.world.advance(3_000);
    const { data } = JSON.parse(
      town.http('jaeger', 16686, '/api/traces?service=frontend&operation=HTTP%20GET%20%2Fhotels&limit=1').body,
    );
    const spans = data[0].spans as JaegerSpan[];
    expect(spans).toHaveLength(13 + 2);
    expect(spans[0]).toMatchObject({ operationName: 'HTTP GET /hotels', references: [], spanID: data[0].traceID });
    expect(spans[0]?.tags.find((t) => t.key === 'http.url')?.value).toBe(HOTELS);
    expect(Object.keys(data[0].processes)).toHaveLength(6);
  });
});

describe('HotelReservation, broken', () => {
  it('answers at once when a peer is gone and heals when it is back', () => {
    const town = new Town().open();
    town.containers.get('user')?.signal('SIGKILL');
    town.world.advance(100);
    const failed = town.http('frontend', 5000, USER, 'POST');
    expect(failed).toMatchObject({
      status: 500,
      body: 'rpc error: code = Unavailable desc = there is no connection available\n',
    });
    expect(failed.ms).toBeLessThan(10);
    town.service('user');
    town.world.advance(2_000);
    expect(town.http('frontend', 5000, USER, 'POST').status).toBe(200);
  });

  it('dies 11 s after a start without its database', () => {
    const town = new Town().open();
    const geo = town.buggyGeo();
    town.world.advance(10_500);
    expect(geo.status).toBeUndefined();
    town.world.advance(1_500);
    expect(geo.status?.code).toBe(2);
    expect(town.log('geo')).toContain('2026-01-15T09:00:18Z PNC cmd/geo/db.go:26 > no reachable servers');
  });

  it('kills rate at its next request after memcached was restarted', () => {
    const town = new Town().open();
    town.http('frontend', 5000, HOTELS);
    town.containers.get('memcached-rate')?.signal('SIGKILL');
    town.world.advance(1_000);
    expect(town.http('frontend', 5000, HOTELS).body).toContain('transport is closing');
    expect(town.http('frontend', 5000, HOTELS).body).toContain('there is no connection available');
    expect(town.containers.get('rate')?.status?.code).toBe(2);
    expect(town.log('rate').join('\n')).toContain(
      'Memmcached error while trying to get hotel [id: [40 39 41 38 42]]= EOF',
    );
  });

  it('hangs 60 s on a cache miss without MongoDB, then caches what the frontend trips over', () => {
    const town = new Town().open();
    town.containers.get('mongodb-profile')?.signal('SIGKILL');
    town.world.advance(1_000);
    const first = town.http('frontend', 5000, HOTELS);
    expect(first.ms).toBeGreaterThan(60_000);
    expect(first).toMatchObject({ status: 0, body: 'ECONNRESET' });
    expect(town.http('frontend', 5000, HOTELS).ms).toBeLessThan(100);
    expect(town.log('profile').at(-1)).toContain(
      'Failed get hotels data: %!(EXTRA *errors.errorString=no reachable servers)',
    );
    expect(town.log('frontend').join('\n')).toContain(
      'runtime error: invalid memory address or nil pointer dereference',
    );
    expect(town.containers.get('frontend')?.status).toBeUndefined();
  });
});
