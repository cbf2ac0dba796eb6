import { compareClients } from './lib/compare.ts';

const WEB = `apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  labels: {app: web}
spec:
  replicas: 2
  selector:
    matchLabels: {app: web}
  template:
    metadata:
      labels: {app: web}
    spec:
      containers:
      - name: nginx
        image: nginx:1.25
        ports:
        - containerPort: 80
        resources:
          requests: {cpu: 0.05, memory: 32Mi}
---
apiVersion: v1
kind: Service
metadata:
  name: web
spec:
  selector: {app: web}
  ports:
  - port: 80
`;
const files = {
  'web.yaml': WEB,
  'web-2.yaml': WEB.replace('replicas: 2', 'replicas: 3').replace('32Mi', '64Mi'),
  'bad.yaml': WEB.replace('replicas: 2', 'replicaz: 2'),
  'broken.yaml': 'kind: [\n',
  'no-kind.yaml': 'apiVersion: v1\nmetadata: {name: x}\n',
  'unknown.yaml': 'apiVersion: example.com/v1\nkind: Widget\nmetadata: {name: x}\n',
  'config/app.properties': 'a=1\nb=2\n',
  'config/empty.txt': '',
  'app.env': 'USER=root\nMODE=fast\n',
  'patch.yaml': 'spec:\n  replicas: 1\n',
  'ssa.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: side\ndata:\n  a: "1"\n',
  'ssa-2.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: side\ndata:\n  a: "2"\n',
  'crd.yaml': `apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata:
  name: widgets.example.com
spec:
  group: example.com
  scope: Namespaced
  names: {plural: widgets, singular: widget, kind: Widget, shortNames: [wd]}
  versions:
  - name: v1
    served: true
    storage: true
    additionalPrinterColumns:
    - {name: Size, type: integer, jsonPath: .spec.size}
    schema:
      openAPIV3Schema:
        type: object
        properties:
          spec:
            type: object
            properties:
              size: {type: integer, minimum: 1}
`,
  'widget.yaml': 'apiVersion: example.com/v1\nkind: Widget\nmetadata: {name: x}\nspec: {size: 3}\n',
  'bad-widget.yaml': 'apiVersion: example.com/v1\nkind: Widget\nmetadata: {name: y}\nspec: {size: 0}\n',
};

