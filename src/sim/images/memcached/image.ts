import { baseFiles, debianPrograms } from '../../container-shell/index.ts';
import type { Server, ServerConn } from '../../net/net.ts';
import type { Message } from '../../net/protocols.ts';
import type { Os, Program } from '../../process/os.ts';
import type { Task, Thread } from '../../process/task.ts';
import { digestOf } from '../digest.ts';
import type { ImageDef } from '../image.ts';
import type { MemcachedCommand } from './protocol.ts';
import { MemcachedStore } from './store.ts';
import { handleText, type TextSession, VERSION } from './text.ts';

const MIB = 1024 * 1024;
const REQUEST_US = 45;
/** The clock and maintenance threads. */
const IDLE_MILLICORES = 0.4;
const IDLE_STEP_MS = 10_000;
const BASE_BYTES = 6 * MIB;

class Memcached implements Server {
  connections = 0;
  totalConnections = 0;

  constructor(
    readonly os: Os,
    readonly store: MemcachedStore,
    readonly startedMs: number,
    readonly threads: number,
  ) {}

  open(conn: ServerConn): void {
    this.connections++;
    this.totalConnections++;
    conn.state = { pending: '' } satisfies TextSession;
  }

  close(): void {
    this.connections--;
  }

  *handle(th: Thread, message: Message, conn: ServerConn): Task<Message> {
    this.os.useCpu(REQUEST_US);
    if (message.proto === 'memcached') {
      const command = message.data as MemcachedCommand;
      const data = this.store.run(command, th.nowMs);
      if (command.cmd === 'set') this.os.setMemory(BASE_BYTES + MIB + this.store.bytes);
      return { proto: 'memcached', kind: 'response', op: 'reply', data };
    }
    // Anything else reaches the parser of the text protocol as the bytes it is.
    const bytes =
      message.proto === 'raw' ? message.data : `${'method' in message ? message.method : message.proto}\r\n`;
    conn.state ??= { pending: '' };
    const { out, close } = handleText(conn.state as TextSession, bytes, {
      store: this.store,
      nowMs: th.nowMs,
      startedMs: this.startedMs,
      pid: this.os.pid,
      connections: this.connections,
      totalConnections: this.totalConnections,
      threads: this.threads,
    });
    if (close) conn.close();
    return { proto: 'raw', kind: 'response', data: out };
  }
}

/** memcached: `-m` megabytes, `-t` threads, `-p` port, `-V`; keeps all in memory. */
function* serve(os: Os, args: readonly string[]): Task<number> {
  if (args.includes('-V') || args.includes('--version')) {
    os.stdout.write(`memcached ${VERSION}\n`);
    return 0;
  }
  const option = (...names: string[]): number | undefined => {
    const at = args.findIndex((a) => names.includes(a));
    return at < 0 ? undefined : Number(args[at + 1]);
  };
  os.endsOnSignal('SIGTERM', 0);
  os.endsOnSignal('SIGINT', 0);
  os.setMemory(BASE_BYTES);
  const store = new MemcachedStore((option('-m', '--memory-limit') ?? 64) * MIB);
  const workers = option('-t', '--threads') ?? 4;
  // the workers, the listener and five for maintenance
  os.setThreads(workers + 6);
  const server = new Memcached(os, store, os.main.nowMs, workers);
  os.listen(option('-p', '--port') ?? 11211, server);
  for (;;) {
    yield* os.main.sleep(IDLE_STEP_MS);
    os.useCpu(IDLE_STEP_MS * IDLE_MILLICORES, IDLE_STEP_MS * 1000);
  }
}

export const memcached: Program = (os) => serve(os, os.argv.slice(1));

/** The image's entry point: memcached itself for options, else the command given. */
const entrypoint: Program = function* main(os) {
  const argv = os.argv.slice(1);
  if (argv[0] === 'memcached') return yield* serve(os, argv.slice(1));
  if (argv[0]?.startsWith('-')) return yield* serve(os, argv);
  const child = os.spawn(argv);
  while (!child.status) yield* os.main.wait(child.exited);
  return child.status.code;
};

export const memcachedImage: ImageDef = {
  repository: 'docker.io/library/memcached',
  tags: ['latest', '1', '1.6', '1.6.7', '1.6.18', '1.6.40'],
  sizeBytes: 32_419_127,
  digest: digestOf('docker.io/library/memcached'),
  config: {
    entrypoint: ['docker-entrypoint.sh'],
    cmd: ['memcached'],
    uid: 11211,
    exposedPorts: [11211],
    env: { MEMCACHED_VERSION: VERSION },
  },
  files: baseFiles(
    'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nNAME="Debian GNU/Linux"\nVERSION_ID="12"\nID=debian\n',
  ),
  programs: {
    ...debianPrograms(),
    '/usr/local/bin/memcached': memcached,
    '/usr/local/bin/docker-entrypoint.sh': entrypoint,
  },
};
