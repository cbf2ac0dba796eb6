import { NetError } from '../../net/net.ts';
import type { Os, Program } from '../../process/os.ts';
import type { Task, Thread } from '../../process/task.ts';
import { type Config, readConfig } from './config.ts';
import { registerService, splitAddress } from './consul-client.ts';
import { goLookupError, Log } from './go.ts';
import { type GrpcHandler, GrpcServer } from './grpc.ts';
import { MemcacheClient } from './memcache.ts';
import { MgoError, MgoSession, parseMongoAddress } from './mgo.ts';
import { Tracer } from './tracing.ts';
import { idleCpu, MemoryGauge, type Usage } from './usage.ts';

/** Line numbers of the start-up messages in main.go and its neighbours (measured, hotel image of February 2025). */
export interface StartLines {
  readConfig: number;
  /** Database URL, Initializing DB connection, Successfull. */
  database?: readonly [number, number, number];
  /** New session and Generating test data in db.go; without the second the message is not printed. */
  session?: readonly [number, number?];
  memcached?: readonly [number, number, number];
  /** Target port, consul address, jaeger address. */
  addresses: readonly [number, number, number];
  jaeger: readonly [number, number];
  consul: readonly [number, number];
  starting: number;
  /** `Successfully registered` in server.go. */
  registered?: number;
}

export interface ServiceSpec {
  name: string;
  lines: StartLines;
  keys: { port: string; mongo?: string; memcached?: string };
  credentials?: { user: string; password: string };
  usage: Usage;
  /** Fills the database when it is empty and loads what the service keeps in memory. Throws MgoError. */
  seed?(th: Thread, session: MgoSession): Task<void>;
  /** Makes the handlers once all clients are there. */
  handlers(service: Running): Record<string, GrpcHandler>;
}

/** A service that has come up this far: its clients and log. */
export interface Running {
  os: Os;
  log: Log;
  config: Config;
  tracer: Tracer;
  memory: MemoryGauge;
  /** Only for services with a database or cache. */
  mongo: MgoSession | undefined;
  memcached: MemcacheClient | undefined;
}

/** The steps that main.go of every service goes through, in its order, with its messages and ways to die. */
export function serviceProgram(makeSpec: () => ServiceSpec): Program {
  return function* main(os) {
    const spec = makeSpec();
    const th = os.main;
    const log = new Log(os);
    const at = (line: number): string => `cmd/${spec.name}/main.go:${line}`;
    const { lines } = spec;
    const memory = begin(os, log, spec.usage);
    const config = readConfig(os, log, at(lines.readConfig), at(lines.readConfig + 3));
    const mongo = yield* openDatabase(os, th, log, spec, config);
    const memcached = yield* openCache(os, th, log, spec, config);
    const port = config[spec.keys.port] ?? '';
    const { consulAddress = '', jaegerAddress = '' } = config;
    log.info(at(lines.addresses[0]), `Read target port: ${port}`);
    const tracer = yield* openTracer(os, th, log, spec.name, lines, consulAddress, jaegerAddress);
    openConsul(log, spec.name, lines, consulAddress);
    log.info(at(lines.starting), 'Starting server...');
    const running: Running = { os, log, config, tracer, memory, mongo, memcached };
    os.listen(Number(port), new GrpcServer(tracer, spec.handlers(running)));
    th.spend(20_000);
    yield* th.sync();
    const failure = yield* registerService(os, th, log, consulAddress, `srv-${spec.name}`, Number(port));
    if (failure !== undefined) log.fatal(at(lines.starting + 1), `failed register: ${failure}`);
    log.info(`services/${spec.name}/server.go:${lines.registered}`, 'Successfully registered in consul');
    for (;;) yield* th.sleep(3_600_000);
  };
}

/** The first lines of every program of the image, its memory and its way to take SIGTERM. */
export function begin(os: Os, log: Log, usage: Usage): MemoryGauge {
  os.endsOnSignal('SIGTERM', 2);
  os.endsOnSignal('SIGINT', 2);
  for (const message of ['TLS disabled.', 'Set global log level: info', 'Tune: setGCPercent to 100']) log.json(message);
  idleCpu(os, usage.idleMillicores);
  os.useCpu(20_000);
  return new MemoryGauge(os, usage);
}

