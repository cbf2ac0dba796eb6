import { beforeAll, expect, it } from 'vitest';
import { embeddedShell } from '../../support/embedded-shell.ts';

const { sh } = embeddedShell('host-ports');

const PODS = `apiVersion: v1
kind: Pod
metadata: { name: web }
spec:
  containers:
  - name: main
    image: registry.k8s.io/e2e-test-images/agnhost:2.59
    args: [netexec, --http-port=8080, --udp-port=8081]
    ports:
    - { containerPort: 8080, hostPort: 7000 }
    - { containerPort: 8080, hostPort: 7001, hostIP: 127.0.0.1 }
    - { containerPort: 8081, hostPort: 7000, protocol: UDP }
---
apiVersion: v1
kind: Pod
metadata: { name: outside }
spec: { containers: [{ name: main, image: "registry.k8s.io/e2e-test-images/agnhost:2.59" }] }
`;

beforeAll(async () => {
  await sh(`cat > /tmp/pods.yaml <<'EOF2'\n${PODS}EOF2`);
  await sh('kubectl apply -f /tmp/pods.yaml; kubectl wait --for=condition=Ready pod --all');
});

it('leads the ports of a node to the pod that asked for them, while it lives', async () => {
  const { stdout: node } = await sh("kubectl get pod web -o jsonpath='{.spec.nodeName} {.status.hostIP}'");
  const [nodeName, hostIP] = node.split(' ');
  const spec = `{"spec":{"hostNetwork":true,"nodeName":"${nodeName}"}}`;
  await sh(`kubectl run host --image=registry.k8s.io/e2e-test-images/agnhost:2.59 --overrides='${spec}'; sleep 5`);
  const get = async (pod: string, address: string): Promise<string> =>
    (await sh(`kubectl exec ${pod} -- curl -s ${address}/hostname`)).stdout;
  expect(await get('outside', `${hostIP}:7000`)).toBe('web');
  expect(await get('host', '127.0.0.1:7000')).toBe('web');
  expect(await get('outside', `${hostIP}:7001`)).toBe('');
  expect(await get('host', '127.0.0.1:7001')).toBe('web');
  const udp = `kubectl exec outside -- sh -c 'echo hostname | nc -u -w 1 ${hostIP} 7000'`;
  expect((await sh(udp)).stdout).toBe('web');
  await sh('kubectl delete pod web --now');
  expect(await get('outside', `${hostIP}:7000`)).toBe('');
});
