import { beforeAll, describe, expect, it } from 'vitest';
import { Lab, NAMESPACE, SERVICES } from './lab.ts';

/** main.go lines: Reading, database URL, Initializing DB, Successfull; cache; port, consul, jaeger, Initializing jaeger, initialized, consul, Starting. */
interface Lines {
  port: number;
  reading: number;
  database?: [number, number, number];
  db?: [number, number?];
  cache?: [string, number, number, number];
  tail: [number, number, number, number, number, number, number, number];
  registered: number;
}

const LINES: Record<string, Lines> = {
  geo: {
    port: 8083,
    reading: 23,
    database: [36, 37, 40],
    db: [29, 31],
    tail: [45, 46, 47, 55, 61, 63, 68, 79],
    registered: 110,
  },
  profile: {
    port: 8081,
    reading: 24,
    database: [37, 38, 41],
    db: [36, 38],
    cache: ['profile', 43, 44, 46],
    tail: [50, 51, 52, 61, 66, 68, 73, 85],
    registered: 99,
  },
  rate: {
    port: 8084,
    reading: 24,
    database: [37, 38, 41],
    db: [39, 41],
    cache: ['rate', 43, 44, 46],
    tail: [51, 52, 53, 61, 66, 68, 73, 85],
    registered: 99,
  },
  recommendation: {
    port: 8085,
    reading: 24,
    database: [37, 38, 41],
    db: [25, 27],
    tail: [46, 47, 48, 57, 62, 64, 69, 80],
    registered: 97,
  },
  reservation: {
    port: 8087,
    reading: 25,
    database: [38, 39, 42],
    db: [30],
    cache: ['reserve', 44, 45, 47],
    tail: [51, 52, 53, 62, 67, 69, 74, 86],
    registered: 99,
  },
  user: {
    port: 8086,
    reading: 24,
    database: [37, 38, 41],
    db: [24, 26],
    tail: [45, 46, 47, 56, 61, 63, 68, 79],
    registered: 97,
  },
  search: { port: 8082, reading: 24, tail: [40, 41, 42, 51, 56, 58, 63, 74], registered: 100 },
};

const HEAD = ['TLS disabled.', 'Set global log level: info', 'Tune: setGCPercent to 100'];

function expectedLines(name: string, ip: string): string[] {
  const { port, reading, database, db, cache, tail, registered } = LINES[name] as Lines;
  const at = (line: number, text: string): string => `INF cmd/${name}/main.go:${line} > ${text}`;
  const lines = [at(reading, 'Reading config...')];
  if (database && db) {
    lines.push(at(database[0], `Read database URL: mongodb-${name}:27017`));
    lines.push(at(database[1], 'Initializing DB connection...'));
    lines.push(`INF cmd/${name}/db.go:${db[0]} > New session successfull...`);
    if (db[1]) lines.push(`INF cmd/${name}/db.go:${db[1]} > Generating test data...`);
    lines.push(at(database[2], 'Successfull'));
  }
  if (cache) {
    lines.push(at(cache[1], `Read profile memcashed address: memcached-${cache[0]}:11211`));
    lines.push(at(cache[2], 'Initializing Memcashed client...'));
    lines.push('INF tune/setting.go:61 > Tune: GetMemCTimeout 2');
    lines.push(at(cache[3], 'Successfull'));
  }
  lines.push(at(tail[0], `Read target port: ${port}`));
  lines.push(at(tail[1], 'Read consul address: consul:8500'));
  lines.push(at(tail[2], 'Read jaeger address: jaeger:6831'));
  lines.push(at(tail[3], `Initializing jaeger agent [service name: ${name} | host: jaeger:6831]...`));
  lines.push('INF tracing/tracer.go:26 > Jaeger client: adjusted sample ratio 1.000000');
  lines.push(at(tail[4], 'Jaeger agent initialized'));
  lines.push(at(tail[5], 'Initializing consul agent [host: consul:8500]...'));
  lines.push(at(tail[6], 'Consul agent initialized'));
  lines.push(at(tail[7], 'Starting server...'));
  lines.push(
    `INF registry/registry.go:91 > Trying to register service [ name: srv-${name}, id: <uuid>, address: ${ip}:${port} ]`,
  );
  lines.push(`INF services/${name}/server.go:${registered} > Successfully registered in consul`);
  return lines;
}

const withoutIds = (line: string): string => line.replace(/id: [0-9a-f-]{36}/, 'id: <uuid>');

