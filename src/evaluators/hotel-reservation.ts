import type { Prng } from '../core/prng.ts';
import { type Answers, type ApplicationProfile, likeBefore, type Trial } from './application.ts';

interface Hotel {
  id: string;
  lat: number;
  lon: number;
  /** All that is told of it. */
  text: string;
}

/** The hotels of an answer; undefined when it is no list of hotels. */
function hotelsIn(body: string): Hotel[] | undefined {
  try {
    const { features } = JSON.parse(body);
    return features.map((feature: { id: string; geometry: { coordinates: [number, number] } }) => {
      const [lon, lat] = feature.geometry.coordinates;
      return { id: feature.id, lat, lon, text: JSON.stringify(feature) };
    });
  } catch {
    return undefined;
  }
}

/** What the healthy application told of its hotels, by id. */
function hotelsBefore(before: Answers): Map<string, Hotel> {
  const known = new Map<string, Hotel>();
  for (const body of before.values()) for (const hotel of hotelsIn(body) ?? []) known.set(hotel.id, hotel);
  return known;
}

interface Place {
  lat: number;
  lon: number;
}

const CENTRE: Place = { lat: 38.0235, lon: -122.095 };
const KM_PER_DEGREE = 111.195;
/** The service looks 10 km around; the earth is no plane. */
const NEAR_KM = 10.2;

function kilometres(a: Place, b: Place): number {
  const dx = (a.lon - b.lon) * Math.cos((a.lat * Math.PI) / 180);
  return Math.hypot(a.lat - b.lat, dx) * KM_PER_DEGREE;
}

/** A place within some kilometres of hotels: they lie on a line through the centre. */
function somewhere(random: Prng): Place {
  const along = random.between(-0.06, 0.06);
  const beside = (): number => random.between(-0.02, 0.02);
  return {
    lat: Number((CENTRE.lat + 3 * along + beside()).toFixed(4)),
    lon: Number((CENTRE.lon + 4 * along + beside()).toFixed(4)),
  };
}

const query = ({ lat, lon }: Place): string => `lat=${lat}&lon=${lon}`;
const STAY = 'inDate=2015-04-10&outDate=2015-04-12';

/** Hotels near a place: there are some, they lie there, and they are what they were. Which of them have rooms left may have changed. */
function near(place: Place): Trial {
  return {
    path: `/hotels?${STAY}&${query(place)}`,
    accepts(body, before) {
      const known = hotelsBefore(before);
      const found = hotelsIn(body) ?? [];
      const isRight = (hotel: Hotel): boolean =>
        (known.get(hotel.id)?.text ?? hotel.text) === hotel.text && kilometres(hotel, place) <= NEAR_KM;
      return found.length > 0 && found.every(isRight);
    },
  };
}

/** The nearest hotel: none that is known lies nearer. */
function nearest(place: Place): Trial {
  return {
    path: `/recommendations?require=dis&${query(place)}`,
    accepts(body, before) {
      const known = hotelsBefore(before);
      const found = hotelsIn(body) ?? [];
      const leastKm = Math.min(...[...known.values()].map((hotel) => kilometres(hotel, place)));
      const isRight = (hotel: Hotel): boolean =>
        (known.get(hotel.id)?.text ?? hotel.text) === hotel.text && kilometres(hotel, place) <= leastKm * 1.02 + 0.05;
      return found.length > 0 && found.every(isRight);
    },
  };
}

/** The cheapest and the best do not depend on where one is. */
function best(require: 'rate' | 'price', place: Place): Trial {
  const path = (at: Place): string => `/recommendations?require=${require}&${query(at)}`;
  return {
    path: path(place),
    accepts: (body, before) => (hotelsIn(body) ?? []).length > 0 && body === (before.get(path(CENTRE)) ?? body),
  };
}

function account(random: Prng): { name: string; password: string } {
  const id = String(random.int(501));
  return { name: `Cornell_${id}`, password: id.repeat(10) };
}

