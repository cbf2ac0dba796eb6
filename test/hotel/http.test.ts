import { beforeAll, describe, expect, it } from 'vitest';
import { HOTELS, Lab, NAMESPACE, RECOMMENDATIONS, reservation, USER } from './lab.ts';

const BAD_LOGIN = '{"message":"Failed. Please check your username and password. "}\n';
const EMPTY = '{"features":[],"type":"FeatureCollection"}\n';

interface Feature {
  geometry: { coordinates: [number, number]; type: string };
  id: string;
  properties: { name: string; phone_number: string };
}

const features = (body: string): Feature[] => JSON.parse(body).features;

describe('the frontend', () => {
  let lab: Lab;
  beforeAll(async () => {
    lab = await Lab.open('http');
  });

  it.each([
    ['/hotels?lat=38&lon=-122', 'Please specify inDate/outDate params'],
    ['/hotels?inDate=2015-04-09&outDate=2015-04-10&lat=38', 'Please specify location params'],
    ['/recommendations?require=rate&lat=38', 'Please specify location params'],
    ['/recommendations?lat=38&lon=-122', 'Please specify require params'],
    ['/recommendations?lat=38&lon=-122&require=best', 'Please specify require params'],
    ['/user?username=Cornell_1', 'Please specify username and password'],
    ['/reservation?hotelId=1', 'Please specify inDate/outDate params'],
    ['/reservation?inDate=9.4.2015&outDate=2015-04-10', 'Please check inDate/outDate format (YYYY-MM-DD)'],
    ['/reservation?inDate=2015-04-09&outDate=2015-04-10', 'Please specify hotelId params'],
    ['/reservation?inDate=2015-04-09&outDate=2015-04-10&hotelId=1', 'Please specify customerName params'],
    [
      '/reservation?inDate=2015-04-09&outDate=2015-04-10&hotelId=1&customerName=a',
      'Please specify username and password',
    ],
  ])('refuses %s', async (path, text) => {
    const { status, body, headers } = await lab.http(path);
    expect({ status, body }).toEqual({ status: 400, body: `${text}\n` });
    expect(headers).toMatchObject({
      'Access-Control-Allow-Origin': '*',
      'Content-Type': 'text/plain; charset=utf-8',
      'X-Content-Type-Options': 'nosniff',
    });
  });

  it('serves its page and says 404 for the rest', async () => {
    const page = await lab.http('/');
    expect(page.status).toBe(200);
    expect(page.body).toHaveLength(1507);
    const { status, body } = await lab.http('/nothing');
    expect({ status, body }).toEqual({ status: 404, body: '404 page not found\n' });
  });

  it('answers with features', async () => {
    const reply = await lab.http(HOTELS);
    expect(reply).toMatchObject({ status: 200, headers: { 'Content-Type': 'text/plain; charset=utf-8' } });
    expect(features(reply.body)[0]).toEqual({
      geometry: { coordinates: [-122.09801, 38.0175], type: 'Point' },
      id: '39',
      properties: { name: 'St. Regis San Francisco', phone_number: '(415) 284-4039' },
      type: 'Feature',
    });
    expect(reply.body).toMatch(
      /^\{"features":\[\{"geometry":\{"coordinates":\[-122\.09801,38\.0175\],"type":"Point"\},"id":"39","properties":\{"name":"St\. Regis San Francisco","phone_number":"\(415\) 284-4039"\},"type":"Feature"\}/,
    );
    expect(features((await lab.http(RECOMMENDATIONS)).body)).toHaveLength(5);
    for (const require of ['dis', 'price']) {
      const found = features((await lab.http(`/recommendations?require=${require}&lat=38.1&lon=-122.1`)).body);
      expect(found).toHaveLength(1);
      expect(Number(found[0]?.id)).toBeLessThanOrEqual(80);
    }
  });

  it.each(['lat=10&lon=10', 'lat=abc&lon=def'])('finds nothing far away: %s', async (place) => {
    const { status, body } = await lab.http(`/hotels?inDate=2015-04-09&outDate=2015-04-10&${place}`);
    expect({ status, body }).toEqual({ status: 200, body: EMPTY });
  });

  it('checks passwords and accepts any method', async () => {
    const ok = '{"message":"Login successfully!"}\n';
    expect((await lab.http(USER, 'POST')).body).toBe(ok);
    expect((await lab.http(USER, 'GET')).body).toBe(ok);
    expect(await lab.http('/user?username=Cornell_3&password=x')).toMatchObject({ status: 200, body: BAD_LOGIN });
  });

  it('reserves, even with a wrong password', async () => {
    const count = async (): Promise<number> => {
      const query = 'db.reservation.find({hotelId: "12"}).count()';
      const command = ['mongo', 'reservation-db', '--quiet', '--eval', query];
      return Number((await lab.exec('mongodb-reservation', command)).stdout.trim());
    };
    const before = await count();
    expect(await lab.http(reservation(12), 'POST')).toMatchObject({
      status: 200,
      body: '{"message":"Reserve successfully!"}\n',
    });
    const wrong = reservation(12).replace('password=3333333333', 'password=x');
    expect((await lab.http(wrong, 'POST')).body).toBe(BAD_LOGIN);
    expect(await count()).toBe(before + 2);
  });

  it('says when a hotel is full', async () => {
    const all = reservation(14).replace('number=1', 'number=1000');
    expect((await lab.http(all, 'POST')).body).toBe('{"message":"Failed. Already reserved. "}\n');
  });

  it('is reached through the shell and through the API server', async () => {
    const { clusterIP } = (await lab.api('GET', 'services/frontend')).spec;
    expect(await lab.sh(`curl -s "http://${clusterIP}:5000${USER}"`)).toBe('{"message":"Login successfully!"}\n');
    const path = `/api/v1/namespaces/${NAMESPACE}/services/frontend:5000/proxy${USER}`;
    expect((await lab.cluster.request({ method: 'GET', path })).body).toBe('{"message":"Login successfully!"}\n');
  });

  it('loses reservation to a hotel that does not exist', async () => {
    const { status, body } = await lab.http(reservation(999), 'POST');
    expect({ status, body }).toEqual({
      status: 500,
      body: 'rpc error: code = Unavailable desc = transport is closing\n',
    });
    await lab.until(async () => (await lab.container('reservation')).restartCount > 0);
    const lines = await lab.messages('reservation', { previous: true });
    const text = 'Tried to find hotelId [999], but got error%!(EXTRA string=not found)';
    expect(lines.find((line) => line.startsWith('PNC'))).toBe(`PNC services/reservation/server.go:186 > ${text}`);
    expect((await lab.container('reservation')).lastState.terminated).toMatchObject({ exitCode: 2, reason: 'Error' });
  });
});
