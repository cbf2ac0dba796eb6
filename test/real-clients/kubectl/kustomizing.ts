import type { Corpus } from '../lib/corpus.ts';

const APP = `apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  labels: {app: web}
spec:
  replicas: 1
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      serviceAccountName: robot
      containers:
      - name: main
        image: nginx:1.25
        envFrom:
        - configMapRef: {name: conf}
        env:
        - {name: P, valueFrom: {secretKeyRef: {name: sec, key: p}}}
      volumes:
      - {name: c, configMap: {name: conf}}
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec:
  selector: {app: web}
  ports: [{port: 80}]
---
apiVersion: v1
kind: ServiceAccount
metadata: {name: robot}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: in}
spec:
  rules:
  - http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: web, port: {number: 80}}}}]}
`;
const BASE = `resources: [app.yaml]
configMapGenerator:
- name: conf
  literals: [A=1, B=2]
  files: [note.txt]
secretGenerator:
- name: sec
  literals: [p=1]
`;
const OVER = `resources: [../base]
namespace: lab
namePrefix: pre-
nameSuffix: -suf
labels:
- pairs: {tier: front}
- pairs: {team: a}
  includeSelectors: true
commonAnnotations: {note: x}
images:
- {name: nginx, newName: r.io/nginx, newTag: "1.27"}
replicas:
- {name: web, count: 3}
patches:
- target: {kind: Deployment}
  patch: |-
    - op: add
      path: /spec/template/spec/nodeName
      value: n1
- patch: |-
    apiVersion: v1
    kind: Service
    metadata: {name: web}
    spec: {type: NodePort}
- path: strategic.yaml
`;
const STRATEGIC = `apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  template:
    spec:
      containers:
      - name: main
        resources: {limits: {cpu: 100m}}
      - name: side
        image: busybox
`;

/** Kustomizations, built and applied. */
export const corpus: Corpus = {
  name: 'kubectl kustomizing',
  shared: true,
  empty: true,
  files: {
    'base/app.yaml': APP,
    'base/note.txt': 'a note\n',
    'base/kustomization.yaml': BASE,
    'over/kustomization.yaml': OVER,
    'over/strategic.yaml': STRATEGIC,
    'top/kustomization.yaml':
      'resources: [../over]\nnamePrefix: o-\ngeneratorOptions: {disableNameSuffixHash: true, labels: {g: h}}\nconfigMapGenerator:\n- name: x\n  literals: [a=b]\n',
    'plain/kustomization.yml': 'resources: [app.yaml]\ncommonLabels: {team: b}\n',
    'plain/app.yaml': APP,
    'outside/kustomization.yml': 'resources: [../base/app.yaml]\n',
    'bad/kustomization.yaml': 'bogus: 1\n',
    'empty/kustomization.yaml': '',
    'gone/kustomization.yaml': 'resources: [none.yaml]\n',
    'file.txt': 'x',
  },
  steps: [
    'kubectl kustomize base',
    'kubectl kustomize over',
    'kubectl kustomize top',
    'kubectl kustomize ./plain/',
    'kubectl kustomize outside',
    'kubectl kustomize bad',
    'kubectl kustomize empty',
    'kubectl kustomize gone',
    'kubectl kustomize file.txt',
    'kubectl kustomize a b',
    'kubectl kustomize base -o out.yaml; cat out.yaml | head -5',
    '(cd base && kubectl kustomize | head -5)',
    'kubectl apply -k base --dry-run=client',
    'kubectl apply -k base --dry-run=server',
    'kubectl apply -k base -f base/app.yaml',
    'kubectl create -k base --dry-run=client -o name',
    'kubectl diff -k gone',
    'kubectl get -k base',
    'kubectl delete -k base --ignore-not-found',
    'kubectl apply -k bad',
    'kubectl run a --image=nginx --override-type=strategic --overrides=\'{"spec":{"containers":[{"name":"a","tty":true}]}}\' --dry-run=client -o yaml',
    'kubectl run a --image=nginx --override-type=json --overrides=\'[{"op":"add","path":"/spec/nodeName","value":"n"}]\' --dry-run=client -o yaml',
  ],
};
