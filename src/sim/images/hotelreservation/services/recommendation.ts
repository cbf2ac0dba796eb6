import { type Recommendable, recommendables } from '../data.ts';
import { lasting } from '../grpc.ts';
import { serviceProgram } from '../startup.ts';
import { seedCollection } from './geo.ts';

/** The nearest, the best rated or the cheapest hotels; ties all count. Data are in memory. */
export const recommendation = serviceProgram(() => {
  let hotels: Recommendable[] = [];
  return {
    name: 'recommendation',
    lines: {
      readConfig: 24,
      database: [37, 38, 41],
      session: [25, 27],
      addresses: [46, 47, 48],
      jaeger: [57, 62],
      consul: [64, 69],
      starting: 80,
      registered: 97,
    },
    keys: { port: 'RecommendPort', mongo: 'RecommendMongoAddress' },
    usage: { idleMillicores: 1, requestUs: 0, wakeUs: 1_410, idleMiB: 13.1, loadedMiB: 17 },
    *seed(th, session) {
      yield* seedCollection(th, session, 'recommendation-db', 'recommendation', 'hotelId', recommendables());
      const found = yield* session.find(th, 'recommendation-db', 'recommendation', {});
      hotels = found as unknown as Recommendable[];
    },
    handlers: ({ os, memory }) => ({
      *'/recommendation.Recommendation/GetRecommendations'(th, request: RecommendRequest) {
        yield* memory.request(th);
        th.spend(lasting(os, th, [18, 107]));
        return { hotelIds: recommend(hotels, request) };
      },
    }),
  };
});

export interface RecommendRequest {
  require: string;
  lat: number;
  lon: number;
}

export function recommend(hotels: readonly Recommendable[], { require, lat, lon }: RecommendRequest): string[] {
  const cos = Math.cos((lat * Math.PI) / 180);
  const score = (h: Recommendable): number => {
    if (require === 'rate') return -h.rate;
    if (require === 'price') return h.price;
    return (h.lat - lat) ** 2 + ((h.lon - lon) * cos) ** 2;
  };
  let best = Number.POSITIVE_INFINITY;
  let ids: string[] = [];
  for (const hotel of hotels) {
    const value = score(hotel);
    if (value < best) {
      best = value;
      ids = [hotel.hotelId];
    } else if (value === best) ids.push(hotel.hotelId);
  }
  return ids;
}
