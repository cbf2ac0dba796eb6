import { ownLabels, ownsNamespace } from '../apps/index.ts';
import { KubeClient } from '../cluster/client.ts';
import { type Cluster, ClusterUnreachable } from '../cluster/cluster.ts';
import { UserError } from '../core/errors.ts';
import { KubeClient as HelmKube } from '../helm/releases/kube.ts';

/** What a check found; `mend` is a command that makes it right. */
export interface Finding {
  check: string;
  /** `lacking`: sessions run, but not all of them, or they show less. */
  state: 'ok' | 'lacking' | 'bad';
  detail: string;
  mend?: string;
}

/** Namespaces that sessions take. */
const NAMESPACES = ['test-corner-shop', 'test-corner-shop-customers', 'test-hotel-reservation'];
const PROBE = 'aiopslab-doctor';
const PROBE_LIMIT_MS = 90_000;

/** What sessions ask of the API, cluster-wide. */
const RIGHTS = [
  { verb: 'create', resource: 'namespaces' },
  { verb: 'delete', resource: 'namespaces' },
  { verb: 'patch', resource: 'nodes' },
  { verb: 'delete', resource: 'persistentvolumes' },
  { verb: 'create', resource: 'deployments', group: 'apps' },
  { verb: 'create', resource: 'pods', subresource: 'exec' },
  { verb: 'create', resource: 'secrets' },
  { verb: 'get', resource: 'services', subresource: 'proxy' },
] as const;

/** Looks what a cluster lacks for sessions. Makes one pod in a namespace of its own, and removes both. */
export async function examineCluster(cluster: Cluster): Promise<Finding[]> {
  const reached = await reach(cluster);
  if (reached.state === 'bad') return [reached];
  const kube = new KubeClient(cluster);
  const rights = await checkRights(cluster);
  if (rights.state === 'bad') return [reached, rights];
  return [
    reached,
    rights,
    await checkStorage(cluster),
    await checkNamespaces(cluster),
    await probe(kube),
    await checkPrometheus(cluster),
    await checkChaosMesh(cluster),
  ];
}

async function reach(cluster: Cluster): Promise<Finding> {
  const check = 'the API server';
  try {
    const { status, body } = await cluster.request({ method: 'GET', path: '/version' });
    if (status === 200) return { check, state: 'ok', detail: JSON.parse(body).gitVersion };
    const mend = 'kubectl auth whoami shows who the kubeconfig makes you';
    return { check, state: 'bad', detail: `it answers ${status}: ${body.trim().slice(0, 200)}`, mend };
  } catch (error) {
    if (!(error instanceof ClusterUnreachable)) throw error;
    return { check, state: 'bad', detail: error.message, mend: 'npx aiopslab-mcp cluster up, or scripts/kind/up.sh' };
  }
}

async function checkRights(cluster: Cluster): Promise<Finding> {
  const missing: string[] = [];
  for (const { verb, resource, ...rest } of RIGHTS) {
    const resourceAttributes = { verb, resource, ...rest };
    const { body } = await cluster.request({
      method: 'POST',
      path: '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        apiVersion: 'authorization.k8s.io/v1',
        kind: 'SelfSubjectAccessReview',
        spec: { resourceAttributes },
      }),
    });
    if (!JSON.parse(body).status?.allowed) missing.push(`${verb} ${Object.values({ resource, ...rest }).join('/')}`);
  }
  const check = 'permissions';
  if (missing.length === 0) return { check, state: 'ok', detail: 'all that sessions need' };
  const mend = 'kubectl create clusterrolebinding aiopslab --clusterrole cluster-admin --user <you>';
  return { check, state: 'bad', detail: `not allowed: ${missing.join(', ')}`, mend };
}

async function checkStorage(cluster: Cluster): Promise<Finding> {
  const check = 'the default storage class';
  const { body } = await cluster.request({ method: 'GET', path: '/apis/storage.k8s.io/v1/storageclasses' });
  const classes = (JSON.parse(body).items ?? []) as {
    metadata: { name: string; annotations?: Record<string, string> };
  }[];
  const found = classes.find(
    ({ metadata }) => metadata.annotations?.['storageclass.kubernetes.io/is-default-class'] === 'true',
  );
  if (found) return { check, state: 'ok', detail: found.metadata.name };
  const [any] = classes;
  const mend = any
    ? `kubectl annotate storageclass ${any.metadata.name} storageclass.kubernetes.io/is-default-class=true`
    : 'kubectl apply -f https://raw.githubusercontent.com/rancher/local-path-provisioner/v0.0.31/deploy/local-path-storage.yaml';
  return { check, state: 'bad', detail: 'claims without a class stay Pending', mend };
}