compareClients('writing', files, [
  'kubectl create namespace lab',
  'kubectl create namespace lab',
  'kubectl config set-context --current --namespace=lab | sed s/\\".*\\"/context/',
  'kubectl apply -f web.yaml --dry-run=client',
  'kubectl apply -f web.yaml --dry-run=server -o name',
  { run: 'kubectl apply -f web.yaml', settle: 10 },
  'kubectl apply -f web.yaml',
  'kubectl diff -f web-2.yaml | grep -vE "^(\\+\\+\\+|---|diff)"',
  { run: 'kubectl apply -f web-2.yaml', settle: 10 },
  'kubectl get deployment web -o yaml',
  'kubectl get deployment,rs,pods,service',
  'kubectl apply -f bad.yaml',
  'kubectl apply -f bad.yaml --validate=false',
  'kubectl apply -f broken.yaml',
  'kubectl apply -f no-kind.yaml',
  'kubectl apply -f unknown.yaml',
  'kubectl apply -f missing.yaml',
  'cat web.yaml | kubectl apply -f - -l app=web',
  'kubectl apply view-last-applied deployment/web',
  'kubectl apply --server-side -f ssa.yaml',
  'kubectl apply --server-side -f ssa-2.yaml --field-manager=other',
  'kubectl apply --server-side -f ssa-2.yaml --field-manager=other --force-conflicts',
  'kubectl get configmap side -o yaml --show-managed-fields',
  'kubectl create -f web.yaml',
  'kubectl replace -f web.yaml',
  'kubectl create configmap app --from-literal=a=1 --from-file=config --from-env-file=app.env',
  'kubectl create configmap app --from-file=config/app.properties --from-file=other=config/empty.txt --from-literal=a=1',
  'kubectl get configmap app -o yaml',
  'kubectl create secret generic db --from-literal=password=s3cret -o yaml --dry-run=client',
  'kubectl create secret generic db --from-literal=password=s3cret',
  'kubectl describe secret db',
  'kubectl create secret docker-registry reg --docker-server=r.io --docker-username=u --docker-password=p',
  'kubectl create serviceaccount robot',
  'kubectl create role reader --verb=get,list --resource=pods,deployments.apps',
  'kubectl create rolebinding reader --role=reader --serviceaccount=lab:robot',
  'kubectl describe role,rolebinding reader',
  'kubectl auth can-i list pods --as=system:serviceaccount:lab:robot',
  'kubectl get pods --as=system:serviceaccount:lab:robot -n default',
  'kubectl create clusterrole watcher --verb=watch --resource=nodes -o yaml --dry-run=client',
  'kubectl create quota limit --hard=pods=9,requests.cpu=2',
  { run: 'kubectl describe quota limit', settle: 3 },
  'kubectl create job once --image=busybox:1.36 -- sh -c "echo done"',
  'kubectl create cronjob tick --image=busybox:1.36 --schedule="*/5 * * * *" -- date',
  'kubectl get cronjob tick -o wide',
  'kubectl describe cronjob tick',
  'kubectl create deployment api --image=hashicorp/http-echo:1.0 --replicas=1 --port=5678',
  'kubectl create service clusterip api --tcp=80:5678',
  'kubectl create ingress api --rule="api.example.com/*=api:80" -o yaml --dry-run=client',
  'kubectl create poddisruptionbudget web --selector=app=web --min-available=1',
  'kubectl create priorityclass high --value=1000 --description=urgent',
  'kubectl create token robot --duration=1h | cut -c1-3',
  'kubectl expose deployment web --name=web-2 --port=8080 --target-port=80 --type=NodePort',
  'kubectl describe service web',
  'kubectl autoscale deployment web --min=1 --max=4 --cpu=70%',
  'kubectl get hpa',
  'kubectl patch deployment web -p \'{"spec":{"replicas":2}}\'',
  'kubectl patch deployment web --type=merge --patch-file patch.yaml',
  'kubectl patch deployment web --type=json -p \'[{"op":"replace","path":"/spec/replicas","value":2}]\'',
  'kubectl patch deployment web --type=json -p \'[{"op":"test","path":"/spec/replicas","value":7}]\'',
  'kubectl patch deployment web -p \'{"spec":{"replicas":-1}}\'',
  'kubectl patch deployment web -p nonsense',
  'kubectl patch deployment web --subresource=scale --type=merge -p \'{"spec":{"replicas":1}}\'',
  'kubectl label deployment web tier=front',
  'kubectl label deployment web tier=back',
  'kubectl label deployment web tier=back --overwrite',
  'kubectl label pods -l app=web checked=yes',
  'kubectl label deployment web tier-',
  'kubectl annotate service web note="a b"',
  'kubectl annotate service web note-',
  'kubectl scale deployment web --replicas=3',
  'kubectl scale deployment web --replicas=2 --current-replicas=7',
  { run: 'kubectl scale deployment/web deployment/api --replicas=2', settle: 10 },
  'kubectl get pods -l app=web',
  'kubectl apply -f crd.yaml',
  'kubectl apply -f widget.yaml',
  'kubectl get widgets',
  'kubectl get wd x -o yaml',
  'kubectl apply -f bad-widget.yaml',
  'kubectl describe widget x',
  'kubectl delete widget x',
  'kubectl delete crd widgets.example.com',
  'kubectl delete pods -l app=nothing',
  'kubectl delete deployment nothing',
  'kubectl delete deployment nothing --ignore-not-found',
  { run: 'kubectl delete -f web.yaml', settle: 5 },
  { run: 'kubectl delete deployment,service api --wait=false', settle: 5 },
  { run: 'kubectl delete configmap --all', settle: 2 },
  'kubectl get all',
  { run: 'kubectl delete namespace lab', settle: 5 },
  'kubectl get pods -n lab',
]);
