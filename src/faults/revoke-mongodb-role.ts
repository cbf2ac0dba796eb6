import { execIn, type Fault, restartPods } from './fault.ts';

/**
 * AIOpsLab's `revoke_auth`: user admin of a MongoDB loses readWrite on its service's database, and the service is restarted.
 * The scripts are mounted in the MongoDB pods.
 */
export function revokeMongodbRole(service: 'geo' | 'rate'): Fault {
  return {
    async inject(ctx) {
      await execIn(ctx, `mongodb-${service}`, ['/bin/bash', `/scripts/revoke-admin-${service}-mongo.sh`]);
      await restartPods(ctx, service);
      return {};
    },
    async recover(ctx) {
      await execIn(ctx, `mongodb-${service}`, ['/bin/bash', `/scripts/revoke-mitigate-admin-${service}-mongo.sh`]);
      await restartPods(ctx, service);
    },
  };
}
