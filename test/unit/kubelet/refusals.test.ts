import { beforeAll, describe, expect, it } from 'vitest';
import { embeddedShell } from '../../support/embedded-shell.ts';

const { sh } = embeddedShell('refusals');
const out = async (command: string): Promise<string> => (await sh(command)).stdout;

const pod = (name: string, spec: string, container: string): string => `apiVersion: v1
kind: Pod
metadata: { name: ${name} }
spec:
  restartPolicy: Never
  volumes: [{ name: w, emptyDir: {} }, { name: h, hostPath: { path: /etc/hosts } }]
  ${spec}
  containers:
  - name: c
    image: busybox:1.36
    ${container}
---
`;

const sysctls = (name: string, text: string): string =>
  `securityContext: { sysctls: [{ name: ${name}, value: "${text}" }] }`;
const expanding = (path: string): string => `command: [sleep, "60"]
    env: [{ name: EMPTY, value: "" }, { name: UP, value: ".." }, { name: ROOT, value: /tmp }]
    volumeMounts: [{ name: w, mountPath: /s, subPathExpr: ${path} }]`;

const PODS =
  pod('safe', sysctls('kernel.shm_rmid_forced', '1'), 'command: [sysctl, kernel.shm_rmid_forced]') +
  pod('unsafe', sysctls('kernel.msgmax', '1'), 'command: [sysctl, kernel.msgmax]') +
  pod('limits', '', 'command: [sh, -c, "mount -t cgroup2; cat /sys/fs/cgroup/cpu.max; ip link add x type dummy"]') +
  pod('machine', '', 'command: [cat, /h]\n    volumeMounts: [{ name: h, mountPath: /h }]') +
  ['$(EMPTY)/a', '$(UP)/a', '$(ROOT)/a'].map((path, i) => pod(`path${i}`, '', expanding(path))).join('');

describe('a kubelet', () => {
  beforeAll(async () => {
    await sh(`cat > /tmp/pods.yaml <<'EOF2'\n${PODS}EOF2`);
    await sh('kubectl apply -f /tmp/pods.yaml; sleep 10');
  });

  it('sets kernel parameters that are safe and refuses pods that ask for others', async () => {
    expect(await out('kubectl logs safe')).toBe('kernel.shm_rmid_forced = 1\n');
    expect(await out("kubectl get pod unsafe -o jsonpath='{.status.phase} {.status.reason} {.status.message}'")).toBe(
      'Failed SysctlForbidden Pod was rejected: forbidden sysctl: "kernel.msgmax" not allowlisted',
    );
    expect(await out('kubectl events --for pod/unsafe --types=Warning -o jsonpath={.items[0].message}')).toBe(
      'forbidden sysctl: "kernel.msgmax" not allowlisted',
    );
  });

  it('starts containers that see their cgroup and may not make devices', async () => {
    expect(await out('kubectl logs limits')).toBe(
      'cgroup on /sys/fs/cgroup type cgroup2 (ro,relatime)\nmax 100000\nip: RTNETLINK answers: Operation not permitted\n',
    );
  });

  it('has a hosts file of its own', async () => {
    expect(await out('kubectl logs machine')).toMatch(
      /^127\.0\.0\.1\tlocalhost\n[\s\S]*\n172\.18\.0\.\d+\tkind-worker2?\n$/,
    );
  });

  it('puts it into pods of its own network', async () => {
    await sh(
      `kubectl run host --image=busybox:1.36 --restart=Never --overrides='{"spec":{"hostNetwork":true}}' -- cat /etc/hosts; sleep 5`,
    );
    expect(await out('kubectl logs host')).toMatch(
      /^# Kubernetes-managed hosts file \(host network\)\.\n127\.0\.0\.1\tlocalhost\n[\s\S]*\tkind-worker2?\n$/,
    );
  });

  it('hands on variables of all names that are printable', async () => {
    await sh(`kubectl create configmap odd --from-literal=1x=a --from-literal=b.c=d`);
    const more = `{"spec":{"containers":[{"name":"names","image":"busybox:1.36","command":["env"],"envFrom":[{"prefix":"#","configMapRef":{"name":"odd"}},{"configMapRef":{"name":"odd"}}],"env":[{"name":"2 y","value":"q"}]}]}}`;
    await sh(`kubectl run names --image=busybox:1.36 --restart=Never --overrides='${more}'; sleep 5`);
    expect(await out('kubectl logs names | grep -v -e KUBERNETES -e PATH -e HO')).toBe(
      '#1x=a\n#b.c=d\n1x=a\nb.c=d\n2 y=q\n',
    );
  });

  it('does not start containers whose paths lead nowhere', async () => {
    const state = '{.metadata.name}: {.status.phase} {.status.containerStatuses[0].state.waiting.message}';
    const paths = await out(`kubectl get pods path0 path1 path2 -o jsonpath='{range .items[*]}${state}{"\\n"}{end}'`);
    expect(paths.split('\n')).toEqual([
      'path0: Pending missing value for EMPTY',
      "path1: Pending unable to provision SubPath `../a`: must not contain '..'",
      'path2: Pending error SubPath `/tmp/a` must not be an absolute path',
      '',
    ]);
  });
});
