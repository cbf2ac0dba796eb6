import { expect, test } from 'vitest';
import { type Assets, loadApp } from '../../../src/apps/index.ts';
import { readFile, readFolder } from '../helm/read-folder.ts';

const assets: Assets = { read: readFile, folder: readFolder };

test('HotelReservation is read from its metadata and chart', () => {
  const app = loadApp('hotel-reservation', assets);
  const { name, namespace, releaseName, frontend, serviceLabel, chart } = app;
  expect({ name, namespace, releaseName, frontend, serviceLabel, chart: chart.metadata.name }).toEqual({
    name: 'hotel-reservation',
    namespace: 'test-hotel-reservation',
    releaseName: 'hotel-reservation',
    frontend: { service: 'frontend', port: 5000 },
    serviceLabel: 'io.kompose.service',
    chart: 'hotel-reservation',
  });
  expect(app.summary.split('\n').map((line) => line.split(':')[0])).toEqual([
    'Service Name',
    'Namespace',
    'Description',
    'Supported Operations',
    '  - Search for hotels that are near a location and free on given dates',
    '  - Get hotel recommendations by distance, rating or price',
    '  - Check user name and password',
    '  - Reserve rooms in a hotel for given dates',
  ]);
  expect(Object.keys(app.chartFiles)).toContain('templates/mongodb.yaml');
});

test('an unknown application is refused with the known ones', () => {
  expect(() => loadApp('nope', assets)).toThrow('no application "nope"');
});
