import { X509Certificate } from 'node:crypto';
import { parse as parseYaml } from 'yaml';
import { NetError } from '../../net/net.ts';
import type { Os, Program } from '../../process/os.ts';
import type { Task, Thread } from '../../process/task.ts';
import { FsError } from '../../process/vfs.ts';
import { USERS } from './auth.ts';
import { MongodLog } from './log.ts';
import { MongoServer } from './server.ts';
import { Storage } from './storage.ts';

export const VERSION = '4.4.6';
const MIB = 1024 * 1024;
const IDLE_STEP_MS = 10_000;
const IDLE_MILLICORES = 4;
const EXIT_BAD_OPTIONS = 2;
const EXIT_ABRUPT = 14;
const EXIT_DATA_DIRECTORY = 100;
const EXIT_PORT_IN_USE = 48;

export interface MongodOptions {
  dbPath: string;
  port: number;
  bindIp: string;
  auth: boolean;
  tlsMode: string;
  certificateFile: string | undefined;
}

type ConfigFile = {
  net?: {
    port?: number;
    bindIp?: string;
    tls?: { mode?: string; certificateKeyFile?: string };
    ssl?: { mode?: string; PEMKeyFile?: string };
  };
  security?: { authorization?: string };
  storage?: { dbPath?: string };
};

/** Options of the command line over those of the configuration file. */
export function parseOptions(os: Os, args: readonly string[]): MongodOptions | string {
  const flags = new Map<string, string>();
  for (let i = 0; i < args.length; i++) {
    const arg = args[i] as string;
    if (!arg.startsWith('-'))
      return `Error parsing command line: too many positional options have been specified on the command line`;
    const [name = '', inline] = arg.replace(/^--?/, '').split('=', 2);
    const known = FLAGS[name];
    if (known === undefined) return `Error parsing command line: unrecognised option '${arg}'`;
    flags.set(known.name, known.value ? (inline ?? args[++i] ?? '') : 'true');
  }
  const file = flags.get('config');
  let config: ConfigFile = {};
  if (file !== undefined) {
    try {
      config = (parseYaml(os.fs.read(file)) ?? {}) as ConfigFile;
    } catch (error) {
      if (error instanceof FsError) return `Error reading config file: No such file or directory`;
      return `Error parsing YAML config file: ${(error as Error).message.split('\n')[0]}`;
    }
  }
  const tls = config.net?.tls;
  const ssl = config.net?.ssl;
  return {
    dbPath: flags.get('dbpath') ?? config.storage?.dbPath ?? '/data/db',
    port: Number(flags.get('port') ?? config.net?.port ?? 27017),
    bindIp: flags.has('bind_ip_all') ? '0.0.0.0' : (flags.get('bind_ip') ?? config.net?.bindIp ?? '0.0.0.0'),
    auth: flags.has('auth') || config.security?.authorization === 'enabled',
    tlsMode: flags.get('tlsMode') ?? tls?.mode ?? ssl?.mode ?? 'disabled',
    certificateFile: flags.get('tlsCertificateKeyFile') ?? tls?.certificateKeyFile ?? ssl?.PEMKeyFile,
  };
}

const plain = (name: string) => ({ name, value: false });
const valued = (name: string) => ({ name, value: true });
const FLAGS: Readonly<Record<string, { name: string; value: boolean }>> = {
  auth: plain('auth'),
  noauth: plain('noauth'),
  bind_ip_all: plain('bind_ip_all'),
  quiet: plain('quiet'),
  v: plain('v'),
  wiredTigerCacheSizeGB: valued('cache'),
  dbpath: valued('dbpath'),
  port: valued('port'),
  bind_ip: valued('bind_ip'),
  config: valued('config'),
  f: valued('config'),
  tlsMode: valued('tlsMode'),
  sslMode: valued('tlsMode'),
  tlsCertificateKeyFile: valued('tlsCertificateKeyFile'),
  sslPEMKeyFile: valued('tlsCertificateKeyFile'),
  tlsCAFile: valued('ca'),
  logpath: valued('logpath'),
  replSet: valued('replSet'),
};

