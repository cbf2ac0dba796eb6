import { addObject } from '../faults/objects.ts';
import { jsonPatch, ready, SHOP_NAMESPACE, shopFamily } from './corner-shop.ts';

// A ReplicaSet that could not make its pods tries again ever more rarely.
const again = `kubectl rollout restart deployment/orders -n ${SHOP_NAMESPACE}`;

const quota = (pods: number): object => ({
  apiVersion: 'v1',
  kind: 'ResourceQuota',
  metadata: { name: 'team-limits' },
  spec: { hard: { pods: String(pods) } },
});

export const cornerShopQuotaExceeded = shopFamily('quota_exceeded', {
  fault: addObject('resourcequotas', quota(2), 'orders'),
  harmless: addObject('resourcequotas', quota(20), 'orders'),
  service: 'orders',
  analysis: [
    { system_level: 'Virtualization', fault_type: 'Misconfiguration' },
    { system_level: 'Virtualization', fault_type: 'Operation Error' },
  ],
  investigation: [
    `kubectl describe replicasets -l app.kubernetes.io/name=orders -n ${SHOP_NAMESPACE}`,
    `kubectl describe resourcequota -n ${SHOP_NAMESPACE}`,
  ],
  repairs: [
    {
      name: 'raise the quota',
      commands: [
        jsonPatch('resourcequota team-limits', [{ op: 'replace', path: '/spec/hard/pods', value: '20' }]),
        again,
        ready('orders'),
      ],
    },
    {
      name: 'remove the quota',
      commands: [`kubectl delete resourcequota team-limits -n ${SHOP_NAMESPACE}`, again, ready('orders')],
    },
    {
      name: 'apply another quota',
      commands: [
        `kubectl create quota team-limits --hard=pods=10 -n ${SHOP_NAMESPACE} --dry-run=client -o yaml | kubectl replace -n ${SHOP_NAMESPACE} -f -`,
        `kubectl scale deployment orders --replicas=0 -n ${SHOP_NAMESPACE}`,
        `kubectl scale deployment orders --replicas=1 -n ${SHOP_NAMESPACE}`,
        ready('orders'),
      ],
    },
  ],
});
