/** What a user of an application expects of it: the operations that are tried, and the state that is compared. */
export interface ApplicationProfile {
  operations: readonly Operation[];
  /** Commands whose output in a service's pod is part of the application's state, e.g. the users of a database. */
  stateProbes: readonly { service: string; command: readonly string[] }[];
}

export interface Operation {
  name: string;
  method: 'GET' | 'POST';
  /** Paths with query; each is requested in turn. */
  paths: readonly string[];
  requests: number;
  /** Whether the answer's body is what a user would call right. */
  accepts(body: string): boolean;
}

const AREA = 'inDate=2015-04-10&outDate=2015-04-12&lat=38.0235&lon=-122.095';
const hasHotels = (body: string): boolean => /"features":\[\{/.test(body);

const mongodbUsers = (service: string): ApplicationProfile['stateProbes'][number] => ({
  service,
  command: [
    'mongo',
    'admin',
    '-u',
    'root',
    '-p',
    'root',
    '--quiet',
    '--eval',
    'print(JSON.stringify(db.getUsers().map(function (u) { return u.user + " " + u.roles.map(function (r) { return r.role + "@" + r.db }).sort().join(" ") }).sort()))',
  ],
});

/** By the name of the application's metadata file. */
export const profiles: Readonly<Record<string, ApplicationProfile>> = {
  'hotel-reservation': {
    operations: [
      { name: 'GET /hotels', method: 'GET', paths: [`/hotels?${AREA}`], requests: 10, accepts: hasHotels },
      {
        name: 'GET /recommendations',
        method: 'GET',
        paths: ['dis', 'rate', 'price'].map(
          (require) => `/recommendations?require=${require}&lat=38.0235&lon=-122.095`,
        ),
        requests: 6,
        accepts: hasHotels,
      },
      {
        name: 'POST /user',
        method: 'POST',
        paths: ['/user?username=Cornell_7&password=7777777777'],
        requests: 4,
        accepts: (body) => body.includes('Login successfully!'),
      },
      {
        name: 'POST /reservation',
        method: 'POST',
        paths: [
          '/reservation?inDate=2015-04-11&outDate=2015-04-12&hotelId=9&customerName=Cornell_7&username=Cornell_7&password=7777777777&number=1',
        ],
        requests: 2,
        accepts: (body) => body.includes('Reserve successfully!') || body.includes('Already reserved'),
      },
    ],
    stateProbes: [mongodbUsers('mongodb-geo'), mongodbUsers('mongodb-rate')],
  },
};
