import { FIRST_CONTAINER, setFields } from '../faults/set-fields.ts';
import { helmRollback, jsonPatch, ready, rolloutUndo, SHOP_NAMESPACE, shopFamily } from './corner-shop.ts';

export const cornerShopBadCommand = shopFamily('bad_command', {
  fault: setFields('deployments', 'orders', [{ path: [...FIRST_CONTAINER, 'command'], value: ['sh', '/shop/run.sh'] }]),
  harmless: setFields('deployments', 'orders', [
    { path: [...FIRST_CONTAINER, 'command'], value: ['/bin/sh', '/shop/start.sh'] },
  ]),
  service: 'orders',
  analysis: [
    { system_level: 'Application', fault_type: 'Misconfiguration' },
    { system_level: 'Virtualization', fault_type: 'Misconfiguration' },
  ],
  investigation: [
    `kubectl logs deployment/orders -n ${SHOP_NAMESPACE} --tail=5`,
    `kubectl get deployment orders -n ${SHOP_NAMESPACE} -o jsonpath='{.spec.template.spec.containers[0].command}'`,
    `kubectl get configmap orders-scripts -n ${SHOP_NAMESPACE} -o jsonpath='{.data}' | jq keys`,
  ],
  repairs: [
    rolloutUndo('orders'),
    {
      name: 'patch the command',
      commands: [
        jsonPatch('deployment orders', [
          { op: 'replace', path: '/spec/template/spec/containers/0/command/1', value: '/shop/start.sh' },
        ]),
        ready('orders'),
      ],
    },
    helmRollback(ready('orders')),
  ],
});
