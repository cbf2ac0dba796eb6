import { watchService } from '../consul-client.ts';
import { GrpcClient, type MethodCost } from '../grpc.ts';
import { serviceProgram } from '../startup.ts';

const GEO: MethodCost = { hop: [575, 1560], fail: [150, 400] };
const RATE: MethodCost = { hop: [505, 1850], fail: [150, 400] };

/** Asks geo for hotels nearby, then rate for those of them that have a rate plan. */
export const search = serviceProgram(() => ({
  name: 'search',
  lines: {
    readConfig: 24,
    addresses: [40, 41, 42],
    jaeger: [51, 56],
    consul: [58, 63],
    starting: 74,
    registered: 100,
  },
  keys: { port: 'SearchPort' },
  usage: { idleMillicores: 4, requestUs: 833, wakeUs: 0, idleMiB: 12.3, loadedMiB: 16.8 },
  handlers: ({ os, config, tracer, memory }) => {
    const geo = new GrpcClient(os, tracer);
    const rate = new GrpcClient(os, tracer);
    watchService(os, config['consulAddress'] ?? '', 'srv-geo', (list) => geo.update(list));
    watchService(os, config['consulAddress'] ?? '', 'srv-rate', (list) => rate.update(list));
    return {
      *'/search.Search/Nearby'(th, { lat, lon, inDate, outDate }: SearchRequest, span) {
        yield* memory.request(th);
        th.spend(20);
        const near = yield* geo.call<{ hotelIds: string[] }>(th, '/geo.Geo/Nearby', GEO, span, { lat, lon });
        const request = { hotelIds: near.hotelIds, inDate, outDate };
        const rates = yield* rate.call<{ hotelIds: string[] }>(th, '/rate.Rate/GetRates', RATE, span, request);
        th.spend(10);
        return { hotelIds: rates.hotelIds };
      },
    };
  },
}));

export interface SearchRequest {
  lat: number;
  lon: number;
  inDate: string;
  outDate: string;
}
