import { createHash } from 'node:crypto';
import { NetError } from '../../net/net.ts';
import type { HttpResponse } from '../../net/protocols.ts';
import type { Os } from '../../process/os.ts';
import type { Task, Thread } from '../../process/task.ts';
import { FsError } from '../../process/vfs.ts';
import { subcommand } from './command.ts';
import { dialText, endsAsGo, forever, type Handler, klog, log, type Request, reply, serveHttp } from './go.ts';
import { askHttp } from './netexec.ts';

const TOKEN_FILE = '/var/run/secrets/kubernetes.io/serviceaccount/token';

/** Asks the API server for its health, with the pod's own token, and logs a hash of what it shows. */
export const inclusterclient = subcommand({
  flags: { 'poll-interval': 30 },
  *run(os, flags) {
    endsAsGo(os);
    klog(os, os.main, 'I', 'main.go:61', 'started');
    for (;;) {
      yield* os.main.sleep(flags['poll-interval'] * 1000);
      klog(os, os.main, 'I', 'main.go:79', 'calling /healthz');
      const why = yield* healthz(os);
      if (why === undefined) continue;
      klog(os, os.main, 'E', 'main.go:82', 'status=failed');
      klog(os, os.main, 'E', 'main.go:83', `error checking /healthz: ${why}`);
    }
  },
});

function* healthz(os: Os): Task<string | undefined> {
  const headers: Record<string, string> = { accept: 'application/json, */*' };
  try {
    headers['authorization'] = `Bearer ${os.fs.read(TOKEN_FILE).trim()}`;
  } catch (error) {
    if (!(error instanceof FsError)) throw error;
  }
  const shown = headers['authorization'];
  if (shown === undefined) klog(os, os.main, 'E', 'main.go:97', 'authz_header=<empty>');
  else {
    const hash = createHash('sha256').update(`salt|${shown}`).digest('base64url');
    klog(os, os.main, 'I', 'main.go:95', `authz_header=${hash}`);
  }
  const host = os.env['KUBERNETES_SERVICE_HOST'] ?? '';
  const port = Number(os.env['KUBERNETES_SERVICE_PORT'] ?? 443);
  try {
    const conn = yield* os.dial(os.main, host, port, { timeoutMs: 30_000 });
    const request = { proto: 'http', kind: 'request', method: 'GET', path: '/healthz', headers, body: '' } as const;
    const response = yield* conn.request<HttpResponse>(os.main, request, { timeoutMs: 30_000 });
    conn.close();
    return response.status === 200 ? undefined : response.body;
  } catch (error) {
    if (!(error instanceof NetError)) throw error;
    return `Get "https://${host}:${port}/healthz": ${dialText(error, 'tcp', host, port)}\n`;
  }
}

const REGISTER_MS = 15_000;

/** The guestbook: a primary that keeps pairs, replicas that register with it, a front that asks both. */
export const guestbook = subcommand({
  flags: { 'http-port': '80', 'backend-port': '6379', replicaof: '' },
  *run(os, flags) {
    endsAsGo(os);
    const backend = Number(flags['backend-port']);
    const book = new Guestbook(os, backend);
    if (flags.replicaof !== '') os.thread((th) => book.register(th, flags.replicaof));
    serveHttp(os, Number(flags['http-port']), book.routes());
    return yield* forever(os);
  },
});

class Guestbook {
  #store: Record<string, string> = {};
  readonly #replicas: string[] = [];

  constructor(
    readonly os: Os,
    readonly backend: number,
  ) {}

  routes(): Record<string, Handler> {
    return {
      '/register': (request) => this.#registered(request),
      '/get': (request) => this.#get(request),
      '/set': (request) => this.#set(request),
      '/guestbook': (request) => this.#front(request),
    };
  }

  /** Asks the primary for what it has, until it answers. */
  *register(th: Thread, primary: string): Task<void> {
    const { os } = this;
    const startMs = th.nowMs;
    while (th.nowMs - startMs < REGISTER_MS) {
      log(os, th, `Registering to primary: ${primary}:${this.backend}/register?host=${os.address}`);
      const got = yield* this.#ask(th, primary, `register?host=${os.address}`);
      if ('text' in got) {
        this.#store = (JSON.parse(got.text) as { data: Record<string, string> }).data;
        log(os, th, `Registered to node: ${primary}`);
        return;
      }
      log(os, th, `encountered error while registering to primary: ${got.error}. Retrying in 1s.`);
      yield* th.sleep(1000);
    }
    log(os, th, 'Timed out while registering to primary.');
    os.exit(1);
  }

