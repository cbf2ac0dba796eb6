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
  'kubectl drain kind-worker',
  { run: 'kubectl drain kind-worker --ignore-daemonsets --delete-emptydir-data --force', settle: 20, unordered: true },
  'kubectl get pods -A',
  'kubectl uncordon kind-worker',
  'kubectl uncordon kind-worker',
  'kubectl cordon nothing',
  'kubectl describe node kind-worker',
  'kubectl annotate node kind-worker note=x',
  'kubectl get node kind-worker -o yaml',
]);
