import { afterAll } from 'vitest';
import { localNetwork } from './lib/chart-server.ts';
import { compareClients } from './lib/compare.ts';
import { OciRegistry } from './lib/oci-registry.ts';

const registry = new OciRegistry();
afterAll(() => registry.close());

const CHART = {
  'c/Chart.yaml': 'apiVersion: v2\nname: c\nversion: 0.1.0\ndescription: A chart\n',
  'c/values.yaml': 'count: 1\nimage: nginx:1.25\n',
  'c/templates/a.yaml': `apiVersion: v1
kind: ConfigMap
metadata: {name: {{ .Release.Name }}-cm}
data: {count: "{{ .Values.count }}"{{ if .Values.more }}, more: x{{ end }}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: {{ .Release.Name }}-d}
spec:
  selector: {matchLabels: {app: d}}
  template:
    metadata: {labels: {app: d}}
    spec: {containers: [{name: a, image: "{{ .Values.image }}"{{ if .Values.env }}, env: [{name: E, value: "1"}]{{ end }}}]}
---
apiVersion: v1
kind: Service
metadata: {name: {{ .Release.Name }}-s}
spec: {selector: {app: d}, ports: [{port: {{ .Values.port | default 80 }}}]}
`,
};

compareClients(
  'helm-clients',
  CHART,
  [
    // without server-side apply
    'helm install r c --server-side=false',
    'kubectl get cm r-cm -o yaml --show-managed-fields',
    `helm get metadata r -o json | sed 's/"modifiedAt":"[0-9]*",//'`,
    `kubectl patch cm r-cm -p '{"data":{"count":"99","own":"me"}}'`,
    { run: 'helm upgrade r c --set count=2,more=1,env=1', settle: 3 },
    'kubectl get cm r-cm -o jsonpath={.data}',
    'kubectl get deploy r-d -o yaml --show-managed-fields | grep -A3 manager',
    'helm get metadata r | grep -i apply',
    { run: 'helm upgrade r c --server-side=true --set count=3', settle: 2 },
    { run: 'helm upgrade r c --server-side=true --force-conflicts --set count=3', settle: 2 },
    'kubectl get cm r-cm -o yaml --show-managed-fields',
    'helm history r',
    'helm upgrade r c --force-replace --set count=4',
    'helm upgrade r c --force-replace --server-side=false --set count=4',
    'kubectl get cm r-cm -o jsonpath={.data}',
    'helm rollback r 1 --force-replace',
    'helm rollback r 1 --force-replace --server-side=false',
    'helm rollback r 2 --server-side=false',
    'kubectl get cm r-cm -o jsonpath={.data}',
    'helm rollback r 2 --server-side=maybe',
    'helm install z c --server-side=auto',
    'helm upgrade r c --force',
    'helm install q c --force-replace',
    'helm upgrade r c --server-side=false --set port=99999',
    'helm upgrade r c --server-side=false --set port=81 --dry-run=server | tail -5',
    'helm upgrade --install one c --server-side=false',
    'helm upgrade --install two c --server-side=auto',
    'helm uninstall q r one two --wait=legacy',
    // signatures
    'helm verify c',
    'helm verify nothing.tgz',
    'helm package c && helm verify c-0.1.0.tgz',
    'helm install v c-0.1.0.tgz --verify',
    'helm template v ./c-0.1.0.tgz --verify',
    'helm show chart c-0.1.0.tgz --verify',
    'helm install p c --verify',
    'helm upgrade p c --verify -i',
    'helm pull c --verify',
    'helm package c --sign',
    'helm package c --sign --key x',
    'echo x > c-0.1.0.tgz.prov; helm verify c-0.1.0.tgz; rm c-0.1.0.tgz.prov',
    // a registry
    'helm pull oci://$REGISTRY/x/c --plain-http',
    'helm pull oci://$REGISTRY/x/c --version 0.1.0 --plain-http',
    'helm push c-0.1.0.tgz oci://$REGISTRY/x --plain-http',
    'sed -i s/0.1.0/0.2.0/ c/Chart.yaml && helm package c && helm push c-0.2.0.tgz oci://$REGISTRY/x --plain-http',
    'helm show chart oci://$REGISTRY/x/c --plain-http',
    'helm show chart oci://$REGISTRY/x/c --plain-http --version ^0.1',
    'helm show chart oci://$REGISTRY/x/c:0.1.0 --plain-http',
    'helm show chart oci://$REGISTRY/x/c:0.1.0 --plain-http --version 0.2.0',
    'helm show chart oci://$REGISTRY/x/c --plain-http --version ^3',
    'rm c-*.tgz; helm pull oci://$REGISTRY/x/c --plain-http; ls *.tgz',
    'helm pull oci://$REGISTRY/x/c --plain-http --version 0.1.0 --untar --untardir out; ls out/c',
    'helm template t oci://$REGISTRY/x/c --plain-http | head -10',
    {
      run: 'helm install t oci://$REGISTRY/x/c --plain-http --version 0.1.0',
      settle: 2,
    },
    'helm list',
    'helm uninstall t',
    'helm push c oci://$REGISTRY/x',
    'helm push nothing oci://$REGISTRY/x',
    'helm push c-0.2.0.tgz http://x',
    'helm push c-0.2.0.tgz x',
    'helm push',
    'helm registry login',
    'helm registry logout $REGISTRY',
  ],
  async (twin) => twin.export('REGISTRY', await registry.serve()),
  { empty: true, network: localNetwork },
);
