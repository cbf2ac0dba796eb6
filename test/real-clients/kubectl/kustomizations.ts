import type { Corpus } from '../lib/corpus.ts';

const APP = `apiVersion: apps/v1
kind: Deployment
metadata:
  name: api
  labels: {app: api}
spec:
  replicas: 2
  selector: {matchLabels: {app: api}}
  template:
    metadata: {labels: {app: api}}
    spec:
      initContainers:
      - {name: init, image: "busybox:1.36", command: [sh, -c, "true"]}
      containers:
      - name: api
        image: registry.example.com/team/api:v1
        env:
        - {name: HOST, value: api.default.svc}
        - {name: MODE, valueFrom: {configMapKeyRef: {name: settings, key: mode}}}
        envFrom: [{secretRef: {name: creds}}]
        ports: [{containerPort: 8080, name: http}]
      - name: side
        image: nginx
      volumes:
      - {name: data, persistentVolumeClaim: {claimName: data}}
      - {name: c, projected: {sources: [{configMap: {name: settings}}]}}
---
apiVersion: v1
kind: Service
metadata: {name: api, annotations: {a: "1"}}
spec:
  selector: {app: api}
  ports: [{port: 80, targetPort: http}]
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: data}
spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
`;
const MORE = `apiVersion: batch/v1
kind: CronJob
metadata: {name: tick}
spec:
  schedule: "*/5 * * * *"
  jobTemplate:
    spec:
      template:
        spec:
          restartPolicy: Never
          serviceAccountName: bot
          containers: [{name: t, image: "busybox@sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}]
---
apiVersion: v1
kind: ServiceAccount
metadata: {name: bot}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: bot}
rules:
- {apiGroups: [""], resources: [configmaps], resourceNames: [settings], verbs: [get]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: bot}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: bot}
subjects: [{kind: ServiceAccount, name: bot, namespace: default}]
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: api}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: api}
  minReplicas: 1
  maxReplicas: 5
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: db}
spec:
  serviceName: db
  selector: {matchLabels: {app: db}}
  template:
    metadata: {labels: {app: db}}
    spec: {containers: [{name: db, image: "mongo:4.4"}]}
  volumeClaimTemplates:
  - metadata: {name: v}
    spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: np}
spec: {podSelector: {matchLabels: {app: api}}, ingress: [{from: [{podSelector: {matchLabels: {app: web}}}]}]}
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: pdb}
spec: {selector: {matchLabels: {app: api}}, minAvailable: 1}
---
apiVersion: example.com/v1
kind: Widget
metadata: {name: w}
spec: {size: 1, image: "nginx:1", configRef: {name: settings}, list: [a, b]}
---
apiVersion: v1
kind: Namespace
metadata: {name: extra}
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingWebhookConfiguration
metadata: {name: hook}
webhooks:
- name: a.example.com
  clientConfig: {service: {name: api, namespace: default}}
  sideEffects: None
  admissionReviewVersions: [v1]
`;
const BASE = `apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
resources: [app.yaml, more.yaml]
configMapGenerator:
- name: settings
  literals: [mode=base, keep=1]
secretGenerator:
- name: creds
  literals: [user=u, pass=p]
`;
/** Folders of their own, each with one idea. */
const k: Record<string, string> = {
  plain: `resources: [../base]`,
  ns: `resources: [../base]\nnamespace: prod`,
  prefix: `resources: [../base]\nnamePrefix: dev-\nnameSuffix: "-001"`,
  merge: `resources: [../base]\nconfigMapGenerator:\n- name: settings\n  behavior: merge\n  literals: [mode=prod, new=2]\n  files: [extra.txt]\nsecretGenerator:\n- name: creds\n  behavior: replace\n  literals: [only=x]`,
  mergens: `resources: [../base]\nnamespace: prod\nnamePrefix: p-\nconfigMapGenerator:\n- name: settings\n  behavior: merge\n  literals: [mode=prod]`,
  mergebad: `resources: [../base]\nconfigMapGenerator:\n- name: nothing\n  behavior: merge\n  literals: [mode=prod]`,
  behbad: `resources: [../base]\nconfigMapGenerator:\n- name: settings\n  behavior: sometimes\n  literals: [mode=prod]`,
  twice: `resources: [../base]\nconfigMapGenerator:\n- name: settings\n  literals: [mode=prod]`,
  opts: `configMapGenerator:\n- name: a\n  literals: [x=1]\n  options: {disableNameSuffixHash: true, labels: {l: own}, annotations: {nn: "1"}, immutable: true}\n- name: b\n  envs: [my.env]\n- name: c\n  files: [renamed.txt=extra.txt, extra.txt]\nsecretGenerator:\n- name: t\n  type: kubernetes.io/tls\n  files: [tls.crt=extra.txt, tls.key=extra.txt]\ngeneratorOptions:\n  labels: {gen: "yes"}\n  annotations: {who: me}`,
  labels: `resources: [../base]\nlabels:\n- pairs: {team: a, app: over}\n- pairs: {sel: x}\n  includeSelectors: true\n- pairs: {tpl: yy}\n  includeTemplates: true`,
  labfields: `resources: [../base]\nlabels:\n- pairs: {team: a}\n  fields:\n  - path: spec/tags\n    kind: Widget\n    create: true`,
  common: `resources: [../base]\ncommonLabels: {owner: ops}\ncommonAnnotations: {mail: x@y.z}`,
  images: `resources: [../base]\nimages:\n- {name: registry.example.com/team/api, newTag: v2}\n- {name: nginx, newName: mirror/nginx, newTag: "1.27"}\n- {name: busybox, digest: "sha256:bbbb"}\n- {name: mongo, newName: percona}`,
  imgtagonly: `resources: [../base]\nimages:\n- {name: nginx, tagSuffix: -alpine}\n- {name: mongo, newTag: "5", digest: "sha256:cc"}`,
  replicas: `resources: [../base]\nreplicas:\n- {name: api, count: 7}\n- {name: db, count: 3}`,
  replbad: `resources: [../base]\nreplicas:\n- {name: none, count: 7}`,
  p1: `resources: [../base]\npatches:\n- path: p.yaml\n- target: {kind: Deployment, labelSelector: app=api}\n  patch: |-\n    - op: replace\n      path: /spec/template/spec/containers/0/image\n      value: x:1\n    - {op: add, path: /metadata/annotations, value: {patched: "yes"}}\n- target: {kind: Service, name: a.*}\n  patch: |-\n    apiVersion: v1\n    kind: Service\n    metadata: {name: whatever}\n    spec: {type: NodePort}`,
  p2: `resources: [../base]\npatches:\n- target: {group: apps, version: v1}\n  patch: |\n    - {op: add, path: /metadata/labels/patched, value: "1"}`,
  p3: `resources: [../base]\npatches:\n- target: {kind: CronJob}\n  options: {allowNameChange: true, allowKindChange: true}\n  patch: |\n    - {op: replace, path: /metadata/name, value: tock}\n    - {op: replace, path: /kind, value: CronThing}`,
  p4: `resources: [../base]\npatches:\n- patch: |\n    $patch: delete\n    apiVersion: v1\n    kind: Service\n    metadata: {name: api}\n- patch: |\n    apiVersion: apps/v1\n    kind: Deployment\n    metadata: {name: api}\n    spec:\n      template:\n        spec:\n          containers:\n          - name: side\n            $patch: delete\n          - name: api\n            env: [{name: HOST, value: other}]\n          initContainers: null`,
  p5: `resources: [../base]\npatches:\n- patch: |\n    apiVersion: apps/v1\n    kind: Deployment\n    metadata: {name: nope}\n    spec: {replicas: 1}`,
  p6: `resources: [../base]\npatches:\n- target: {kind: Deployment}\n  patch: |\n    - {op: remove, path: /spec/nothing}`,
  p7: `resources: [../base]\npatches:\n- target: {kind: Nope}\n  patch: |\n    - {op: remove, path: /spec/nothing}`,
  p8: `resources: [../base]\npatches:\n- {}`,
  p9: `resources: [../base]\npatches:\n- path: missing.yaml`,
  p10: `resources: [../base]\npatches:\n- target: {kind: Widget}\n  patch: |\n    apiVersion: example.com/v1\n    kind: Widget\n    metadata: {name: w}\n    spec: {list: [c], size: null, more: {a: 1}}\n- target: {annotationSelector: a=1}\n  patch: |\n    - {op: test, path: /kind, value: Service}\n    - {op: copy, from: /spec/ports/0/port, path: /spec/ports/0/nodePort}`,
  psm: `resources: [../base]\npatchesStrategicMerge: [p.yaml]\npatchesJson6902:\n- target: {version: v1, kind: Service, name: api}\n  patch: '[{"op":"add","path":"/spec/type","value":"NodePort"}]'`,
  comp: `resources: [../base]\ncomponents: [../part, ../part2]\nnamePrefix: c-`,
  compbad: `resources: [../part]`,
  compbad2: `components: [../base]`,
  repl: `resources: [../base]\nreplacements:\n- source: {kind: Service, name: api, fieldPath: metadata.name}\n  targets:\n  - select: {kind: Deployment, name: api}\n    fieldPaths: ["spec.template.spec.containers.[name=api].env.[name=HOST].value"]\n    options: {delimiter: ".", index: 0}\n- source: {kind: ConfigMap, name: settings, fieldPath: data.mode}\n  targets:\n  - select: {kind: Widget}\n    fieldPaths: [spec.mode]\n    options: {create: true}\n- path: r.yaml`,
  repl2: `resources: [../base]\nreplacements:\n- source: {kind: Deployment, name: api, fieldPath: "spec.template.spec.containers.0.image", options: {delimiter: ":", index: 1}}\n  targets:\n  - select: {kind: CronJob}\n    reject: [{name: other}]\n    fieldPaths: [metadata.annotations.version]\n    options: {create: true}\n  - select: {kind: Deployment}\n    fieldPaths: ["spec.template.spec.containers.*.image"]\n    options: {delimiter: ":", index: 1}`,
  replbad1: `resources: [../base]\nreplacements:\n- source: {kind: Nope, fieldPath: data.mode}\n  targets: [{select: {kind: Widget}, fieldPaths: [spec.mode]}]`,
  replbad2: `resources: [../base]\nreplacements:\n- source: {kind: ConfigMap, name: settings, fieldPath: data.nothing}\n  targets: [{select: {kind: Widget}, fieldPaths: [spec.mode]}]`,
  replbad3: `resources: [../base]\nreplacements:\n- source: {kind: ConfigMap, name: settings, fieldPath: data.mode}\n  targets: [{select: {kind: Widget}, fieldPaths: [spec.a.b.c]}]`,
  replbad4: `resources: [../base]\nreplacements:\n- source: {version: v1, fieldPath: metadata.name}\n  targets: [{select: {kind: Widget}, fieldPaths: [spec.size]}]`,
  replval: `resources: [../base]\nreplacements:\n- sourceValue: fixed\n  targets: [{select: {kind: Widget}, fieldPaths: [spec.image]}]`,
  meta: `resources: [../base]\nbuildMetadata: [originAnnotations, managedByLabel, transformerAnnotations]`,
  metabad: `resources: [../base]\nbuildMetadata: [nope]`,
  sortfifo: `resources: [../base]\nsortOptions: {order: fifo}`,
  sortleg: `resources: [../base]\nsortOptions:\n  order: legacy\n  legacySortOptions:\n    orderFirst: [Deployment, Service]\n    orderLast: [Namespace]`,
  sortbad: `resources: [../base]\nsortOptions: {order: random}`,
  vars: `resources: [../base]\nvars:\n- name: SVC\n  objref: {apiVersion: v1, kind: Service, name: api}`,
  conf: `resources: [../base]\nnamePrefix: q-\nconfigurations: [conf.yaml]\nimages: [{name: nginx, newTag: "9"}]`,
  crds: `resources: [../base]\ncrds: [crd.json]`,
  tr: `resources: [../base]\ntransformers: [tr.yaml]`,
  tr2: `resources: [../base]\ntransformers:\n- |-\n  apiVersion: builtin\n  kind: NamespaceTransformer\n  metadata: {name: nn}\n  namespace: zone\n  unsetOnly: true\n  setRoleBindingSubjects: allServiceAccounts\n- |-\n  apiVersion: builtin\n  kind: PatchTransformer\n  metadata: {name: p}\n  target: {kind: Service}\n  patch: '[{"op": "add", "path": "/metadata/labels", "value": {"x": "y"}}]'`,
  gen: `resources: [../base]\ngenerators:\n- |-\n  apiVersion: builtin\n  kind: ConfigMapGenerator\n  metadata: {name: made}\n  literals: [a=b]`,
  val: `resources: [../base]\nvalidators:\n- |-\n  apiVersion: example.com/v1\n  kind: Checker\n  metadata: {name: nn}`,
  trplug: `resources: [../base]\ntransformers:\n- |-\n  apiVersion: example.com/v1\n  kind: Checker\n  metadata: {name: nn, annotations: {config.kubernetes.io/function: "container: {image: x}"}}`,
  helm: `helmCharts:\n- {name: minecraft, repo: https://x.example/charts, version: 1.0.0, releaseName: m}`,
  helmglobals: `helmGlobals: {chartHome: charts}\nhelmCharts:\n- {name: a, releaseName: m}`,
  openapi: `resources: [../base]\nopenapi: {version: v1.20.4}`,
  openapi2: `resources: [../base]\nopenapi: {path: schema.json}\npatches:\n- patch: |\n    apiVersion: example.com/v1\n    kind: Widget\n    metadata: {name: w}\n    spec: {size: 5}`,
  unknown: `resources: [../base]\nnamprefix: x`,
  kindbad: `kind: Deployment\napiVersion: apps/v1\nresources: [../base]`,
  verbad: `kind: Kustomization\napiVersion: nope/v1\nresources: [../base]`,
  empty: ``,
  nores: `namePrefix: x-`,
  dup: `resources: [../base, ../base]`,
  cycle: `resources: [../cycle]`,
  missing: `resources: [nothing.yaml]`,
  badyaml: `resources: [bad.yaml]`,
  inlineres: `resources:\n- |-\n  apiVersion: v1\n  kind: ConfigMap\n  metadata: {name: inl}`,
  nonk8s: `resources: [odd.yaml]`,
  list: `resources: [list.yaml]\nnamePrefix: l-`,
  nested: `resources: [../prefix]\nnamePrefix: outer-\nnamespace: deep\ncommonLabels: {level: "2"}`,
  two: `resources: [../ns, ../prefix]`,
  nsobj: `resources: [nsobj.yaml]\nnamespace: moved`,
  quote: `configMapGenerator:\n- name: q\n  literals: ['a="quoted"', "b=it's", 'c=x=y', 'd=', "e=line1\\nline2"]`,
  litbad: `configMapGenerator:\n- name: q\n  literals: [novalue]`,
  filebad: `configMapGenerator:\n- name: q\n  files: [nothing.txt]`,
  envbad: `configMapGenerator:\n- name: q\n  envs: [nothing.env]`,
  noname: `configMapGenerator:\n- literals: [a=b]`,
  metadata: `metadata: {name: this}\nresources: [../base]`,
  hashoff: `resources: [../base]\ngeneratorOptions: {disableNameSuffixHash: true}`,
  hashov: `resources: [../base]\nconfigMapGenerator:\n- name: settings\n  behavior: merge\n  options: {disableNameSuffixHash: true}`,
  annot: `resources: [../base]\ncommonAnnotations: {num: 5}`,
};
const files: Record<string, string> = {
  'k/base/app.yaml': APP,
  'k/base/more.yaml': MORE,
  'k/base/kustomization.yaml': BASE,
};
for (const [name, text] of Object.entries(k)) files[`k/${name}/kustomization.yaml`] = `${text}\n`;
Object.assign(files, {
  'k/merge/extra.txt': 'some\ntext\n',
  'k/opts/extra.txt': 'some\ntext\n',
  'k/opts/my.env': '# c\nA=1\nB=two words\n\nC=\n',
  'k/p1/p.yaml':
    'apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: db}\nspec: {replicas: 4}\n---\napiVersion: v1\nkind: Service\nmetadata: {name: api}\nspec:\n  ports: [{port: 443, name: tls}]\n',
  'k/psm/p.yaml': 'apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: db}\nspec: {replicas: 4}\n',
  'k/part/kustomization.yaml':
    'apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\nconfigMapGenerator:\n- {name: settings, behavior: merge, literals: [part=1]}\npatches:\n- target: {kind: Deployment}\n  patch: |\n    - {op: replace, path: /spec/replicas, value: 9}\n',
  'k/part2/kustomization.yaml':
    'apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\nresources: [sa.yaml]\nnameSuffix: -part\n',
  'k/part2/sa.yaml': 'apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: parted}\n',
  'k/repl/r.yaml':
    '- source: {kind: StatefulSet, name: db, fieldPath: spec.serviceName}\n  targets:\n  - select: {kind: Widget}\n    fieldPaths: [spec.list.0, metadata.annotations.db]\n    options: {create: true}\n',
  'k/conf/conf.yaml':
    'namePrefix:\n- {path: metadata/name, kind: Widget}\nnameReference:\n- kind: ConfigMap\n  fieldSpecs:\n  - {path: spec/configRef/name, kind: Widget}\nimages:\n- {path: spec/image, kind: Widget}\n',
  'k/tr/tr.yaml':
    'apiVersion: builtin\nkind: PrefixTransformer\nmetadata: {name: x}\nprefix: zz-\nfieldSpecs: [{path: metadata/name}]\n---\napiVersion: builtin\nkind: LabelTransformer\nmetadata: {name: yy}\nlabels: {fromtr: "1"}\nfieldSpecs: [{path: metadata/labels, create: true}]\n',
  'k/openapi2/schema.json': '{"definitions":{}}',
  'k/badyaml/bad.yaml': 'a: [1\n',
  'k/nonk8s/odd.yaml': 'a: 1\n',
  'k/list/list.yaml':
    'apiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: ConfigMap, metadata: {name: one}}\n- {apiVersion: v1, kind: ConfigMap, metadata: {name: two}}\n',
  'k/nsobj/nsobj.yaml':
    'apiVersion: v1\nkind: Namespace\nmetadata: {name: old}\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: old}\n---\napiVersion: rbac.authorization.k8s.io/v1\nkind: RoleBinding\nmetadata: {name: rb}\nroleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: r}\nsubjects: [{kind: ServiceAccount, name: default, namespace: old}, {kind: ServiceAccount, name: other}, {kind: User, name: u}]\n',
});
/** What kustomizations may say, each folder built. */
export const corpus: Corpus = {
  name: 'kubectl kustomizations',
  shared: true,
  empty: true,
  independent: true,
  files,
  steps: [
    ...Object.keys(k).map((name) => `kubectl kustomize k/${name}`),
    '(cd k/prefix && kubectl kustomize)',
    'kubectl kustomize k/prefix -o out.yaml && head -5 out.yaml',
    'mkdir -p outdir && kubectl kustomize k/prefix -o outdir && ls outdir',
    'kubectl kustomize k/nothing',
    'kubectl kustomize k/base/app.yaml',
    'kubectl kustomize a b',
    'kubectl kustomize --enable-helm k/helm | head -3',
    'kubectl kustomize --load-restrictor LoadRestrictionsNone k/plain | head -3',
    'kubectl kustomize --load-restrictor Bogus k/plain | head -3',
    'kubectl kustomize --enable-alpha-plugins k/plain | head -3',
    'kubectl kustomize -e A=1 k/plain | head -3',
    'kubectl apply -k k/plain --dry-run=client',
    'kubectl apply -k k/opts --dry-run=server -o name',
    'kubectl create -k k/opts --dry-run=client -o name',
    'kubectl diff -k k/opts | grep ^[+-] | head -20',
    'kubectl delete -k k/opts --ignore-not-found',
    'kubectl get -k k/opts',
    'kubectl kustomize k/opts | kubectl apply --dry-run=client -f -',
    'kubectl kustomize k/base | grep -c kind:',
  ],
};
