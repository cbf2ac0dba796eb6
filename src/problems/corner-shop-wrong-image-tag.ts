import { setImage } from '../faults/set-image.ts';
import { helmRollback, ready, rolloutUndo, SHOP_NAMESPACE, shopFamily } from './corner-shop.ts';

export const cornerShopWrongImageTag = shopFamily('wrong_image_tag', {
  fault: setImage('web', 'web', 'busybox:1.36-shop'),
  harmless: setImage('web', 'web', 'docker.io/library/busybox:1.36'),
  service: 'web',
  analysis: [
    { system_level: 'Application', fault_type: 'Misconfiguration' },
    { system_level: 'Virtualization', fault_type: 'Misconfiguration' },
  ],
  investigation: [
    `kubectl describe pods -l app.kubernetes.io/name=web -n ${SHOP_NAMESPACE}`,
    `kubectl rollout history deployment/web -n ${SHOP_NAMESPACE}`,
  ],
  repairs: [
    {
      name: 'set the image back',
      commands: [`kubectl set image deployment/web web=busybox:1.36 -n ${SHOP_NAMESPACE}`, ready('web')],
    },
    rolloutUndo('web'),
    helmRollback(ready('web')),
  ],
});
