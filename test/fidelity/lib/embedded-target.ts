import { EmbeddedCluster } from '../../../src/cluster/embedded.ts';
import { createShell } from '../../../src/shell/index.ts';
import { createSimulation, type Simulation } from '../../../src/sim/simulation.ts';
import type { Target } from './target.ts';

/** The recordings' cluster: one schedulable node, and claims of the default class bound at once by an in-tree provisioner. */
const NODE = { name: 'node-1', ip: '172.18.0.2', podCIDR: '10.244.0.0/24', controlPlane: false };
const STORAGE_CLASSES = '/apis/storage.k8s.io/v1/storageclasses';
const STANDARD = {
  apiVersion: 'storage.k8s.io/v1',
  kind: 'StorageClass',
  metadata: { name: 'standard', annotations: { 'storageclass.kubernetes.io/is-default-class': 'true' } },
  provisioner: 'kubernetes.io/host-path',
};

/** A cluster like the one that the recordings were made on. */
export async function recordingCluster(seed: string): Promise<{ simulation: Simulation; cluster: EmbeddedCluster }> {
  const simulation = createSimulation({ seed, nodes: [NODE] });
  const cluster = new EmbeddedCluster(simulation);
  await cluster.request({ method: 'DELETE', path: `${STORAGE_CLASSES}/standard` });
  const headers = { 'content-type': 'application/json' };
  await cluster.request({ method: 'POST', path: STORAGE_CLASSES, headers, body: JSON.stringify(STANDARD) });
  return { simulation, cluster };
}

/** The embedded cluster and our own kubectl, on virtual time. */
export async function embeddedTarget(seed: string): Promise<Target> {
  const { cluster } = await recordingCluster(seed);
  const shell = createShell({ cluster });
  return {
    pollMs: 100,
    now: () => cluster.clock.now(),
    sleep: (ms) => cluster.clock.sleep(ms),
    async request(method, path, body, headers) {
      const answer = await cluster.request({
        method,
        path,
        body,
        headers: { accept: 'application/json', ...(body ? { 'content-type': 'application/json' } : {}), ...headers },
      });
      // Several headers of one name come as lines; the real target's client joins them.
      const joined = Object.entries(answer.headers).map(([name, value]) => [name, value.replaceAll('\n', ', ')]);
      return { status: answer.status, body: answer.body, headers: Object.fromEntries(joined) };
    },
    async kubectl(namespace, line, stdin) {
      await shell.fs.writeFile('/tmp/stdin', stdin ?? '');
      const result = await shell.exec(`kubectl --namespace=${namespace} ${line} < /tmp/stdin`, { timeoutMs: 120_000 });
      return { stdout: result.stdout, stderr: result.stderr, exitCode: result.exitCode };
    },
    close: () => cluster.close(),
  };
}
