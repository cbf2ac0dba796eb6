import { mended } from '../faults/mended.ts';
import { deleteObject } from '../faults/objects.ts';
import { helmRollback, ready, SHOP_NAMESPACE, shopFamily } from './corner-shop.ts';

export const cornerShopServiceAccountGone = shopFamily('service_account_gone', {
  fault: deleteObject('serviceaccounts', 'orders', 'orders'),
  harmless: mended(deleteObject('serviceaccounts', 'orders', 'orders')),
  service: 'orders',
  analysis: [
    { system_level: 'Virtualization', fault_type: 'Operation Error' },
    { system_level: 'Virtualization', fault_type: 'Authentication Issue' },
    { system_level: 'Virtualization', fault_type: 'Misconfiguration' },
  ],
  investigation: [
    `kubectl describe replicasets -l app.kubernetes.io/name=orders -n ${SHOP_NAMESPACE}`,
    `kubectl get serviceaccounts -n ${SHOP_NAMESPACE}`,
  ],
  repairs: [
    {
      name: 'make the account again',
      commands: [
        `kubectl create serviceaccount orders -n ${SHOP_NAMESPACE}`,
        `kubectl rollout restart deployment/orders -n ${SHOP_NAMESPACE}`,
        ready('orders'),
      ],
    },
    {
      name: 'use another account',
      commands: [`kubectl set serviceaccount deployment orders default -n ${SHOP_NAMESPACE}`, ready('orders')],
    },
    helmRollback(`kubectl rollout restart deployment/orders -n ${SHOP_NAMESPACE}`, ready('orders')),
  ],
});
