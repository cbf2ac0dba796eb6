import { type ApplicationProfile, likeBefore } from './application.ts';

const ITEMS = ['tea', 'coffee', 'bread', 'milk'];
/** While it is written a shelf's file is empty. */
const READ = 'for try in 1 2 3; do read -r left <$item && break; sleep 1; done';
/** As much as customers buy beside an order that is looked at. */
const OTHERS_BUY = 50;

export const cornerShop: ApplicationProfile = {
  operations: [
    { name: 'GET /', method: 'GET', draw: () => [likeBefore('/'), likeBefore('/'), likeBefore('/')] },
    {
      name: 'GET /cgi-bin/products',
      method: 'GET',
      draw: () => Array.from({ length: 3 }, () => likeBefore('/cgi-bin/products')),
    },
    {
      name: 'GET /cgi-bin/order',
      method: 'GET',
      draw: (random) =>
        [...ITEMS, ...ITEMS].map((item) => {
          const n = 1 + random.int(9);
          return { path: `/cgi-bin/order?item=${item}&n=${n}`, accepts: (body) => body === `ordered: ${n} ${item}\n` };
        }),
    },
    {
      name: 'GET /cgi-bin/order of what is not sold',
      method: 'GET',
      draw: (random) => [
        { path: `/cgi-bin/order?item=item${random.uint32()}&n=1`, status: 502, accepts: () => true },
        { path: `/cgi-bin/order?item=tea&n=${10_000_000 + random.int(1_000_000)}`, status: 502, accepts: () => true },
      ],
    },
    {
      name: 'stock without a key',
      method: 'GET',
      at: 'stock:9000',
      draw: (random) => [
        { path: `/cgi-bin/take?item=tea&n=${random.int(9)}`, status: 403, accepts: () => true },
        likeBefore('/cgi-bin/take?item=tea&n=1', 403),
      ],
    },
  ],
  effects: ITEMS.map((item) => ({
    name: `GET /cgi-bin/order of much ${item}`,
    method: 'GET',
    draw(random) {
      // More than all customers of a session buy: shelves that are made anew hold more than was left.
      const n = 8_000 + random.int(4_000);
      return {
        path: `/cgi-bin/order?item=${item}&n=${n}`,
        accepts: (body) => body === `ordered: ${n} ${item}\n`,
        service: 'stock',
        observe: ['cat', `/data/${item}`],
        shows(before, after) {
          const taken = Number(before) - Number(after);
          return taken >= n && taken <= n + OTHERS_BUY;
        },
      };
    },
  })),
  locks: [],
  holdings: [
    {
      service: 'stock',
      claim: 'stock-data',
      command: ['sh', '-c', `cd /data && for item in ${ITEMS.join(' ')}; do ${READ}; echo "$item $left"; done`],
      mayOnly: 'shrink',
    },
  ],
  access: [
    { serviceAccount: 'keeper', verb: 'list', resource: 'pods' },
    { serviceAccount: 'keeper', verb: 'get', resource: 'pods', subresource: 'log' },
    { serviceAccount: 'keeper', verb: 'patch', resource: 'deployments', group: 'apps' },
    { serviceAccount: 'keeper', verb: '*', resource: '*', group: '*', denied: true },
    { serviceAccount: 'default', verb: '*', resource: '*', group: '*', denied: true },
  ],
  stateProbes: [{ service: 'stock', command: ['sh', '-c', 'cd /data && ls | grep -v lock'] }],
  // Each request connects anew: what works, works at once.
  patience: { backOffMs: 330_000, graceMs: 60_000, windowMs: 15_000 },
};
