import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { compareClients } from './lib/compare.ts';

/** A chart as large public ones are written: a library of helpers, values that are templates, presets, checks, aliases and hooks. */
const SUITE = fileURLToPath(new URL('helm/suite', import.meta.url));

const files = Object.fromEntries(
  readdirSync(SUITE, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .map((path) => [`suite${path.slice(SUITE.length)}`, readFileSync(path, 'utf8')]),
);

compareClients(
  'helm-suite',
  files,
  [
    'helm template rel suite',
    'helm lint suite',
    'helm lint suite --strict',
    'helm lint suite --set resourcesPreset=huge',
    'helm dependency list suite',
    'helm show chart suite',
    'helm show crds suite | head -3',
    'helm package suite -d out --version 3.0.0 --app-version 2 && ls out',
    "helm template rel suite --set 'ingress.enabled=true,ingress.tls=true,ingress.selfSigned=true,ingress.extraHosts[0].path=/x'",
    'helm template rel suite --set controller.kind=Bad,auth.password=abc',
    'helm template rel suite --set resourcesPreset=huge',
    "helm template rel suite --set 'controller.config.someKey=1,controller.config.listKey={a,b},controller.tcp.x=1,service.type=NodePort,service.nodePorts.http=30080'",
    "helm template rel suite --set 'podLabels.app\\.kubernetes\\.io/name=other,image.digest=sha256:abc,global.imageRegistry=r.io,global.imagePullSecrets[0].name=z'",
    'helm template rel suite --set-json \'extraDeploy=[{"kind":"ConfigMap","metadata":{"name":"{{ .Release.Name }}-x"}},"a: {{ .Chart.Name }}"]\'',
    "helm template rel suite --api-versions monitoring.coreos.com/v1/PrometheusRule --set 'rules[0].name=a,rules[0].expr=up'",
    'helm template rel suite --kube-version 1.18.0 --set ingress.enabled=true',
    'helm template rel suite --is-upgrade --no-hooks --skip-tests --include-crds',
    'helm template rel suite --set store.enabled=false -s templates/config.yaml',
    'helm template rel suite --set metrics.enabled=true,metrics.serviceMonitor.enabled=true,metrics.serviceMonitor.interval=5s --set-json \'metrics.serviceMonitor.relabelings=[{"a":"{{.Release.Name}}"}]\'',
    'helm template rel suite --set tags.base=false',
    'helm template rel suite --set global.store.enabled=false,store=null',
    {
      run: 'helm install prod suite --set image.repository=library/nginx,image.tag=1.25,image.pullSecrets=null,podAntiAffinityPreset=none,store.enabled=false',
      settle: 6,
    },
    'kubectl get deploy,svc,cm,secret -l app.kubernetes.io/name=suite -o name',
    'kubectl get secret prod-suite -o jsonpath={.data.password}',
    { run: 'helm upgrade prod suite --reuse-values --set auth.password=changed1 --set podLabels.tier=x', settle: 5 },
    'kubectl get secret prod-suite -o jsonpath={.data.password}',
    'helm get notes prod',
    'helm get hooks prod | head -12',
    { run: 'helm test prod', settle: 2 },
    { run: 'helm test prod --logs | tail -3', settle: 2 },
    'helm get values prod --all -o json',
    'helm get manifest prod | grep -c Source',
    'helm upgrade prod suite --set controller.kind=Nope',
    'helm upgrade prod suite --set replicaCount=x',
    { run: 'helm rollback prod 1', settle: 4 },
    'helm history prod --max 2',
    'helm diff upgrade prod suite',
    {
      run: 'helm upgrade prod suite --atomic --timeout $PATIENCE --set image.tag=none,image.repository=library/nginx,store.enabled=false',
      settle: 4,
    },
    'helm status prod --show-resources | head -12',
    { run: 'helm uninstall prod --cascade foreground --wait --timeout $PATIENCE', settle: 2 },
    'kubectl get crd issuers.suite.example -o name',
    'helm template rel suite --output-dir rendered && find rendered -type f | sort',
    'helm template rel suite -s templates/nothing.yaml',
    'helm template rel suite -f nothing.yaml',
    'helm template rel suite --set-file auth.password=suite/files/raw.txt -s templates/secret.yaml',
    'helm template rel suite --set-string replicaCount=3 -s templates/workload.yaml | grep replicas',
    "helm template -g suite --name-template 'x-{{ randAlpha 0 }}y' -s templates/secret.yaml",
    'helm template Rel_Bad suite',
  ],
  undefined,
  { empty: true },
);
