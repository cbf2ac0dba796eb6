import { mended } from '../faults/mended.ts';
import { deleteObject } from '../faults/objects.ts';
import { helmRollback, SHOP, SHOP_NAMESPACE, shopFamily } from './corner-shop.ts';

const AS_KEEPER = `--as=system:serviceaccount:${SHOP_NAMESPACE}:keeper`;
const KEEPER = `--role=keeper --serviceaccount=${SHOP_NAMESPACE}:keeper -n ${SHOP_NAMESPACE}`;

export const cornerShopRightsRevoked = shopFamily('rights_revoked', {
  fault: deleteObject('rolebindings', 'keeper'),
  harmless: mended(deleteObject('rolebindings', 'keeper')),
  service: 'keeper',
  analysis: [
    { system_level: 'Application', fault_type: 'Authentication Issue' },
    { system_level: 'Virtualization', fault_type: 'Authentication Issue' },
    { system_level: 'Virtualization', fault_type: 'Misconfiguration' },
    { system_level: 'Virtualization', fault_type: 'Operation Error' },
  ],
  investigation: [
    `kubectl auth can-i --list -n ${SHOP_NAMESPACE} ${AS_KEEPER}`,
    `kubectl get pods -n ${SHOP_NAMESPACE} ${AS_KEEPER}`,
    `kubectl get roles,rolebindings -n ${SHOP_NAMESPACE}`,
  ],
  repairs: [
    { name: 'bind the role again', commands: [`kubectl create rolebinding keeper ${KEEPER}`] },
    { name: 'bind it under another name', commands: [`kubectl create rolebinding keeper-reads ${KEEPER}`] },
    helmRollback(),
    {
      name: 'upgrade from the chart',
      commands: [`helm upgrade ${SHOP} charts/${SHOP} -n ${SHOP_NAMESPACE} --force-conflicts`],
    },
  ],
});
