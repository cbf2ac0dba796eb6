import { compareClients } from './lib/compare.ts';

const CHART = {
  'box/Chart.yaml': `apiVersion: v2
name: box
version: 0.3.1
appVersion: "2.0"
description: A box of things
annotations: {owner: team-a}
dependencies:
  - {name: inner, version: 1.0.0, condition: inner.enabled}
`,
  'box/values.yaml': `size: 1
color: red
fail: false
nested: {a: 1, b: {c: x}}
list: [1, 2]
inner: {enabled: true}
`,
  'box/templates/_helpers.tpl': '{{- define "box.labels" -}}\napp: {{ .Release.Name }}\n{{- end }}\n',
  'box/templates/cm.yaml': `apiVersion: v1
kind: ConfigMap
metadata:
  name: {{ .Release.Name }}-box
  labels: {{- include "box.labels" . | nindent 4 }}
data:
  size: {{ .Values.size | quote }}
  color: {{ .Values.color }}
  revision: {{ .Release.Revision | quote }}
  upgrade: {{ .Release.IsUpgrade | quote }}
  values: |
    {{- .Values.nested | toYaml | nindent 4 }}
  known: {{ (lookup "v1" "ConfigMap" .Release.Namespace (printf "%s-box" .Release.Name)).data | default dict | toJson | quote }}
  kube: {{ .Capabilities.KubeVersion.Minor | quote }}
  has: {{ .Capabilities.APIVersions.Has "apps/v1/Deployment" | quote }}
`,
  'box/templates/secret.yaml': `apiVersion: v1
kind: Secret
metadata:
  name: {{ .Release.Name }}-box
  annotations: {helm.sh/resource-policy: keep}
stringData: {word: hidden}
`,
  'box/templates/service.yaml': `apiVersion: v1
kind: Service
metadata: {name: {{ .Release.Name }}-box}
spec:
  selector: {app: {{ .Release.Name }}}
  ports: [{port: 80, targetPort: {{ .Values.port | default 80 }}}]
`,
  'box/templates/hooks.yaml': `apiVersion: v1
kind: ConfigMap
metadata:
  name: {{ .Release.Name }}-before
  annotations:
    helm.sh/hook: pre-install,pre-upgrade
    helm.sh/hook-weight: "-2"
    helm.sh/hook-delete-policy: before-hook-creation,hook-succeeded
data: {a: b}
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: {{ .Release.Name }}-after
  annotations: {helm.sh/hook: "post-install, post-rollback", helm.sh/hook-weight: "5"}
data: {a: b}
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: {{ .Release.Name }}-gone
  annotations: {helm.sh/hook: post-delete}
`,
  'box/templates/tests/try.yaml': `apiVersion: v1
kind: Pod
metadata:
  name: {{ .Release.Name }}-try
  annotations: {helm.sh/hook: test}
spec:
  restartPolicy: Never
  containers:
    - name: try
      image: busybox:1.36
      command: [sh, -c, "echo tried; exit {{ .Values.code | default 0 }}"]
`,
  'box/templates/NOTES.txt': 'Box {{ .Release.Name }} of size {{ .Values.size }}.\n{{ include "box.labels" . }}\n',
  'box/charts/inner/Chart.yaml': 'apiVersion: v2\nname: inner\nversion: 1.0.0\n',
  'box/charts/inner/values.yaml': 'word: inside\n',
  'box/charts/inner/templates/cm.yaml':
    'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: {{ .Release.Name }}-inner}\ndata: {word: {{ .Values.word }}}\n',
  'box/charts/inner/templates/NOTES.txt': 'Inner notes.\n',
  'box/crds/thing.yaml': `apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: things.box.example}
spec:
  group: box.example
  scope: Namespaced
  names: {kind: Thing, plural: things, singular: thing}
  versions: [{name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}}]
`,
  'bad/Chart.yaml': 'apiVersion: v2\nname: bad\nversion: 0.1.0\n',
  'bad/templates/a.yaml':
    'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: bad-a}\n---\napiVersion: v1\nkind: Service\nmetadata: {name: bad-s}\nspec: {ports: [{port: 99999}]}\n',
  'odd/Chart.yaml': 'apiVersion: v2\nname: odd\nversion: 0.1.0\n',
  'odd/templates/a.yaml': 'apiVersion: nope.example/v1\nkind: Nope\nmetadata: {name: odd}\n',
  'v.yaml': 'size: 7\nnested: {b: {c: null, d: y}}\n',
};

