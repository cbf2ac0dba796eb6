import { createHash } from 'node:crypto';

/** The data that the services put into their databases, as the application generates them: 80 hotels, 501 users. */
export const HOTELS = 80;

export interface Point {
  hotelId: string;
  lat: number;
  lon: number;
}

const SAN_FRANCISCO: readonly (readonly [number, number])[] = [
  [37.7867, -122.4112],
  [37.7854, -122.4005],
  [37.7854, -122.4071],
  [37.7936, -122.393],
  [37.7831, -122.4181],
  [37.7863, -122.4015],
];
const NAMES = [
  'Clift Hotel',
  'W San Francisco',
  'Hotel Zetta',
  'Hotel Vitale',
  'Phoenix Hotel',
  'St. Regis San Francisco',
];
const STREETS: readonly (readonly [string, string])[] = [
  ['495', 'Geary St'],
  ['181', '3rd St'],
  ['55', '5th St'],
  ['8', 'Mission St'],
  ['601', 'Eddy St'],
  ['125', '3rd St'],
];
/** Nightly prices of the hotels from 7 on whose id is a multiple of three, by id modulo five. */
const PRICES: readonly (readonly [rate: number, price: number])[] = [
  [109, 123.17],
  [120, 140],
  [124, 144],
  [132, 158],
  [232, 258],
];

/** Single precision arithmetic, as the application's float32 fields have it. */
export function position(id: number): [lat: number, lon: number] {
  const near = SAN_FRANCISCO[id - 1];
  if (near) return [Math.fround(near[0]), Math.fround(near[1])];
  const f = Math.fround;
  const share = f(f(id) / f(500));
  return [f(f(37.7835) + f(share * 3)), f(f(-122.41) + f(share * 4))];
}

/** Shortest decimal that reads back as the same float32 (Go's JSON encoding). */
export function float32Text(value: number): string {
  const single = Math.fround(value);
  for (let digits = 1; digits <= 9; digits++) {
    const short = Number(single.toPrecision(digits));
    if (Math.fround(short) === single) return String(short);
  }
  return String(single);
}

const ids = (): number[] => Array.from({ length: HOTELS }, (_, i) => i + 1);
const shortest = (value: number): number => Number(float32Text(value));

export function geoPoints(): Point[] {
  return ids().map((id) => {
    const [lat, lon] = position(id);
    return { hotelId: String(id), lat: shortest(lat), lon: shortest(lon) };
  });
}

export interface RatePlan {
  hotelId: string;
  code: string;
  inDate: string;
  outDate: string;
  roomType: {
    bookableRate: number;
    code: string;
    description: string;
    totalRate: number;
    totalRateInclusive: number;
  };
}

function plan(id: number, code: string, outDate: string, rate: number, inclusive: number, room: string): RatePlan {
  return {
    hotelId: String(id),
    code: code,
    inDate: '2015-04-09',
    outDate,
    roomType: {
      bookableRate: rate,
      code: room,
      description: 'King sized bed',
      totalRate: rate,
      totalRateInclusive: inclusive,
    },
  };
}

export function ratePlans(): RatePlan[] {
  const plans = [
    plan(1, 'RACK', '2015-04-10', 109, 123.17, 'KNG'),
    plan(2, 'RACK', '2015-04-10', 139, 153.09, 'QN'),
    plan(3, 'RACK', '2015-04-10', 109, 123.17, 'KNG'),
  ];
  for (let id = 9; id <= HOTELS; id += 3) {
    const [rate, inclusive] = PRICES[id % 5] as readonly [number, number];
    plans.push(plan(id, 'RACK', id % 2 === 0 ? '2015-04-17' : '2015-04-24', rate, inclusive, 'KNG'));
  }
  return plans;
}

export interface HotelProfile {
  id: string;
  name: string;
  phoneNumber: string;
  description: string;
  address: {
    streetNumber: string;
    streetName: string;
    city: string;
    state: string;
    country: string;
    postalCode: string;
    lat: number;
    lon: number;
  };
}

export function hotelProfiles(): HotelProfile[] {
  return ids().map((id) => {
    const [lat, lon] = position(id);
    const [streetNumber, streetName] = STREETS[Math.min(id, 6) - 1] as readonly [string, string];
    const name = NAMES[Math.min(id, 6) - 1] as string;
    return {
      id: String(id),
      name,
      phoneNumber: id <= 6 ? `(415) ${PHONES[id - 1]}` : `(415) 284-40${id}`,
      description: `A place to stay in San Francisco: ${name}, house ${id}.`,
      address: {
        streetNumber,
        streetName,
        city: 'San Francisco',
        state: 'CA',
        country: 'United States',
        postalCode: '94103',
        lat: shortest(lat),
        lon: shortest(lon),
      },
    };
  });
}
const PHONES = ['775-4700', '777-5300', '543-8555', '278-3700', '776-1380', '284-4000'];

export interface Recommendable {
  hotelId: string;
  lat: number;
  lon: number;
  rate: number;
  price: number;
}

export function recommendables(): Recommendable[] {
  const first: readonly (readonly [number, number])[] = [
    [109, 150],
    [139, 120],
    [109, 190],
    [129, 160],
    [119, 140],
    [149, 200],
  ];
  return geoPoints().map((point, i) => {
    const id = i + 1;
    const [rate, price] = first[i] ?? (id % 3 === 0 ? PRICES[id % 5] : undefined) ?? [135, 179];
    return { ...point, rate: rate as number, price: price as number };
  });
}

/** Rooms of a hotel. */
export function capacity(id: number): number {
  if (id <= 6) return 200;
  return ([200, 300, 250] as const)[id % 3] as number;
}

/** 501 users: `Cornell_<n>`, whose password is the number written ten times; the database holds its SHA-256. */
export function users(): { username: string; password: string }[] {
  return Array.from({ length: 501 }, (_, n) => ({ username: `Cornell_${n}`, password: sha256(String(n).repeat(10)) }));
}

export function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
