import { redeployCleanly, redeployKeepingVolumes } from '../faults/redeploy.ts';
import { HOTEL, NAMESPACE } from './hotel-reservation.ts';
import type { Family } from './problem.ts';

const STORES = ['geo', 'profile', 'rate', 'recommendation', 'reservation', 'user'];
const databases = STORES.map((store) => `deployment/mongodb-${store}`).join(' ');
const services = STORES.map((store) => `deployment/${store}`).join(' ');
const waitFor = (what: string): string =>
  `kubectl wait --for=condition=Available ${what} -n ${NAMESPACE} --timeout=45s`;

const release = STORES.map(
  (store) => `kubectl patch pv ${store}-pv --type=json -p '[{"op":"remove","path":"/spec/claimRef"}]'`,
);
const revive = [
  waitFor(databases),
  `kubectl rollout restart ${services} -n ${NAMESPACE}`,
  ...STORES.map((store) => `kubectl rollout status deployment/${store} -n ${NAMESPACE} --timeout=45s`),
];

export const redeployWithoutPv: Family = {
  name: 'redeploy_without_PV',
  application: HOTEL,
  variants: [
    {
      suffix: '-1',
      fault: redeployKeepingVolumes(),
      harmless: redeployCleanly(),
      load: { rate: 10, seconds: 5 },
      truth: {
        localization: STORES.map((store) => `mongodb-${store}`),
        analysis: [{ system_level: 'Virtualization', fault_type: 'Operation Error' }],
      },
      investigation: [
        `kubectl get pods -n ${NAMESPACE}`,
        `kubectl get pvc -n ${NAMESPACE}`,
        'kubectl get pv',
        `kubectl describe pvc geo-pvc -n ${NAMESPACE}`,
      ],
      repairs: [
        { name: 'release the volumes', commands: [...release, ...revive] },
        {
          name: 'make the volumes anew',
          commands: [
            `kubectl get pv ${STORES.map((store) => `${store}-pv`).join(' ')} -o json | jq 'del(.items[].spec.claimRef, .items[].metadata.uid, .items[].metadata.resourceVersion, .items[].metadata.finalizers, .items[].status)' > /tmp/pv.json`,
            `kubectl delete pv ${STORES.map((store) => `${store}-pv`).join(' ')}`,
            'kubectl create -f /tmp/pv.json',
            ...revive,
          ],
        },
      ],
      tasks: ['detection', 'analysis', 'mitigation'],
    },
  ],
};
