import { beforeAll, describe, expect, it } from 'vitest';
import { embeddedShell } from '../../support/embedded-shell.ts';

const { sh } = embeddedShell('dns');
const inPod = async (command: string) => (await sh(`kubectl exec client -- sh -c '${command}'`)).stdout;
const corefile = async (edit: string) => {
  await sh(`kubectl -n kube-system get cm coredns -o jsonpath='{.data.Corefile}' | sed '${edit}' > /tmp/Corefile`);
  await sh(
    'kubectl -n kube-system create cm coredns --from-file=Corefile=/tmp/Corefile --dry-run=client -o yaml | kubectl apply -f -',
  );
  // the kubelet brings the file within a minute or so, the reload plugin looks every 30 s
  await sh('sleep 150', 300_000);
};

beforeAll(async () => {
  await sh('kubectl run client --image=busybox:1.36 --restart=Never -- sleep 360000');
  await sh(
    'kubectl create deployment web --image=nginx --replicas=2 && kubectl expose deployment web --port=80 --name=web',
  );
  await sh('kubectl create service clusterip gone --tcp=5432:5432 --clusterip=None');
  await sh('kubectl wait --for=condition=Ready pod/client && kubectl rollout status deployment/web');
});

describe('CoreDNS on the cluster', () => {
  it('answers SRV and PTR queries of Services', async () => {
    await sh('kubectl patch svc web -p \'{"spec":{"ports":[{"port":80,"name":"http"}]}}\'; sleep 1');
    const ip = (await sh('kubectl get svc web -o jsonpath={.spec.clusterIP}')).stdout;
    expect(await inPod('nslookup -type=srv _http._tcp.web.default.svc.cluster.local | grep service')).toBe(
      '_http._tcp.web.default.svc.cluster.local\tservice = 0 100 80 web.default.svc.cluster.local\n',
    );
    expect(await inPod(`nslookup ${ip} | grep name`)).toBe(
      `${ip.split('.').reverse().join('.')}.in-addr.arpa\tname = web.default.svc.cluster.local\n`,
    );
  });

  it('follows hosts and rewrite after a reload, and tells so', async () => {
    await corefile(
      's/^    ready$/    ready\\n    rewrite name shop.test web.default.svc.cluster.local\\n    hosts {\\n       10.9.8.7 legacy.test\\n       fallthrough\\n    }/',
    );
    expect(await inPod('nslookup legacy.test | grep -A1 Name:')).toBe('Name:\tlegacy.test\nAddress: 10.9.8.7\n');
    expect(await inPod('wget -qO- http://shop.test')).toContain('Welcome to nginx!');
    expect(
      (await sh('kubectl -n kube-system logs -l k8s-app=kube-dns --prefix=false | grep -c "Reloading complete"'))
        .stdout,
    ).toBe('2\n');
  });

  it('fails once restarted without the right to list', async () => {
    await sh('kubectl delete clusterrolebinding system:coredns');
    expect(await inPod('nslookup web.default.svc.cluster.local | grep -c Address')).toBe('2\n');
    await sh('kubectl -n kube-system rollout restart deployment coredns; sleep 30');
    const logs = (await sh('kubectl -n kube-system logs -l k8s-app=kube-dns --tail=-1')).stdout;
    expect(logs).toContain('[ERROR] plugin/kubernetes: Failed to watch\n');
    expect(logs).toContain('[WARNING] plugin/kubernetes: starting server with unsynced Kubernetes API\n');
    expect((await sh('kubectl -n kube-system get deploy coredns -o jsonpath={.status.readyReplicas}')).stdout).not.toBe(
      '2',
    );
    await sh('kubectl -n kube-system delete pod -l k8s-app=kube-dns; sleep 30');
    expect((await sh('kubectl exec client -- wget -qO- -T 5 http://web')).stderr).toBe(
      "wget: bad address 'web'\ncommand terminated with exit code 1\n",
    );
    await sh(
      'kubectl create clusterrolebinding system:coredns --clusterrole=system:coredns --serviceaccount=kube-system:coredns; sleep 40',
    );
    expect((await sh('kubectl exec client -- wget -qO- http://web')).stdout).toContain('Welcome to nginx!');
  });
});
