import type { Task, Thread } from '../../../process/task.ts';
import { inParallel, NO_KEYS, traced } from '../cached.ts';
import { type RatePlan, ratePlans } from '../data.ts';
import { lasting } from '../grpc.ts';
import { MemcacheError } from '../memcache.ts';
import { MgoError } from '../mgo.ts';
import { type Running, serviceProgram } from '../startup.ts';
import { type Span, tag } from '../tracing.ts';
import { seedCollection } from './geo.ts';

const CLIENT = [tag('span.kind', 'client')];

/** Rate plans of hotels: memcached first, MongoDB for what it misses; hotels without a plan are cached as empty. */
export const rate = serviceProgram(() => ({
  name: 'rate',
  lines: {
    readConfig: 24,
    database: [37, 38, 41],
    session: [39, 41],
    memcached: [43, 44, 46],
    addresses: [51, 52, 53],
    jaeger: [61, 66],
    consul: [68, 73],
    starting: 85,
    registered: 99,
  },
  keys: { port: 'RatePort', mongo: 'RateMongoAddress', memcached: 'RateMemcAddress' },
  credentials: { user: 'admin', password: 'admin' },
  usage: { idleMillicores: 0.5, requestUs: 0, wakeUs: 1_790, idleMiB: 13.1, loadedMiB: 17.6 },
  seed: (th, session) => seedCollection(th, session, 'rate-db', 'inventory', 'hotelId', ratePlans()),
  handlers: (running) => {
    const { os, memory, tracer } = running;
    const shape = tracer.shape('memcached_get_multi_rate', CLIENT);
    return {
      *'/rate.Rate/GetRates'(th, { hotelIds }: { hotelIds: string[] }, span) {
        yield* memory.request(th);
        th.spend(lasting(os, th, [20, 90]));
        const spread = hotelIds.length > 0 ? ([240, 800] as const) : NO_KEYS;
        const values = yield* traced(running, th, span, shape, spread, () => cached(running, th, hotelIds));
        const missing = hotelIds.filter((id) => !values.has(id));
        const found = new Map<string, string>(values);
        if (missing.length > 0) {
          yield* inParallel(running, th, missing, function* (own, id) {
            found.set(id, yield* load(running, own, span, id));
          });
        }
        return { hotelIds: sortedByRate(hotelIds, found) };
      },
    };
  },
}));

function* cached({ log, memcached }: Running, th: Thread, ids: string[]): Task<ReadonlyMap<string, string>> {
  try {
    return (yield* memcached!.run(th, { cmd: 'get', keys: ids })).values ?? new Map();
  } catch (error) {
    if (!(error instanceof MemcacheError)) throw error;
    const text = `Memmcached error while trying to get hotel [id: [${ids.join(' ')}]]= ${error.message}`;
    return log.on(th).panic('services/rate/server.go:134', text, [
      {
        call: `${PACKAGE}.(*Server).GetRates(0xc0000dc000, {0xb2f7a8, 0xc000314180}, 0xc00030e0a0)`,
        at: 'services/rate/server.go:134 +0x5f8',
      },
    ]);
  }
}
const PACKAGE = 'github.com/harlow/go-micro-services/services/rate';

function* load(running: Running, th: Thread, parent: Span, id: string): Task<string> {
  const { log, mongo, memcached, tracer } = running;
  let plans: RatePlan[];
  try {
    const shape = tracer.shape('mongo_rate', CLIENT);
    plans = yield* traced(running, th, parent, shape, [800, 1900], function* () {
      return (yield* mongo!.find(th, 'rate-db', 'inventory', { hotelId: id })) as unknown as RatePlan[];
    });
  } catch (error) {
    if (!(error instanceof MgoError)) throw error;
    const text = `Tried to find hotelId [${id}], but got error%!(EXTRA string=${error.message})`;
    return log.on(th).panic('services/rate/server.go:166', text, [
      {
        call: `${PACKAGE}.(*Server).GetRates.func1({0xc0002a6f30, 0x${id.length}})`,
        at: 'services/rate/server.go:166 +0x3c5',
      },
    ]);
  }
  const value = plans.map((p) => JSON.stringify(p)).join('\n');
  try {
    yield* memcached!.run(th, { cmd: 'set', key: id, value });
  } catch (error) {
    // The program sets in a goroutine of its own and does not look at the outcome.
    if (!(error instanceof MemcacheError)) throw error;
  }
  return value;
}

/** Total rates by cached value: the same few texts come back with every request. */
const totals = new Map<string, number>();
function totalRate(value: string): number {
  let total = totals.get(value);
  if (total === undefined) {
    total = (JSON.parse(value.split('\n')[0] as string) as RatePlan).roomType.totalRate;
    if (totals.size < 10_000) totals.set(value, total);
  }
  return total;
}

/** Hotels that have a plan, the highest total rate first. */
function sortedByRate(ids: readonly string[], found: ReadonlyMap<string, string>): string[] {
  const withPlan = ids.filter((id) => (found.get(id) ?? '') !== '');
  if (withPlan.length < 2) return withPlan;
  return withPlan.sort((a, b) => totalRate(found.get(b) as string) - totalRate(found.get(a) as string));
}
