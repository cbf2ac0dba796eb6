import { compareClients } from './lib/compare.ts';

const NS = '-n test-hotel-reservation';

compareClients('describing', {}, [
  `kubectl describe deployment geo ${NS}`,
  `kubectl describe pods -l io.kompose.service=geo ${NS}`,
  `kubectl describe pods -l io.kompose.service=frontend ${NS}`,
  `kubectl describe pods -l io.kompose.service=mongodb-rate ${NS}`,
  `kubectl describe rs -l io.kompose.service=rate ${NS}`,
  `kubectl describe service frontend ${NS}`,
  `kubectl describe svc -n kube-system`,
  `kubectl describe endpoints geo ${NS}`,
  `kubectl describe configmaps ${NS}`,
  'kubectl describe nodes',
  'kubectl describe namespace test-hotel-reservation',
  `kubectl describe pvc ${NS}`,
  'kubectl describe pv',
  'kubectl describe storageclass',
  'kubectl describe sa default -n kube-system',
  'kubectl describe clusterrole view',
  'kubectl describe clusterrolebinding cluster-admin',
  'kubectl describe priorityclass system-node-critical',
  `kubectl describe endpointslices -l kubernetes.io/service-name=geo ${NS}`,
  `kubectl describe pod nothing ${NS}`,
  `kubectl describe secrets ${NS}`,
  { run: `kubectl get events ${NS} -o custom-columns=REASON:.reason,KIND:.involvedObject.kind`, unordered: true },
  `kubectl events ${NS} --for deployment/geo`,
  `kubectl get events ${NS} --field-selector involvedObject.name=geo`,
]);
