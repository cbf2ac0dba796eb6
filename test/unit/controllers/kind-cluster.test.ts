import { X509Certificate } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { embeddedShell } from '../../support/embedded-shell.ts';

const { sh } = embeddedShell('kind');

/** A fresh cluster looks as `kind create cluster` with two workers leaves it, plus the observability namespace. */
describe('a fresh cluster', () => {
  it('runs what kind runs', async () => {
    const names = async (columns: string) =>
      (await sh(`kubectl get pods -A --no-headers -o custom-columns=${columns}`)).stdout
        .trim()
        .split('\n')
        .map((line) => line.replace(/-[0-9a-f]{9,10}-\w{5}\b|(?<!control)-\w{5}(?= |$)/, '-*').replace(/ +/g, ' '));
    expect(await names('NS:.metadata.namespace,NAME:.metadata.name,PHASE:.status.phase')).toEqual([
      'kube-system coredns-* Running',
      'kube-system coredns-* Running',
      'kube-system etcd-kind-control-plane Running',
      'kube-system kindnet-* Running',
      'kube-system kindnet-* Running',
      'kube-system kindnet-* Running',
      'kube-system kube-apiserver-kind-control-plane Running',
      'kube-system kube-controller-manager-kind-control-plane Running',
      'kube-system kube-proxy-* Running',
      'kube-system kube-proxy-* Running',
      'kube-system kube-proxy-* Running',
      'kube-system kube-scheduler-kind-control-plane Running',
      'local-path-storage local-path-provisioner-* Running',
      'observe prometheus-server-* Running',
    ]);
  });

  it('makes a deleted mirror pod again', async () => {
    const uid = 'kubectl -n kube-system get pod etcd-kind-control-plane -o jsonpath={.metadata.uid}';
    const before = (await sh(uid)).stdout;
    await sh('kubectl -n kube-system delete pod etcd-kind-control-plane; sleep 5');
    const after = (await sh(uid)).stdout;
    expect(after).toMatch(/^[0-9a-f-]{36}$/);
    expect(after).not.toBe(before);
  });

  it('publishes a certificate that says what it is', async () => {
    const { stdout } = await sh(`kubectl get cm kube-root-ca.crt -o jsonpath='{.data.ca\\.crt}'`);
    const certificate = new X509Certificate(stdout);
    expect(certificate.subject).toBe('CN=kubernetes');
    expect(certificate.verify(certificate.publicKey)).toBe(true);
  });

  it('answers pods that ask its API with their token', async () => {
    await sh(
      'kubectl run asker --image=busybox:1.36 --restart=Never -- sleep 9999; kubectl wait --for=condition=Ready pod/asker',
    );
    const ask = (header: string) =>
      sh(`kubectl exec asker -- sh -c 'wget -qO- ${header} http://172.18.0.2:6443/api/v1/namespaces/default/pods'`);
    const token = '--header "Authorization: Bearer $(cat /var/run/secrets/kubernetes.io/serviceaccount/token)"';
    expect((await ask(token)).stderr).toContain('403 Forbidden');
    await sh('kubectl create clusterrolebinding v --clusterrole=view --serviceaccount=default:default');
    expect(JSON.parse((await ask(token)).stdout)).toMatchObject({
      kind: 'PodList',
      items: [{ metadata: { name: 'asker' } }],
    });
  });
});
