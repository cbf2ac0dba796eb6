import { FIRST_CONTAINER, setFields } from '../faults/set-fields.ts';
import { helmRollback, ready, rolloutUndo, SHOP_NAMESPACE, shopFamily } from './corner-shop.ts';

export const cornerShopMemoryLimitTooLow = shopFamily('memory_limit_too_low', {
  fault: setFields('deployments', 'orders', [
    { path: [...FIRST_CONTAINER, 'resources', 'requests', 'memory'], value: '8Mi' },
    { path: [...FIRST_CONTAINER, 'resources', 'limits', 'memory'], value: '16Mi' },
  ]),
  harmless: setFields('deployments', 'orders', [
    { path: [...FIRST_CONTAINER, 'resources', 'requests', 'memory'], value: '40Mi' },
    { path: [...FIRST_CONTAINER, 'resources', 'limits', 'memory'], value: '128Mi' },
  ]),
  service: 'orders',
  analysis: [
    { system_level: 'Virtualization', fault_type: 'Misconfiguration' },
    { system_level: 'Application', fault_type: 'Misconfiguration' },
  ],
  investigation: [
    `kubectl describe pods -l app.kubernetes.io/name=orders -n ${SHOP_NAMESPACE}`,
    `kubectl logs deployment/orders -n ${SHOP_NAMESPACE} --tail=5`,
  ],
  repairs: [
    {
      name: 'raise the limit',
      commands: [`kubectl set resources deployment orders --limits=memory=96Mi -n ${SHOP_NAMESPACE}`, ready('orders')],
    },
    rolloutUndo('orders'),
    helmRollback(ready('orders')),
  ],
});
