import { describe, expect, it } from 'vitest';
import { mongoImage } from '../../../src/sim/images/mongo/image.ts';
import { Town } from '../hotelreservation/town.ts';

const INIT = `#!/bin/bash
echo "making users"
mongo admin <<EOF
db.createUser({
  user: "admin",
  pwd: "admin",
  roles: [ { role: "userAdminAnyDatabase", db: "admin" }, { role: "readWrite", db: "geo-db" } ]
})
db.createUser({user: "root", pwd: "root", roles: [{ role: "userAdminAnyDatabase", db: "admin" }]})
EOF
`;
const image = {
  ...mongoImage,
  files: {
    ...mongoImage.files,
    '/docker-entrypoint-initdb.d/k8s-geo-mongo.sh': INIT,
    '/scripts/revoke.sh': `mongo admin -u admin -p admin --authenticationDatabase admin --quiet --eval 'db.revokeRolesFromUser("admin", [{ role: "readWrite", db: "geo-db" }])'\n`,
    '/scripts/remove.sh': `mongo admin -u root -p root --authenticationDatabase admin --quiet --eval "db.dropUser('admin')"\n`,
  },
};

function database(): Town {
  const town = new Town();
  town.start('consul', mongoImage, ['sleep', '1']);
  town.start('mongodb-geo', image, ['docker-entrypoint.sh', '--auth']);
  town.world.advance(5_000);
  return town;
}

const ADMIN = [
  'mongo',
  'geo-db',
  '-u',
  'admin',
  '-p',
  'admin',
  '--authenticationDatabase',
  'admin',
  '--quiet',
  '--eval',
];

describe('mongod with authentication', () => {
  it('runs the init script once and enforces the roles', () => {
    const town = database();
    expect(town.log('mongodb-geo').filter((l) => l.startsWith('Successfully added user'))).toHaveLength(2);
    expect(town.log('mongodb-geo')).toContain('MongoDB init process complete; ready for start up.');
    const shell = (script: string) => town.exec('mongodb-geo', [...ADMIN, script]);
    expect(shell('db.geo.insert({hotelId: "1"}); db.geo.count()')).toEqual({ out: '1\n', code: 0 });
    expect(shell('for (var i = 0; i < 2; i++) { print(i + ":" + db.geo.findOne().hotelId) }').out).toBe('0:1\n1:1\n');
    expect(town.exec('mongodb-geo', ['/bin/bash', '/scripts/revoke.sh'])).toEqual({ out: '', code: 0 });
    const refused = shell('db.geo.count({hotelId: "1"})');
    expect(refused.out).toContain(
      'not authorized on geo-db to execute command { count: \\"geo\\", query: { hotelId: \\"1\\" }, $db: \\"geo-db\\" }',
    );
    expect(refused.code).toBe(252);
    expect(town.exec('mongodb-geo', ['/bin/bash', '/scripts/remove.sh'])).toEqual({ out: 'true\n', code: 0 });
    expect(shell('db.geo.count()')).toEqual({
      out: 'Error: Authentication failed. :\nconnect@src/mongo/shell/mongo.js:374:17\n@(connect):2:6\nexception: connect failed\nexiting with code 1\n',
      code: 1,
    });
    expect(town.log('mongodb-geo').join('\n')).toContain(
      'UserNotFound: Could not find user \\"admin\\" for db \\"admin\\"',
    );
  });
});