  *#ask(th: Thread, host: string, request: string): Task<{ text: string } | { error: string }> {
    try {
      const [ip = ''] = yield* this.os.resolve(th, host);
      return yield* askHttp(this.os, th, ip, this.backend, request);
    } catch (error) {
      if (!(error instanceof NetError)) throw error;
      return { error: dialText(error, 'tcp', host, this.backend) };
    }
  }

  *#registered({ th, query }: Request): Task<HttpResponse> {
    const ip = query.get('host') ?? '';
    log(this.os, th, `GET /register?host=${ip}`);
    this.#replicas.push(ip);
    log(this.os, th, `Node '${ip}' registered.`);
    return reply(JSON.stringify({ data: this.#store }));
  }

  *#get({ th, query }: Request): Task<HttpResponse> {
    const key = query.get('key') ?? '';
    log(this.os, th, `GET /get?key=${key}`);
    return reply(JSON.stringify({ data: key === '' ? this.#store : (this.#store[key] ?? '') }));
  }

  *#set({ th, query }: Request): Task<HttpResponse> {
    const key = query.get('key') ?? '';
    const text = query.get('value') ?? '';
    log(this.os, th, `GET /set?key=${key}&value=${text}`);
    if (key === '') return reply('cannot set with empty key.\n', 400);
    this.#store[key] = text;
    for (const replica of this.#replicas) {
      const got = yield* askHttp(this.os, th, replica, this.backend, `set?key=${key}&value=${text}`);
      if ('error' in got)
        return reply(`encountered error while propagating to replica '${replica}': ${got.error}\n`, 417);
    }
    return reply(JSON.stringify({ message: 'Updated' }));
  }

  *#front({ th, query }: Request): Task<HttpResponse> {
    const command = (query.get('cmd') ?? '').toLowerCase();
    const key = query.get('key') ?? '';
    const text = query.get('value') ?? '';
    log(this.os, th, `GET /guestbook?cmd=${command}&key=${key}&value=${text}`);
    if (command !== 'get' && command !== 'set') return reply(`unsupported cmd: '${command}'\n`, 400);
    if (command === 'set' && key === '') return reply('cannot set with empty key.\n', 400);
    const host = command === 'get' ? 'agnhost-replica' : 'agnhost-primary';
    const got = yield* this.#ask(th, host, `${command}?key=${key}&value=${text}`);
    return 'text' in got ? reply(got.text) : reply(`encountered error: ${got.error}\n`, 417);
  }
}

const PEER_PAUSE_MS = 5_000;
const PEER_ROUNDS = 15;

/** Counts who has written to it, and writes to all members of its Service itself. */
export const nettest = subcommand({
  flags: { port: 8080, peers: 8, service: 'nettest', namespace: 'default', 'delay-shutdown': 0 },
  *run(os, flags) {
    endsAsGo(os);
    const delay = flags['delay-shutdown'];
    if (delay > 0)
      os.on('SIGTERM', () => {
        os.thread(function* (th) {
          log(os, th, `Sleeping ${delay} seconds before exit ...`);
          yield* th.sleep(delay * 1000);
          os.exit(0);
        });
      });
    const state = {
      sent: new Map<string, number>(),
      received: new Map<string, number>(),
      errors: [] as string[],
      busy: true,
    };
    const counts = (map: Map<string, number>) => (map.size === 0 ? null : Object.fromEntries(map));
    serveHttp(os, flags.port, {
      *'/quit'() {
        return os.exit(0);
      },
      *'/read'() {
        const shown = {
          Hostname: os.hostname,
          Sent: counts(state.sent),
          Received: counts(state.received),
          Errors: state.errors.length === 0 ? null : state.errors,
          Log: null,
          StillContactingPeers: state.busy,
        };
        return reply(JSON.stringify(shown, undefined, '\t'));
      },
      *'/write'({ body }) {
        const source = sourceOf(body);
        if (source) state.received.set(source, (state.received.get(source) ?? 0) + 1);
        else state.errors.push(`${os.hostname}: Got request with no source`);
        return reply(`${JSON.stringify({ Hostname: os.hostname })}\n`);
      },
      *'/status'() {
        if (state.sent.size >= flags.peers && state.received.size >= flags.peers) return reply('pass');
        return reply(state.busy ? 'running' : 'fail');
      },
    });
    for (let round = 0; round < PEER_ROUNDS; round++) {
      yield* writeToPeers(os, `${flags.service}.${flags.namespace}.svc`, flags.port, state.sent);
      yield* os.main.sleep(PEER_PAUSE_MS);
    }
    state.busy = false;
    return yield* forever(os);
  },
});

function sourceOf(body: string): string | undefined {
  try {
    return (JSON.parse(body) as { Source?: string } | null)?.Source;
  } catch {
    return undefined;
  }
}

/** The members of a headless Service are the addresses of its name. */
function* writeToPeers(os: Os, service: string, port: number, sent: Map<string, number>): Task<void> {
  const th = os.main;
  try {
    for (const ip of yield* os.resolve(th, service)) {
      const conn = yield* os.dial(th, ip, port, { timeoutMs: 5_000 });
      const body = JSON.stringify({ Source: os.hostname, Dest: `http://${ip}:${port}` });
      const headers = { 'content-type': 'application/json' };
      const answer = yield* conn.request<HttpResponse>(
        th,
        { proto: 'http', kind: 'request', method: 'POST', path: '/write', headers, body },
        { timeoutMs: 5_000 },
      );
      conn.close();
      const { Hostname: name } = JSON.parse(answer.body) as { Hostname: string };
      sent.set(name, (sent.get(name) ?? 0) + 1);
    }
  } catch (error) {
    if (!(error instanceof NetError)) throw error;
  }
}
