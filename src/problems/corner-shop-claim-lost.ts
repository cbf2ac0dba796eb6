import { mended } from '../faults/mended.ts';
import { deleteObject } from '../faults/objects.ts';
import { helmRollback, ready, SHOP, SHOP_NAMESPACE, shopFamily } from './corner-shop.ts';

const claim = `apiVersion: v1
kind: PersistentVolumeClaim
metadata:
  name: stock-data
spec:
  accessModes: [ReadWriteOnce]
  resources:
    requests:
      storage: 64Mi
`;

export const cornerShopClaimLost = shopFamily('claim_lost', {
  fault: deleteObject('persistentvolumeclaims', 'stock-data', 'stock'),
  harmless: mended(deleteObject('persistentvolumeclaims', 'stock-data', 'stock')),
  service: 'stock',
  analysis: [
    { system_level: 'Virtualization', fault_type: 'Operation Error' },
    { system_level: 'Virtualization', fault_type: 'Network/Storage Issue' },
  ],
  investigation: [
    `kubectl describe pods -l app.kubernetes.io/name=stock -n ${SHOP_NAMESPACE}`,
    `kubectl get persistentvolumeclaims -n ${SHOP_NAMESPACE}`,
  ],
  repairs: [
    {
      name: 'make the claim again',
      commands: [`kubectl apply -n ${SHOP_NAMESPACE} -f - <<'END'\n${claim}END\n`, ready('stock')],
    },
    helmRollback(ready('stock')),
    {
      name: 'upgrade from the chart',
      commands: [`helm upgrade ${SHOP} charts/${SHOP} -n ${SHOP_NAMESPACE} --force-conflicts`, ready('stock')],
    },
  ],
});
