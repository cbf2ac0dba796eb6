import type { Task } from '../../../process/task.ts';
import type { Document, MongoReply } from '../wire.ts';
import { Cursor, check, doc, fn, type Method, type ShellContext } from './cursor.ts';
import { fromWire, type HostObject, throwError, tojson, toWire } from './values.ts';

const failed = (reply: MongoReply, what: string): never =>
  throwError(`${what}: ${reply.errmsg}`, reply.code, reply.codeName);

/** `db.<name>`. */
export class Collection implements HostObject {
  constructor(
    readonly context: ShellContext,
    readonly db: string,
    readonly name: string,
  ) {}

  display(): string {
    return `${this.db}.${this.name}`;
  }

  #run(command: Document, what: string): Task<MongoReply> {
    const { context, db } = this;
    return (function* () {
      return check(yield* context.client.run(db, command), what);
    })();
  }

  member(name: string): unknown {
    const method = this.#reads()[name] ?? this.#writes()[name];
    return method ? fn(name, method) : new Collection(this.context, this.db, `${this.name}.${name}`);
  }

  #writes(): Record<string, Method> {
    const { name, db, context } = this;
    const write = (command: Document): Task<MongoReply> => writeResult(context, db, command);
    const update = (multi: boolean): Method =>
      function* ([q, u, options]) {
        const upsert = Boolean((options as Document | undefined)?.['upsert']);
        const many = multi || Boolean((options as Document | undefined)?.['multi']);
        return yield* write({ update: name, updates: [{ q: doc(q), u: doc(u), multi: many, upsert }] });
      };
    const counts = (reply: MongoReply): Document => {
      const n = Number(reply['n'] ?? 0) - ((reply['upserted'] as unknown[] | undefined)?.length ?? 0);
      return { acknowledged: true, matchedCount: n, modifiedCount: reply['nModified'] };
    };
    const insertIds = (docs: Document[]): Document[] =>
      docs.map((d) => ('_id' in d ? d : { _id: { $oid: newObjectId(context) }, ...d }));
    return {
      *insert([d]) {
        const documents = insertIds((Array.isArray(d) ? d : [d]).map(doc));
        const reply = yield* write({ insert: name, documents });
        return writeDisplay(`WriteResult({ "nInserted" : ${reply['n']} })`);
      },
      *insertOne([d]) {
        const documents = insertIds([doc(d)]);
        yield* write({ insert: name, documents });
        return fromWire({ acknowledged: true, insertedId: documents[0]?.['_id'] });
      },
      *insertMany([list]) {
        const documents = insertIds((list as unknown[]).map(doc));
        yield* write({ insert: name, documents });
        return fromWire({ acknowledged: true, insertedIds: documents.map((d) => d['_id']) });
      },
      *update(args) {
        const reply = yield* update(false)(args);
        const { n, nModified } = reply as Document;
        return writeDisplay(`WriteResult({ "nMatched" : ${n}, "nUpserted" : 0, "nModified" : ${nModified} })`);
      },
      *updateOne(args) {
        return counts((yield* update(false)(args)) as MongoReply);
      },
      *updateMany(args) {
        return counts((yield* update(true)(args)) as MongoReply);
      },
      *replaceOne(args) {
        return counts((yield* update(false)(args)) as MongoReply);
      },
      *remove([q, one]) {
        if (q === undefined) throwError('remove needs a query');
        const limit = one === true || one === 1 || (one as Document | undefined)?.['justOne'] ? 1 : 0;
        const reply = yield* write({ delete: name, deletes: [{ q: doc(q), limit }] });
        return writeDisplay(`WriteResult({ "nRemoved" : ${reply['n']} })`);
      },
      *deleteOne([q]) {
        return {
          acknowledged: true,
          deletedCount: (yield* write({ delete: name, deletes: [{ q: doc(q), limit: 1 }] }))['n'],
        };
      },
      *deleteMany([q]) {
        return {
          acknowledged: true,
          deletedCount: (yield* write({ delete: name, deletes: [{ q: doc(q), limit: 0 }] }))['n'],
        };
      },
    };
  }

  #reads(): Record<string, Method> {
    const { name, db, context } = this;
    const run = (command: Document, what: string): Task<MongoReply> => this.#run(command, what);
    const find = (filter: unknown, projection: unknown, limit?: number): Cursor =>
      new Cursor(context, db, {
        find: name,
        filter: doc(filter),
        ...(projection ? { projection: doc(projection) } : {}),
        ...(limit ? { limit } : {}),
      });
    return {
      *find([filter, projection]) {
        return find(filter, projection);
      },
      *findOne([filter, projection]) {
        return (yield* find(filter, projection, 1).load())[0] ?? null;
      },
      *count([query]) {
        return (yield* run({ count: name, query: doc(query) }, 'count failed'))['n'];
      },
      *countDocuments([query]) {
        return (yield* run({ count: name, query: doc(query) }, 'aggregate failed'))['n'];
      },
      *estimatedDocumentCount() {
        return (yield* run({ count: name }, 'count failed'))['n'];
      },
      *distinct([key, query]) {
        return fromWire((yield* run({ distinct: name, key, query: doc(query) }, 'distinct failed'))['values']);
      },
      *aggregate([first, ...rest]) {
        const pipeline = (Array.isArray(first) ? first : [first, ...rest]).map(doc);
        const cursor = new Cursor(context, db, { aggregate: name, pipeline, cursor: {} });
        yield* cursor.load();
        return cursor;
      },
      *drop() {
        return (yield* context.client.run(db, { drop: name })).ok === 1;
      },
      *stats() {
        return fromWire(yield* run({ collStats: name }, 'collStats failed'));
      },
      *getIndexes() {
        return fromWire(
          ((yield* run({ listIndexes: name }, 'listIndexes failed'))['cursor'] as Document)['firstBatch'],
        );
      },
      *createIndex([key, options]) {
        const index = { ...(options === undefined ? {} : doc(options)), key: doc(key) };
        return fromWire(yield* run({ createIndexes: name, indexes: [index] }, 'createIndexes failed'));
      },
      *dropIndex([index]) {
        const which = typeof index === 'string' ? index : doc(index);
        return fromWire(yield* run({ dropIndexes: name, index: which }, 'dropIndexes failed'));
      },
      *dropIndexes() {
        return fromWire(yield* run({ dropIndexes: name, index: '*' }, 'dropIndexes failed'));
      },
      *getName() {
        return name;
      },
      *getFullName() {
        return `${db}.${name}`;
      },
    };
  }
}

