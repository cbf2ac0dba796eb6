import type { Program } from '../../process/os.ts';
import { digestOf } from '../digest.ts';
import type { ImageDef } from '../image.ts';

/**
 * The images of a kind cluster's own pods. The control plane itself is the simulation's machinery; these processes only stand in
 * its place in the process and pod lists: they log that they started, use memory, and sleep. Ending one ends nothing else.
 */
const KUBERNETES = 'v1.35.4';

interface Stand {
  repository: string;
  tag: string;
  sizeBytes: number;
  command: string;
  memoryMiB: number;
  /** What it logs at the start: klog lines by source, or lines as they are. */
  log: readonly string[];
}

const STANDS: readonly Stand[] = [
  {
    repository: 'registry.k8s.io/etcd',
    tag: '3.6.6-0',
    sizeBytes: 23_641_797,
    command: '/usr/local/bin/etcd',
    memoryMiB: 48,
    log: [],
  },
  {
    repository: 'registry.k8s.io/kube-apiserver',
    tag: KUBERNETES,
    sizeBytes: 27_671_920,
    command: '/usr/local/bin/kube-apiserver',
    memoryMiB: 260,
    log: [
      'server.go:150] Version: v1.35.4',
      'secure_serving.go:211] Serving securely on [::]:6443',
      'cache.go:32] Waiting for caches to sync for RemoteAvailability controller',
    ],
  },
  {
    repository: 'registry.k8s.io/kube-controller-manager',
    tag: KUBERNETES,
    sizeBytes: 23_121_143,
    command: '/usr/local/bin/kube-controller-manager',
    memoryMiB: 62,
    log: [
      'controllermanager.go:189] "Starting" version="v1.35.4"',
      'secure_serving.go:211] Serving securely on 127.0.0.1:10257',
      'leaderelection.go:271] successfully acquired lease kube-system/kube-controller-manager',
    ],
  },
  {
    repository: 'registry.k8s.io/kube-scheduler',
    tag: KUBERNETES,
    sizeBytes: 17_228_488,
    command: '/usr/local/bin/kube-scheduler',
    memoryMiB: 32,
    log: [
      'server.go:175] "Starting Kubernetes Scheduler" version="v1.35.4"',
      'secure_serving.go:211] Serving securely on 127.0.0.1:10259',
      'leaderelection.go:271] successfully acquired lease kube-system/kube-scheduler',
    ],
  },
  {
    repository: 'registry.k8s.io/kube-proxy',
    tag: KUBERNETES,
    sizeBytes: 25_963_701,
    command: '/usr/local/bin/kube-proxy',
    memoryMiB: 20,
    log: [
      'server.go:715] "Version info" version="v1.35.4"',
      'server_linux.go:132] "Using iptables Proxier"',
      'shared_informer.go:356] "Caches are synced" controller="service config"',
    ],
  },
  {
    repository: 'docker.io/kindest/kindnetd',
    tag: 'v20250512-df8de77b',
    sizeBytes: 44_375_501,
    command: '/bin/kindnetd',
    memoryMiB: 14,
    log: ['main.go:109] connected to apiserver: https://kind-control-plane:6443'],
  },
  {
    repository: 'docker.io/kindest/local-path-provisioner',
    tag: 'v20250214-acbabc1a',
    sizeBytes: 22_541_737,
    command: '/usr/local/bin/local-path-provisioner',
    memoryMiB: 12,
    log: ['controller.go:824] Starting provisioner controller rancher.io/local-path_local-path-provisioner!'],
  },
  {
    repository: 'registry.k8s.io/metrics-server/metrics-server',
    tag: 'v0.8.0',
    sizeBytes: 22_541_498,
    command: '/metrics-server',
    memoryMiB: 24,
    log: ['secure_serving.go:211] Serving securely on [::]:10250'],
  },
];

/** `I0115 09:00:00.000000       1 file.go:1] text`, as klog writes it. */
function klog(nowMs: number, line: string): string {
  const time = new Date(nowMs).toISOString();
  return `I${time.slice(5, 7)}${time.slice(8, 10)} ${time.slice(11, 23)}000       1 ${line}\n`;
}

function stand({ memoryMiB, log }: Stand): Program {
  return function* (os) {
    os.endsOnSignal('SIGTERM', 0);
    os.endsOnSignal('SIGINT', 0);
    os.setMemory(memoryMiB * 1024 * 1024);
    for (const line of log) os.stderr.write(klog(os.main.nowMs, line));
    for (;;) yield* os.main.sleep(365 * 24 * 3_600_000);
  };
}

export const controlPlaneImages: readonly ImageDef[] = STANDS.map((one) => ({
  repository: one.repository,
  tags: [one.tag],
  sizeBytes: one.sizeBytes,
  digest: digestOf(one.repository),
  config: { entrypoint: [one.command] },
  files: {},
  programs: { [one.command]: stand(one) },
}));

/** References of the images, for the nodes' stores. */
export const CONTROL_PLANE_REFERENCES: readonly string[] = STANDS.map((one) => `${one.repository}:${one.tag}`);