/** A server that serves; `stop` closes it as SIGTERM would. */
export interface RunningMongod {
  server: MongoServer;
  stop(th: Thread): void;
}

/** Brings mongod up; a number is the exit code of a start that failed. */
export function* startMongod(
  os: Os,
  th: Thread,
  options: MongodOptions,
  argv: readonly string[],
): Task<RunningMongod | number> {
  const log = new MongodLog(os);
  logStart(log, th, os, options);
  if (options.tlsMode !== 'disabled' && !certificateIsGood(log, th, os, options)) return EXIT_ABRUPT;
  if (!os.fs.exists(options.dbPath)) {
    log.line(th, 'E', 'STORAGE', 20557, 'initandlisten', 'DBException in initAndListen, terminating', {
      error: `NonExistentPath: Data directory ${options.dbPath} not found. Create the missing directory or specify another path using (1) the --dbpath command line option, or (2) by adding the 'storage.dbPath' option in the configuration file.`,
    });
    return EXIT_DATA_DIRECTORY;
  }
  const storage = new Storage(os.fs, options.dbPath);
  storage.initialise(os.pid);
  logStorage(log, th, options);
  yield* th.sync();
  let stopped = false;
  const startedMs = th.nowMs;
  const info = {
    version: VERSION,
    host: os.hostname,
    pid: os.pid,
    startedMs,
    argv,
    connections: () => ({ current: server.current, totalCreated: server.total }),
    logLines: () => log.lines,
    warnings: () => log.warnings,
    shutdown: () => os.exit(0),
  };
  const requireTls = options.tlsMode === 'requireTLS' || options.tlsMode === 'requireSSL';
  const server = new MongoServer(os, storage, log, { auth: options.auth, requireTls }, info);
  const localOnly = options.bindIp === '127.0.0.1' || options.bindIp === 'localhost';
  let listener: ReturnType<Os['listen']>;
  try {
    listener = os.listen(options.port, server, localOnly ? { host: '127.0.0.1' } : undefined);
  } catch (error) {
    if (!(error instanceof NetError)) throw error;
    log.line(th, 'E', 'STORAGE', 20568, 'initandlisten', 'Error setting up listener', {
      error: { code: 9001, codeName: 'SocketException', errmsg: 'Address already in use' },
    });
    return EXIT_PORT_IN_USE;
  }
  log.line(th, 'I', 'NETWORK', 23015, 'listener', 'Listening on', { address: '/tmp/mongodb-27017.sock' });
  log.line(th, 'I', 'NETWORK', 23015, 'listener', 'Listening on', { address: localOnly ? '127.0.0.1' : '0.0.0.0' });
  log.line(th, 'I', 'NETWORK', 23016, 'listener', 'Waiting for connections', {
    port: options.port,
    ssl: requireTls ? 'on' : 'off',
  });
  return {
    server,
    stop(on) {
      if (stopped) return;
      stopped = true;
      log.line(on, 'I', 'CONTROL', 23377, 'SignalHandler', 'Received signal', { signal: 15, error: 'Terminated' });
      log.line(on, 'I', 'CONTROL', 23378, 'SignalHandler', 'Signal was sent by kill(2)', { pid: 1, uid: 0 });
      log.line(on, 'I', 'REPL', 4784900, 'SignalHandler', 'Stepping down the ReplicationCoordinator for shutdown', {
        waitTimeMillis: 10000,
      });
      log.line(on, 'I', 'NETWORK', 20562, 'SignalHandler', 'Shutdown: going to close listening sockets');
      log.line(on, 'I', 'STORAGE', 22320, 'SignalHandler', 'Shutting down journal flusher thread');
      log.line(on, 'I', 'STORAGE', 22261, 'SignalHandler', 'Timestamp monitor shutting down');
      listener.close();
      os.fs.write(`${options.dbPath}/mongod.lock`, '');
      log.line(on, 'I', 'CONTROL', 20565, 'SignalHandler', 'Now exiting');
      log.line(on, 'I', 'CONTROL', 23138, 'SignalHandler', 'Shutting down', { exitCode: 0 });
    },
  };
}

