import { setFields } from '../faults/set-fields.ts';
import { helmRollback, jsonPatch, ready, SHOP_NAMESPACE, shopFamily } from './corner-shop.ts';

export const cornerShopWrongConfigValue = shopFamily('wrong_config_value', {
  fault: setFields('configmaps', 'shop-config', [{ path: ['data', 'STOCK_URL'], value: 'http://stocks:9000' }], {
    restart: 'orders',
  }),
  harmless: setFields(
    'configmaps',
    'shop-config',
    [{ path: ['data', 'STOCK_URL'], value: `http://stock.${SHOP_NAMESPACE}:9000` }],
    { restart: 'orders' },
  ),
  service: 'orders',
  analysis: [
    { system_level: 'Application', fault_type: 'Misconfiguration' },
    { system_level: 'Virtualization', fault_type: 'Misconfiguration' },
  ],
  investigation: [
    `kubectl logs deployment/orders -n ${SHOP_NAMESPACE} --tail=5`,
    `kubectl get configmap shop-config -n ${SHOP_NAMESPACE} -o yaml`,
  ],
  repairs: [
    {
      name: 'set the value back',
      commands: [
        jsonPatch('configmap shop-config', [{ op: 'replace', path: '/data/STOCK_URL', value: 'http://stock:9000' }]),
        `kubectl rollout restart deployment/orders -n ${SHOP_NAMESPACE}`,
        ready('orders'),
      ],
    },
    {
      name: 'set the variable in the deployment',
      commands: [`kubectl set env deployment/orders STOCK_URL=http://stock:9000 -n ${SHOP_NAMESPACE}`, ready('orders')],
    },
    helmRollback(`kubectl delete pod -l app.kubernetes.io/name=orders -n ${SHOP_NAMESPACE}`, ready('orders')),
  ],
});