function* openDatabase(os: Os, th: Thread, log: Log, spec: ServiceSpec, config: Config): Task<MgoSession | undefined> {
  const { database, session: sessionLines } = spec.lines;
  if (!database || !sessionLines || !spec.keys.mongo) return undefined;
  const main = `cmd/${spec.name}/main.go`;
  const db = `cmd/${spec.name}/db.go`;
  const address = config[spec.keys.mongo] ?? '';
  log.info(`${main}:${database[0]}`, `Read database URL: ${address}`);
  log.info(`${main}:${database[1]}`, 'Initializing DB connection...');
  let session: MgoSession;
  try {
    session = yield* MgoSession.dial(os, th, parseMongoAddress(address, spec.credentials));
  } catch (error) {
    if (!(error instanceof MgoError)) throw error;
    const line = sessionLines[0] - 3;
    return log.panic(`${db}:${line}`, error.message, [
      { call: `main.initializeDatabase({0xc0000b4060, 0x${address.length.toString(16)}})`, at: `${db}:${line} +0x167` },
      { call: 'main.main()', at: `${main}:${database[1] + 1} +0x877` },
    ]);
  }
  log.info(`${db}:${sessionLines[0]}`, 'New session successfull...');
  if (sessionLines[1] !== undefined) log.info(`${db}:${sessionLines[1]}`, 'Generating test data...');
  try {
    if (spec.seed) yield* spec.seed(th, session);
  } catch (error) {
    if (!(error instanceof MgoError)) throw error;
    log.fatal(`${db}:${sessionLines[0] + 6}`, error.message);
  }
  log.info(`${main}:${database[2]}`, 'Successfull');
  return session;
}

function* openCache(os: Os, th: Thread, log: Log, spec: ServiceSpec, config: Config): Task<MemcacheClient | undefined> {
  const { memcached } = spec.lines;
  if (!memcached || !spec.keys.memcached) return undefined;
  return yield* MemcacheClient.connect(os, th, log, memcached, spec.name, config[spec.keys.memcached] ?? '');
}

/** The lines about consul's and jaeger's addresses, then the tracer; an agent name that does not exist is a panic. */
export function* openTracer(
  os: Os,
  th: Thread,
  log: Log,
  name: string,
  lines: StartLines,
  consulAddress: string,
  jaegerAddress: string,
): Task<Tracer> {
  const at = (line: number): string => `cmd/${name}/main.go:${line}`;
  log.info(at(lines.addresses[1]), `Read consul address: ${consulAddress}`);
  log.info(at(lines.addresses[2]), `Read jaeger address: ${jaegerAddress}`);
  log.info(at(lines.jaeger[0]), `Initializing jaeger agent [service name: ${name} | host: ${jaegerAddress}]...`);
  log.info('tracing/tracer.go:26', `Jaeger client: adjusted sample ratio ${sampleRatio(os).toFixed(6)}`);
  const [host, port] = splitAddress(jaegerAddress);
  try {
    yield* os.resolve(th, host);
  } catch (error) {
    if (!(error instanceof NetError)) throw error;
    const line = lines.jaeger[1] - 2;
    return log.panic(at(line), `Got error while initializing jaeger agent: ${goLookupError(error, host)}`, [
      { call: 'main.main()', at: `cmd/${name}/main.go:${line} +0x1045` },
    ]);
  }
  log.info(at(lines.jaeger[1]), 'Jaeger agent initialized');
  return new Tracer(os, name, host, port, sampleRatio(os));
}

export function openConsul(log: Log, name: string, lines: StartLines, consulAddress: string): void {
  log.info(`cmd/${name}/main.go:${lines.consul[0]}`, `Initializing consul agent [host: ${consulAddress}]...`);
  log.info(`cmd/${name}/main.go:${lines.consul[1]}`, 'Consul agent initialized');
}

/** JAEGER_SAMPLE_RATIO; without it the program samples one request in a hundred. */
function sampleRatio(os: Os): number {
  const ratio = Number.parseFloat(os.env['JAEGER_SAMPLE_RATIO'] ?? '0.01');
  return Number.isNaN(ratio) ? 0.01 : Math.min(1, Math.max(0, ratio));
}
