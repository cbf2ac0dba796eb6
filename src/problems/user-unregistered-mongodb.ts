import { dropMongodbUser } from '../faults/drop-mongodb-user.ts';
import { restartPodsOf } from '../faults/restart-pods.ts';
import { FIRST_LOOK, HOTEL, NAMESPACE } from './hotel-reservation.ts';
import { mongodbRepairs } from './mongodb-repairs.ts';
import type { Family, Variant } from './problem.ts';

function variant(service: 'geo' | 'rate', suffix: string): Variant {
  return {
    suffix,
    fault: dropMongodbUser(service),
    harmless: restartPodsOf(service),
    load: { rate: 10, seconds: 10 },
    truth: {
      localization: [`mongodb-${service}`, service],
      analysis: [{ system_level: 'Application', fault_type: 'Network/Storage Issue' }],
    },
    investigation: [
      ...FIRST_LOOK,
      `kubectl logs deployment/${service} -n ${NAMESPACE} --tail=20`,
      `kubectl logs deployment/mongodb-${service} -n ${NAMESPACE} --tail=20`,
      `kubectl exec deployment/mongodb-${service} -n ${NAMESPACE} -- mongo admin -u root -p root --quiet --eval 'printjson(db.getUsers())'`,
    ],
    repairs: mongodbRepairs(service, `remove-mitigate-admin-${service}-mongo.sh`, false),
    tasks: ['detection', 'localization', 'analysis', 'mitigation'],
  };
}

export const userUnregisteredMongodb: Family = {
  name: 'user_unregistered_mongodb',
  application: HOTEL,
  variants: [variant('geo', '-1'), variant('rate', '-2')],
};
