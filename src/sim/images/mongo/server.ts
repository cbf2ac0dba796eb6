import { createHash } from 'node:crypto';
import type { Server, ServerConn } from '../../net/net.ts';
import type { Message } from '../../net/protocols.ts';
import type { Os } from '../../process/os.ts';
import type { Task, Thread } from '../../process/task.ts';
import { allowed, findUser, toUser, USERS, type User } from './auth.ts';
import { type CommandContext, commands, type ServerInfo } from './commands.ts';
import type { MongodLog } from './log.ts';
import { QueryError } from './query.ts';
import type { Storage } from './storage.ts';
import { bsonText, type Document, type MongoReply, type MongoRequest, mongoError } from './wire.ts';

/** A password's digest as it is stored. Real servers salt it; here equality is all that counts. */
export function passwordDigest(user: string, password: string): string {
  return createHash('md5').update(`${user}:mongo:${password}`).digest('base64');
}

interface ConnState {
  ctx: string;
  users: User[];
}

const COMMAND_US = 120;
const SESSION_FIELDS = new Set(['lsid', '$db', '$clusterTime']);

/** mongod's command loop: one state per connection, authorization before each command. */
export class MongoServer implements Server {
  current = 0;
  total = 0;

  constructor(
    readonly os: Os,
    readonly storage: Storage,
    readonly log: MongodLog,
    readonly options: { auth: boolean; requireTls: boolean },
    readonly info: ServerInfo,
  ) {}

  open(conn: ServerConn): void {
    this.current++;
    conn.state = { ctx: `conn${++this.total}`, users: [] } satisfies ConnState;
    const remote = `${conn.peer.ip}:${conn.peer.port}`;
    const attr = { remote, connectionId: this.total, connectionCount: this.current };
    this.log.line(this.os.main, 'I', 'NETWORK', 22943, 'listener', 'Connection accepted', attr);
  }

  close(conn: ServerConn): void {
    this.current--;
    const { ctx } = conn.state as ConnState;
    const remote = `${conn.peer.ip}:${conn.peer.port}`;
    const attr = { remote, connectionId: Number(ctx.slice(4)), connectionCount: this.current };
    this.log.line(this.os.main, 'I', 'NETWORK', 22944, ctx, 'Connection ended', attr);
  }

  *handle(th: Thread, message: Message, conn: ServerConn): Task<Message> {
    const state = conn.state as ConnState;
    if (message.proto !== 'mongodb') {
      if (message.proto === 'http') return NOT_HTTP;
      conn.close();
      return { proto: 'raw', kind: 'response', data: '' };
    }
    const request = message.data as MongoRequest & { tls?: boolean };
    if (this.options.requireTls && !request.tls) {
      const attr = {
        remote: `${conn.peer.ip}:${conn.peer.port}`,
        error: 'SSLHandshakeFailed: The server is configured to only allow SSL connections',
      };
      this.log.line(
        th,
        'I',
        'NETWORK',
        22988,
        state.ctx,
        'Error receiving request from client. Ending connection from remote',
        attr,
      );
      conn.close();
      return { proto: 'raw', kind: 'response', data: '' };
    }
    this.os.useCpu(COMMAND_US);
    th.spend(COMMAND_US);
    return { proto: 'mongodb', kind: 'response', op: 'reply', data: this.#run(th, request, state, conn) };
  }

  #run(th: Thread, { db, command }: MongoRequest, state: ConnState, conn: ServerConn): MongoReply {
    const name = Object.keys(command)[0] ?? '';
    if (name === 'saslStart') return this.#authenticate(th, db, command, state, conn);
    if (name === 'logout') {
      state.users = state.users.filter((u) => u.db !== db);
      return { ok: 1 };
    }
    const found = commands.get(name.toLowerCase());
    if (!found) return mongoError(59, `no such command: '${name}'`);
    if (ADMIN_ONLY.has(name.toLowerCase()) && db !== 'admin') {
      return mongoError(13, `${name} may only be run against the admin database.`);
    }
    if (!this.#mayRun(found.right, db, command, state, conn)) {
      const errmsg = this.#refusal(db, command, state);
      const attr = { error: { code: 13, codeName: 'Unauthorized', errmsg } };
      this.log.line(th, 'I', 'ACCESS', 20436, state.ctx, 'Checking authorization failed', attr);
      return mongoError(13, errmsg);
    }
    const context: CommandContext = {
      storage: this.storage,
      db,
      command,
      nowMs: th.nowMs,
      users: state.users,
      newId: () =>
        Math.floor(th.nowMs / 1000)
          .toString(16)
          .padStart(8, '0') + this.os.rng.hex(16),
      digest: (password) => passwordDigest(String(Object.values(command)[0]), password),
      info: this.info,
    };
    try {
      return found.run(context);
    } catch (error) {
      if (error instanceof QueryError) return mongoError(2, error.message);
      throw error;
    }
  }

