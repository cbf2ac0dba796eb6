import { execIn, type Fault, restartPods } from './fault.ts';

/** AIOpsLab's `storage_user_unregistered`: user admin of a MongoDB is dropped, and its service restarted. */
export function dropMongodbUser(service: 'geo' | 'rate'): Fault {
  return {
    async inject(ctx) {
      await execIn(ctx, `mongodb-${service}`, ['/bin/bash', '/scripts/remove-admin-mongo.sh']);
      await restartPods(ctx, service);
      return {};
    },
    async recover(ctx) {
      await execIn(ctx, `mongodb-${service}`, ['/bin/bash', `/scripts/remove-mitigate-admin-${service}-mongo.sh`]);
      await restartPods(ctx, service);
    },
  };
}
