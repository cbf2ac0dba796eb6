import { restartPodsOf } from '../faults/restart-pods.ts';
import { revokeMongodbRole } from '../faults/revoke-mongodb-role.ts';
import { FIRST_LOOK, HOTEL, NAMESPACE } from './hotel-reservation.ts';
import { mongodbRepairs } from './mongodb-repairs.ts';
import type { Family, Variant } from './problem.ts';

function variant(service: 'geo' | 'rate', suffix: string): Variant {
  return {
    suffix,
    fault: revokeMongodbRole(service),
    harmless: restartPodsOf(service),
    load: { rate: 10, seconds: 5 },
    truth: {
      localization: [`mongodb-${service}`, service],
      analysis: [{ system_level: 'Application', fault_type: 'Authentication Issue' }],
    },
    investigation: [
      ...FIRST_LOOK,
      `kubectl logs deployment/${service} -n ${NAMESPACE} --tail=20`,
      `kubectl exec deployment/mongodb-${service} -n ${NAMESPACE} -- mongo admin -u root -p root --quiet --eval 'printjson(db.getUsers())'`,
    ],
    repairs: mongodbRepairs(service, `revoke-mitigate-admin-${service}-mongo.sh`, true),
    tasks: ['detection', 'localization', 'analysis', 'mitigation'],
  };
}

export const revokeAuthMongodb: Family = {
  name: 'revoke_auth_mongodb',
  application: HOTEL,
  variants: [variant('geo', '-1'), variant('rate', '-2')],
};
