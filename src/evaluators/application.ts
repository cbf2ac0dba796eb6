/** What a user of an application expects of it: the operations that are tried, and the state that is compared. */
export interface ApplicationProfile {
  operations: readonly Operation[];
  /** What people and programs with an account of the application may do in its namespace. */
  access?: readonly Access[];
  /** Commands whose output in a service's pod is part of the application's state, e.g. the users of a database. */
  stateProbes: readonly { service: string; command: readonly string[] }[];
  /** How long a repair may take to show after the submission, and how long it must hold. */
  patience: Patience;
}

/** A right of a service account. */
export interface Access {
  serviceAccount: string;
  verb: string;
  resource: string;
  group?: string;
  subresource?: string;
}

/** Times of the cluster, ms. */
export interface Patience {
  /** While a container waits out its back-off (the kubelet's longest is 5 minutes), and for clients that reconnect. */
  backOffMs: number;
  /** When nothing is in a back-off. */
  graceMs: number;
  windowMs: number;
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
    // The services reconnect to each other and to their databases with back-offs of their own.
    patience: { backOffMs: 600_000, graceMs: 600_000, windowMs: 60_000 },
  },
  'corner-shop': {
    operations: [
      {
        name: 'GET /',
        method: 'GET',
        paths: ['/'],
        requests: 3,
        accepts: (body) => body.includes('<h1>Corner shop</h1>'),
      },
      {
        name: 'GET /cgi-bin/products',
        method: 'GET',
        paths: ['/cgi-bin/products'],
        requests: 3,
        accepts: (body) => /^tea \d+\.\d\d \w+$/m.test(body),
      },
      {
        name: 'GET /cgi-bin/order',
        method: 'GET',
        paths: ['tea', 'coffee', 'bread', 'milk'].map((item) => `/cgi-bin/order?item=${item}&n=1`),
        requests: 8,
        accepts: (body) => body.startsWith('ordered: '),
      },
    ],
    access: [
      { serviceAccount: 'keeper', verb: 'list', resource: 'pods' },
      { serviceAccount: 'keeper', verb: 'get', resource: 'pods', subresource: 'log' },
      { serviceAccount: 'keeper', verb: 'patch', resource: 'deployments', group: 'apps' },
    ],
    stateProbes: [{ service: 'stock', command: ['sh', '-c', 'cd /data && ls | grep -v lock'] }],
    // Each request connects anew: what works, works at once.
    patience: { backOffMs: 330_000, graceMs: 60_000, windowMs: 15_000 },
  },
};
