import type { Corpus } from '../lib/corpus.ts';

const CONFIG = `apiVersion: v1
clusters:
- cluster:
    certificate-authority: /etc/kubernetes/pki/ca.crt
    server: https://control-plane:6443
  name: kubernetes
contexts:
- context: {cluster: kubernetes, user: admin}
  name: admin@kubernetes
current-context: admin@kubernetes
kind: Config
users:
- name: admin
  user: {client-certificate: /etc/kubernetes/pki/admin.crt, client-key: /etc/kubernetes/pki/admin.key}
`;

const commands = `
kubectl config view
kubectl config view -o json
kubectl config view --minify
kubectl config view --raw
kubectl config view --flatten
kubectl config view -o jsonpath='{.users[*].name}'
kubectl config view -o go-template='{{.kind}}'
kubectl config view -o name
kubectl config view -o kyaml
kubectl config view -o custom-columns=A:.kind
kubectl config view --merge=false
kubectl config view --context=none --minify
kubectl config view --kubeconfig=other
kubectl config view --kubeconfig=nowhere
kubectl config get-contexts
kubectl config get-contexts -o name
kubectl config get-contexts --no-headers
kubectl config get-contexts admin@kubernetes
kubectl config get-contexts admin@kubernetes nothing
kubectl config get-contexts -o yaml
kubectl config get-clusters
kubectl config get-users
kubectl config current-context
kubectl config set-context dev --namespace=frontend --cluster=kubernetes --user=admin
kubectl config get-contexts
kubectl config use-context dev
kubectl config use dev
kubectl config rename-context dev prod
kubectl config rename-context prod prod
kubectl config rename-context admin@kubernetes prod
kubectl config rename-context a b c
kubectl config set-context --current --namespace=x
kubectl config set-context --current foo
kubectl config set-context a b
kubectl config set-context
kubectl config set-cluster e2e --server=https://1.2.3.4
kubectl config set-cluster e2e --insecure-skip-tls-verify=true
kubectl config set-cluster e2e --tls-server-name=x --proxy-url=http://p
kubectl config set-cluster e3 --certificate-authority=/nope --embed-certs
kubectl config set-cluster e3 --embed-certs
kubectl config set-cluster e2e --certificate-authority=cert.pem
kubectl config set-cluster y --certificate-authority=cert.pem --embed-certs
kubectl config set-cluster e --certificate-authority=a --insecure-skip-tls-verify
kubectl config set-credentials u --token=abc
kubectl config set-credentials u --username=a --password=b
kubectl config set-credentials u --token=a --username=b
kubectl config set-credentials w --client-certificate=/x --client-key=/y
kubectl config set-credentials z --client-key=cert.pem --embed-certs
kubectl config set-credentials z --embed-certs
kubectl config view
kubectl config view --raw -o json
cat .kube/config
kubectl config set contexts.dev.namespace x
kubectl config set clusters.kubernetes.server https://x
kubectl config set clusters.kubernetes.insecure-skip-tls-verify maybe
kubectl config set clusters.kubernetes.certificate-authority-data bad@@
kubectl config set clusters.kubernetes.certificate-authority-data YWJj
kubectl config set clusters.kubernetes.certificate-authority-data abc --set-raw-bytes
kubectl config set users.admin.token x
kubectl config set current-context admin@kubernetes
kubectl config set bogus.x y
kubectl config view --minify
kubectl config unset users.admin.token
kubectl config unset contexts.admin@kubernetes.namespace
kubectl config unset contexts.none
kubectl config unset contexts.none.namespace
kubectl config unset contexts.dev
kubectl config delete-context prod
kubectl config delete-context admin@kubernetes
kubectl config delete-cluster e2e
kubectl config delete-user w
kubectl config delete-user
kubectl config delete-cluster
kubectl config unset clusters
kubectl config unset current-context
kubectl config current-context
kubectl config view --minify
cat .kube/config
kubectl config set-context q --user=x --kubeconfig=fresh
cat fresh
KUBECONFIG=fresh:other kubectl config view
KUBECONFIG=fresh:other kubectl config get-contexts
rm .kube/config
kubectl config view
kubectl config get-contexts
kubectl config set-context --current --namespace=x
`;

/** Every command of `config`, on a kubeconfig of its own. */
export const corpus: Corpus = {
  name: 'kubectl configuring',
  shared: true,
  empty: true,
  files: { '.kube/config': CONFIG, other: CONFIG.replaceAll('admin', 'guest'), 'cert.pem': 'abc\n' },
  steps: commands.trim().split('\n'),
};
