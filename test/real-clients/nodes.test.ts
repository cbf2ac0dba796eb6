import { compareClients } from './lib/compare.ts';

compareClients('nodes', {}, [
  'kubectl get nodes',
  'kubectl label node kind-worker disk=ssd',
  'kubectl get nodes -L disk',
  'kubectl taint node kind-worker dedicated=lab:NoSchedule',
  'kubectl taint node kind-worker dedicated=lab:NoSchedule',
  'kubectl taint node kind-worker dedicated=other:NoSchedule --overwrite',
  'kubectl taint node kind-worker dedicated-',
  'kubectl taint node kind-worker dedicated-',
  'kubectl cordon kind-worker',
  'kubectl cordon kind-worker',
  'kubectl get nodes',
  { run: `kubectl drain kind-worker --pod-selector='io.kompose.service in (geo,rate)'`, settle: 15, unordered: true },
  { run: `kubectl drain kind-worker --pod-selector=io.kompose.service=user --force`, settle: 15, unordered: true },
  'kubectl get pods -A',
  'kubectl uncordon kind-worker',
  'kubectl uncordon kind-worker',
  'kubectl cordon nothing',
  'kubectl describe node kind-worker',
  'kubectl annotate node kind-worker note=x',
  'kubectl get node kind-worker -o yaml',
]);