async function checkNamespaces(cluster: Cluster): Promise<Finding> {
  const check = 'namespaces of sessions';
  const kube = new HelmKube(cluster);
  const foreign: string[] = [];
  const left: string[] = [];
  for (const name of NAMESPACES) {
    if (!(await ownsNamespace(kube, name))) foreign.push(name);
    else if (await kube.json('GET', `/api/v1/namespaces/${name}`)) left.push(name);
  }
  if (foreign.length > 0) {
    const mend = `kubectl get all -n ${foreign[0]} shows what is in it; kubectl delete namespace ${foreign.join(' ')}`;
    return { check, state: 'bad', detail: `taken by somebody else: ${foreign.join(', ')}`, mend };
  }
  if (left.length === 0) return { check, state: 'ok', detail: 'free' };
  const mend = `the next session removes them, or kubectl delete namespace ${left.join(' ')}`;
  return { check, state: 'ok', detail: `in use, or left by a session: ${left.join(', ')}`, mend };
}

/** Whether pods run, images come and names resolve. */
async function probe(kube: KubeClient): Promise<Finding> {
  const check = 'a busybox pod that looks up a name';
  const { cluster } = kube;
  await kube.delete('namespaces', undefined, PROBE);
  try {
    await kube.waitFor(
      'removal of an older probe',
      async () => ((await kube.get('namespaces', undefined, PROBE)) ? undefined : true),
      { limitMs: 60_000 },
    );
    await kube.create('namespaces', undefined, {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: PROBE, labels: ownLabels(cluster) },
    });
    await kube.waitFor('the default service account', () => kube.get('serviceaccounts', PROBE, 'default'), {
      limitMs: 30_000,
    });
    const command = ['nslookup', 'kubernetes.default.svc.cluster.local'];
    const spec = { restartPolicy: 'Never', containers: [{ name: 'probe', image: 'busybox:1.36', command }] };
    await kube.create('pods', PROBE, { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'probe' }, spec });
    const end = cluster.clock.now() + PROBE_LIMIT_MS;
    for (;;) {
      const pod = await kube.get('pods', PROBE, 'probe');
      const phase = pod?.status?.phase;
      if (phase === 'Succeeded') return { check, state: 'ok', detail: `ran on ${pod.spec.nodeName}` };
      const failed = phase === 'Failed';
      if (failed || cluster.clock.now() >= end) {
        const waiting = pod?.status?.containerStatuses?.[0]?.state?.waiting;
        const detail = failed
          ? 'names do not resolve'
          : `it did not run: ${waiting?.message ?? waiting?.reason ?? phase}`;
        const mend = failed
          ? 'kubectl get pods -n kube-system -l k8s-app=kube-dns'
          : 'kind load docker-image busybox:1.36, or let the nodes reach docker.io';
        return { check, state: 'bad', detail, mend };
      }
      await cluster.clock.sleep(1_000);
    }
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return { check, state: 'bad', detail: error.message };
  } finally {
    await kube.delete('namespaces', undefined, PROBE);
  }
}

async function checkPrometheus(cluster: Cluster): Promise<Finding> {
  const check = 'Prometheus';
  const path = '/api/v1/namespaces/observe/services/prometheus-server:80/proxy/api/v1/query?query=up';
  const { status } = await cluster.request({ method: 'GET', path });
  if (status === 200) return { check, state: 'ok', detail: 'get_metrics has a history' };
  return {
    check,
    state: 'lacking',
    detail: 'none in namespace observe: get_metrics shows what the kubelets say at the moment',
    mend: 'helm install observability charts/observability -n observe --create-namespace',
  };
}

async function checkChaosMesh(cluster: Cluster): Promise<Finding> {
  const check = 'Chaos Mesh';
  try {
    await cluster.disturbances.check?.();
    return { check, state: 'ok', detail: 'network and kill faults work' };
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return {
      check,
      state: 'lacking',
      detail: 'none: the problems with network and kill faults are refused',
      mend: 'helm repo add chaos-mesh https://charts.chaos-mesh.org && helm install chaos-mesh chaos-mesh/chaos-mesh -n chaos-mesh --create-namespace --set chaosDaemon.runtime=containerd --set chaosDaemon.socketPath=/run/containerd/containerd.sock',
    };
  }
}
