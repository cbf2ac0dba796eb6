import type { Right, User } from './auth.ts';
import { createIndexes, dropIndexes, listIndexes } from './indexes.ts';
import { aggregate, applyUpdate, equal, getPath, matcher, project, sortDocuments } from './query.ts';
import type { Storage } from './storage.ts';
import { changeRoles, createUser, dropUser, sameRole, updateUser, usersInfo } from './user-commands.ts';
import { type Document, type MongoReply, mongoError, ok } from './wire.ts';

/** What a command runs on. */
export interface CommandContext {
  storage: Storage;
  db: string;
  command: Document;
  nowMs: number;
  /** Who is authenticated on the connection. */
  users: readonly User[];
  newId(): string;
  digest(password: string): string;
  info: ServerInfo;
}

export interface ServerInfo {
  version: string;
  host: string;
  pid: number;
  startedMs: number;
  argv: readonly string[];
  connections(): { current: number; totalCreated: number };
  logLines(): readonly string[];
  warnings(): readonly string[];
  shutdown(): void;
}

export type Run = (context: CommandContext) => MongoReply;
interface Entry {
  right: Right;
  run: Run;
}

const nsOf = ({ db, command }: CommandContext): string => `${db}.${Object.values(command)[0]}`;
const filterOf = (value: unknown): Document => (value as Document | undefined) ?? {};

const count: Run = (c) => {
  const { command } = c;
  const found = c.storage.get(nsOf(c)).filter(matcher(filterOf(command['query'])));
  const limit = Math.abs(Number(command['limit'] ?? 0)) || found.length;
  return ok({ n: Math.min(limit, Math.max(0, found.length - Number(command['skip'] ?? 0))) });
};

const find: Run = (c) => {
  const { command } = c;
  const found = c.storage.get(nsOf(c)).filter(matcher(filterOf(command['filter'])));
  const sorted = sortDocuments(found, command['sort'] as Document | undefined);
  const skip = Number(command['skip'] ?? 0);
  const limit = Math.abs(Number(command['limit'] ?? 0));
  const page = sorted.slice(skip, limit > 0 ? skip + limit : undefined);
  const firstBatch = page.map((d) => project(d, command['projection'] as Document | undefined));
  return ok({ cursor: { firstBatch, id: 0, ns: nsOf(c) } });
};

const insert: Run = (c) => {
  const docs = (c.command['documents'] as Document[] | undefined) ?? [];
  const ns = nsOf(c);
  const writeErrors: Document[] = [];
  let n = 0;
  for (const [index, doc] of docs.entries()) {
    const stored = '_id' in doc ? doc : { _id: { $oid: c.newId() }, ...doc };
    if ('_id' in doc && c.storage.get(ns).some((d) => equal(d['_id'], doc['_id']))) {
      const key = JSON.stringify(doc['_id']);
      writeErrors.push({
        index,
        code: 11000,
        errmsg: `E11000 duplicate key error collection: ${ns} index: _id_ dup key: { _id: ${key} }`,
      });
      break;
    }
    c.storage.insert(ns, stored);
    n++;
  }
  return ok(writeErrors.length > 0 ? { n, writeErrors } : { n });
};

const update: Run = (c) => {
  const ns = nsOf(c);
  let n = 0;
  let nModified = 0;
  const upserted: Document[] = [];
  for (const [index, u] of ((c.command['updates'] as Document[] | undefined) ?? []).entries()) {
    const filter = filterOf(u['q']);
    let left = u['multi'] ? Number.POSITIVE_INFINITY : 1;
    let hits = 0;
    const isWanted = matcher(filter);
    const docs = c.storage.get(ns).map((doc) => {
      if (left <= 0 || !isWanted(doc)) return doc;
      left--;
      hits++;
      const after = applyUpdate(doc, u['u'] as Document);
      if (!equal(doc, after)) nModified++;
      return after;
    });
    n += hits;
    if (hits > 0) c.storage.replace(ns, docs);
    else if (u['upsert']) {
      const plain = Object.fromEntries(
        Object.entries(filter).filter(([k, v]) => !k.startsWith('$') && typeof v !== 'object'),
      );
      const made = applyUpdate(plain, u['u'] as Document, true);
      const _id = made['_id'] ?? { $oid: c.newId() };
      c.storage.insert(ns, { _id, ...made });
      upserted.push({ index, _id });
      n++;
    }
  }
  return ok(upserted.length > 0 ? { n, upserted, nModified } : { n, nModified });
};

