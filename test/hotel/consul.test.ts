import { beforeAll, describe, expect, it } from 'vitest';
import { HOTELS, type KubeJson, Lab, RECOMMENDATIONS, USER } from './lab.ts';

const PEERS = ['geo', 'profile', 'rate', 'recommendation', 'reservation', 'search', 'user'];
const NO_ADDRESS = 'rpc error: code = Unavailable desc = there is no address available\n';

async function consul(lab: Lab, path: string): Promise<KubeJson> {
  const { status, body } = await lab.http(path, 'GET', 'consul', 8500);
  expect(status).toBe(200);
  return JSON.parse(body);
}

describe('the catalogue', () => {
  let lab: Lab;
  beforeAll(async () => {
    lab = await Lab.open('catalogue');
  });

  it('lists the services that register', async () => {
    expect(await consul(lab, '/v1/catalog/services')).toEqual(
      Object.fromEntries([['consul', []], ...PEERS.map((name) => [`srv-${name}`, []])]),
    );
  });

  it('answers health queries with node, service and the agent check', async () => {
    const { body } = await lab.http('/v1/health/service/srv-geo?passing=1', 'GET', 'consul', 8500);
    const node = (await lab.pod('consul')).metadata.name;
    const ip = (await lab.pod('geo')).status.podIP;
    const [entry, ...rest] = JSON.parse(body);
    expect(rest).toEqual([]);
    const uuid = expect.stringMatching(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
    expect(entry.Node).toEqual({
      ID: uuid,
      Node: node,
      Address: '127.0.0.1',
      Datacenter: 'dc1',
      TaggedAddresses: { lan: '127.0.0.1', lan_ipv4: '127.0.0.1', wan: '127.0.0.1', wan_ipv4: '127.0.0.1' },
      Meta: { 'consul-network-segment': '', 'consul-version': '1.20.2' },
      CreateIndex: 13,
      ModifyIndex: 14,
    });
    const index = expect.any(Number);
    expect(entry.Service).toEqual({
      ID: uuid,
      Service: 'srv-geo',
      Tags: [],
      Address: ip,
      TaggedAddresses: { lan_ipv4: { Address: ip, Port: 8083 }, wan_ipv4: { Address: ip, Port: 8083 } },
      Meta: null,
      Port: 8083,
      Weights: { Passing: 1, Warning: 1 },
      EnableTagOverride: false,
      Proxy: { Mode: '', MeshGateway: {}, Expose: {} },
      Connect: {},
      PeerName: '',
      CreateIndex: index,
      ModifyIndex: index,
    });
    expect(entry.Checks).toEqual([
      {
        Node: node,
        CheckID: 'serfHealth',
        Name: 'Serf Health Status',
        Status: 'passing',
        Notes: '',
        Output: 'Agent alive and reachable',
        ServiceID: '',
        ServiceName: '',
        ServiceTags: [],
        Type: '',
        Interval: '',
        Timeout: '',
        ExposedPort: 0,
        Definition: {},
        CreateIndex: 13,
        ModifyIndex: 13,
      },
    ]);
    expect(Object.keys(entry.Service)).toEqual([
      ...['ID', 'Service', 'Tags', 'Address', 'TaggedAddresses', 'Meta', 'Port', 'Weights', 'EnableTagOverride'],
      ...['Proxy', 'Connect', 'PeerName', 'CreateIndex', 'ModifyIndex'],
    ]);
  });

  it('answers catalogue and member queries', async () => {
    const [entry] = await consul(lab, '/v1/catalog/service/srv-geo');
    expect(entry).toMatchObject({
      Node: (await lab.pod('consul')).metadata.name,
      ServiceName: 'srv-geo',
      ServiceAddress: (await lab.pod('geo')).status.podIP,
      ServicePort: 8083,
      ServiceTags: [],
      ServiceMeta: {},
    });
    const members = await consul(lab, '/v1/agent/members');
    expect(members).toHaveLength(1);
    expect(members[0]).toMatchObject({ Addr: '127.0.0.1', Port: 8301, Tags: { role: 'consul' } });
  });

  it('logs each watch and holds it for five minutes', async () => {
    await lab.sleep(320_000);
    const line =
      /\[DEBUG\] agent\.http: Request finished: method=GET url="\/v1\/health\/service\/srv-(\w+)\?index=\d+&passing=1" from=[\d.:]+ latency=5m0\.\d+s$/;
    const watched = (await lab.log('consul')).map((text) => line.exec(text)?.[1]).filter((name) => name !== undefined);
    expect(watched.sort()).toEqual([...PEERS].sort());
  });
});

describe('a restart of consul', () => {
  it('is felt five minutes later, for good', async () => {
    const lab = await Lab.open('consul restart');
    await lab.http(HOTELS);
    await lab.deletePod('consul');
    await lab.until(async () => (await lab.pods('consul'))[0]?.status.containerStatuses?.[0]?.ready === true);
    await lab.sleep(10_000);
    expect(await consul(lab, '/v1/catalog/services')).toEqual({ consul: [] });
    expect((await lab.http(HOTELS)).status).toBe(200);
    const errors = (await lab.messages('frontend')).filter((line) => line.startsWith('grpc/lb/consul'));
    expect(errors.length).toBeGreaterThan(100);
    expect(errors.some((line) => /srv-search\?index=\d+&passing=1"/.test(line))).toBe(true);

    await lab.sleep(240_000);
    expect((await lab.http(USER, 'POST')).status).toBe(200);
    await lab.sleep(80_000);
    for (const path of [HOTELS, RECOMMENDATIONS]) {
      const reply = await lab.http(path);
      expect(reply).toMatchObject({ status: 500, body: NO_ADDRESS });
      expect(reply.ms).toBeLessThan(5);
    }
    await lab.sleep(120_000);
    expect((await lab.http(USER, 'POST')).body).toBe(NO_ADDRESS);

    await lab.api('PATCH', lab.deploymentPath('user'), {
      spec: {
        template: { metadata: { annotations: { 'kubectl.kubernetes.io/restartedAt': '2026-01-15T09:20:00Z' } } },
      },
    });
    expect(await lab.until(async () => (await lab.http(USER, 'POST')).status === 200, 60_000)).toBeLessThan(8_000);
    expect((await lab.http(RECOMMENDATIONS)).body).toBe(NO_ADDRESS);
  });
});

describe('consul scaled to 0', () => {
  it('leaves running services alone, but nobody new is found', async () => {
    const lab = await Lab.open('consul down');
    await lab.scale('consul', 0);
    await lab.sleep(30_000);
    expect((await lab.http(HOTELS)).status).toBe(200);
    await lab.deletePod('user');
    await lab.sleep(5_000);
    expect((await lab.http(USER, 'POST')).body).toBe(
      'rpc error: code = Unavailable desc = there is no connection available\n',
    );
    expect((await lab.messages('user')).at(-1)).toMatch(/^FTL cmd\/user\/main\.go:80 > failed register: Put /);
    expect((await lab.http(HOTELS)).status).toBe(200);
  });
});