function logStart(log: MongodLog, th: Thread, os: Os, options: MongodOptions): void {
  const line = log.line.bind(log, th);
  line(
    'I',
    'CONTROL',
    23285,
    'main',
    "Automatically disabling TLS 1.0, to force-enable TLS 1.0 specify --sslDisabledProtocols 'none'",
  );
  line('W', 'ASIO', 22601, 'main', 'No TransportLayer configured during NetworkInterface startup');
  line(
    'I',
    'NETWORK',
    4648601,
    'main',
    'Implicit TCP FastOpen unavailable. If TCP FastOpen is required, set tcpFastOpenServer, tcpFastOpenClient, and tcpFastOpenQueueSize.',
  );
  line('I', 'STORAGE', 4615611, 'initandlisten', 'MongoDB starting', {
    pid: os.pid,
    port: options.port,
    dbPath: options.dbPath,
    architecture: '64-bit',
    host: os.hostname,
  });
  line('I', 'CONTROL', 23403, 'initandlisten', 'Build Info', {
    buildInfo: {
      version: VERSION,
      gitVersion: '72e66213c2c3eab37d9358d5e78ad7f5c1d0d0d7',
      openSSLVersion: 'OpenSSL 1.1.1  11 Sep 2018',
      modules: [],
      allocator: 'tcmalloc',
      environment: { distmod: 'ubuntu1804', distarch: 'x86_64', target_arch: 'x86_64' },
    },
  });
  line('I', 'CONTROL', 51765, 'initandlisten', 'Operating System', { os: { name: 'Ubuntu', version: '18.04' } });
  const security = options.auth ? { security: { authorization: 'enabled' } } : {};
  line('I', 'CONTROL', 21951, 'initandlisten', 'Options set by command line', {
    options: { net: { bindIp: options.bindIp === '0.0.0.0' ? '*' : options.bindIp }, ...security },
  });
}

function logStorage(log: MongodLog, th: Thread, options: MongodOptions): void {
  const line = log.line.bind(log, th);
  line(
    'I',
    'STORAGE',
    22297,
    'initandlisten',
    'Using the XFS filesystem is strongly recommended with the WiredTiger storage engine. See http://dochub.mongodb.org/core/prodnotes-filesystem',
    { tags: ['startupWarnings'] },
  );
  line('I', 'STORAGE', 22315, 'initandlisten', 'Opening WiredTiger', {
    config:
      'create,cache_size=7379M,session_max=33000,eviction=(threads_min=4,threads_max=4),config_base=false,statistics=(fast),log=(enabled=true,archive=true,path=journal,compressor=snappy),file_manager=(close_idle_time=100000,close_scan_interval=10,close_handle_minimum=250),statistics_log=(wait=0),verbose=[recovery_progress,checkpoint_progress,compact_progress],',
  });
  th.spend(350_000);
  line('I', 'STORAGE', 22430, 'initandlisten', 'WiredTiger message', {
    message:
      '[1:0x7f], txn-recover: [WT_VERB_RECOVERY | WT_VERB_RECOVERY_PROGRESS] Set global recovery timestamp: (0, 0)',
  });
  line('I', 'STORAGE', 4795906, 'initandlisten', 'WiredTiger opened', { durationMillis: 350 });
  line('I', 'RECOVERY', 23987, 'initandlisten', 'WiredTiger recoveryTimestamp', {
    recoveryTimestamp: { $timestamp: { t: 0, i: 0 } },
  });
  line(
    'I',
    'STORAGE',
    4366408,
    'initandlisten',
    'No table logging settings modifications are required for existing WiredTiger tables',
    { loggingEnabled: true },
  );
  line('I', 'STORAGE', 22262, 'initandlisten', 'Timestamp monitor starting');
  if (!options.auth) {
    line(
      'W',
      'CONTROL',
      22120,
      'initandlisten',
      'Access control is not enabled for the database. Read and write access to data and configuration is unrestricted',
      { tags: ['startupWarnings'] },
    );
  }
  line('I', 'STORAGE', 20320, 'initandlisten', 'createCollection', {
    namespace: 'local.startup_log',
    uuidDisposition: 'generated',
    options: { capped: true, size: 10485760 },
  });
  line('I', 'INDEX', 20345, 'initandlisten', 'Index build: done building', {
    buildUUID: null,
    namespace: 'local.startup_log',
    index: '_id_',
    commitTimestamp: { $timestamp: { t: 0, i: 0 } },
  });
  line('I', 'SHARDING', 20459, 'initandlisten', 'Initializing sharding');
  line('I', 'STORAGE', 20536, 'initandlisten', 'Flow Control is enabled on this deployment');
  line('I', 'FTDC', 20625, 'initandlisten', 'Initializing full-time diagnostic data capture', {
    dataDirectory: `${options.dbPath}/diagnostic.data`,
  });
  line(
    'I',
    'REPL',
    20712,
    'LogicalSessionCacheReap',
    'Sessions collection is not set up; waiting until next sessions reap interval',
    { error: 'NamespaceNotFound: config.system.sessions does not exist' },
  );
}

