import { compareClients } from './lib/compare.ts';

const NS = '-n test-hotel-reservation';
const VALUES = 'replicaCount: 2\nserviceAccount:\n  create: false\nresources:\n  requests: {cpu: 50m}\n';

compareClients(
  'helm',
  { 'values.yaml': VALUES },
  [
    'helm version --short',
    `helm list ${NS}`,
    'helm list -A',
    'helm list -A -o yaml',
    `helm status hotel-reservation ${NS} | head -6`,
    `helm history hotel-reservation ${NS}`,
    `helm get values hotel-reservation ${NS}`,
    `helm get manifest hotel-reservation ${NS} | head -60`,
    `helm get notes hotel-reservation ${NS}`,
    `helm get values nothing ${NS}`,
    'helm template web ./web',
    'helm template web ./web -f values.yaml --set image.tag=1.25,service.type=NodePort',
    'helm template web ./web --show-only templates/service.yaml',
    'helm lint ./web',
    'helm show values ./web | head -20',
    'helm show chart ./web',
    'helm install web ./web --dry-run=client | head -40',
    { run: 'helm install web ./web -f values.yaml --set image.tag=1.25', settle: 10 },
    'helm install web ./web',
    'helm list',
    'kubectl get all -l app.kubernetes.io/instance=web',
    'kubectl get deployment web -o yaml',
    'helm get values web',
    'helm get values web -a -o json',
    'helm get all web',
    { run: 'helm upgrade web ./web --reuse-values --set replicaCount=3 --description "more"', settle: 10 },
    { run: 'helm upgrade web ./web --set image.tag=nope --atomic --timeout $PATIENCE', settle: 10 },
    'helm history web',
    { run: 'helm upgrade web ./web --set image.tag=nope --wait --timeout $PATIENCE', settle: 5 },
    { run: 'helm rollback web 1', settle: 10 },
    'helm history web -o json',
    `helm status web -o json | grep -o '"status":"[a-z]*"'`,
    'helm rollback web 99',
    'helm upgrade nothing ./web',
    { run: 'helm upgrade --install other ./web --set replicaCount=0', settle: 5 },
    'helm list --filter oth -q',
    'helm uninstall other --keep-history',
    'helm list --uninstalled',
    { run: 'helm uninstall web', settle: 5 },
    'helm uninstall web',
    'kubectl get all',
    'helm install bad ./web --set service.port=nonsense',
    'helm install ./web',
    'helm install web ./missing',
  ],
  async (twin) => {
    const made = await twin.real('helm create web');
    if (made.code !== 0) throw new Error(made.stderr);
    await twin.share('web');
  },
);
