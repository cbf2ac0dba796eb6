import { beforeAll, describe, expect, it } from 'vitest';
import { embeddedShell } from '../../support/embedded-shell.ts';

const { sh } = embeddedShell('dns-tools');

const PODS = `apiVersion: v1
kind: ConfigMap
metadata: { name: names }
data:
  Corefile: |
    . {
      hosts {
        192.0.2.7 ledger.corp.example
      }
    }
---
apiVersion: v1
kind: Pod
metadata: { name: names }
spec:
  containers:
  - name: coredns
    image: registry.k8s.io/e2e-test-images/agnhost:2.59
    command: [/coredns, -conf, /etc/coredns/Corefile]
    volumeMounts: [{ name: conf, mountPath: /etc/coredns }]
  volumes: [{ name: conf, configMap: { name: names } }]
---
apiVersion: v1
kind: Pod
metadata: { name: debian }
spec:
  containers:
  - { name: main, image: "registry.k8s.io/e2e-test-images/jessie-dnsutils:1.7", command: [sleep, infinity] }
---
apiVersion: v1
kind: Pod
metadata: { name: probe, labels: { app: probe } }
spec:
  containers:
  - { name: main, image: "registry.k8s.io/e2e-test-images/agnhost:2.59", args: [netexec] }
`;

const inside = (pod: string, command: string) => sh(`kubectl exec ${pod} -- sh -c '${command}'`);
const out = async (pod: string, command: string): Promise<string> => (await inside(pod, command)).stdout;

beforeAll(async () => {
  await sh(`cat > /tmp/pods.yaml <<'EOF2'\n${PODS}EOF2`);
  await sh('kubectl apply -f /tmp/pods.yaml; kubectl wait --for=condition=Ready pod --all');
});

describe('dig', () => {
  it('lays out what it was told', async () => {
    const text = await out('debian', 'dig kubernetes.default.svc.cluster.local');
    expect(text.replace(/id: \d+|COOKIE: \w+|time: \d+|WHEN: .*/g, '…')).toBe(`
; <<>> DiG 9.9.5-9+deb8u19-Debian <<>> kubernetes.default.svc.cluster.local
;; global options: +cmd
;; Got answer:
;; ->>HEADER<<- opcode: QUERY, status: NOERROR, …
;; flags: qr aa rd; QUERY: 1, ANSWER: 1, AUTHORITY: 0, ADDITIONAL: 1
;; WARNING: recursion requested but not available

;; OPT PSEUDOSECTION:
; EDNS: version: 0, flags:; udp: 1232
; … (echoed)
;; QUESTION SECTION:
;kubernetes.default.svc.cluster.local. IN A

;; ANSWER SECTION:
kubernetes.default.svc.cluster.local. 30 IN A\t10.96.0.1

;; Query … msec
;; SERVER: 10.96.0.10#53(10.96.0.10) (UDP)
;; …
;; MSG SIZE  rcvd: 129

`);
  });

  it('searches, asks over TCP, asks others, looks back and keeps short', async () => {
    expect(await out('debian', 'dig +noall +answer +search +tcp kubernetes.default A')).toBe(
      'kubernetes.default.svc.cluster.local. 30 IN A\t10.96.0.1\n',
    );
    expect(await out('debian', 'dig +short kubernetes.default')).toBe('');
    expect(await out('probe', 'getent hosts probe')).toMatch(/^10\.244\.[\d.]+ +probe\n$/);
    expect(await out('probe', 'dig +short -x 10.96.0.1')).toBe('kubernetes.default.svc.cluster.local.\n');
    const { stdout: ip } = await sh("kubectl get pod names -o jsonpath='{.status.podIP}'");
    expect(await out('probe', `dig +short @${ip} ledger.corp.example`)).toBe('192.0.2.7\n');
    expect((await inside('probe', 'dig @10.250.1.1 +time=1 x.example')).exitCode).toBe(9);
  });
});

describe("BIND's nslookup", () => {
  it('takes the first name of the search list that exists', async () => {
    expect(await out('debian', 'nslookup kubernetes.default')).toBe(
      'Server:\t\t10.96.0.10\nAddress:\t10.96.0.10#53\n\nName:\tkubernetes.default.svc.cluster.local\nAddress: 10.96.0.1\n\n',
    );
    expect(await inside('debian', 'nslookup nowhere.example')).toMatchObject({
      stdout: "Server:\t\t10.96.0.10\nAddress:\t10.96.0.10#53\n\n** server can't find nowhere.example: NXDOMAIN\n\n",
      exitCode: 1,
    });
  });
});

describe("OpenBSD's nc", () => {
  it('talks over TCP and UDP, and says only with -v what became of the connection', async () => {
    expect(await inside('probe', 'echo hello | nc -v -t -w 2 127.0.0.1 8080')).toMatchObject({
      stdout:
        'HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\n\r\n400 Bad Request',
      stderr: 'Connection to 127.0.0.1 8080 port [tcp/*] succeeded!\n',
    });
    expect(await out('probe', 'echo hostName | nc -u -w 1 127.0.0.1 8081')).toBe('probe');
    expect(await inside('probe', 'nc -v -z -w 1 127.0.0.1 81')).toMatchObject({
      stderr:
        'nc: connect to 127.0.0.1 port 81 (tcp) failed: Connection refused\ncommand terminated with exit code 1\n',
    });
  });
});