const remove: Run = (c) => {
  const ns = nsOf(c);
  let n = 0;
  for (const d of (c.command['deletes'] as Document[] | undefined) ?? []) {
    let left = Number(d['limit'] ?? 0) || Number.POSITIVE_INFINITY;
    const isWanted = matcher(filterOf(d['q']));
    const kept = c.storage.get(ns).filter((doc) => {
      if (left <= 0 || !isWanted(doc)) return true;
      left--;
      n++;
      return false;
    });
    if (kept.length !== c.storage.get(ns).length) c.storage.replace(ns, kept);
  }
  return ok({ n });
};

const distinct: Run = (c) => {
  const values: unknown[] = [];
  for (const doc of c.storage.get(nsOf(c)).filter(matcher(filterOf(c.command['query'])))) {
    const value = getPath(doc, String(c.command['key']));
    for (const v of Array.isArray(value) ? value : [value]) {
      if (v !== undefined && !values.some((seen) => equal(seen, v))) values.push(v);
    }
  }
  return ok({ values });
};

const listCollections: Run = ({ storage, db }) =>
  ok({
    cursor: {
      id: 0,
      ns: `${db}.$cmd.listCollections`,
      firstBatch: storage.collectionsOf(db).map((name) => ({ name, type: 'collection', options: {} })),
    },
  });

const sizeOf = (storage: Storage, ns: string): number =>
  storage.get(ns).reduce((n, d) => n + JSON.stringify(d).length, 0);

const listDatabases: Run = ({ storage }) => {
  const databases = storage.databases().map((name) => {
    const bytes = storage.collectionsOf(name).reduce((n, coll) => n + sizeOf(storage, `${name}.${coll}`), 0);
    return { name, sizeOnDisk: 8192 * Math.max(1, 2 * storage.collectionsOf(name).length) + bytes, empty: false };
  });
  return ok({ databases, totalSize: databases.reduce((n, d) => n + d.sizeOnDisk, 0) });
};

const dbStats: Run = ({ storage, db }) => {
  const names = storage.collectionsOf(db);
  const objects = names.reduce((n, coll) => n + storage.get(`${db}.${coll}`).length, 0);
  const dataSize = names.reduce((n, coll) => n + sizeOf(storage, `${db}.${coll}`), 0);
  const avgObjSize = objects === 0 ? 0 : dataSize / objects;
  return ok({
    db,
    collections: names.length,
    views: 0,
    objects,
    avgObjSize,
    dataSize,
    storageSize: 20480 * names.length,
    indexes: names.length,
    indexSize: 20480 * names.length,
  });
};

const connectionStatus: Run = ({ users }) =>
  ok({
    authInfo: {
      authenticatedUsers: users.map(({ user, db }) => ({ user, db })),
      authenticatedUserRoles: users.flatMap((u) => u.roles),
    },
  });

const serverStatus: Run = ({ info, nowMs }) =>
  ok({
    host: info.host,
    version: info.version,
    process: 'mongod',
    pid: info.pid,
    uptime: Math.floor((nowMs - info.startedMs) / 1000),
    localTime: { $date: new Date(nowMs).toISOString() },
    connections: { ...info.connections(), available: 838860 - info.connections().current, active: 1 },
    storageEngine: { name: 'wiredTiger', supportsCommittedReads: true, persistent: true },
  });

const getLog: Run = ({ command, info }) => {
  if (command['getLog'] === '*') return ok({ names: ['global', 'startupWarnings'] });
  const log = command['getLog'] === 'startupWarnings' ? info.warnings() : info.logLines();
  return ok({ totalLinesWritten: log.length, log: [...log] });
};

const isMaster: Run = ({ nowMs }) =>
  ok({
    ismaster: true,
    maxBsonObjectSize: 16777216,
    maxMessageSizeBytes: 48000000,
    maxWriteBatchSize: 100000,
    localTime: { $date: new Date(nowMs).toISOString() },
    minWireVersion: 0,
    maxWireVersion: 9,
    readOnly: false,
  });

