import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AgentCluster } from '../../src/cluster/agent/agent-cluster.ts';
import { ChaosMesh } from '../../src/cluster/chaos-mesh.ts';
import type { Cluster } from '../../src/cluster/cluster.ts';
import { createEmbeddedCluster } from '../../src/cluster/embedded.ts';
import { KubernetesCluster } from '../../src/cluster/kubernetes.ts';
import { loadChart } from '../../src/helm/chart.ts';
import { Helm } from '../../src/helm/releases/actions.ts';
import { packageAssets } from '../../src/host/assets.ts';
import { wallClock } from '../../src/host/wall-clock.ts';
import { type AgentShell, createShell, defineHelmCommand } from '../../src/shell/index.ts';
import { type ServedCluster, serveCluster } from '../aiopslab/lib/served.ts';

const root = join(import.meta.dirname, '../..');
const APP = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'web', namespace: 'shop', labels: { app: 'web' } },
  spec: {
    terminationGracePeriodSeconds: 0,
    containers: [{ name: 'web', image: 'busybox:1.36', command: ['sleep', '100000'] }],
  },
};

/** Commands that show all there is of something. None may tell of what is hidden. */
const BROAD = [
  'for r in $(kubectl api-resources --verbs=list -o name); do kubectl get $r -A -o yaml --show-managed-fields; done',
  'for r in $(kubectl api-resources --verbs=list -o name); do kubectl get $r -A -o wide --show-labels; done',
  'kubectl api-resources -o wide; kubectl api-versions; kubectl get crd,apiservices',
  'kubectl describe nodes,ns,clusterrolebindings; kubectl describe pods,events,deployments,daemonsets -A',
  'kubectl get events -A -o wide; kubectl get events -A -o json; kubectl events -A',
  'kubectl get all -A; kubectl get nodes -o json | jq .items[].status.images',
  'helm list -A; kubectl get secrets,cm,sa,leases -A',
  'kubectl get --raw /apis; kubectl get --raw /api; kubectl get --raw /openapi/v3; kubectl get --raw /openapi/v2; kubectl get --raw /metrics',
  'for p in apis/apiextensions.k8s.io/v1/customresourcedefinitions api/v1/pods api/v1/events "api/v1/namespaces?limit=1" "api/v1/pods?limit=3"; do kubectl get --raw "/$p"; done',
  'timeout 1 kubectl get pods -A -w -o json',
  'timeout 3 kubectl get pods -A -w; timeout 3 kubectl get events -A -w -o yaml; timeout 3 kubectl get ns -w; timeout 3 kubectl get --raw "/api/v1/pods?watch=true&timeoutSeconds=2"',
  'kubectl get --raw "/api/v1/namespaces/observe/services/prometheus-server:80/proxy/api/v1/query?query=container_threads"',
  'kubectl get --raw "/api/v1/namespaces/observe/services/prometheus-server:80/proxy/api/v1/label/namespace/values"',
  'kubectl get pod web -n shop -o yaml --show-managed-fields; kubectl describe pod web -n shop',
];

/** Commands with a name in them: a hidden one is answered like one that nothing has. */
const NAMED = [
  'kubectl get ns NAME',
  'kubectl describe ns NAME',
  'kubectl get pods -n NAME; kubectl get all -n NAME; kubectl get events -n NAME -o json | jq .items',
  'kubectl get pods -n NAME --watch --request-timeout=2s',
  'kubectl get pod -n NAME chaos-daemon-x1; kubectl logs -n NAME chaos-daemon-x1; kubectl exec -n NAME chaos-daemon-x1 -- ls',
  'kubectl get deploy -n NAME chaos-controller-manager; kubectl scale deploy -n NAME chaos-controller-manager --replicas=0',
  'kubectl delete deploy chaos-controller-manager -n NAME; kubectl delete pods --all -n NAME; kubectl delete ns NAME',
  'kubectl get lease -n kube-system OWN; kubectl delete lease -n kube-system OWN; kubectl describe lease -n kube-system OWN',
  'kubectl label ns NAME a=b; kubectl annotate ns NAME a=b; kubectl patch ns NAME -p "{}"',
  'kubectl create configmap x -n NAME; kubectl run x --image=busybox:1.36 -n NAME; kubectl create quota q -n NAME',
  'kubectl apply --server-side -n NAME -f map.yaml; kubectl apply -n NAME -f map.yaml',
  'kubectl get podchaos.NAME.org -A; kubectl get networkchaos.NAME.org; kubectl explain podchaos.NAME.org',
  'kubectl get crd podchaos.NAME.org; kubectl delete crd podchaos.NAME.org schedules.NAME.org; kubectl describe crd podchaos.NAME.org',
  'kubectl get --raw /apis/NAME.org; kubectl get --raw /apis/NAME.org/v1alpha1/podchaos; kubectl get --raw /openapi/v3/apis/NAME.org/v1alpha1',
  'kubectl get clusterrolebinding NAME-chaos-controller-manager-cluster-level; kubectl delete clusterrolebinding NAME-chaos-controller-manager-cluster-level',
  'kubectl get ns --field-selector metadata.name=NAME; kubectl get pods -A --field-selector metadata.namespace=NAME',
  'kubectl get clusterrolebindings -l app.kubernetes.io/instance=NAME; kubectl get pods -A -l app.kubernetes.io/instance=NAME',
  'helm list -n NAME; helm status NAME -n NAME; helm uninstall NAME -n NAME',
  'kubectl auth can-i list podchaos.NAME.org; kubectl rollout restart deploy/chaos-controller-manager -n NAME',
  'kubectl create ns NAME; kubectl get ns NAME -o name; kubectl run x -n NAME --image=busybox:1.36; kubectl get pods -n NAME -o name; kubectl delete ns NAME --wait=false',
];