function writeDisplay(text: string): HostObject {
  return { member: () => undefined, display: () => text };
}

function* writeResult(context: ShellContext, db: string, command: Document): Task<MongoReply> {
  const reply = yield* context.client.run(db, command);
  if (reply.ok !== 1)
    throwError(`${reply.errmsg}`.replace(/^/, 'WriteCommandError(').concat(')'), reply.code, reply.codeName);
  const [error] = (reply['writeErrors'] as Document[] | undefined) ?? [];
  if (error)
    throwError(`WriteError(${tojson({ index: error['index'], code: error['code'], errmsg: error['errmsg'] })})`, 11000);
  return reply;
}

export function newObjectId({ client }: ShellContext): string {
  const seconds = Math.floor(client.os.main.nowMs / 1000);
  return seconds.toString(16).padStart(8, '0') + client.os.rng.hex(16);
}

/** `db`. */
export class Database implements HostObject {
  constructor(
    readonly context: ShellContext,
    readonly name: string,
  ) {}

  display(): string {
    return this.name;
  }

  member(key: string): unknown {
    const method = this.#methods()[key] ?? this.#userMethods()[key];
    return method ? fn(key, method) : new Collection(this.context, this.name, key);
  }

  #methods(): Record<string, Method> {
    const { context, name } = this;
    const run = (db: string, command: Document): Task<MongoReply> => context.client.run(db, command);
    const command = (value: unknown): Document => (typeof value === 'string' ? { [value]: 1 } : doc(value));
    const raw = (db: string): Method =>
      function* ([c]) {
        return fromWire(yield* run(db, command(c)));
      };
    return {
      *getName() {
        return name;
      },
      *getSiblingDB([other]) {
        return new Database(context, String(other));
      },
      *getCollection([coll]) {
        return new Collection(context, name, String(coll));
      },
      *getCollectionNames() {
        const reply = check(yield* run(name, { listCollections: 1, nameOnly: true }), 'listCollections failed');
        return ((reply['cursor'] as Document)['firstBatch'] as Document[]).map((c) => c['name']);
      },
      *createCollection([coll]) {
        return fromWire(yield* run(name, { create: coll }));
      },
      *dropDatabase() {
        return fromWire(yield* run(name, { dropDatabase: 1 }));
      },
      runCommand: raw(name),
      adminCommand: raw('admin'),
      isMaster: () => raw(name)(['ismaster']),
      hello: () => raw(name)(['hello']),
      serverStatus: () => raw('admin')(['serverStatus']),
      hostInfo: () => raw('admin')(['hostInfo']),
      currentOp: () => raw('admin')(['currentOp']),
      stats: () => raw(name)(['dbStats']),
      shutdownServer: () => raw('admin')(['shutdown']),
      *version() {
        return (yield* run('admin', { buildInfo: 1 }))['version'];
      },
      *getMongo() {
        return {
          member: () => undefined,
          display: () => `connection to ${context.client.address}`,
        } satisfies HostObject;
      },
    };
  }

  #userMethods(): Record<string, Method> {
    const { context, name } = this;
    const run = (command: Document): Task<MongoReply> => context.client.run(name, command);
    const info = function* (command: Document): Task<unknown[]> {
      const reply = yield* run(command);
      if (reply.ok !== 1) failed(reply, reply.errmsg ?? '');
      return fromWire(reply['users']) as unknown[];
    };
    const roles = (verb: string, what: string): Method =>
      function* ([user, list]) {
        const reply = yield* run({ [verb]: user, roles: toWire(list) });
        if (reply.ok !== 1) throwError(String(reply.errmsg ?? what), reply.code, reply.codeName);
        return undefined;
      };
    return {
      *getUsers() {
        return yield* usersOrThrow(run);
      },
      *getUser([user]) {
        return (yield* info({ usersInfo: user }))[0] ?? null;
      },
      *createUser([spec]) {
        const { user, pwd, roles: list, ...rest } = doc(spec);
        const reply = yield* run({ createUser: user, pwd, roles: list ?? [], ...rest });
        if (reply.ok !== 1) throwError(`couldn't add user: ${reply.errmsg}`, reply.code, reply.codeName);
        context.print(`Successfully added user: ${tojson(fromWire({ user, roles: list ?? [] }))}`);
        return undefined;
      },
      *updateUser([user, change]) {
        const reply = yield* run({ updateUser: user, ...doc(change) });
        if (reply.ok !== 1) throwError(`Updating user failed: ${reply.errmsg}`, reply.code, reply.codeName);
        return undefined;
      },
      *changeUserPassword([user, pwd]) {
        const reply = yield* run({ updateUser: user, pwd });
        if (reply.ok !== 1) throwError(`Updating user failed: ${reply.errmsg}`, reply.code, reply.codeName);
        return undefined;
      },
      *dropUser([user]) {
        const reply = yield* run({ dropUser: user });
        if (reply.code === 11) return false;
        if (reply.ok !== 1) throwError(String(reply.errmsg), reply.code, reply.codeName);
        return true;
      },
      grantRolesToUser: roles('grantRolesToUser', 'grant failed'),
      revokeRolesFromUser: roles('revokeRolesFromUser', 'revoke failed'),
      *getRoles() {
        return fromWire((yield* run({ rolesInfo: 1 }))['roles']);
      },
      *auth([user, password]) {
        const given = (typeof user === 'object' && user !== null ? user : { user, pwd: password }) as Document;
        const reply = yield* run({
          saslStart: 1,
          mechanism: 'SCRAM-SHA-256',
          user: given['user'],
          password: given['pwd'],
        });
        if (reply.ok === 1) return 1;
        context.print(`Error: ${reply.errmsg}`);
        return 0;
      },
      *logout() {
        return fromWire(yield* run({ logout: 1 }));
      },
    };
  }
}

function* usersOrThrow(run: (command: Document) => Task<MongoReply>): Task<unknown> {
  const reply = yield* run({ usersInfo: 1 });
  if (reply.ok !== 1) throwError(String(reply.errmsg), reply.code, reply.codeName);
  return fromWire(reply['users']);
}
