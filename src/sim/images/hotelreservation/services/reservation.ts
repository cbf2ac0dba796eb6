import type { Task, Thread } from '../../../process/task.ts';
import type { MemcachedCommand, MemcachedReply } from '../../memcached/protocol.ts';
import type { Document } from '../../mongo/wire.ts';
import { NO_KEYS, traced } from '../cached.ts';
import { capacity, HOTELS } from '../data.ts';
import { lasting } from '../grpc.ts';
import { MemcacheError } from '../memcache.ts';
import { MgoError } from '../mgo.ts';
import { type Running, serviceProgram } from '../startup.ts';
import { tag } from '../tracing.ts';
import { seedCollection } from './geo.ts';

const PACKAGE = 'github.com/harlow/go-micro-services/services/reservation';
const CLIENT = [tag('span.kind', 'client')];
const DAY_MS = 86_400_000;
const DB = 'reservation-db';

export interface ReservationRequest {
  hotelId: string[];
  customerName: string;
  inDate: string;
  outDate: string;
  roomNumber: number;
}

const numbers = (): object[] =>
  Array.from({ length: HOTELS }, (_, i) => ({ hotelId: String(i + 1), numberOfRoom: capacity(i + 1) }));

/** Rooms taken and rooms there are, by hotel and day. */
export const reservation = serviceProgram(() => ({
  name: 'reservation',
  lines: {
    readConfig: 25,
    database: [38, 39, 42],
    session: [30],
    memcached: [44, 45, 47],
    addresses: [51, 52, 53],
    jaeger: [62, 67],
    consul: [69, 74],
    starting: 86,
    registered: 99,
  },
  keys: { port: 'ReservePort', mongo: 'ReserveMongoAddress', memcached: 'ReserveMemcAddress' },
  usage: { idleMillicores: 0.1, requestUs: 315, wakeUs: 821, idleMiB: 13, loadedMiB: 17.1 },
  *seed(th, session) {
    const first = { hotelId: '4', customerName: 'Alice', inDate: '2015-04-09', outDate: '2015-04-10', number: 1 };
    yield* seedCollection(th, session, DB, 'reservation', 'hotelId', [first]);
    yield* seedCollection(th, session, DB, 'number', 'hotelId', numbers());
  },
  handlers: (running) => ({
    '/reservation.Reservation/CheckAvailability': availability(running),
    '/reservation.Reservation/MakeReservation': (th, request: ReservationRequest) => make(running, th, request),
  }),
}));

/**
 * Compares counts with capacities as far as both are cached. The client library reports keys that it misses as
 * success, so that the database is never asked here.
 */
function availability(running: Running) {
  const { os, memory, tracer } = running;
  const capacityShape = tracer.shape('memcached_capacity_get_multi_number', CLIENT);
  const reserveShape = tracer.shape('memcached_reserve_get_multi_number', CLIENT);
  return function* (th: Thread, request: ReservationRequest, span: Parameters<typeof traced>[2]): Task<unknown> {
    yield* memory.request(th);
    th.spend(lasting(os, th, [15, 60]));
    const ids = request.hotelId;
    const capKeys = ids.map((id) => `${id}_cap`);
    const caps = yield* traced(running, th, span, capacityShape, ids.length > 0 ? [165, 450] : NO_KEYS, () =>
      cache(running, th, { cmd: 'get', keys: capKeys }, 270, 'memc_cap_key', `[${capKeys.join(' ')}]`),
    );
    const days = nights(request.inDate, request.outDate);
    const keys = ids.flatMap((id) => days.map((day) => `${id}_${day}_${day}`));
    const counts = yield* traced(running, th, span, reserveShape, ids.length > 0 ? [75, 260] : NO_KEYS, () =>
      cache(running, th, { cmd: 'get', keys }, 332, 'memc_key', `[${keys.join(' ')}]`),
    );
    if ((counts.values?.size ?? 0) === 0) return { hotelId: ids };
    const full = (id: string): boolean =>
      days.some((day) => {
        const taken = counts.values?.get(`${id}_${day}_${day}`);
        const cap = caps.values?.get(`${id}_cap`);
        return taken !== undefined && cap !== undefined && Number(taken) + request.roomNumber > Number(cap);
      });
    return { hotelId: ids.filter((id) => !full(id)) };
  };
}

