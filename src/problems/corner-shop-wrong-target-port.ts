import { setFields } from '../faults/set-fields.ts';
import { editWithSed, helmRollback, jsonPatch, SHOP_NAMESPACE, shopFamily } from './corner-shop.ts';

export const cornerShopWrongTargetPort = shopFamily('wrong_target_port', {
  fault: setFields('services', 'stock', [{ path: ['spec', 'ports', 0, 'targetPort'], value: 9090 }]),
  harmless: setFields('services', 'stock', [{ path: ['spec', 'ports', 0, 'targetPort'], value: 'http' }]),
  service: 'stock',
  analysis: [
    { system_level: 'Virtualization', fault_type: 'Misconfiguration' },
    { system_level: 'Virtualization', fault_type: 'Network/Storage Issue' },
  ],
  investigation: [
    `kubectl logs deployment/orders -n ${SHOP_NAMESPACE} --tail=5`,
    `kubectl describe service stock -n ${SHOP_NAMESPACE}`,
    `kubectl get deployment stock -n ${SHOP_NAMESPACE} -o jsonpath='{.spec.template.spec.containers[0].ports}'`,
  ],
  repairs: [
    {
      name: 'set the port back',
      commands: [jsonPatch('service stock', [{ op: 'replace', path: '/spec/ports/0/targetPort', value: 9000 }])],
    },
    {
      name: 'name the port',
      commands: [jsonPatch('service stock', [{ op: 'replace', path: '/spec/ports/0/targetPort', value: 'http' }])],
    },
    {
      name: 'replace an edited manifest',
      commands: [editWithSed('service stock', 's/targetPort: 9090/targetPort: 9000/')],
    },
    helmRollback(),
  ],
});