  #mayRun(
    right: Parameters<typeof allowed>[1],
    db: string,
    command: Document,
    state: ConnState,
    conn: ServerConn,
  ): boolean {
    if (!this.options.auth) return true;
    // The localhost exception: who is on the machine may make the first user.
    const first = this.storage.get(USERS).length === 0 && conn.peer.ip.startsWith('127.');
    if (first && 'createUser' in command && db === 'admin') return true;
    const users = this.#fresh(state);
    if ('connectionStatus' in command || right === 'none') return true;
    if ('usersInfo' in command && users.some((u) => u.user === command['usersInfo'] && u.db === db)) return true;
    if ('listDatabases' in command && users.length > 0) return true;
    return allowed(users, right, db);
  }

  /** Users as they are now: a revoked role or a dropped user counts at once, also on open connections. */
  #fresh(state: ConnState): User[] {
    const now = state.users.flatMap((u) => {
      const doc = findUser(this.storage, u.db, u.user);
      return doc ? [toUser(doc)] : [];
    });
    return now;
  }

  #refusal(db: string, command: Document, state: ConnState): string {
    const name = Object.keys(command)[0] ?? '';
    if (this.#fresh(state).length === 0) return `command ${name} requires authentication`;
    const shown = Object.fromEntries(Object.entries(command).filter(([k]) => !SESSION_FIELDS.has(k)));
    return `not authorized on ${db} to execute command ${bsonText({ ...shown, $db: db })}`;
  }

  #authenticate(th: Thread, db: string, command: Document, state: ConnState, conn: ServerConn): MongoReply {
    const user = String(command['user']);
    const mechanism = String(command['mechanism'] ?? 'SCRAM-SHA-256');
    const doc = findUser(this.storage, db, user);
    const remote = `${conn.peer.ip}:${conn.peer.port}`;
    const attr = {
      mechanism,
      speculative: false,
      principalName: user,
      authenticationDatabase: db,
      remote,
      extraInfo: {},
    };
    const expected = (doc?.['credentials'] as Document | undefined)?.[mechanism];
    if (!doc || expected !== passwordDigest(user, String(command['password'] ?? ''))) {
      const error = doc
        ? 'AuthenticationFailed: SCRAM authentication failed, storedKey mismatch'
        : `UserNotFound: Could not find user "${user}" for db "${db}"`;
      this.log.line(th, 'I', 'ACCESS', 20249, state.ctx, 'Authentication failed', { ...attr, error });
      return mongoError(18, 'Authentication failed.');
    }
    this.log.line(th, 'I', 'ACCESS', 20250, state.ctx, 'Authentication succeeded', attr);
    state.users = [...state.users.filter((u) => u.db !== db), toUser(doc)];
    return { ok: 1, conversationId: 1, done: true, payload: '' };
  }
}

const ADMIN_ONLY = new Set([
  'listdatabases',
  'replsetgetstatus',
  'getlog',
  'shutdown',
  'getcmdlineopts',
  'getparameter',
  'currentop',
]);

const NOT_HTTP: Message = {
  proto: 'http',
  kind: 'response',
  status: 200,
  headers: { Connection: 'close', 'Content-Type': 'text/plain' },
  body: 'It looks like you are trying to access MongoDB over HTTP on the native driver port.\r\n',
};