function* make(running: Running, th: Thread, request: ReservationRequest): Task<{ hotelId: string[] }> {
  const { os, memory } = running;
  yield* memory.request(th, 2);
  const endUs = th.nowUs + lasting(os, th, [1141, 2119]);
  const id = request.hotelId[0] as string;
  const days = nights(request.inDate, request.outDate);
  const updates: [key: string, taken: number][] = [];
  let previous = request.inDate;
  for (const day of days) {
    const key = `${id}_${day}_${day}`;
    const taken = yield* takenRooms(running, th, id, key, previous, day);
    const rooms = yield* roomsOf(running, th, id);
    if (taken + request.roomNumber > rooms) return { hotelId: [] };
    updates.push([key, taken + request.roomNumber]);
    previous = day;
  }
  for (const [key, taken] of updates) {
    yield* remember(running, th, key, String(taken));
  }
  previous = request.inDate;
  for (const day of days) {
    const document = {
      hotelId: id,
      customerName: request.customerName,
      inDate: previous,
      outDate: day,
      number: request.roomNumber,
    };
    yield* store(running, th, 223, `Tried to insert hotel [hotelId ${id}]`, (s) =>
      s.insert(th, DB, 'reservation', document),
    );
    previous = day;
  }
  if (th.nowUs < endUs) th.spend(endUs - th.nowUs);
  return { hotelId: [id] };
}

function* takenRooms(running: Running, th: Thread, id: string, key: string, from: string, to: string): Task<number> {
  const hit = (yield* cache(running, th, { cmd: 'get', keys: [key] }, 169, 'memc_key', key)).values?.get(key);
  if (hit !== undefined) return Number(hit);
  const what = `Tried to find hotelId [${id}] from date [${from}] to date [${to}]`;
  const found = yield* store(running, th, 159, what, (s) =>
    s.find(th, DB, 'reservation', { hotelId: id, inDate: from, outDate: to }),
  );
  return found.reduce((sum, doc) => sum + Number(doc['number'] ?? 0), 0);
}

function* roomsOf(running: Running, th: Thread, id: string): Task<number> {
  const key = `${id}_cap`;
  const hit = (yield* cache(running, th, { cmd: 'get', keys: [key] }, 193, 'memc_cap_key', key)).values?.get(key);
  if (hit !== undefined) return Number(hit);
  const what = `Tried to find hotelId [${id}]`;
  const rooms = yield* store(running, th, 186, what, function* (s): Task<number> {
    const [found] = (yield* s.find(th, DB, 'number', { hotelId: id })) as Document[];
    if (!found) throw new MgoError('not found');
    return Number(found['numberOfRoom']);
  });
  yield* remember(running, th, key, String(rooms));
  return rooms;
}

/** A cache command; an error of the client library is a panic that names the key. */
function* cache(
  { log, memcached }: Running,
  th: Thread,
  command: MemcachedCommand,
  line: number,
  keyName: string,
  keyText: string,
): Task<MemcachedReply> {
  try {
    return yield* memcached!.run(th, command);
  } catch (error) {
    if (!(error instanceof MemcacheError)) throw error;
    const at = `services/reservation/server.go:${line}`;
    return log.on(th).panic(at, `Tried to get ${keyName} [${keyText}], but got memmcached error = ${error.message}`, [
      {
        call: `${PACKAGE}.(*Server).${line > 230 ? 'CheckAvailability' : 'MakeReservation'}(0xc0000dc000, {0xb2f7a8, 0xc00031a0f0}, 0xc0002fe140)`,
        at: `${at} +0x7f1`,
      },
    ]);
  }
}

/** Sets a key; the program does not look at the outcome. */
function* remember({ memcached }: Running, th: Thread, key: string, value: string): Task<void> {
  try {
    yield* memcached!.run(th, { cmd: 'set', key, value });
  } catch (error) {
    if (!(error instanceof MemcacheError)) throw error;
  }
}

/** A database operation; its failure is a panic of the program. */
function* store<T>(
  { log, mongo }: Running,
  th: Thread,
  line: number,
  what: string,
  work: (session: NonNullable<Running['mongo']>) => Task<T>,
): Task<T> {
  try {
    return yield* work(mongo!);
  } catch (error) {
    if (!(error instanceof MgoError)) throw error;
    const at = `services/reservation/server.go:${line}`;
    return log.on(th).panic(at, `${what}, but got error%!(EXTRA string=${error.message})`, [
      {
        call: `${PACKAGE}.(*Server).MakeReservation(0xc0000dc000, {0xb2f7a8, 0xc00031a0f0}, 0xc0002fe140)`,
        at: `${at} +0xa2c`,
      },
    ]);
  }
}

const nightsCache = new Map<string, string[]>();

/** The days after `inDate` up to and with `outDate` (YYYY-MM-DD). */
function nights(inDate: string, outDate: string): string[] {
  const key = `${inDate}/${outDate}`;
  let days = nightsCache.get(key);
  if (!days) {
    days = [];
    const end = Date.parse(outDate);
    for (let t = Date.parse(inDate) + DAY_MS; t <= end && days.length < 366; t += DAY_MS) {
      days.push(new Date(t).toISOString().slice(0, 10));
    }
    if (nightsCache.size < 10_000) nightsCache.set(key, days);
  }
  return days;
}
