import { findUser, parseRoles, type Role, roleExists, USERS } from './auth.ts';
import type { CommandContext, Run } from './commands.ts';
import { type Document, type MongoReply, mongoError, ok } from './wire.ts';

/** Commands on users; names and texts as in MongoDB 4.4. */
export const createUser: Run = ({ storage, db, command, digest, newId }) => {
  const user = String(command['createUser']);
  if (findUser(storage, db, user)) return mongoError(51003, `User "${user}@${db}" already exists`);
  if (command['pwd'] === undefined && db !== '$external')
    return mongoError(
      2,
      "Must provide a 'pwd' field for all user documents, except those with '$external' as the user's source db",
    );
  const roles = parseRoles(command['roles'], db);
  const wrong = roles.find((r) => !roleExists(r, storage));
  if (wrong) return mongoError(31, `Could not find role: ${wrong.role}@${wrong.db}`);
  const credentials = {
    'SCRAM-SHA-1': digest(String(command['pwd'])),
    'SCRAM-SHA-256': digest(String(command['pwd'])),
  };
  storage.insert(USERS, { _id: `${db}.${user}`, userId: newId(), user, db, credentials, roles });
  return ok();
};

const missing = (user: unknown, db: string): MongoReply =>
  mongoError(11, `Could not find user "${user}" for db "${db}"`);

const updateUserDocument = (c: CommandContext, user: string, change: (doc: Document) => Document): MongoReply => {
  const docs = c.storage.get(USERS);
  c.storage.replace(
    USERS,
    docs.map((d) => (d['user'] === user && d['db'] === c.db ? change(structuredClone(d)) : d)),
  );
  return ok();
};

export const changeRoles =
  (key: string, change: (have: Role[], given: Role[]) => Role[]): Run =>
  (c) => {
    const user = String(c.command[key]);
    if (!findUser(c.storage, c.db, user)) return missing(user, c.db);
    const given = parseRoles(c.command['roles'], c.db);
    const wrong = given.find((r) => !roleExists(r, c.storage));
    if (wrong) return mongoError(31, `Could not find role: ${wrong.role}@${wrong.db}`);
    return updateUserDocument(c, user, (doc) => ({ ...doc, roles: change(doc['roles'] as Role[], given) }));
  };

export const sameRole = (a: Role, b: Role): boolean => a.role === b.role && a.db === b.db;

export const updateUser: Run = (c) => {
  const user = String(c.command['updateUser']);
  if (!findUser(c.storage, c.db, user)) return mongoError(11, `User ${user}@${c.db} not found`);
  return updateUserDocument(c, user, (doc) => {
    const { pwd, roles } = c.command;
    const hash = pwd === undefined ? undefined : c.digest(String(pwd));
    if (hash !== undefined) doc['credentials'] = { 'SCRAM-SHA-1': hash, 'SCRAM-SHA-256': hash };
    if (roles !== undefined) doc['roles'] = parseRoles(roles, c.db);
    return doc;
  });
};

export const dropUser: Run = (c) => {
  const user = String(c.command['dropUser']);
  if (!findUser(c.storage, c.db, user)) return mongoError(11, `User '${user}@${c.db}' not found`);
  c.storage.replace(
    USERS,
    c.storage.get(USERS).filter((d) => !(d['user'] === user && d['db'] === c.db)),
  );
  return ok();
};

export const usersInfo: Run = (c) => {
  const wanted = c.command['usersInfo'];
  const list = (Array.isArray(wanted) ? wanted : [wanted]) as unknown[];
  const hit = (d: Document): boolean =>
    list.some((w) => {
      if (w === 1) return d['db'] === c.db;
      if (typeof w === 'string') return d['user'] === w && d['db'] === c.db;
      const spec = w as Document;
      return spec['forAllDBs'] === true || (d['user'] === spec['user'] && d['db'] === spec['db']);
    });
  const users = c.storage
    .get(USERS)
    .filter(hit)
    .map(({ _id, userId, user, db, roles, credentials }) => ({
      _id,
      userId: { $binary: userId },
      user,
      db,
      roles,
      mechanisms: Object.keys(credentials as Document),
      ...(c.command['showCredentials'] ? { credentials } : {}),
    }));
  return ok({ users });
};