compareClients('helm-releases', CHART, [
  'helm install one box --dry-run=client',
  'helm install one box --dry-run=server --hide-notes',
  'helm install one box --dry-run --set size=2 | tail -8',
  'helm install one box --dry-run=client --hide-secret | grep -A3 secret.yaml',
  { run: 'helm install one box --set size=2 --labels team=a,tier=web --description first', settle: 5 },
  'helm install one box',
  'helm install Bad_Name box',
  'helm install x box --name-template y',
  'helm install --generate-name x box',
  'helm list',
  'helm ls -A -o json',
  'helm list -o yaml',
  'helm list -q',
  'helm list --no-headers',
  'helm list -l team=a -q',
  'helm list -l team=b',
  'helm list -f "^o" -d -r',
  'helm list --failed',
  'helm list --max 1 --offset 0 -a 2>&1 | head -3',
  'helm list -n nowhere',
  { run: 'helm status one', unordered: true },
  'helm status one -o yaml | grep -vE "deployed:|time"',
  `helm status one -o json | grep -o '"hooks":.*'`,
  'helm status one --revision 9',
  'helm status nothing',
  'helm get all one',
  'helm get values one',
  'helm get values one -a',
  'helm get values one -o json',
  'helm get values one -a -o yaml',
  'helm get values one --revision 5',
  'helm get manifest one',
  'helm get hooks one',
  'helm get notes one',
  'helm get metadata one | sed s/modifiedAt=.*,name/name/',
  `helm get metadata one -o json | sed 's/"modifiedAt":"[0-9]*",//'`,
  'helm get metadata one -o yaml | grep -v modifiedAt',
  "helm get all one --template '{{.Release.Name}} {{ .Release.Chart.Metadata.Version }}'",
  'helm get notes nothing',
  'helm history one',
  'helm history one -o yaml',
  'helm history nothing',
  'kubectl get cm,secret,svc -l app=one',
  'kubectl get cm one-box -o yaml --show-managed-fields',
  'kubectl get secret sh.helm.release.v1.one.v1 -o jsonpath="{.type} {.metadata.labels.status} {.metadata.labels.team}"',
  'kubectl get crd things.box.example -o name',
  { run: 'helm upgrade one box -f v.yaml --set color=blue', settle: 5 },
  'kubectl get cm one-box -o jsonpath="{.data}"',
  { run: 'helm upgrade one box --reuse-values --set size=9', settle: 2 },
  'helm get values one',
  { run: 'helm upgrade one box --reset-then-reuse-values --set inner.enabled=false', settle: 2 },
  'kubectl get cm -o name | sort',
  { run: `helm upgrade one box --reset-values -o json | grep -o '"config".*'`, settle: 2 },
  'helm upgrade one box --dry-run=client --set size=3 | head -8',
  'helm upgrade one box --set port=99999',
  'helm history one',
  'helm status one | head -6',
  { run: 'helm rollback one 1', settle: 2 },
  'helm rollback one 77',
  'helm rollback one x',
  'helm rollback nothing',
  'helm rollback one --dry-run=client',
  'helm history one --max 3',
  'helm get values one --revision 2',
  { run: 'helm test one', settle: 2 },
  'helm test one --filter name=nothing',
  'helm test nothing',
  'kubectl get pod one-try -o jsonpath={.status.phase}',
  'helm test one --logs',
  'helm install two box',
  {
    run: 'helm install two box --skip-crds --no-hooks --set inner.enabled=false -n other --create-namespace',
    settle: 2,
  },
  'helm list -n other',
  'helm install two box -n other',
  'helm install three box -n missing',
  'helm install bad bad',
  'helm list --failed',
  'helm status bad | head -6',
  'helm upgrade bad bad',
  'helm upgrade bad bad --install --set x=1',
  'helm uninstall bad',
  'helm install odd odd',
  'helm install odd odd --replace',
  'helm uninstall odd',
  'helm upgrade nothing box',
  { run: 'helm upgrade fresh box -i --set size=4 --history-max 2', settle: 2 },
  { run: 'helm upgrade fresh box -i --set size=5 --history-max 2', settle: 2 },
  { run: 'helm upgrade fresh box -i --set size=6 --history-max 2', settle: 2 },
  'helm history fresh',
  'helm uninstall fresh --dry-run',
  { run: 'helm uninstall fresh --keep-history --description bye', settle: 2 },
  'helm uninstall fresh --keep-history',
  'helm list --uninstalled',
  'helm status fresh | head -6',
  'helm upgrade fresh box',
  { run: 'helm rollback fresh', settle: 2 },
  'helm history fresh',
  { run: 'helm uninstall fresh one', settle: 2 },
  'helm uninstall one',
  'helm uninstall one --ignore-not-found',
  'helm uninstall nothing fresh',
  'helm uninstall two -n other',
  'helm list -A -q',
  'kubectl get cm,secret -A -l app.kubernetes.io/managed-by=Helm -o name',
  'helm install own ./box --set inner.enabled=false --skip-crds --wait --timeout $PATIENCE',
  'kubectl annotate cm own-box meta.helm.sh/release-name=other --overwrite',
  'helm upgrade own ./box --set size=8',
  'kubectl create cm late-box',
  'helm install late box',
  { run: 'helm install late box --take-ownership | tail -3', settle: 2 },
  { run: 'helm uninstall late own --wait', settle: 2 },
]);
