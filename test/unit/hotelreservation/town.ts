import { consulImage } from '../../../src/sim/images/consul/image.ts';
import { geoApp3Image, hotelReservationImage } from '../../../src/sim/images/hotelreservation/image.ts';
import type { ImageDef } from '../../../src/sim/images/image.ts';
import { jaegerImage } from '../../../src/sim/images/jaeger/image.ts';
import { memcachedImage } from '../../../src/sim/images/memcached/image.ts';
import { mongoImage } from '../../../src/sim/images/mongo/image.ts';
import type { NetNamespace } from '../../../src/sim/net/net.ts';
import { NetError } from '../../../src/sim/net/net.ts';
import { createNetwork } from '../../../src/sim/net/network.ts';
import type { HttpResponse } from '../../../src/sim/net/protocols.ts';
import { Container } from '../../../src/sim/process/container.ts';
import { dirNode } from '../../../src/sim/process/memory-fs.ts';
import { TextSink } from '../../../src/sim/process/pipe.ts';
import { Thread } from '../../../src/sim/process/task.ts';
import { World } from '../../../src/sim/world.ts';
import { FakeApi } from '../net/fake-api.ts';

const LIMITS = { cpuShares: 100, cpuQuotaUs: 100_000 };

/** Containers on the real network model, found by /etc/hosts instead of Services. */
export class Town {
  readonly world = new World({ seed: 'town' });
  readonly network = createNetwork({ world: this.world, api: new FakeApi().client });
  readonly names = new Map<string, string>();
  readonly containers = new Map<string, Container>();
  readonly output = new Map<string, TextSink>();
  #next = 10;

  namespace(name: string): NetNamespace {
    const ip = `10.244.0.${this.#next++}`;
    this.names.set(name, ip);
    const ns: NetNamespace = {
      ip,
      nodeName: 'node-1',
      pod: { namespace: 'app', name, uid: name, labels: {} },
      dns: { nameservers: ['10.96.0.10'], searches: [], ndots: 5 },
      hosts: this.names,
    };
    this.network.attach(ns);
    return ns;
  }

  start(
    name: string,
    image: ImageDef,
    argv: string[],
    options: { env?: Record<string, string>; volume?: string } = {},
  ): Container {
    const attempt = this.#next;
    const container = new Container({
      world: this.world,
      network: this.network,
      ns: this.namespace(name),
      image,
      hostname: `${name}-0`,
      streamName: `${name}/${attempt}`,
      env: { PATH: '/bin:/usr/bin:/usr/local/bin:/go/bin', ...image.config.env, ...options.env },
      workingDir: image.config.workingDir ?? '/',
      uid: 0,
      limits: LIMITS as never,
      mounts: new Map(options.volume ? [[options.volume, { root: this.#volume(name) }]] : []),
      machine: { memoryBytes: 2 ** 33, cpus: 2, bootMs: this.world.nowMs, kernel: '6.1' },
    });
    const out = new TextSink();
    container.start(argv, { stdout: out, stderr: out });
    this.containers.set(name, container);
    this.output.set(name, out);
    return container;
  }

  #volumes = new Map<string, ReturnType<typeof dirNode>>();

  /** The volume of that name; it outlives its containers. */
  #volume(name: string): ReturnType<typeof dirNode> {
    const volume = this.#volumes.get(name) ?? dirNode({});
    this.#volumes.set(name, volume);
    return volume;
  }

  /** All of HotelReservation. */
  open(): this {
    this.start('consul', consulImage, ['docker-entrypoint.sh', 'agent', '-dev']);
    this.start('jaeger', jaegerImage, ['/go/bin/all-in-one-linux']);
    for (const name of ['rate', 'profile', 'reserve'])
      this.start(`memcached-${name}`, memcachedImage, ['docker-entrypoint.sh', 'memcached']);
    for (const name of ['geo', 'rate', 'profile', 'recommendation', 'reservation', 'user']) {
      this.start(`mongodb-${name}`, mongoImage, ['docker-entrypoint.sh', 'mongod']);
    }
    this.world.advance(2_000);
    for (const name of ['geo', 'rate']) {
      this.exec(`mongodb-${name}`, [
        'mongo',
        'admin',
        '--quiet',
        '--eval',
        'db.createUser({user: "admin", pwd: "admin", roles: ["userAdminAnyDatabase", {role: "readWrite", db: "geo-db"}, {role: "readWrite", db: "rate-db"}]})',
      ]);
    }
    for (const name of ['geo', 'rate', 'profile', 'recommendation', 'reservation', 'user', 'search', 'frontend'])
      this.service(name);
    this.world.advance(5_000);
    return this;
  }

  service(name: string, image = hotelReservationImage): Container {
    return this.start(name, image, [name], { env: { JAEGER_SAMPLE_RATIO: '1' } });
  }

  buggyGeo(): Container {
    return this.service('geo', geoApp3Image);
  }

  exec(name: string, argv: string[]): { out: string; code: number | undefined } {
    const out = new TextSink();
    const child = (this.containers.get(name) as Container).exec(argv, { stdout: out, stderr: out });
    this.world.runUntil(() => child.status !== undefined, 60_000);
    return { out: out.text, code: child.status?.code };
  }

  /** One HTTP request from outside. */
  http(
    host: string,
    port: number,
    path: string,
    method = 'GET',
    body = '',
  ): { status: number; body: string; ms: number; headers: Record<string, string> } {
    const ns = this.client;
    const th = new Thread(this.world);
    const startUs = this.world.nowUs;
    let result = { status: 0, body: 'no answer', ms: 0, headers: {} as Record<string, string> };
    const network = this.network;
    th.start(
      (function* () {
        try {
          const conn = yield* network.dial(th, ns, host, port);
          const reply = yield* conn.request<HttpResponse>(th, {
            proto: 'http',
            kind: 'request',
            method,
            path,
            headers: {},
            body,
          });
          result = {
            status: reply.status ?? 0,
            body: reply.body ?? '',
            ms: (th.nowUs - startUs) / 1000,
            headers: reply.headers ?? {},
          };
        } catch (error) {
          if (!(error instanceof NetError)) throw error;
          result = { status: 0, body: error.code, ms: (th.nowUs - startUs) / 1000, headers: {} };
        }
      })(),
    );
    this.world.runUntil(() => th.finished, 400_000);
    if (th.error) throw th.error;
    return result;
  }

  #client: NetNamespace | undefined;
  get client(): NetNamespace {
    this.#client ??= this.namespace('client');
    return this.#client;
  }

  log(name: string): string[] {
    return (this.output.get(name)?.text ?? '')
      .replace(/\u001b\[\d+m/g, '')
      .trimEnd()
      .split('\n');
  }
}
