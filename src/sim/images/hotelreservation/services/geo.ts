import type { Task, Thread } from '../../../process/task.ts';
import type { Document } from '../../mongo/wire.ts';
import { geoPoints, type Point } from '../data.ts';
import { lasting } from '../grpc.ts';
import type { MgoSession } from '../mgo.ts';
import { serviceProgram } from '../startup.ts';

const RADIUS_KM = 10;
const RESULTS_MAX = 5;
const KM_PER_DEGREE = 111.195;

/** Hotels within the radius, nearest first. Flat-earth distances: exact to a metre at this scale. */
export function nearby(points: readonly Point[], lat: number, lon: number): string[] {
  const kmPerLon = KM_PER_DEGREE * Math.cos((lat * Math.PI) / 180);
  const found: { id: string; d2: number }[] = [];
  for (const point of points) {
    const dy = (point.lat - lat) * KM_PER_DEGREE;
    const dx = (point.lon - lon) * kmPerLon;
    const d2 = dx * dx + dy * dy;
    if (d2 <= RADIUS_KM * RADIUS_KM) found.push({ id: point.hotelId, d2 });
  }
  found.sort((a, b) => a.d2 - b.d2);
  return found.slice(0, RESULTS_MAX).map((f) => f.id);
}

/** Counts one document and inserts all when it is missing, as most services of the application do. */
export function* seedCollection(
  th: Thread,
  session: MgoSession,
  db: string,
  collection: string,
  key: string,
  documents: readonly object[],
): Task<void> {
  const first = documents[0] as Document;
  if ((yield* session.count(th, db, collection, { [key]: first[key] })) > 0) return;
  for (const document of documents) yield* session.insert(th, db, collection, document as Document);
}

/** An in-memory index over geo-db, loaded at start. */
export const geo = serviceProgram(() => {
  let points: Point[] = [];
  return {
    name: 'geo',
    lines: {
      readConfig: 23,
      database: [36, 37, 40],
      session: [29, 31],
      addresses: [45, 46, 47],
      jaeger: [55, 61],
      consul: [63, 68],
      starting: 79,
      registered: 110,
    },
    keys: { port: 'GeoPort', mongo: 'GeoMongoAddress' },
    credentials: { user: 'admin', password: 'admin' },
    usage: { idleMillicores: 1, requestUs: 0, wakeUs: 1_600, idleMiB: 13, loadedMiB: 17.2 },
    *seed(th, session) {
      yield* seedCollection(th, session, 'geo-db', 'geo', 'hotelId', geoPoints());
      points = (yield* session.find(th, 'geo-db', 'geo', {})) as unknown as Point[];
    },
    handlers: ({ os, memory }) => ({
      *'/geo.Geo/Nearby'(th, { lat, lon }: { lat: number; lon: number }) {
        yield* memory.request(th);
        th.spend(lasting(os, th, [81, 238]));
        return { hotelIds: nearby(points, lat, lon) };
      },
    }),
  };
});
