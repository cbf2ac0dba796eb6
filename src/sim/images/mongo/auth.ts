import type { Storage } from './storage.ts';
import type { Document } from './wire.ts';

export interface Role {
  role: string;
  db: string;
}

export interface User {
  user: string;
  db: string;
  roles: Role[];
}

/** What a command needs: on which database, and which kind of right. */
export type Right =
  | 'none'
  | 'read'
  | 'write'
  | 'dbAdmin'
  | 'userAdmin'
  | 'viewUser'
  | 'clusterMonitor'
  | 'clusterAdmin'
  | 'listDatabases';

const OF_DATABASE: Readonly<Record<string, readonly Right[]>> = {
  read: ['read'],
  readWrite: ['read', 'write'],
  dbAdmin: ['dbAdmin'],
  userAdmin: ['userAdmin', 'viewUser'],
  dbOwner: ['read', 'write', 'dbAdmin', 'userAdmin', 'viewUser'],
};
const ANYWHERE: Readonly<Record<string, readonly Right[]>> = {
  readAnyDatabase: ['read', 'listDatabases'],
  readWriteAnyDatabase: ['read', 'write', 'listDatabases'],
  userAdminAnyDatabase: ['userAdmin', 'viewUser', 'listDatabases'],
  dbAdminAnyDatabase: ['dbAdmin', 'listDatabases'],
  clusterMonitor: ['clusterMonitor', 'listDatabases'],
  clusterManager: ['clusterMonitor'],
  hostManager: ['clusterAdmin', 'clusterMonitor'],
  clusterAdmin: ['clusterAdmin', 'clusterMonitor', 'listDatabases'],
  backup: ['read', 'listDatabases'],
  restore: ['write'],
  root: ['read', 'write', 'dbAdmin', 'userAdmin', 'viewUser', 'clusterMonitor', 'clusterAdmin', 'listDatabases'],
  __system: ['read', 'write', 'dbAdmin', 'userAdmin', 'viewUser', 'clusterMonitor', 'clusterAdmin', 'listDatabases'],
};

export const builtinRoles: readonly string[] = [...Object.keys(OF_DATABASE), ...Object.keys(ANYWHERE)];

/** Whether such a role can be granted on that database. */
export function roleExists({ role, db }: Role, storage: Storage): boolean {
  if (role in OF_DATABASE) return true;
  if (role in ANYWHERE) return db === 'admin';
  return storage.get('admin.system.roles').some((r) => r['role'] === role && r['db'] === db);
}

export function allowed(users: readonly User[], right: Right, db: string): boolean {
  if (right === 'none') return true;
  return users.some((user) =>
    user.roles.some((r) => {
      if (ANYWHERE[r.role]?.includes(right))
        return !(db === 'local' || db === 'config') || r.role === 'root' || right !== 'write';
      return r.db === db && (OF_DATABASE[r.role]?.includes(right) ?? false);
    }),
  );
}

export const USERS = 'admin.system.users';

export function findUser(storage: Storage, db: string, user: string): Document | undefined {
  return storage.get(USERS).find((u) => u['user'] === user && u['db'] === db);
}

export function toUser(doc: Document): User {
  return { user: String(doc['user']), db: String(doc['db']), roles: doc['roles'] as Role[] };
}

/** Roles as commands give them: names of the current database or `{ role, db }`. */
export function parseRoles(value: unknown, db: string): Role[] {
  if (!Array.isArray(value)) return [];
  return value.map((r) =>
    typeof r === 'string' ? { role: r, db } : { role: String((r as Role).role), db: String((r as Role).db) },
  );
}
