import { setFields } from '../faults/set-fields.ts';
import { helmRollback, jsonPatch, ready, SHOP_NAMESPACE, shopFamily } from './corner-shop.ts';

export const cornerShopScaledToZero = shopFamily('scaled_to_zero', {
  fault: setFields('deployments', 'orders', [{ path: ['spec', 'replicas'], value: 0 }]),
  harmless: setFields('deployments', 'orders', [{ path: ['spec', 'replicas'], value: 2 }]),
  service: 'orders',
  analysis: [
    { system_level: 'Virtualization', fault_type: 'Operation Error' },
    { system_level: 'Application', fault_type: 'Operation Error' },
  ],
  investigation: [
    `kubectl get deployments,endpointslices -n ${SHOP_NAMESPACE}`,
    `kubectl logs deployment/web -n ${SHOP_NAMESPACE} --tail=5`,
  ],
  repairs: [
    {
      name: 'scale it up',
      commands: [`kubectl scale deployment orders --replicas=1 -n ${SHOP_NAMESPACE}`, ready('orders')],
    },
    {
      name: 'patch the replicas',
      commands: [
        jsonPatch('deployment orders', [{ op: 'replace', path: '/spec/replicas', value: 1 }]),
        ready('orders'),
      ],
    },
    helmRollback(ready('orders')),
  ],
});
