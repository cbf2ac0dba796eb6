import type { Corpus } from '../lib/corpus.ts';

const RBAC = `apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: r, namespace: lab}
rules:
- apiGroups: [""]
  resources: [pods]
  verbs: [get, list]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: b, namespace: lab}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: r}
subjects:
- {kind: User, name: u, apiGroup: rbac.authorization.k8s.io}
`;
const CSR = `apiVersion: certificates.k8s.io/v1
kind: CertificateSigningRequest
metadata: {name: NAME}
spec:
  request: LS0tLS1CRUdJTiBDRVJUSUZJQ0FURSBSRVFVRVNULS0tLS0KTUlIY01JR0RBZ0VBTUNFeER6QU5CZ05WQkFNTUJuSnZZbTkwTURFT01Bd0dBMVVFQ2d3RmIzQnpNREF3V1RBVApCZ2NxaGtqT1BRSUJCZ2dxaGtqT1BRTUJCd05DQUFRQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBCkFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQW9BQXdDZ1lJS29aSXpqMEUKQXdJRFNBQXdSUUloQUFBPQotLS0tLUVORCBDRVJUSUZJQ0FURSBSRVFVRVNULS0tLS0K
  signerName: example.com/any
  usages: [client auth]
`;
const WORKLOADS = `apiVersion: apps/v1
kind: DaemonSet
metadata: {name: ds}
spec:
  selector: {matchLabels: {app: ds}}
  template:
    metadata: {labels: {app: ds}}
    spec:
      containers: [{name: main, image: "nginx:1.25"}]
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: ss}
spec:
  serviceName: ss
  replicas: 2
  selector: {matchLabels: {app: ss}}
  template:
    metadata: {labels: {app: ss}}
    spec:
      containers: [{name: main, image: "nginx:1.25"}]
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, labels: {app: web}}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - name: main
        image: nginx:1.25
        ports: [{containerPort: 80}]
---
apiVersion: apps/v1
kind: ReplicaSet
metadata: {name: rs}
spec:
  replicas: 1
  selector: {matchLabels: {app: rs}}
  template:
    metadata: {labels: {app: rs}}
    spec:
      containers: [{name: main, image: "nginx:1.25"}]
---
apiVersion: v1
kind: ReplicationController
metadata: {name: rc}
spec:
  replicas: 1
  selector: {app: rc}
  template:
    metadata: {labels: {app: rc}}
    spec:
      containers: [{name: main, image: "nginx:1.25"}]
---
apiVersion: batch/v1
kind: CronJob
metadata: {name: cj}
spec:
  schedule: "0 0 1 1 *"
  jobTemplate:
    spec:
      template:
        spec:
          restartPolicy: Never
          containers: [{name: main, image: "busybox:1.36", command: [echo, hi]}]
`;

const settled = (run: string, settle = 20) => ({ run, settle });

