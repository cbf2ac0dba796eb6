import { FIRST_CONTAINER, setFields } from '../faults/set-fields.ts';
import { helmRollback, jsonPatch, ready, rolloutUndo, SHOP_NAMESPACE, shopFamily } from './corner-shop.ts';

export const cornerShopBadReadinessProbe = shopFamily('bad_readiness_probe', {
  fault: setFields('deployments', 'web', [
    { path: [...FIRST_CONTAINER, 'readinessProbe', 'httpGet', 'path'], value: '/cgi-bin/ready' },
  ]),
  harmless: setFields('deployments', 'web', [
    { path: [...FIRST_CONTAINER, 'readinessProbe', 'httpGet', 'path'], value: '/' },
  ]),
  service: 'web',
  analysis: [
    { system_level: 'Virtualization', fault_type: 'Misconfiguration' },
    { system_level: 'Application', fault_type: 'Misconfiguration' },
  ],
  investigation: [
    `kubectl describe pods -l app.kubernetes.io/name=web -n ${SHOP_NAMESPACE}`,
    `kubectl get endpointslices -n ${SHOP_NAMESPACE}`,
  ],
  repairs: [
    {
      name: 'patch the path',
      commands: [
        jsonPatch('deployment web', [
          {
            op: 'replace',
            path: '/spec/template/spec/containers/0/readinessProbe/httpGet/path',
            value: '/cgi-bin/healthz',
          },
        ]),
        ready('web'),
      ],
    },
    rolloutUndo('web'),
    {
      name: 'drop the probe',
      commands: [
        jsonPatch('deployment web', [{ op: 'remove', path: '/spec/template/spec/containers/0/readinessProbe' }]),
        ready('web'),
      ],
    },
    helmRollback(ready('web')),
  ],
});
