import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { loadApp } from '../../../src/apps/index.ts';
import { renderChart } from '../../../src/helm/engine.ts';
import { sortManifests } from '../../../src/helm/manifests.ts';
import { coalesceValues } from '../../../src/helm/values.ts';
import { packageAssets } from '../../../src/host/assets.ts';
import type { Json } from '../../../src/kube/object.ts';

export type { Json };

export const NAMESPACE = 'test-hotel-reservation';
/** `2025`: claims of the six static volumes' classes. `edited`: claims of class standard, the six volumes lie there unused. */
export type Revision = '2025' | 'edited';

/**
 * HotelReservation as plain manifests, one folder per service, in the shape that AIOpsLab applies with `kubectl apply -Rf`: as kompose
 * writes them, with empty fields and states, and without the ConfigMaps, which its orchestrator makes.
 */
export function writeHotelManifests(folder: string, root: string, revision: Revision): void {
  const { chart } = loadApp('hotel-reservation', packageAssets(root));
  const rendered = renderChart(chart, {
    values: coalesceValues(chart, { persistence: { staticVolumes: true } }),
    release: { name: 'hotel', namespace: NAMESPACE, revision: 1, isInstall: true, isUpgrade: false },
  });
  for (const { kind, name, content } of sortManifests(rendered).manifests) {
    if (kind === 'ConfigMap') continue;
    const object = parse(content);
    if (kind === 'PersistentVolumeClaim' && revision === 'edited') object.spec.storageClassName = 'standard';
    const service = name.replace(/^(mongodb|memcached)-|-(pvc|pv|out)$/g, '');
    mkdirSync(join(folder, service), { recursive: true });
    writeFileSync(join(folder, service, `${name}-${kind.toLowerCase()}.yaml`), stringify(asKompose(object)));
  }
}

function asKompose(object: Json): Json {
  if (object.kind !== 'Deployment') return object;
  const { metadata, spec } = object;
  const template = { ...spec.template, metadata: { ...spec.template.metadata, creationTimestamp: null } };
  return {
    ...object,
    metadata: { ...metadata, creationTimestamp: null },
    spec: { strategy: {}, ...spec, template },
    status: {},
  };
}

/** The ConfigMaps of an auth database, by name, in the style of AIOpsLab's scripts: variables of the shell in what the client is told. */
export function scriptMaps(database: 'geo' | 'rate'): Record<string, Record<string, string>> {
  const head = `#!/bin/bash\n\nADMIN_USER="admin"\nADMIN_PWD="admin"\n\nROOT_USER="root"\nROOT_PWD="root"\n
TARGET_DB="${database}-db"\nREAD_WRITE_ROLE="readWrite"\n`;
  const as = (user: 'ADMIN' | 'ROOT', code: string): string =>
    `mongo admin -u $${user}_USER -p $${user}_PWD --authenticationDatabase admin \\\n     --eval "${code}"\n`;
  const user = (name: 'ADMIN' | 'ROOT'): string =>
    `mongo admin --eval "db.createUser({user: '$${name}_USER', pwd: '$${name}_PWD', roles:[{role:'userAdminAnyDatabase',db:'admin'}]});"\n` +
    `mongo admin --eval "db.grantRolesToUser('$${name}_USER', [{role: '$READ_WRITE_ROLE', db: '$TARGET_DB'}]);"\n`;
  const change = (verb: string): string => `db.${verb}('$ADMIN_USER', [{role: '$READ_WRITE_ROLE', db: '$TARGET_DB'}]);`;
  return {
    [`mongo-${database}-script`]: {
      [`k8s-${database}-mongo.sh`]: `${head}
echo "Waiting for the database..."
until mongo --eval "print('connected')" > /dev/null 2>&1; do
  sleep 1
done
echo "The database answers"

# fails when the user is there already
${user('ADMIN')}${user('ROOT')}echo "Users are made"`,
    },
    [`failure-admin-${database}`]: {
      [`revoke-admin-${database}-mongo.sh`]: `${head}\n${as('ADMIN', change('revokeRolesFromUser'))}echo "revoked"\n`,
      [`revoke-mitigate-admin-${database}-mongo.sh`]: `${head}\n${as('ADMIN', change('grantRolesToUser'))}echo "granted"\n`,
      'remove-admin-mongo.sh': `${head}\n${as('ROOT', "db.dropUser('admin');")}echo "removed"\n`,
      [`remove-mitigate-admin-${database}-mongo.sh`]: `${head}
${as('ROOT', "db.createUser({user: '$ADMIN_USER', pwd: '$ADMIN_PWD', roles:[{role:'userAdminAnyDatabase',db:'admin'}]});")}
echo "Granting $READ_WRITE_ROLE to $ADMIN_USER on $TARGET_DB..."
${as('ROOT', change('grantRolesToUser'))}echo "restored"\n`,
    },
  };
}

/** As much of OpenEBS as a run asks for: its namespace with a pod, and two storage classes. */
export const OPENEBS = `apiVersion: v1
kind: Namespace
metadata:
  name: openebs
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: openebs-localpv-provisioner
  namespace: openebs
spec:
  selector: { matchLabels: { name: openebs-localpv-provisioner } }
  template:
    metadata: { labels: { name: openebs-localpv-provisioner } }
    spec:
      terminationGracePeriodSeconds: 0
      containers: [{ name: provisioner, image: "registry.k8s.io/pause:3.10" }]
---
apiVersion: storage.k8s.io/v1
kind: StorageClass
metadata:
  name: openebs-hostpath
provisioner: openebs.io/local
volumeBindingMode: WaitForFirstConsumer
---
apiVersion: storage.k8s.io/v1
kind: StorageClass
metadata:
  name: openebs-device
provisioner: openebs.io/local
volumeBindingMode: WaitForFirstConsumer
`;