/** What changes the cluster, verb by verb. */
export const corpus: Corpus = {
  name: 'kubectl changing',
  empty: true,
  files: {
    'rbac.yaml': RBAC,
    'rbac-2.yaml': RBAC.replace('get, list', 'get, watch').replace('name: u,', 'name: v,'),
    'rbac-3.yaml': RBAC.replace('name: r}\nsubjects', 'name: other}\nsubjects'),
    'csr.yaml': `${CSR.replace('NAME', 'one')}---\n${CSR.replace('NAME', 'two')}---\n${CSR.replace('NAME', 'three')}`,
    'work.yaml': WORKLOADS,
    'cm.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: conf, labels: {set: a}}\ndata: {a: "1"}\n',
    'cm-2.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: conf, labels: {set: a}}\ndata: {a: "2"}\n',
    'two.yaml':
      'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: conf-b, labels: {set: a}}\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: conf-c, labels: {set: a}}\n',
    'immutable.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: fixed}\nimmutable: true\ndata: {a: "1"}\n',
    'patch.json': '{"data":{"b":"2"}}',
    'env.txt': 'A=1\nB=2\n',
  },
  steps: [
    'kubectl create namespace lab -o json | head -5',
    'kubectl config set-context --current --namespace=lab',
    'kubectl auth reconcile -f rbac.yaml --dry-run=client',
    'kubectl auth reconcile -f rbac.yaml',
    'kubectl auth reconcile -f rbac.yaml',
    'kubectl auth reconcile -f rbac-2.yaml',
    'kubectl get role r -o yaml',
    'kubectl auth reconcile -f rbac-2.yaml --remove-extra-permissions --remove-extra-subjects',
    'kubectl get rolebinding b -o yaml',
    'kubectl auth reconcile -f rbac.yaml -o yaml',
    'kubectl auth reconcile -f rbac-2.yaml -o name',
    'kubectl auth reconcile -f rbac-3.yaml',
    'kubectl auth reconcile -f rbac.yaml --dry-run=server',
    'kubectl describe role r',
    'kubectl set subject rolebinding b --user=w --group=g --serviceaccount=lab:default',
    'kubectl get rolebinding b -o wide',
    'kubectl apply -f csr.yaml',
    'kubectl get csr',
    'kubectl certificate approve one',
    'kubectl certificate approve one',
    'kubectl certificate deny one',
    'kubectl certificate deny two -o yaml | grep -v request:',
    'kubectl certificate approve two',
    'kubectl certificate approve three -o name',
    'kubectl certificate approve nothing three',
    'kubectl get csr',
    settled('kubectl apply -f work.yaml', 40),
    'kubectl get all',
    'kubectl rollout status ds/ds',
    'kubectl rollout status ss/ss',
    'kubectl rollout status rs/rs',
    'kubectl rollout history ds/ds',
    settled('kubectl set image ds/ds main=nginx:1.26'),
    settled('kubectl set image statefulset ss main=nginx:1.26', 40),
    'kubectl rollout history ds/ds',
    'kubectl rollout history ss/ss',
    'kubectl rollout history ds/ds --revision=1',
    'kubectl rollout history ss/ss --revision=2',
    'kubectl rollout history ss/ss --revision=9',
    'kubectl rollout history deploy,ds',
    'kubectl rollout history deploy/web -o yaml',
    settled('kubectl rollout undo ds/ds'),
    settled('kubectl rollout undo ss/ss --to-revision=1', 40),
    'kubectl rollout undo ss/ss --to-revision=9',
    'kubectl rollout history ds/ds',
    'kubectl rollout history ss/ss',
    settled('kubectl rollout restart ds/ds'),
    settled('kubectl rollout restart ss/ss', 40),
    'kubectl rollout restart rs/rs',
    'kubectl rollout pause ds/ds',
    'kubectl rollout status ds,ss,deploy',
    'kubectl annotate deploy/web kubernetes.io/change-cause="first"',
    settled('kubectl set image deploy/web main=nginx:1.26'),
    'kubectl annotate deploy/web kubernetes.io/change-cause="second"',
    'kubectl rollout history deploy/web',
    'kubectl rollout history deploy/web --revision=2',
    settled('kubectl rollout undo deploy/web'),
    'kubectl rollout history deploy/web',
    'kubectl scale ss/ss --replicas=1',
    'kubectl scale rs/rs rc/rc --replicas=2',
    'kubectl scale deploy/web --replicas=3 --current-replicas=2 -o name',
    'kubectl scale ds/ds --replicas=1',
    'kubectl scale cronjob/cj --replicas=1',
    settled('kubectl scale deploy --all --replicas=1'),
    settled('kubectl scale deploy -l app=web --replicas=2'),
    'kubectl get deploy,rs,ss,rc',
    'kubectl autoscale deploy web --min=1 --max=3 --cpu=50%',
    'kubectl autoscale deploy web --min=1 --max=3',
    'kubectl autoscale rc rc --max=3 --cpu=100m --name=other -o yaml --dry-run=client',
    'kubectl autoscale ss ss --max=3 --memory=50% --dry-run=client -o yaml',
    'kubectl autoscale ss ss --max=3 --cpu-percent=50 --dry-run=client -o yaml',
    'kubectl get hpa',
    'kubectl expose deploy web --port=80 --target-port=8080 --name=a',
    'kubectl expose deploy web --port=80 --protocol=UDP --name=b -o yaml --dry-run=client',
    'kubectl expose rc rc --port=80 --external-ip=1.2.3.4 --load-balancer-ip=1.2.3.5 --session-affinity=ClientIP --dry-run=client -o yaml',
    'kubectl expose deploy web --dry-run=client -o yaml',
    'kubectl expose deploy web --port=80,443 --dry-run=client -o yaml',
    'kubectl expose svc a --name=c --port=81 --labels=x=y --selector=q=r --dry-run=client -o yaml',
    'kubectl expose rs rs',
    'kubectl expose deploy web --cluster-ip=None --name=headless --dry-run=client -o yaml',
    'kubectl expose deploy web --type=ExternalName --external-name=x --name=d --port=1 --dry-run=client -o yaml',
    'kubectl set env deploy/web A=1 B=2',
    'kubectl set env deploy/web --list',
    'kubectl set env deploy/web A-',
    'kubectl set env deploy/web C=3 --dry-run=client -o yaml | grep -A3 env',
    'kubectl set env deploy --all D=4',
    'kubectl set env deploy/web E=5 -c main',
    'kubectl set env deploy/web A=9 --overwrite=false',
    'kubectl set env deploy/web B=9 --overwrite=false',
    'kubectl set env cronjob/cj A=1',
    'kubectl set env ds/ds ss/ss A=1',
    'kubectl set env -f work.yaml A=1 --local -o yaml | grep -c "name: A"',
    'kubectl set image deploy/web main=nginx:1.27 --dry-run=client',
    'kubectl set image deploy/web main=nginx:1.27 -o jsonpath={.spec.template.spec.containers[0].image}',
    'kubectl set image deploy/web main=nginx:1.27',
    'kubectl set image -f work.yaml "*=nginx:9" --local -o name',
    'kubectl set image cronjob/cj main=busybox:1.37',
    'kubectl set resources deploy/web --limits=cpu=200m,memory=512Mi --requests=cpu=100m,memory=256Mi',
    'kubectl set resources deploy/web --limits=cpu=0 --dry-run=client -o yaml | grep -A8 resources:',
    'kubectl set selector svc a app=other',
    'kubectl set selector svc a app=other,tier=x --dry-run=client -o yaml',
    'kubectl set sa deploy/web default',
    'kubectl set serviceaccount deploy/web robot --dry-run=client -o name',
    'kubectl create job once --from=cronjob/cj',
    'kubectl get job once -o yaml',
    'kubectl create job once --from=cronjob/cj --dry-run=client -o yaml',
    'kubectl apply -f cm.yaml',
    'kubectl apply -f cm.yaml -o name',
    'kubectl apply -f cm-2.yaml -o yaml',
    'kubectl apply -f cm-2.yaml -o json',
    'kubectl apply -f cm.yaml --dry-run=client -o yaml',
    'kubectl apply -f cm.yaml --dry-run=server -o yaml',
    'kubectl diff -f cm.yaml | grep "^[-+][^-+]"',
    'kubectl diff -f cm-2.yaml; echo $?',
    'kubectl apply view-last-applied cm/conf',
    'kubectl apply view-last-applied cm conf -o json',
    'kubectl apply view-last-applied -f cm.yaml',
    'kubectl apply view-last-applied cm --all',
    'kubectl apply set-last-applied -f cm.yaml',
    'kubectl apply set-last-applied -f cm.yaml -o yaml',
    'kubectl apply set-last-applied -f two.yaml',
    'kubectl apply set-last-applied -f cm.yaml --dry-run=client',
    'kubectl create cm bare --from-literal=a=1',
    'kubectl apply view-last-applied cm/bare',
    'kubectl apply -f two.yaml',
    'kubectl apply -f cm.yaml --prune',
    'kubectl apply -f cm.yaml --prune --all --prune-allowlist=core/v1/Nothing',
    'kubectl apply -f cm.yaml --prune -l set=a --prune-allowlist=core/v1/ConfigMap --dry-run=client',
    'kubectl apply -f cm.yaml --prune -l set=a --prune-allowlist=core/v1/ConfigMap',
    'kubectl get cm',
    'kubectl apply -f immutable.yaml',
    'sed \'s/"1"/"2"/\' immutable.yaml | kubectl apply -f -',
    'sed \'s/"1"/"2"/\' immutable.yaml | kubectl apply --force -f -',
    'kubectl replace -f cm-2.yaml',
    'kubectl replace -f cm-2.yaml -o name',
    'kubectl replace --force -f cm.yaml',
    'kubectl replace -f two.yaml',
    'kubectl create -f cm.yaml -o name',
    'kubectl patch cm conf --patch-file patch.json',
    'kubectl patch cm conf -p \'{"data":{"b":"2"}}\'',
    'kubectl patch cm conf --type=merge -p \'{"data":{"b":null}}\' -o yaml',
    'kubectl patch cm conf --type=json -p \'[{"op":"add","path":"/data/c","value":"3"}]\' -o jsonpath={.data}',
    'kubectl patch cm conf -p \'{"data":{"d":"4"}}\' --dry-run=server',
    'kubectl patch cm conf -p \'{"data":{"d":"4"}}\' --dry-run=client -o yaml',
    'kubectl patch cm conf bare -p \'{"data":{"e":"5"}}\'',
    'kubectl patch -f cm.yaml -p \'{"data":{"e":"5"}}\'',
    "kubectl patch deploy web -p 'spec: {replicas: 1}'",
    'kubectl patch deploy web --subresource=status --type=merge -p \'{"status":{"replicas":7}}\'',
    "kubectl patch cm -p '{}'",
    'kubectl label cm conf x=1 y=2',
    'kubectl label cm conf x=1',
    'kubectl label cm conf x=2',
    'kubectl label cm conf x=2 --overwrite -o yaml',
    'kubectl label cm conf x-',
    'kubectl label cm conf x-',
    'kubectl label cm conf y- z=1',
    'kubectl label cm --all all=yes',
    'kubectl label cm conf --list | sort',
    'kubectl label cm conf bare --list | sort',
    'kubectl label cm -l all=yes more=1 --dry-run=client',
    'kubectl label -f cm.yaml from=file',
    'kubectl label cm conf k=v --resource-version=1',
    'kubectl annotate cm conf a=1 b="two words"',
    'kubectl annotate cm conf a=2',
    'kubectl annotate cm conf a=2 --overwrite',
    'kubectl annotate cm conf a- b-',
    'kubectl annotate cm conf --list | sort',
    'kubectl annotate cm --all note=x -o name',
    'kubectl annotate cm conf example.com/note=x example.com/more=y',
    settled('kubectl run target --image=nginx:1.25', 10),
    'kubectl debug target --image=busybox:1.36 -c dbg --profile=general -- sleep 100',
    'kubectl debug target --image=busybox:1.36 -c dbg -- sleep 100',
    'kubectl debug target --image=busybox:1.36 --target=target -c dbg2 --profile=general -- sleep 1',
    'kubectl debug target --image=x --profile=bogus',
    'kubectl debug target --image=x --copy-to=a --target=b',
    'kubectl debug target --image=x --same-node',
    'kubectl debug target --image=x -t',
    settled('kubectl debug target --copy-to=copy --image=busybox:1.36 -c side --profile=general -- sleep 100', 10),
    'kubectl debug target --copy-to=copy2 --set-image=*=nginx:1.26 --profile=general',
    'kubectl debug target --copy-to=copy3 --container=target --profile=sysadmin -- sleep 5',
    'kubectl debug node/kind-worker --image=busybox:1.36 --profile=sysadmin -- sleep 100',
    'kubectl debug node/nothing --image=busybox:1.36',
    'kubectl debug deploy/web --image=busybox:1.36 -q',
    settled('kubectl get pod target -o jsonpath={.spec.ephemeralContainers}', 10),
    'kubectl get pod copy -o jsonpath={.spec.containers}',
    'kubectl get pod copy3 -o jsonpath={.spec.containers}',
    'kubectl describe pod copy | sed -n "/^Containers/,/^Conditions/p"',
    'kubectl delete pod copy copy2 copy3 --now',
    'kubectl delete pod copy --ignore-not-found',
    'kubectl delete pods -l app=rs',
    'kubectl delete cm conf bare -o name',
    'kubectl delete cm/fixed svc/a',
    'kubectl delete -f two.yaml',
    'kubectl delete -f two.yaml --ignore-not-found',
    'kubectl delete job --all',
    'kubectl delete deploy web --cascade=orphan',
    'kubectl get rs',
    'kubectl delete ds ds --dry-run=client',
    'kubectl delete ds ds --dry-run=server',
    'kubectl delete ds ds --grace-period=0 --force',
    'kubectl delete ss,rc,rs,cj --all',
    'kubectl delete csr --all',
    'kubectl delete all --all --dry-run=client -o name | head -3',
    'kubectl delete hpa,role,rolebinding --all',
    { run: 'kubectl delete namespace lab', settle: 20 },
    'kubectl get all -n lab',
  ],
};