/** A server that is to use TLS checks its certificate first and aborts over an expired one. */
function certificateIsGood(log: MongodLog, th: Thread, os: Os, options: MongodOptions): boolean {
  const abort = (id: number, msg: string, attr?: object): boolean => {
    log.line(th, 'F', 'NETWORK', id, 'main', msg, attr);
    log.line(th, 'F', '-', 23091, 'main', 'Fatal assertion', {
      msgid: id,
      file: 'src/mongo/util/net/ssl_manager_openssl.cpp',
      line: 2269,
    });
    log.line(th, 'F', '-', 23092, 'main', '\n\n***aborting after fassert() failure\n\n');
    return false;
  };
  const keyFile = options.certificateFile;
  if (keyFile === undefined) {
    return abort(28600, 'need tlsCertificateKeyFile when TLS is enabled');
  }
  let certificate: X509Certificate;
  try {
    certificate = new X509Certificate(os.fs.read(keyFile));
  } catch {
    return abort(28652, 'Cannot read certificate file', { keyFile });
  }
  const expired = Date.parse(certificate.validTo) < th.nowMs || Date.parse(certificate.validFrom) > th.nowMs;
  return expired ? abort(28652, 'The provided SSL certificate is expired or not yet valid.') : true;
}

/** `mongod` until SIGTERM. */
export function* mongodMain(os: Os, args: readonly string[]): Task<number> {
  const th = os.main;
  if (args.includes('--version')) {
    os.stdout.write(`db version v${VERSION}\nBuild Info: {\n    "version": "${VERSION}"\n}\n`);
    return 0;
  }
  const options = parseOptions(os, args);
  if (typeof options === 'string') {
    os.stderr.write(`${options}\ntry 'mongod --help' for more information\n`);
    return EXIT_BAD_OPTIONS;
  }
  os.setMemory(64 * MIB);
  os.setThreads(33);
  os.useCpu(300_000);
  const running = yield* startMongod(os, th, options, ['mongod', ...args]);
  if (typeof running === 'number') return running;
  const end = (): void => {
    running.stop(th);
    os.exit(0);
  };
  os.on('SIGTERM', end);
  os.on('SIGINT', end);
  for (;;) {
    yield* th.sleep(IDLE_STEP_MS);
    os.useCpu(IDLE_STEP_MS * IDLE_MILLICORES, IDLE_STEP_MS * 1000);
  }
}

export const mongod: Program = (os) => mongodMain(os, os.argv.slice(1));
export { USERS };