describe('HotelReservation after its deployment', () => {
  let lab: Lab;
  beforeAll(async () => {
    lab = await Lab.open('start');
  });

  it.each(Object.keys(LINES))('prints the measured start-up lines in %s', async (name) => {
    const lines = await lab.messages(name);
    const json = lines.filter((line) => line.startsWith('{')).map((line) => JSON.parse(line));
    expect(json.map((entry) => [entry.level, entry.message])).toEqual(HEAD.map((text) => ['info', text]));
    const ip = (await lab.pod(name)).status.podIP;
    expect(lines.filter((line) => !line.startsWith('{')).map(withoutIds)).toEqual(expectedLines(name, ip));
  });

  it('prints the start-up lines of the frontend', async () => {
    const lines = (await lab.messages('frontend')).filter((line) => line.startsWith('INF'));
    const at = (line: number, text: string): string => `INF cmd/frontend/main.go:${line} > ${text}`;
    const server = (line: number, text: string): string => `INF services/frontend/server.go:${line} > ${text}`;
    expect(lines).toEqual([
      at(23, 'Reading config...'),
      at(39, 'Read target port: 5000'),
      at(40, 'Read consul address: consul:8500'),
      at(41, 'Read jaeger address: jaeger:6831'),
      at(48, 'Initializing jaeger agent [service name: frontend | host: jaeger:6831]...'),
      'INF tracing/tracer.go:26 > Jaeger client: adjusted sample ratio 1.000000',
      at(53, 'Jaeger agent initialized'),
      at(55, 'Initializing consul agent [host: consul:8500]...'),
      at(60, 'Consul agent initialized'),
      at(70, 'Starting server...'),
      server(45, 'Initializing gRPC clients...'),
      ...['search', 'profile', 'recommendation', 'user', 'reservation'].flatMap((peer) => [
        server(138, 'get Grpc conn is :'),
        server(139, ''),
        server(140, `srv-${peer}.`),
      ]),
      server(65, 'Successfull'),
      server(87, 'Serving http'),
    ]);
  });

  it('colours the lines of the application, always', async () => {
    const name = (await lab.pod('geo')).metadata.name;
    const { body } = await lab.cluster.request({
      method: 'GET',
      path: `/api/v1/namespaces/${NAMESPACE}/pods/${name}/log`,
    });
    const stamp = String.raw`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ`;
    const line = new RegExp(
      `^\u001b\\[90m${stamp}\u001b\\[0m \u001b\\[32mINF\u001b\\[0m \u001b\\[1mcmd/geo/main\\.go:23\u001b\\[0m\u001b\\[36m >\u001b\\[0m Reading config\\.\\.\\.$`,
      'm',
    );
    expect(body).toMatch(line);
    expect(body).toMatch(new RegExp(`^\\{"level":"info","time":"${stamp}","message":"TLS disabled\\."\\}$`, 'm'));
  });

  it('consists of the objects that agents find', async () => {
    const names = async (path: string): Promise<string[]> =>
      (await lab.api('GET', path)).items.map((item: { metadata: { name: string } }) => item.metadata.name);
    const caches = ['profile', 'rate', 'reserve'].map((name) => `memcached-${name}`);
    const databases = ['geo', 'profile', 'rate', 'recommendation', 'reservation', 'user'].map((n) => `mongodb-${n}`);
    const deployments = ['consul', 'jaeger', ...SERVICES, ...caches, ...databases].sort();
    expect(await names(`/apis/apps/v1/namespaces/${NAMESPACE}/deployments`)).toEqual(deployments);
    expect(await names('services')).toEqual([...deployments, 'jaeger-out'].sort());
    expect(await names('configmaps')).toEqual([
      'failure-admin-geo',
      'failure-admin-rate',
      'kube-root-ca.crt',
      'mongo-geo-script',
      'mongo-rate-script',
    ]);
    expect(await names('/api/v1/persistentvolumes')).toEqual(
      ['geo', 'profile', 'rate', 'recommendation', 'reservation', 'user'].map((name) => `${name}-pv`),
    );
    const { items } = await lab.api('GET', 'pods');
    expect(items).toHaveLength(19);
    for (const pod of items) {
      expect(pod.metadata.name).toMatch(/^[a-z-]+-[bcdf0-9]{5,10}-[bcdfghjklmnpqrstvwxz2456789]{5}$/);
      expect(pod.status.containerStatuses[0]).toMatchObject({ ready: true, restartCount: 0 });
    }
  });

  it('shows the Services as observed', async () => {
    const table = await lab.kubectl('get services');
    const ports = new Map(
      table
        .trim()
        .split('\n')
        .slice(1)
        .map((line) => line.split(/\s+/))
        .map(([name, type, , external, port]) => [name, `${type} ${external} ${port}`]),
    );
    expect(ports.get('consul')).toBe('ClusterIP <none> 8300/TCP,8400/TCP,8500/TCP,8600/UDP');
    expect(ports.get('frontend')).toBe('ClusterIP <none> 5000/TCP');
    expect(ports.get('mongodb-geo')).toBe('ClusterIP <none> 27017/TCP');
    expect(ports.get('jaeger')).toBe(
      'ClusterIP <none> 14269/TCP,5778/TCP,14268/TCP,14267/TCP,16686/TCP,5775/UDP,6831/UDP,6832/UDP',
    );
    expect(ports.get('jaeger-out')).toMatch(/^NodePort <none> 16686:3\d{4}\/TCP$/);
  });

  it('describes a pod of a service', async () => {
    const text = await lab.kubectl('describe pods -l io.kompose.service=geo');
    expect(text).toContain('kompose.cmd: kompose convert');
    expect(text).toContain('kompose.version: 1.22.0 (955b78124)');
    expect(text).toContain('sidecar.istio.io/statsInclusionRegexps: http.*');
    expect(text).toMatch(/QoS Class: +Burstable/);
    expect(text).not.toMatch(/Liveness|Readiness/);
    expect(text).toContain('node.kubernetes.io/not-ready:NoExecute op=Exists for 300s');
    const { spec } = await lab.api('GET', lab.deploymentPath('geo'));
    expect(spec.strategy.type).toBe('RollingUpdate');
    expect((await lab.api('GET', lab.deploymentPath('mongodb-geo'))).spec.strategy.type).toBe('Recreate');
  });

  it('gives pods the resolver and the variables of a cluster', async () => {
    const resolv = (await lab.exec('geo', ['cat', '/etc/resolv.conf'])).stdout;
    expect(resolv).toMatch(
      /^search test-hotel-reservation\.svc\.cluster\.local svc\.cluster\.local cluster\.local\b.*\nnameserver 10\.96\.0\.10\noptions ndots:5\n$/,
    );
    const { clusterIP } = (await lab.api('GET', 'services/consul')).spec;
    expect((await lab.exec('geo', ['getent', 'hosts', 'consul'])).stdout).toBe(
      `${clusterIP.padEnd(15)} consul.${NAMESPACE}.svc.cluster.local\n`,
    );
    expect(await lab.exec('geo', ['getent', 'hosts', 'nobody'])).toMatchObject({ stdout: '', exitCode: 2 });
    expect((await lab.exec('geo', ['getent', 'passwd', 'root'])).stdout).toMatch(/^root:x:0:0:/);
    const variables = (await lab.exec('geo', ['sh', '-c', 'env | grep MONGODB'])).stdout.trim().split('\n');
    expect(variables).toHaveLength(48);
    expect(variables.filter((line) => line.startsWith('MONGODB_GEO_SERVICE_HOST=10.96.'))).toHaveLength(1);
  });

  it('runs consul and the databases with their logs', async () => {
    const consul = await lab.log('consul');
    const node = (await lab.pod('consul')).metadata.name;
    for (const text of [
      "Version: '1.20.2'",
      `Node name: '${node}'`,
      "Datacenter: 'dc1' (Segment: '<all>')",
      'Server: true (Bootstrap: false)',
      'Client Addr: [0.0.0.0] (HTTP: 8500, HTTPS: -1, gRPC: 8502, gRPC-TLS: 8503, DNS: 8600)',
      '==> Log data will now stream in as it occurs:',
      '[INFO]  agent: Starting server: address=[::]:8500 network=tcp protocol=http',
      '[INFO]  agent: Consul agent running!',
      '[WARN]  agent.server.raft: heartbeat timeout reached, starting election:',
      '[INFO]  agent.server.raft: election won: term=2 tally=1',
      '[INFO]  agent.server: cluster leadership acquired',
      `[INFO]  agent.server: New leader elected: payload=${node}`,
    ])
      expect(consul.filter((line) => line.includes(text)).length, text).toBe(1);
    expect(consul[0]).toBe('==> Starting Consul agent...');
    expect(consul.filter((line) => /agent: Synced service: service=[0-9a-f-]{36}$/.test(line))).toHaveLength(7);
    const put =
      /\[DEBUG\] agent\.http: Request finished: method=PUT url=\/v1\/agent\/service\/register from=10\.244\.\d+\.\d+:\d+ latency=[\d.]+ms$/;
    expect(consul.filter((line) => put.test(line))).toHaveLength(7);
    const mongo = (await lab.log('mongodb-user')).filter((line) => line.startsWith('{')).map((l) => JSON.parse(l).id);
    for (const id of [23285, 22601, 4648601, 4615611, 23403, 51765, 21951, 22297, 22315, 22120, 23016])
      expect(mongo).toContain(id);
  });

  it('stays silent while it serves', async () => {
    const before = await Promise.all(SERVICES.map(async (name) => (await lab.log(name)).length));
    await lab.load({ rate: 10, seconds: 20 });
    await lab.sleep(25_000);
    const after = await Promise.all(SERVICES.map(async (name) => (await lab.log(name)).length));
    expect(after).toEqual(before);
  });
});
