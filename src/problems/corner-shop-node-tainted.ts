import { taintNodes } from '../faults/taint-nodes.ts';
import { ready, SHOP_NAMESPACE, shopFamily } from './corner-shop.ts';

export const cornerShopNodeTainted = shopFamily('node_tainted', {
  fault: taintNodes({ key: 'example.com/maintenance', value: 'planned', effect: 'NoSchedule' }, 'orders'),
  harmless: taintNodes({ key: 'example.com/maintenance', value: 'planned', effect: 'PreferNoSchedule' }, 'orders'),
  service: 'orders',
  analysis: [
    { system_level: 'Virtualization', fault_type: 'Operation Error' },
    { system_level: 'Virtualization', fault_type: 'Misconfiguration' },
  ],
  investigation: [
    `kubectl describe pods -l app.kubernetes.io/name=orders -n ${SHOP_NAMESPACE}`,
    "kubectl get nodes -o custom-columns='NAME:.metadata.name,TAINTS:.spec.taints'",
  ],
  repairs: [
    { name: 'take the taint away', commands: ['kubectl taint nodes --all example.com/maintenance-', ready('orders')] },
    {
      name: 'take it away by value and effect',
      commands: ['kubectl taint nodes --all example.com/maintenance=planned:NoSchedule-', ready('orders')],
    },
    {
      name: 'replace the nodes',
      commands: [
        `kubectl get nodes -o json | jq '.items[].spec.taints |= (map(select(.key != "example.com/maintenance")))' | kubectl replace -f -`,
        ready('orders'),
      ],
    },
  ],
});
