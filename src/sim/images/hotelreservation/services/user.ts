import type { Document } from '../../mongo/wire.ts';
import { sha256, users } from '../data.ts';
import { lasting } from '../grpc.ts';
import { serviceProgram } from '../startup.ts';

/** Checks a user's password against the hashes loaded at start. */
export const user = serviceProgram(() => {
  const hashes = new Map<string, string>();
  return {
    name: 'user',
    lines: {
      readConfig: 24,
      database: [37, 38, 41],
      session: [24, 26],
      addresses: [45, 46, 47],
      jaeger: [56, 61],
      consul: [63, 68],
      starting: 79,
      registered: 97,
    },
    keys: { port: 'UserPort', mongo: 'UserMongoAddress' },
    usage: { idleMillicores: 0.5, requestUs: 300, wakeUs: 600, idleMiB: 14.1, loadedMiB: 14.3 },
    *seed(th, session) {
      // The program asks for each of the 501 users by itself; those already there are counted in one go here.
      const stored = new Set((yield* session.find(th, 'user-db', 'user', {})).map((u) => String(u['username'])));
      th.spend(100_000);
      for (const entry of users()) {
        if (!stored.has(entry.username)) yield* session.insert(th, 'user-db', 'user', entry as unknown as Document);
      }
      for (const u of yield* session.find(th, 'user-db', 'user', {})) {
        hashes.set(String(u['username']), String(u['password']));
      }
    },
    handlers: ({ os, memory }) => ({
      *'/user.User/CheckUser'(th, { username, password }: { username: string; password: string }) {
        yield* memory.request(th);
        th.spend(lasting(os, th, [21, 38]));
        return { correct: hashes.get(username) === sha256(password) };
      },
    }),
  };
});
