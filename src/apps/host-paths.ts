import { UserError } from '../core/errors.ts';
import { type KubeClient, refusal } from '../helm/releases/kube.ts';

const IMAGE = 'busybox:1.36';
const POLL_MS = 1_000;
const LIMIT_MS = 120_000;

interface Volume {
  spec: { claimRef?: { namespace?: string }; hostPath?: { path: string } };
}

/** Directories of nodes that volumes of a namespace keep their data in. Nobody empties them when the volumes are deleted. */
export async function hostPathsOf(kube: KubeClient, namespace: string): Promise<string[]> {
  const list = await kube.json('GET', '/api/v1/persistentvolumes');
  const volumes = (list?.['items'] ?? []) as (Volume & { metadata: { annotations?: Record<string, string> } })[];
  return (
    volumes
      .filter(({ spec }) => spec.claimRef?.namespace === namespace && spec.hostPath)
      // A provisioner cleans up after itself.
      .filter(({ metadata }) => metadata.annotations?.['pv.kubernetes.io/provisioned-by'] === undefined)
      .map(({ spec }) => spec.hostPath?.path as string)
      .sort()
  );
}

/** Empties directories on all nodes, by a pod on each, in a namespace that is made and removed by the caller. */
export async function emptyHostPaths(kube: KubeClient, paths: readonly string[], namespace: string): Promise<void> {
  const nodes = ((await kube.json('GET', '/api/v1/nodes'))?.['items'] ?? []) as { metadata: { name: string } }[];
  const collection = `/api/v1/namespaces/${namespace}/pods`;
  const { clock } = kube.cluster;
  const end = clock.now() + LIMIT_MS;
  for (const [i, node] of nodes.entries()) {
    const pod = emptyingPod(`sweep-${i}`, node.metadata.name, paths);
    // The namespace's service account comes a moment after it.
    for (;;) {
      const response = await kube.send('POST', collection, pod);
      if (response.status < 400) break;
      if (response.status !== 403 || clock.now() >= end) throw refusal(response);
      await clock.sleep(POLL_MS, kube.signal);
    }
  }
  for (;;) {
    const pods = ((await kube.json('GET', collection))?.['items'] ?? []) as { status?: { phase?: string } }[];
    if (pods.every(({ status }) => status?.phase === 'Succeeded')) return;
    if (clock.now() >= end) throw new UserError('TIMEOUT', `${paths.join(', ')} could not be emptied on all nodes`);
    await clock.sleep(POLL_MS, kube.signal);
  }
}

function emptyingPod(name: string, nodeName: string, paths: readonly string[]): object {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name },
    spec: {
      nodeName,
      restartPolicy: 'Never',
      automountServiceAccountToken: false,
      tolerations: [{ operator: 'Exists' }],
      containers: [
        {
          name: 'sweep',
          image: IMAGE,
          command: ['sh', '-c', 'rm -rf /host/*/*'],
          volumeMounts: paths.map((_, i) => ({ name: `host-${i}`, mountPath: `/host/${i}` })),
        },
      ],
      volumes: paths.map((path, i) => ({ name: `host-${i}`, hostPath: { path, type: 'DirectoryOrCreate' } })),
    },
  };
}
