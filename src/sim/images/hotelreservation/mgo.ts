import type { Conn } from '../../net/net.ts';
import { NetError } from '../../net/net.ts';
import type { DataMessage } from '../../net/protocols.ts';
import type { Os } from '../../process/os.ts';
import type { Task, Thread } from '../../process/task.ts';
import type { Document, MongoReply, MongoRequest } from '../mongo/wire.ts';
import { SocketPool } from './socket-pool.ts';

/** An error of the driver or the server, in the words that reach the program's log. */
export class MgoError extends Error {
  override readonly name = 'MgoError';
}

/** Measured: the driver gives up 11 s after Dial (its time-out is 10 s) and 60 s into an operation. */
const DIAL_TIMEOUT_MS = 11_000;
const SYNC_TIMEOUT_MS = 60_000;
const RETRY_MS = 500;
/** SCRAM-SHA-1 with 10 000 rounds, per connection: measured 85–200 ms on a cold pool of several. */
const SCRAM_US = { median: 45_000, p95: 110_000 };

export interface MongoUrl {
  host: string;
  port: number;
  user?: string;
  password?: string;
  authDb: string;
}

/** `admin:admin@mongodb-geo:27017` or `mongodb-user:27017`. */
export function parseMongoAddress(text: string, credentials?: { user: string; password: string }): MongoUrl {
  const [host = '', port = '27017'] = text.split(':');
  return { host, port: Number(port) || 27017, ...credentials, authDb: 'admin' };
}

/** mgo.v2's session: a pool of sockets to one server, each authenticated when it is opened. */
export class MgoSession {
  #pool = new SocketPool();
  /** The server's address once resolved: further sockets go there, until that fails. */
  #ip: string | undefined;

  private constructor(
    readonly os: Os,
    readonly url: MongoUrl,
  ) {}

  /** Throws {@link MgoError} `no reachable servers` or the authentication's failure. */
  static *dial(os: Os, th: Thread, url: MongoUrl): Task<MgoSession> {
    const session = new MgoSession(os, url);
    session.#pool.put(th, yield* session.#open(th, DIAL_TIMEOUT_MS));
    return session;
  }

  /** Runs a command on a pooled socket; throws {@link MgoError} with the server's errmsg when it is not ok. */
  *run(th: Thread, db: string, command: Document): Task<MongoReply> {
    let conn = this.#pool.take(th);
    while (conn && !conn.isOpen) conn = this.#pool.take(th);
    conn ??= yield* this.#open(th, SYNC_TIMEOUT_MS);
    let reply: MongoReply;
    try {
      reply = yield* send(th, conn, { db, command });
    } catch (error) {
      if (!(error instanceof NetError)) throw error;
      conn.close();
      throw new MgoError('EOF');
    }
    this.#pool.put(th, conn);
    if (reply.ok !== 1) throw new MgoError(reply.errmsg ?? 'unknown error');
    return reply;
  }

  /** Number of documents that match. */
  *count(th: Thread, db: string, collection: string, query: Document): Task<number> {
    const reply = yield* this.run(th, db, { count: collection, query });
    return Number(reply['n'] ?? 0);
  }

  *find(th: Thread, db: string, collection: string, filter: Document): Task<Document[]> {
    const reply = yield* this.run(th, db, { find: collection, filter, skip: 0 });
    return ((reply['cursor'] as Document | undefined)?.['firstBatch'] as Document[] | undefined) ?? [];
  }

  *insert(th: Thread, db: string, collection: string, document: Document): Task<void> {
    yield* this.run(th, db, { insert: collection, documents: [document], ordered: true });
  }

  *#open(th: Thread, timeoutMs: number): Task<Conn> {
    const deadlineUs = th.nowUs + timeoutMs * 1000;
    for (;;) {
      const leftMs = (deadlineUs - th.nowUs) / 1000;
      if (leftMs <= 0) throw new MgoError('no reachable servers');
      let conn: Conn;
      try {
        const host = this.#ip ?? this.url.host;
        conn = yield* this.os.dial(th, host, this.url.port, { timeoutMs: Math.min(leftMs, 10_000) });
        this.#ip = conn.remote.ip;
        yield* send(th, conn, { db: 'admin', command: { ismaster: 1 } }, Math.min(leftMs, 10_000));
      } catch (error) {
        if (!(error instanceof NetError)) throw error;
        this.#ip = undefined;
        yield* th.sleep(Math.min(RETRY_MS, Math.max(0, (deadlineUs - th.nowUs) / 1000)));
        continue;
      }
      if (this.url.user !== undefined) yield* this.#authenticate(th, conn);
      return conn;
    }
  }

  *#authenticate(th: Thread, conn: Conn): Task<void> {
    const { user, password, authDb } = this.url;
    th.spend(this.os.rng.lognormal(SCRAM_US.median, SCRAM_US.p95));
    let reply: MongoReply;
    try {
      const command = { saslStart: 1, mechanism: 'SCRAM-SHA-1', user, password };
      reply = yield* send(th, conn, { db: authDb, command });
    } catch (error) {
      if (!(error instanceof NetError)) throw error;
      throw new MgoError('EOF');
    }
    if (reply.ok === 1) return;
    conn.close();
    throw new MgoError(`server returned error on SASL authentication step: ${reply.errmsg}`);
  }
}

function* send(th: Thread, conn: Conn, data: MongoRequest, timeoutMs?: number): Task<MongoReply> {
  const message: DataMessage = { proto: 'mongodb', kind: 'request', op: 'command', data };
  const reply = yield* conn.request<DataMessage>(th, message, timeoutMs === undefined ? undefined : { timeoutMs });
  if (reply.proto !== 'mongodb') throw new NetError('ECONNRESET');
  return reply.data as MongoReply;
}
