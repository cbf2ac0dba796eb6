import { setFields } from '../faults/set-fields.ts';
import { helmRollback, ready, SHOP_NAMESPACE, shopFamily } from './corner-shop.ts';

export const cornerShopMissingSecretKey = shopFamily('missing_secret_key', {
  fault: setFields(
    'secrets',
    'shop-keys',
    [
      { path: ['data', 'stock_key'], value: 'NWYxYzBhMmU=' },
      { path: ['data', 'stock-key'], value: undefined },
    ],
    { restart: 'orders' },
  ),
  harmless: setFields('secrets', 'shop-keys', [{ path: ['data', 'stock_key'], value: 'NWYxYzBhMmU=' }], {
    restart: 'orders',
  }),
  service: 'orders',
  analysis: [
    { system_level: 'Application', fault_type: 'Misconfiguration' },
    { system_level: 'Virtualization', fault_type: 'Misconfiguration' },
    { system_level: 'Application', fault_type: 'Authentication Issue' },
  ],
  investigation: [
    `kubectl describe pods -l app.kubernetes.io/name=orders -n ${SHOP_NAMESPACE}`,
    `kubectl get secret shop-keys -n ${SHOP_NAMESPACE} -o jsonpath='{.data}'`,
  ],
  repairs: [
    {
      name: 'put the key back',
      commands: [
        `kubectl get secret shop-keys -n ${SHOP_NAMESPACE} -o json | jq '.data["stock-key"] = .data.stock_key' | kubectl replace -f -`,
        `kubectl rollout restart deployment/orders -n ${SHOP_NAMESPACE}`,
        ready('orders'),
      ],
    },
    {
      name: 'read the other key',
      commands: [
        `kubectl get deployment orders -n ${SHOP_NAMESPACE} -o json | jq '(.spec.template.spec.containers[0].env[] | select(.name == "STOCK_KEY")).valueFrom.secretKeyRef.key = "stock_key"' | kubectl replace -f -`,
        ready('orders'),
      ],
    },
    helmRollback(`kubectl delete pod -l app.kubernetes.io/name=orders -n ${SHOP_NAMESPACE}`, ready('orders')),
  ],
});
