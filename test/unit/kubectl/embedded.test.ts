import { beforeAll, describe, expect, it } from 'vitest';
import { embeddedShell } from '../../support/embedded-shell.ts';

const manifest = `apiVersion: apps/v1
kind: Deployment
metadata: {name: web, labels: {app: web}}
spec:
  replicas: 1
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - name: c
        image: busybox:1.36
        command: [sh, -c, "echo started; while true; do sleep 1; done"]
        env:
        - {name: A, value: "1"}
        - {name: B, valueFrom: {configMapKeyRef: {name: cm, key: k}}}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: cm}
data: {k: v, z: "1"}
`;

const { sh, shell } = embeddedShell('verbs');
const ok = (stdout: string, stderr = '') => ({ stdout, stderr, exitCode: 0 });
const refused = (stderr: string, exitCode = 1) => ({ stdout: '', stderr: `${stderr}\n`, exitCode });

beforeAll(async () => {
  await shell.fs.writeFile('/tmp/web.yaml', manifest);
  await sh('cd /tmp; kubectl apply -f web.yaml; kubectl rollout status deploy/web');
});

// answers of kubectl 1.35 against a real API server
describe('kubectl on the embedded cluster', () => {
  it.each([
    ['kubectl set env deploy/web --list --resolve', ok('# Deployment web, container c\nA=1\nB=v\n')],
    [
      'kubectl set env deploy/web A=9 --overwrite=false',
      refused("error: deployments/web 'A' already has a value (1), and --overwrite is false"),
    ],
    ['kubectl set env deploy/web', ok('')],
    ['kubectl events --types=Nope', refused('error: valid --types are Normal or Warning')],
    ['kubectl wait --for=create cm/nosuch --timeout=1s', refused('error: timed out waiting for the condition')],
    [
      'kubectl get pods --subresource=status',
      refused('error: subresource cannot be used when bulk resources are specified'),
    ],
    ['kubectl get deploy web --subresource=scale --no-headers | cut -c1-15', ok('web   1     1  ')],
    [
      'kubectl get pods --output-watch-events',
      refused('error: --output-watch-events option can only be used with --watch or --watch-only'),
    ],
    [
      'kubectl create role r2 --verb=get --resource=nosuch',
      refused('the server doesn\'t have a resource type "nosuch"'),
    ],
    [
      'kubectl create role r --verb=get --resource=pods,deployments.apps,pods/log -o jsonpath={.rules}',
      ok(
        '[{"apiGroups":[""],"resources":["pods","pods/log"],"verbs":["get"]},{"apiGroups":["apps"],"resources":["deployments"],"verbs":["get"]}]',
      ),
    ],
    [
      'kubectl create rolebinding rb --role=r --serviceaccount=bad',
      refused('error: serviceaccount must be <namespace>:<name>'),
    ],
    ['kubectl logs -l app=none', ok('', 'No resources found in default namespace.\n')],
    ['timeout 3 kubectl logs -f deploy/web', { stdout: 'started\n', stderr: '', exitCode: 124 }],
    ['timeout 3 kubectl get cm cm -w -o name', { stdout: 'configmap/cm\n', stderr: '', exitCode: 124 }],
    ['kubectl get cm cm -w -o name --request-timeout=2s', ok('configmap/cm\n')],
    ['kubectl top nodes --show-swap', refused('error: --show-swap is not supported in this shell')],
  ])('%s', async (command, expected) => {
    const { stdout, stderr, exitCode } = await sh(command);
    expect({ stdout: command.includes('cut') ? stdout.trimEnd().padEnd(15) : stdout, stderr, exitCode }).toEqual(
      expected,
    );
  });
  it('prints KYAML', async () => {
    expect((await sh('kubectl create cm x --from-literal=a=1 --dry-run=client -o kyaml')).stdout).toBe(
      '---\n{\n  kind: "ConfigMap",\n  apiVersion: "v1",\n  metadata: {\n    name: "x",\n  },\n  data: {\n    a: "1",\n  },\n}\n',
    );
  });
  it('moves what client-side apply owned to the manager of server-side apply', async () => {
    await sh('kubectl apply --server-side -f web.yaml');
    const managers = `kubectl get cm cm -o jsonpath='{range .metadata.managedFields[*]}{.manager} {.operation}{"\\n"}{end}'`;
    expect(await sh(managers)).toEqual(ok('kubectl Apply\nkubectl-last-applied Apply\n'));
  });
});
