import { NAMESPACE, restartCommands } from './hotel-reservation.ts';
import type { Repair } from './problem.ts';

/** Three ways to give user admin its rights on a service's database back. */
export function mongodbRepairs(service: string, script: string, userExists: boolean): Repair[] {
  const exec = `kubectl exec deployment/mongodb-${service} -n ${NAMESPACE} --`;
  const mongo = (statement: string): string => `${exec} mongo admin -u root -p root --quiet --eval '${statement}'`;
  const role = `[{role:"readWrite",db:"${service}-db"}]`;
  const allRoles = `[{role:"userAdminAnyDatabase",db:"admin"},{role:"readWrite",db:"${service}-db"}]`;
  const create = `db.createUser({user:"admin",pwd:"admin",roles:${allRoles}})`;
  const restart = restartCommands(service);
  const grant: Repair = userExists
    ? { name: 'grant the role', commands: [mongo(`db.grantRolesToUser("admin",${role})`), ...restart] }
    : {
        name: 'create the user, then grant',
        commands: [
          mongo('db.createUser({user:"admin",pwd:"admin",roles:[]})'),
          mongo(`db.grantRolesToUser("admin",${role})`),
          ...restart,
        ],
      };
  const recreate = userExists ? [mongo('db.dropUser("admin")'), mongo(create)] : [mongo(create)];
  return [
    grant,
    { name: 'run the pod’s own script', commands: [`${exec} bash /scripts/${script}`, ...restart] },
    { name: 're-create the user', commands: [...recreate, ...restart] },
  ];
}
