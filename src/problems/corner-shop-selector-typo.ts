import { setFields } from '../faults/set-fields.ts';
import { editWithSed, helmRollback, jsonPatch, SHOP_NAMESPACE, shopFamily } from './corner-shop.ts';

export const cornerShopSelectorTypo = shopFamily('selector_typo', {
  fault: setFields('services', 'orders', [{ path: ['spec', 'selector', 'app.kubernetes.io/name'], value: 'order' }]),
  harmless: setFields('services', 'orders', [
    { path: ['spec', 'selector', 'app.kubernetes.io/part-of'], value: 'corner-shop' },
  ]),
  service: 'orders',
  analysis: [
    { system_level: 'Virtualization', fault_type: 'Misconfiguration' },
    { system_level: 'Virtualization', fault_type: 'Network/Storage Issue' },
  ],
  investigation: [
    `kubectl get endpointslices -n ${SHOP_NAMESPACE}`,
    `kubectl describe service orders -n ${SHOP_NAMESPACE}`,
    `kubectl get pods --show-labels -n ${SHOP_NAMESPACE}`,
  ],
  repairs: [
    {
      name: 'set the selector',
      commands: [`kubectl set selector service orders app.kubernetes.io/name=orders -n ${SHOP_NAMESPACE}`],
    },
    {
      name: 'patch the selector',
      commands: [
        jsonPatch('service orders', [
          { op: 'replace', path: '/spec/selector', value: { 'app.kubernetes.io/name': 'orders' } },
        ]),
      ],
    },
    {
      name: 'replace an edited manifest',
      commands: [
        editWithSed('service orders', 's#^    app.kubernetes.io/name: order$#    app.kubernetes.io/name: orders#'),
      ],
    },
    helmRollback(),
  ],
});