function login(name: string, password: string, message: string): Trial {
  return { path: `/user?username=${name}&password=${password}`, accepts: (body) => body.includes(message) };
}

const mongo = (db: string, script: string, ...login: string[]): string[] => [
  'mongo',
  db,
  ...login,
  '--quiet',
  '--eval',
  script,
];
const ROOT = ['-u', 'root', '-p', 'root'];

const mongodbUsers = (service: string): ApplicationProfile['stateProbes'][number] => ({
  service,
  command: mongo(
    'admin',
    'print(JSON.stringify(db.getUsers().map(function (u) { return u.user + " " + u.roles.map(function (r) { return r.role + "@" + r.db }).sort().join(" ") }).sort()))',
    ...ROOT,
  ),
});

export const hotelReservation: ApplicationProfile = {
  operations: [
    {
      name: 'GET /hotels',
      method: 'GET',
      draw: (random) => [CENTRE, ...Array.from({ length: 9 }, () => somewhere(random))].map(near),
    },
    {
      name: 'GET /recommendations',
      method: 'GET',
      draw: (random) => [
        best('rate', CENTRE),
        best('price', CENTRE),
        nearest(CENTRE),
        best('rate', somewhere(random)),
        best('price', somewhere(random)),
        ...Array.from({ length: 3 }, () => nearest(somewhere(random))),
      ],
    },
    {
      name: 'GET nonsense',
      method: 'GET',
      draw: () => [
        likeBefore(`/hotels?${STAY}&lat=0&lon=0`),
        likeBefore(`/hotels?${STAY}`, 400),
        likeBefore(`/recommendations?require=beauty&${query(CENTRE)}`, 400),
      ],
    },
    {
      name: 'POST /user',
      method: 'POST',
      draw: (random) =>
        Array.from({ length: 4 }, () => account(random)).map(({ name, password }) =>
          login(name, password, 'Login successfully!'),
        ),
    },
    {
      name: 'POST /user with a wrong password',
      method: 'POST',
      draw: (random) => [login(account(random).name, 'guess', 'Failed. Please check your username and password.')],
    },
  ],
  effects: [
    {
      name: 'POST /reservation',
      method: 'POST',
      draw(random) {
        const { name, password } = account(random);
        const customer = `${name}_${random.uint32()}`;
        const hotel = 1 + random.int(80);
        const day = 10 + random.int(10);
        return {
          path: `/reservation?inDate=2015-04-${day}&outDate=2015-04-${day + 1}&hotelId=${hotel}&customerName=${customer}&username=${name}&password=${password}&number=1`,
          accepts: (body) => body.includes('Reserve successfully!'),
          service: 'mongodb-reservation',
          observe: mongo('reservation-db', `print(db.reservation.find({customerName: "${customer}"}).count())`),
          shows: (before, after) => before.trim() === '0' && after.trim() === '1',
        };
      },
    },
  ],
  locks: [
    { name: 'geo-db without a password', service: 'mongodb-geo', command: mongo('geo-db', 'db.geo.findOne()') },
    {
      name: 'rate-db without a password',
      service: 'mongodb-rate',
      command: mongo('rate-db', 'db.inventory.findOne()'),
    },
  ],
  holdings: [
    {
      service: 'mongodb-reservation',
      claim: 'reservation-pvc',
      command: mongo(
        'reservation-db',
        'var n = {}; db.reservation.find().forEach(function (r) { n[r.customerName] = (n[r.customerName] || 0) + 1 }); for (var c in n) print(c + " " + n[c])',
      ),
      mayOnly: 'grow',
    },
  ],
  access: [{ serviceAccount: 'default', verb: '*', resource: '*', group: '*', denied: true }],
  stateProbes: [mongodbUsers('mongodb-geo'), mongodbUsers('mongodb-rate')],
  // The services reconnect to each other and to their databases with back-offs of their own.
  patience: { backOffMs: 600_000, graceMs: 600_000, windowMs: 60_000 },
};
