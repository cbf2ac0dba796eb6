import type { Task, Thread } from '../../../process/task.ts';
import { inParallel, NO_KEYS, traced } from '../cached.ts';
import { type HotelProfile, hotelProfiles } from '../data.ts';
import { lasting, type Spread } from '../grpc.ts';
import { MemcacheError } from '../memcache.ts';
import { MgoError } from '../mgo.ts';
import { type Running, serviceProgram } from '../startup.ts';
import { type Span, tag } from '../tracing.ts';
import { seedCollection } from './geo.ts';

const KIND = tag('span.kind', 'client');
const MEMCACHED_PEER = [
  KIND,
  tag('peer.service', 'memcached'),
  tag('peer.hostname', 'memcached-profile'),
  tag('peer.port', 'memcached-port-11211'),
];
/** What the database's failure leaves in the cache: a profile without address, which its readers trip over. */
const EMPTY = 'null';

/** Hotel profiles, as the JSON text in which they are cached. */
export const profile = serviceProgram(() => ({
  name: 'profile',
  lines: {
    readConfig: 24,
    database: [37, 38, 41],
    session: [36, 38],
    memcached: [43, 44, 46],
    addresses: [50, 51, 52],
    jaeger: [61, 66],
    consul: [68, 73],
    starting: 85,
    registered: 99,
  },
  keys: { port: 'ProfilePort', mongo: 'ProfileMongoAddress', memcached: 'ProfileMemcAddress' },
  usage: { idleMillicores: 0.5, requestUs: 0, wakeUs: 2_500, idleMiB: 13.1, loadedMiB: 17.5 },
  seed: (th, session) => seedCollection(th, session, 'profile-db', 'hotels', 'id', hotelProfiles()),
  handlers: (running) => {
    const { os, memory, tracer } = running;
    const shape = tracer.shape('memcached_get_profile', MEMCACHED_PEER);
    return {
      *'/profile.Profile/GetProfiles'(th, { hotelIds }: { hotelIds: string[] }, span) {
        yield* memory.request(th);
        th.spend(lasting(os, th, [70, 260]));
        const spread = spreadOf(hotelIds.length);
        const values = yield* traced(running, th, span, shape, spread, () => cached(running, th, hotelIds));
        const missing = hotelIds.filter((id) => !values.has(id));
        if (missing.length === 0) return { hotels: hotelIds.map((id) => values.get(id) as string) };
        const found = new Map<string, string>(values);
        yield* inParallel(running, th, missing, function* (own, id) {
          found.set(id, yield* load(running, own, span, id));
        });
        return { hotels: hotelIds.map((id) => found.get(id) as string) };
      },
    };
  },
}));

/** Measured: five profiles take longer than one or two. */
function spreadOf(keys: number): Spread {
  if (keys === 0) return NO_KEYS;
  return keys > 2 ? [240, 900] : [130, 450];
}

function* cached({ log, memcached }: Running, th: Thread, ids: string[]): Task<ReadonlyMap<string, string>> {
  try {
    return (yield* memcached!.run(th, { cmd: 'get', keys: ids })).values ?? new Map();
  } catch (error) {
    if (!(error instanceof MemcacheError)) throw error;
    const text = `Tried to get hotelIds [[${ids.join(' ')}]], but got memmcached error = ${error.message}`;
    return log.on(th).panic('services/profile/server.go:141', text, [
      {
        call: 'github.com/harlow/go-micro-services/services/profile.(*Server).GetProfiles(0xc0000dc000, {0xb2f7a8, 0xc0003141b0}, 0xc00030e140)',
        at: 'services/profile/server.go:141 +0x6b2',
      },
    ]);
  }
}

function* load(running: Running, th: Thread, parent: Span, id: string): Task<string> {
  const { log, mongo, memcached, tracer } = running;
  let value = EMPTY;
  try {
    const shape = tracer.shape('mongo_profile', [KIND]);
    const found = yield* traced(running, th, parent, shape, [450, 1100], () =>
      mongo!.find(th, 'profile-db', 'hotels', { id }),
    );
    const [hotel] = found as unknown as HotelProfile[];
    if (hotel) value = JSON.stringify(hotel, (key, v) => (key === '_id' ? undefined : v));
    else
      log
        .on(th)
        .error('services/profile/server.go:167', 'Failed get hotels data: %!(EXTRA *errors.errorString=not found)');
  } catch (error) {
    if (!(error instanceof MgoError)) throw error;
    const text = `Failed get hotels data: %!(EXTRA *errors.errorString=${error.message})`;
    log.on(th).error('services/profile/server.go:167', text);
  }
  try {
    yield* memcached!.run(th, { cmd: 'set', key: id, value });
  } catch (error) {
    // The program sets in a goroutine of its own and does not look at the outcome.
    if (!(error instanceof MemcacheError)) throw error;
  }
  return value;
}