/** The agent's shell, and one that sees everything. */
async function start(cluster: Cluster): Promise<{ agent: AgentShell; operator: AgentShell }> {
  const kube = { 'content-type': 'application/json' };
  const send = (path: string, body: object) =>
    cluster.request({ method: 'POST', path, headers: kube, body: JSON.stringify(body) });
  await send('/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } });
  await cluster.clock.sleep(1_000);
  await send('/api/v1/namespaces/shop/pods', APP);
  await cluster.clock.sleep(8_000);
  const lease = { metadata: { name: 'aiopslab-mcp', namespace: 'kube-system' }, spec: { holderIdentity: 'somebody' } };
  await send('/apis/coordination.k8s.io/v1/namespaces/kube-system/leases', lease);
  const chaos = new ChaosMesh(cluster, 'chaos-mesh');
  const target = { namespace: 'shop', labels: { app: 'web' } };
  await chaos.packetDelay(target, 10);
  await chaos.killContainerRepeatedly(target, 'web', 600_000);
  const failure = { action: 'pod-failure', mode: 'one', selector: { pods: { shop: ['web'] } } };
  await send('/apis/chaos-mesh.org/v1alpha1/namespaces/shop/podchaos', {
    apiVersion: 'chaos-mesh.org/v1alpha1',
    kind: 'PodChaos',
    metadata: { name: 'failure', namespace: 'shop' },
    spec: failure,
  });
  await cluster.clock.sleep(5_000);
  const shellOn = (seen: Cluster): AgentShell =>
    createShell({ cluster: seen, seed: '1', extraCommands: [defineHelmCommand({ cluster: seen })] });
  const agent = shellOn(new AgentCluster(cluster));
  await agent.fs.writeFile('/home/agent/map.yaml', 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: m\n');
  return { agent, operator: shellOn(cluster) };
}

/** Where waiting is real, what takes many requests or seconds is left to the other cluster. */
const isLong = (command: string): boolean =>
  /^for r in .* -o (yaml|wide)|^timeout 3|--watch|describe nodes|^for p in/.test(command);

function suite(connect: () => Promise<Cluster>, runs: (command: string) => boolean = () => true): void {
  let shells: { agent: AgentShell; operator: AgentShell };
  const run = async (command: string, shell = shells.agent): Promise<string> => {
    const { stdout, stderr, exitCode } = await shell.exec(command, { timeoutMs: 120_000 });
    return `${stdout}${stderr}exit ${exitCode}`;
  };
  beforeAll(async () => {
    shells = await start(await connect());
  });

  it.each(BROAD.filter(runs))('%s', async (command) => {
    const text = await run(command);
    expect(text.length).toBeGreaterThan(50);
    const told = text.split('\n').filter((line) => /chaos|aiopslab|7f3k9|disturbance/i.test(line));
    expect(told).toEqual([]);
    expect(await run(command, shells.operator)).toMatch(/chaos/);
  });

  it.each(NAMED.filter(runs))('%s', async (command) => {
    const [hidden, none] = command.includes('OWN') ? ['aiopslab-mcp', 'otter-mcp'] : ['chaos-mesh', 'otter-mesh'];
    const normal = (text: string, name: string): string =>
      text.replaceAll(name, 'NAME').replace(/"resourceVersion": ?"\d+"/g, '""');
    const real = normal(await run(command.replaceAll(/NAME|OWN/g, hidden)), hidden);
    expect(real).toBe(normal(await run(command.replaceAll(/NAME|OWN/g, none)), none));
    expect(real).not.toContain('7f3k9');
  });
}

describe('on the embedded cluster', () => {
  suite(async () => {
    const cluster = createEmbeddedCluster('concealed');
    const chart = loadChart(packageAssets(root).folder('charts/chaos-mesh'));
    await new Helm(cluster).install(
      'chaos-mesh',
      chart,
      {},
      { namespace: 'chaos-mesh', createNamespace: true, wait: true },
    );
    return cluster;
  });
});

describe('on a cluster behind a kubeconfig', () => {
  const folder = mkdtempSync(join(tmpdir(), 'concealed-'));
  let served: ServedCluster;
  let cluster: KubernetesCluster;
  afterAll(async () => {
    await cluster?.close();
    await served?.stop();
    rmSync(folder, { recursive: true, force: true });
  });
  suite(
    async () => {
      served = await serveCluster(root, join(folder, 'kubeconfig'), ['--with', 'chaos-mesh', '--speed', '10']);
      cluster = new KubernetesCluster({ kubeconfig: readFileSync(served.kubeconfig, 'utf8'), wall: wallClock });
      return cluster;
    },
    (command) => !isLong(command),
  );
});