const entry = (right: Right, run: Run): Entry => ({ right, run });

/** Commands by their lower-cased name. */
export const commands: ReadonlyMap<string, Entry> = new Map(
  Object.entries({
    ismaster: entry('none', isMaster),
    hello: entry('none', isMaster),
    ping: entry('none', () => ok()),
    buildinfo: entry('none', ({ info }) =>
      ok({
        version: info.version,
        gitVersion: '72e66213c2c3eab37d9358d5e78ad7f5c1d0d0d7',
        modules: [],
        allocator: 'tcmalloc',
        bits: 64,
        storageEngines: ['biggie', 'devnull', 'ephemeralForTest', 'wiredTiger'],
      }),
    ),
    whatsmyuri: entry('none', () => ok({ you: '127.0.0.1:0' })),
    connectionstatus: entry('none', connectionStatus),
    count: entry('read', count),
    find: entry('read', find),
    distinct: entry('read', distinct),
    aggregate: entry('read', (c) =>
      ok({
        cursor: {
          firstBatch: aggregate(c.storage.get(nsOf(c)), c.command['pipeline'] as Document[]),
          id: 0,
          ns: nsOf(c),
        },
      }),
    ),
    listcollections: entry('read', listCollections),
    dbstats: entry('read', dbStats),
    collstats: entry('read', (c) =>
      ok({
        ns: nsOf(c),
        size: sizeOf(c.storage, nsOf(c)),
        count: c.storage.get(nsOf(c)).length,
        storageSize: 20480,
        nindexes: 1 + c.storage.indexes(nsOf(c)).length,
        totalIndexSize: 20480 * (1 + c.storage.indexes(nsOf(c)).length),
      }),
    ),
    listindexes: entry('read', listIndexes),
    dropindexes: entry('write', dropIndexes),
    insert: entry('write', insert),
    update: entry('write', update),
    delete: entry('write', remove),
    create: entry('write', (c) => {
      if (c.storage.collections.has(nsOf(c))) return mongoError(48, `Collection already exists. NS: ${nsOf(c)}`);
      c.storage.create(nsOf(c));
      return ok();
    }),
    createindexes: entry('write', createIndexes),
    drop: entry('write', (c) =>
      c.storage.drop(nsOf(c)) ? ok({ nIndexesWas: 1, ns: nsOf(c) }) : mongoError(26, 'ns not found'),
    ),
    dropdatabase: entry('dbAdmin', ({ storage, db }) => {
      for (const coll of storage.collectionsOf(db)) storage.drop(`${db}.${coll}`);
      return ok({ dropped: db });
    }),
    listdatabases: entry('listDatabases', listDatabases),
    createuser: entry('userAdmin', createUser),
    updateuser: entry('userAdmin', updateUser),
    dropuser: entry('userAdmin', dropUser),
    grantrolestouser: entry(
      'userAdmin',
      changeRoles('grantRolesToUser', (have, given) => [
        ...have,
        ...given.filter((g) => !have.some((h) => sameRole(h, g))),
      ]),
    ),
    revokerolesfromuser: entry(
      'userAdmin',
      changeRoles('revokeRolesFromUser', (have, given) => have.filter((h) => !given.some((g) => sameRole(h, g)))),
    ),
    usersinfo: entry('viewUser', usersInfo),
    rolesinfo: entry('viewUser', ({ storage, db }) =>
      ok({ roles: storage.get('admin.system.roles').filter((r) => r['db'] === db) }),
    ),
    serverstatus: entry('clusterMonitor', serverStatus),
    getlog: entry('clusterMonitor', getLog),
    getcmdlineopts: entry('clusterMonitor', ({ info }) => ok({ argv: [...info.argv], parsed: {} })),
    getparameter: entry('clusterMonitor', () => ok({ featureCompatibilityVersion: { version: '4.4' } })),
    replsetgetstatus: entry('clusterMonitor', () => mongoError(76, 'not running with --replSet')),
    currentop: entry('clusterMonitor', () => ok({ inprog: [] })),
    shutdown: entry('clusterAdmin', ({ info }) => {
      info.shutdown();
      return ok();
    }),
  }),
);
