import { baseFiles, debianPrograms } from '../../container-shell/index.ts';
import { digestOf } from '../digest.ts';
import type { ImageDef } from '../image.ts';
import { entrypoint } from './entrypoint.ts';
import { mongod, VERSION } from './mongod.ts';
import { mongo } from './shell/program.ts';

const UBUNTU =
  'NAME="Ubuntu"\nVERSION="18.04.5 LTS (Bionic Beaver)"\nID=ubuntu\nPRETTY_NAME="Ubuntu 18.04.5 LTS"\nVERSION_ID="18.04"\n';

/** MongoDB Community Server 4.4 on Ubuntu 18.04. */
export const mongoImage: ImageDef = {
  repository: 'docker.io/library/mongo',
  tags: ['4.4.6', '4.4', '4.4.6-bionic', '4.4.29'],
  sizeBytes: 166_842_741,
  digest: digestOf('docker.io/library/mongo'),
  config: {
    entrypoint: ['docker-entrypoint.sh'],
    cmd: ['mongod'],
    exposedPorts: [27017],
    env: { MONGO_VERSION: VERSION, MONGO_MAJOR: '4.4', MONGO_PACKAGE: 'mongodb-org', GOSU_VERSION: '1.12' },
  },
  files: {
    ...baseFiles(UBUNTU),
    '/etc/mongod.conf.orig': 'storage:\n  dbPath: /var/lib/mongodb\nnet:\n  port: 27017\n  bindIp: 127.0.0.1\n',
    '/data/db/.keep': '',
    '/docker-entrypoint-initdb.d/.keep': '',
  },
  programs: {
    ...debianPrograms(),
    '/usr/bin/mongod': mongod,
    '/usr/bin/mongo': mongo,
    '/usr/local/bin/docker-entrypoint.sh': entrypoint,
  },
};
